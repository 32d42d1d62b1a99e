//! Building a graph: nodes are added one by one, mistakes are collected and reported together.

use crate::error::Result;
use crate::graph::declared::{CONSTANT, Flags, NodeEntry};
use crate::graph::merge::constant_difference;
use crate::graph::names::{Label, Names, ScopeId};
use crate::graph::replace::Replacement;
use crate::graph::spec::{RawSpec, SpecBody};
use crate::graph::{Body, CodeReport, Constant, Declared, Function, Gatherer, Handle, Kind, Node, NodeFunction};
use crate::graph::{RawNode, Results, Settler, Source, Spec};
use crate::value::{Failure, Field, List, Projection, ValueType};
use serde::Serialize;
use serde::de::DeserializeOwned;
use smallvec::{SmallVec, smallvec};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU32, Ordering};
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
    id: u32,
    builder: Mutex<Builder>,
    declared: OnceLock<Arc<Declared>>,
}

/// What building keeps beside the arrays of the finished graph.
pub(crate) struct Builder {
    pub(crate) graph: Declared,
    /// Functions that have a spec already: by address and by which optional inputs are there.
    spec_of: HashMap<(usize, u64), u32>,
    last_spec: ((usize, u64), u32),
    /// Functions by their paths, each once.
    pub(crate) functions: HashMap<&'static str, Vec<&'static NodeFunction>>,
    /// Nodes by the hash of their path.
    node_of: HashMap<u64, u32>,
    /// Sources by their labels.
    sources: HashMap<String, Added>,
    /// Projections and settled nodes, which exist once for each input.
    derived: HashMap<(u32, String), u32>,
    pub(crate) replacements: Vec<Replacement>,
    pub(crate) mistakes: Vec<String>,
    /// Nodes whose spec has no key, with the reason.
    pub(crate) broken: Vec<(u32, String)>,
    pub(crate) is_finished: bool,
}

/// The nodes of one source: the first one, and the one that has no name of its own.
#[derive(Clone, Copy)]
struct Added {
    first: u32,
    unnamed: Option<u32>,
}

/// Numbers graphs, so that a node of another one is noticed.
static GRAPHS: AtomicU32 = AtomicU32::new(1);

impl Graph {
    /// Runs `pipeline` on a new graph and checks what it declared.
    ///
    /// # Errors
    /// What `pipeline` returns, or else all mistakes together, each with the places in the source: duplicate or empty
    /// names, sources that are added twice and differ, nodes of another graph, types that cannot be saved, fixtures
    /// that depend on what they replace.
    pub fn build<H>(pipeline: impl FnOnce(&Self) -> Result<H>) -> Result<(Self, H)> {
        // Numbers only have to differ; nothing is ordered by them.
        let id = GRAPHS.fetch_add(1, Ordering::Relaxed);
        let shared = Shared { id, builder: Mutex::new(Builder::new(id)), declared: OnceLock::new() };
        let graph = Self { shared: Arc::new(shared), scope: 0 };
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
        let index = self.builder().add(self.scope, spec.raw, H::OUTPUTS, Location::caller());
        H::from_raw(RawNode { graph: self.shared.id, index })
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

    /// The same graph, where names of nodes begin with `label/`.
    pub fn group(&self, label: impl fmt::Display) -> Self {
        self.sub_scope(&label.to_string(), false)
    }

    /// As [`Graph::group`], for many nodes that need no names: those of a function are numbered as they are added.
    ///
    /// Numbers name nodes for people only: a node inserted in between renames those behind it, and runs nothing.
    pub fn numbered(&self, label: impl fmt::Display) -> Self {
        self.sub_scope(&label.to_string(), true)
    }

    /// Names a node that runs should give; the command line knows it by this name.
    #[track_caller]
    pub fn target<T>(&self, name: impl Into<String>, node: Node<T>) {
        let (name, place) = (name.into(), Location::caller());
        let mut builder = self.builder();
        let Some(index) = builder.own(node.raw(), place) else { return };
        if name.is_empty() {
            builder.mistakes.push(format!("a target has an empty name ({place})"));
        } else if let Some((_, other)) = builder.graph.targets.iter().find(|(known, _)| *known == name) {
            let other = builder.graph.entry(*other).place;
            builder
                .mistakes
                .push(format!("two targets are called `{name}` (the second {place}, the node of the first {other})"));
        } else {
            builder.graph.targets.push((name, index));
        }
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
        self.declared().map_or(0, |graph| (0..).zip(&graph.nodes).filter(|(node, _)| !graph.is_output(*node)).count())
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

    /// A node's path in the graph, such as `fold3/fit`.
    pub fn identity<T>(&self, node: Node<T>) -> String {
        self.declared().map(|graph| graph.identity(node.raw().index)).unwrap_or_default()
    }

    pub(crate) fn declared(&self) -> Option<&Arc<Declared>> {
        self.shared.declared.get()
    }

    fn sub_scope(&self, label: &str, is_numbered: bool) -> Self {
        let mut builder = self.builder();
        if label.split('/').any(str::is_empty) {
            builder.mistakes.push(format!("the group `{label}` has an empty part in its name"));
        }
        let scope = builder.graph.names.scope(self.scope, label, is_numbered);
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

impl Builder {
    pub(crate) fn new(id: u32) -> Self {
        let graph = Declared {
            id,
            nodes: Vec::new(),
            inputs: Vec::new(),
            specs: Vec::new(),
            constants: Vec::new(),
            names: Names::new(),
            tags: BTreeMap::new(),
            targets: Vec::new(),
            order: None,
            replaced: BTreeMap::new(),
        };
        Self {
            graph,
            spec_of: HashMap::new(),
            last_spec: ((0, 0), 0),
            functions: HashMap::new(),
            node_of: HashMap::new(),
            sources: HashMap::new(),
            derived: HashMap::new(),
            replacements: Vec::new(),
            mistakes: Vec::new(),
            broken: Vec::new(),
            is_finished: false,
        }
    }

    /// The number of a node of this graph; a mistake when it belongs to another.
    fn own(&mut self, node: RawNode, place: &Location<'_>) -> Option<u32> {
        if node.graph == self.graph.id {
            return Some(node.index);
        }
        self.mistakes.push(format!("a node of another graph is used ({place})"));
        None
    }

    fn add(&mut self, scope: ScopeId, spec: RawSpec, outputs: u32, place: &'static Location<'static>) -> u32 {
        let mut inputs: SmallVec<[u32; 4]> = SmallVec::with_capacity(spec.inputs.len());
        for input in &spec.inputs {
            inputs.push(self.own(*input, place).unwrap_or(0));
        }
        let flags = Flags { persist: spec.persist, is_barrier: spec.is_barrier };
        let name = spec.name.as_deref();
        let index = match spec.body {
            SpecBody::Function { function, present } => {
                let kind = self.function_spec((std::ptr::from_ref(function).addr(), present), || Body::Function {
                    function,
                    present,
                });
                let (scope, label) = self.function_label(scope, name, function.function.name, place);
                let index = self.push(kind, scope, label, flags, place, &inputs);
                for output in 0..outputs {
                    let kind = self.output_spec(function, output);
                    self.push(kind, scope, Label::Default, flags, place, &[index]);
                }
                index
            }
            SpecBody::Constant(constant) => self.add_constant(scope, constant, name, flags, place),
            SpecBody::Source(source) => self.add_source(scope, source, name, flags, place),
            SpecBody::Field(field) => {
                let key = format!("field {}", field.path);
                self.add_derived(scope, key, Body::Field(field), name, flags, place, &inputs)
            }
            SpecBody::Settle(settler) => {
                self.add_derived(scope, "settle".into(), Body::Settle(settler), name, flags, place, &inputs)
            }
            SpecBody::Gather(gatherer) => {
                let kind = self.function_spec((std::ptr::from_ref(gatherer).addr(), 0), || Body::Gather(gatherer));
                let (scope, label) = match name {
                    Some(name) => self.named(scope, name, place),
                    None => (scope, self.graph.names.ordinal(scope, "gather")),
                };
                self.push(kind, scope, label, flags, place, &inputs)
            }
        };
        self.tag(index, spec.tags);
        index
    }

    fn add_source(
        &mut self,
        scope: ScopeId,
        source: Arc<Source>,
        name: Option<&str>,
        flags: Flags,
        place: &'static Location<'static>,
    ) -> u32 {
        let key = source.label();
        let known = self.sources.get(&key).copied();
        if let (None, Some(unnamed)) = (name, known.and_then(|known| known.unnamed)) {
            let difference = self.source_difference(unnamed, &source);
            return self.again(unnamed, difference, flags, place);
        }
        // Nodes that are called otherwise look at the same thing all the same.
        if let Some(known) = known.filter(|_| source.is_known_by_label())
            && let Some(difference) = self.source_difference(known.first, &source)
        {
            self.differs(known.first, &difference, place);
        }
        let (scope, label) = match name {
            Some(name) => self.named(scope, name, place),
            None => (0, Label::Default),
        };
        let kind = self.new_spec(Body::Source(source));
        let index = self.push(kind, scope, label, flags, place, &[]);
        let added = self.sources.entry(key).or_insert(Added { first: index, unnamed: None });
        if name.is_none() {
            added.unnamed = Some(index);
        }
        index
    }

    fn add_constant(
        &mut self,
        scope: ScopeId,
        constant: std::result::Result<Constant, String>,
        name: Option<&str>,
        flags: Flags,
        place: &'static Location<'static>,
    ) -> u32 {
        let constant = match constant {
            Ok(constant) => constant,
            Err(message) => {
                let name = name.unwrap_or("value");
                self.mistakes.push(format!("node `{name}` has no key: {message} ({place})"));
                return 0;
            }
        };
        let (scope, label) = match name {
            Some(name) => {
                // The same parameter may be added in several places, as long as it is the same.
                let hash = self.graph.names.path_hash(scope, name);
                if let Some(known) = self.node_of.get(&hash).copied().filter(|known| !self.is_broken(*known))
                    && let Kind::Constant(first) = self.graph.kind(known)
                {
                    let difference = constant_difference(first, &constant);
                    return self.again(known, difference, flags, place);
                }
                self.named(scope, name, place)
            }
            None => (scope, self.graph.names.ordinal(scope, "value")),
        };
        let number = u32::try_from(self.graph.constants.len()).unwrap_or(u32::MAX);
        self.graph.constants.push(constant);
        self.push(number | CONSTANT, scope, label, flags, place, &[])
    }

    /// A node that is known by its input and what is done with it: asking twice gives the same node.
    #[expect(clippy::too_many_arguments, reason = "one call each for projections and settled nodes")]
    fn add_derived(
        &mut self,
        scope: ScopeId,
        key: String,
        body: Body,
        name: Option<&str>,
        flags: Flags,
        place: &'static Location<'static>,
        inputs: &[u32],
    ) -> u32 {
        let input = inputs.first().copied().unwrap_or(0);
        if let Some(known) = name.is_none().then(|| self.derived.get(&(input, key.clone())).copied()).flatten() {
            if self.is_broken(known) {
                return known;
            }
            let difference = self.derived_difference(known, &body);
            return self.again(known, difference, flags, place);
        }
        let kind = self.new_spec(body);
        let Some(name) = name else {
            let index = self.push(kind, scope, Label::Default, flags, place, inputs);
            self.derived.insert((input, key), index);
            return index;
        };
        let (scope, label) = self.named(scope, name, place);
        self.push(kind, scope, label, flags, place, inputs)
    }

    fn function_label(
        &mut self,
        scope: ScopeId,
        name: Option<&str>,
        function: &'static str,
        place: &'static Location<'static>,
    ) -> (ScopeId, Label) {
        if let Some(name) = name {
            return self.named(scope, name, place);
        }
        if self.graph.names.is_numbered(scope) {
            return (scope, self.graph.names.ordinal(scope, function));
        }
        self.claim(scope, function, place, "call one of them `.name(..)`, or add it to a `g.group(..)` of its own");
        (scope, Label::Default)
    }

    fn named(&mut self, scope: ScopeId, name: &str, place: &'static Location<'static>) -> (ScopeId, Label) {
        if name.is_empty() {
            self.mistakes.push(format!("a node has an empty name ({place})"));
        }
        self.claim(scope, name, place, "names are unique within a `g.group(..)`");
        (scope, self.graph.names.given(name))
    }

    /// Takes a path for the node that is added next.
    fn claim(&mut self, scope: ScopeId, name: &str, place: &Location<'_>, hint: &str) {
        let hash = self.graph.names.path_hash(scope, name);
        let next = self.next_index();
        if let Some(known) = self.node_of.insert(hash, next) {
            let other = self.graph.entry(known).place;
            let path = self.graph.names.identity(scope, Label::Default, name);
            self.mistakes.push(format!("two nodes are called `{path}`: {other} and {place}; {hint}"));
        }
    }

    pub(crate) fn next_index(&self) -> u32 {
        u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX)
    }

    fn push(
        &mut self,
        kind: u32,
        scope: ScopeId,
        label: Label,
        flags: Flags,
        place: &'static Location<'static>,
        inputs: &[u32],
    ) -> u32 {
        let index = self.next_index();
        let first_input = u32::try_from(self.graph.inputs.len()).unwrap_or(u32::MAX);
        self.graph.inputs.extend_from_slice(inputs);
        self.graph.nodes.push(NodeEntry { kind, first_input, scope, label, flags, place });
        index
    }

    /// The spec of one output of a function with several.
    fn output_spec(&mut self, function: &'static NodeFunction, output: u32) -> u32 {
        let Results::Many(types) = function.results else { return 0 };
        let result = usize::try_from(output).ok().and_then(|output| types.get(output));
        let Some(result) = result.copied() else { return 0 };
        let key = (std::ptr::from_ref(result).addr(), u64::from(output));
        self.function_spec(key, || Body::Output { output, result })
    }

    /// The spec of a function or gatherer, which all its nodes share.
    fn function_spec(&mut self, key: (usize, u64), body: impl FnOnce() -> Body) -> u32 {
        if self.last_spec.0 == key {
            return self.last_spec.1;
        }
        let spec = match self.spec_of.get(&key) {
            Some(known) => *known,
            None => {
                let body = body();
                if let Body::Function { function, .. } = &body {
                    self.check_function(function);
                }
                let spec = self.new_spec(body);
                self.spec_of.insert(key, spec);
                spec
            }
        };
        self.last_spec = (key, spec);
        spec
    }
}
