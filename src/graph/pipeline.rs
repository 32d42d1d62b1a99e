//! The graph as pipelines see it: what they declare, and what can be asked of it afterwards.

use crate::error::Result;
use crate::graph::builder::Builder;
use crate::graph::group_by::group_by;
use crate::graph::names::{ScopeId, Unnamed};
use crate::graph::node::GraphId;
use crate::graph::replace::Replacement;
use crate::graph::spec::SpecBody;
use crate::graph::{Body, CodeReport, Constant, Declared, Function, Gatherer, Handle, Node, RawNode, Settler, Spec};
use crate::value::{Artifact, Collection, Dict, DictKey, Failure, Field, List, Projection, SettleEach, ValueType};
use serde::Serialize;
use serde::de::DeserializeOwned;
use smallvec::{SmallVec, smallvec};
use std::fmt;
use std::panic::Location;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A pipeline as a graph of nodes.
///
/// Methods take `&self`, so that specs nest: `g.add(clean::node(g.add(parse::node(file))))`. A graph is made by
/// [`Graph::build`]; [`Graph::group`] gives the same graph with a longer prefix for the names of its nodes.
pub struct Graph {
    shared: Arc<Shared>,
    scope: ScopeId,
}

struct Shared {
    id: GraphId,
    builder: Mutex<Builder>,
    declared: OnceLock<Arc<Declared>>,
}

impl Graph {
    /// Runs `pipeline` on a new graph and checks what it declared.
    ///
    /// # Errors
    /// What `pipeline` returns, or else all mistakes together, each with the places in the source: duplicate or empty
    /// names, sources that are added twice and differ, nodes of another graph, types that cannot be saved, fixtures
    /// that depend on what they replace.
    pub fn build<H>(pipeline: impl FnOnce(&Self) -> Result<H>) -> Result<(Self, H)> {
        let id = GraphId::unused();
        let shared = Shared { id, builder: Mutex::new(Builder::new(id)), declared: OnceLock::new() };
        let graph = Self { shared: Arc::new(shared), scope: ScopeId::ROOT };
        let handles = pipeline(&graph)?;
        let declared = graph.builder().finish()?;
        let _ = graph.shared.declared.set(Arc::new(declared));
        Ok((graph, handles))
    }

    /// Adds a node.
    ///
    /// Its name is `spec`'s, or else that of its function; a second node of that name in a scope is a mistake that
    /// [`Graph::build`] reports.
    #[track_caller]
    pub fn add<T, H: Handle<Value = T>>(&self, spec: Spec<T, H>) -> H {
        let id = self.builder().add(self.scope, spec.raw, H::OUTPUTS, Location::caller());
        H::from_raw(RawNode { graph: self.shared.id, id })
    }

    /// A node with a constant value.
    #[track_caller]
    pub fn value<T: Serialize + DeserializeOwned + Send + Sync + 'static>(&self, value: T) -> Node<T> {
        let constant = Constant::new(value, ValueType::serde::<T>());
        self.add(Spec::from_body(SpecBody::Constant(constant), SmallVec::new()))
    }

    /// A node with the list of the values of `nodes`, in this order. No value is read or copied for it.
    #[track_caller]
    pub fn gather<T: Serialize + DeserializeOwned + Send + Sync + 'static>(
        &self,
        nodes: impl IntoIterator<Item = Node<T>>,
    ) -> Node<List<T>> {
        let inputs = nodes.into_iter().map(Node::raw).collect();
        self.add(Spec::from_body(SpecBody::Gather(Gatherer::of::<T>()), inputs))
    }

    /// A node with the elements of `list` in groups, by `keys` that go with them one by one: a map over `list`, usually.
    ///
    /// In a group elements keep their order; no element is read or copied that a map or a file has made. A list or a
    /// dict whose keys are other ones than those of `list` fails the node.
    #[track_caller]
    pub fn group_by<C, D>(&self, list: Node<C>, keys: Node<D>) -> Node<Dict<D::Item, List<C::Item>>>
    where
        C: Collection<Item: Serialize + DeserializeOwned>,
        D: Collection<Key = C::Key, Item: DictKey>,
    {
        self.add(group_by(list, keys))
    }

    /// A node with the value of `node`, or with its failure when it failed.
    ///
    /// A failure that is settled stops no run. What is computed from one is computed again in the next run.
    #[track_caller]
    pub fn settle<T: Serialize + DeserializeOwned + Send + Sync + 'static>(
        &self,
        node: Node<T>,
    ) -> Node<std::result::Result<T, Failure>> {
        self.add(Spec::from_body(SpecBody::Settle(Settler::of::<T>()), smallvec![node.raw()]))
    }

    /// What a map gives, with a value or a failure for each of its elements.
    ///
    /// Elements' failures stop no run, and the next run tries them again; what is computed from a collection with
    /// failures is computed again in the next run. Elements that do not fail are computed once for the map and this.
    #[track_caller]
    pub fn settle_each<C: SettleEach>(&self, map: Node<C>) -> Node<C::Settled> {
        self.add(Spec::from_body(SpecBody::SettleEach, smallvec![map.raw()]))
    }

    /// The same graph, where names of nodes begin with `label/`.
    pub fn group(&self, label: impl fmt::Display) -> Self {
        self.sub_scope(&label.to_string(), Unnamed::Once)
    }

    /// As [`Graph::group`], for many nodes that need no names: those of a function are numbered as they are added.
    ///
    /// Numbers name nodes for people only: a node inserted in between renames those behind it, and runs nothing.
    pub fn numbered(&self, label: impl fmt::Display) -> Self {
        self.sub_scope(&label.to_string(), Unnamed::Numbered)
    }

    /// Names a node that runs should give; the command line knows it by this name.
    #[track_caller]
    pub fn target<T>(&self, name: impl Into<String>, node: Node<T>) {
        let (name, place) = (name.into(), Location::caller());
        let mut builder = self.builder();
        let Some(node) = builder.own(node.raw(), place) else { return };
        if name.is_empty() {
            builder.mistakes.push(format!("a target has an empty name ({place})"));
        } else {
            builder.target(name, node, place);
        }
    }

    /// Puts the result of `node`, a file or folder, at `path` in the file system, and makes the node a target of that
    /// name.
    ///
    /// A relative path is relative to the current folder of the run. A run that asks for the target sees to it that the
    /// path has the result's content when it ends: what is missing there, or was edited, is put back without executing
    /// anything. Bytes are shared with the store where the file system can do that and copied otherwise, so that editing
    /// what was published does no harm; each file appears in one step.
    ///
    /// mamo remembers what it published. Of a folder that was published before, files that the result no longer has
    /// are removed unless they were edited. What mamo did not write is never overwritten, that is an error of the run
    /// unless it has the right content already, and never removed: further files in a published folder stay.
    #[track_caller]
    pub fn publish(&self, node: Node<Artifact>, path: impl AsRef<Path>) {
        let place = Location::caller();
        let mut builder = self.builder();
        let Some(node) = builder.own(node.raw(), place) else { return };
        builder.publish(node, path.as_ref(), place);
    }

    /// Lets everything that reads `node` read `fixture` instead: for tests.
    ///
    /// A fixture may be replaced as well. A node is replaced once.
    #[track_caller]
    pub fn replace<T>(&self, node: Node<T>, fixture: Node<T>) {
        let place = Location::caller();
        let mut builder = self.builder();
        let (Some(node), Some(fixture)) = (builder.own(node.raw(), place), builder.own(fixture.raw(), place)) else {
            return;
        };
        builder.replacements.push(Replacement { node, fixture, place });
    }

    /// Number of nodes, outputs apart.
    pub fn len(&self) -> usize {
        self.declared().map_or(0, |graph| graph.node_ids().filter(|node| !graph.is_output(*node)).count())
    }

    /// Whether it has no nodes.
    pub fn is_empty(&self) -> bool {
        self.declared().is_none_or(|graph| graph.nodes.is_empty())
    }

    /// Names of the targets in the order of their declaration.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.declared().into_iter().flat_map(|graph| graph.targets.iter().map(|(name, _)| name.as_str()))
    }

    /// What is known of the code of each node function, in the order of their names.
    pub fn code(&self) -> Vec<CodeReport> {
        let specs = self.declared().map_or(&[][..], |graph| graph.specs.as_slice());
        let functions = specs.iter().filter_map(|spec| match &spec.body {
            Body::Function { function, .. } => Some(function.function),
            Body::Source(_) | Body::Field(_) | Body::Gather(_) | Body::Settle(_) | Body::Output { .. } => None,
        });
        let mut reports: Vec<CodeReport> = functions.map(Function::code_report).collect();
        reports.sort_by(|one, other| one.function.cmp(&other.function).then(one.version.cmp(&other.version)));
        // A function that is used as it is and mapped has two specs.
        reports.dedup();
        reports
    }

    /// A node's path in the graph, such as `fold3/fit`; empty before the graph is built.
    ///
    /// # Panics
    /// When the node is of another graph: its number would name a node that has nothing to do with it.
    #[track_caller]
    pub fn identity<T>(&self, node: Node<T>) -> String {
        let RawNode { graph, id } = node.raw();
        assert!(graph == self.shared.id, "the node is of another graph");
        self.declared().map(|graph| graph.identity(id)).unwrap_or_default()
    }

    pub(crate) fn declared(&self) -> Option<&Arc<Declared>> {
        self.shared.declared.get()
    }

    fn sub_scope(&self, label: &str, unnamed: Unnamed) -> Self {
        let mut builder = self.builder();
        if label.split('/').any(str::is_empty) {
            builder.mistakes.push(format!("the group `{label}` has an empty part in its name"));
        }
        let scope = builder.graph.names.scope(self.scope, label, unnamed);
        Self { shared: Arc::clone(&self.shared), scope }
    }

    // A panic in a user's `Display` or `Debug` happens before the lock is taken, so the builder is whole.
    /// # Panics
    /// When the graph is finished: its nodes have their numbers, and a new one would get that of another.
    #[track_caller]
    fn builder(&self) -> MutexGuard<'_, Builder> {
        assert!(self.shared.declared.get().is_none(), "the graph is finished: nodes are added within `Graph::build`");
        self.shared.builder.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Send + Sync + 'static> Node<T> {
    /// One field of the node's value as a node of its own: `config.field(field!(Config, eval.metric))`.
    pub fn field<F: Serialize + DeserializeOwned + Send + Sync + 'static>(self, field: Field<T, F>) -> Spec<F> {
        Spec::from_body(SpecBody::Field(Arc::new(Projection::new(field))), smallvec![self.raw()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_value(name: &str) -> (Graph, Node<u32>) {
        Graph::build(|g| Ok(g.group(name).value(1))).unwrap()
    }

    #[test]
    fn a_node_is_called_by_its_path() {
        let (graph, node) = one_value("fold3");
        assert_eq!(graph.identity(node), "fold3/value");
    }

    /// It got the name of the node that had its number in this graph.
    #[test]
    #[should_panic(expected = "the node is of another graph")]
    fn a_node_of_another_graph_has_no_identity_here() {
        let (graph, _) = one_value("mine");
        let (_, stranger) = one_value("other");
        graph.identity(stranger);
    }
}
