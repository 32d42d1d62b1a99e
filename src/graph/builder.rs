//! What building keeps: the arrays of the graph as they grow, what was added to them, the mistakes so far.

use crate::graph::declared::{Flags, NodeEntry};
use crate::graph::id::KindId;
use crate::graph::names::{Label, NodePath, ScopeId};
use crate::graph::node::GraphId;
use crate::graph::publish::Taken;
use crate::graph::replace::Replacement;
use crate::graph::{Body, Declared, Draw, Gatherer, NodeFunction, NodeId, NodeSpec, RawNode, Results, SpecId};
use std::collections::HashMap;
use std::panic::Location;

/// What building keeps beside the arrays of the finished graph.
pub(crate) struct Builder {
    pub(crate) graph: Declared,
    /// Specs that several nodes may have.
    spec_of: HashMap<SharedKey, SpecId>,
    /// The one that was asked for last: most nodes come in rows that differ in their inputs alone.
    last_spec: Option<(SharedKey, SpecId)>,
    /// Functions by their paths, each once.
    pub(crate) functions: HashMap<&'static str, Vec<&'static NodeFunction>>,
    /// Nodes by the hash of their path.
    node_of: HashMap<u64, NodeId>,
    /// Sources by their labels.
    pub(crate) sources: HashMap<String, Added>,
    /// Projections and settled nodes, which exist once for each input.
    pub(crate) derived: HashMap<(NodeId, String), NodeId>,
    pub(crate) replacements: Vec<Replacement>,
    target_of: HashMap<String, NodeId>,
    /// Where results are published.
    pub(crate) published: Taken,
    pub(crate) mistakes: Vec<String>,
    /// Nodes whose spec has no key, with the reason.
    pub(crate) broken: Vec<(NodeId, String)>,
}

/// The nodes of one source: the first one, and the one that has no name of its own.
#[derive(Clone, Copy)]
pub(crate) struct Added {
    pub(crate) first: NodeId,
    pub(crate) unnamed: Option<NodeId>,
}

/// What a pipeline says of a node beside what it does.
#[derive(Clone, Copy)]
pub(crate) struct Declaration<'a> {
    pub(crate) scope: ScopeId,
    /// The name that it was given, if any.
    pub(crate) name: Option<&'a str>,
    pub(crate) inputs: &'a [NodeId],
    pub(crate) flags: Flags,
    pub(crate) place: &'static Location<'static>,
}

/// What the nodes that share a spec have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct SharedKey {
    /// Address of the static that says what they do.
    address: usize,
    /// Tells apart the specs that are made of it.
    variant: u64,
    draw: Draw,
}

impl SharedKey {
    fn new<T>(what: &'static T, variant: u64) -> Self {
        Self { address: std::ptr::from_ref(what).addr(), variant, draw: Draw::default() }
    }
}

impl Builder {
    pub(crate) fn new(id: GraphId) -> Self {
        Self {
            graph: Declared::empty(id),
            spec_of: HashMap::new(),
            last_spec: None,
            functions: HashMap::new(),
            node_of: HashMap::new(),
            sources: HashMap::new(),
            derived: HashMap::new(),
            replacements: Vec::new(),
            target_of: HashMap::new(),
            published: Taken::default(),
            mistakes: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// The id of a node of this graph; a mistake when it belongs to another.
    pub(crate) fn own(&mut self, node: RawNode, place: &Location<'_>) -> Option<NodeId> {
        if node.graph == self.graph.id {
            return Some(node.id);
        }
        self.mistakes.push(format!("a node of another graph is used ({place})"));
        None
    }

    /// Makes a node a target; a mistake when another is called the same.
    pub(crate) fn target(&mut self, name: String, node: NodeId, place: &Location<'_>) {
        if let Some(other) = self.target_of.get(&name) {
            let other = self.graph.entry(*other).place;
            self.mistakes
                .push(format!("two targets are called `{name}` (the second {place}, the node of the first {other})"));
        } else {
            self.target_of.insert(name.clone(), node);
            self.graph.targets.push((name, node));
        }
    }

    /// The path of a node that was given a name; a mistake when another has it.
    pub(crate) fn given_path(&mut self, name: &str, declaration: &Declaration<'_>) -> NodePath {
        let Declaration { scope, place, .. } = *declaration;
        if name.is_empty() {
            self.mistakes.push(format!("a node has an empty name ({place})"));
        }
        self.claim(scope, name, place, "names are unique within a `g.group(..)`");
        NodePath { scope, label: self.graph.names.given(name) }
    }

    /// The node that has claimed a path.
    pub(crate) fn node_called(&self, scope: ScopeId, name: &str) -> Option<NodeId> {
        self.node_of.get(&self.graph.names.path_hash(scope, name)).copied()
    }

    /// Takes a path for the node that is added next.
    pub(crate) fn claim(&mut self, scope: ScopeId, name: &str, place: &Location<'_>, hint: &str) {
        let hash = self.graph.names.path_hash(scope, name);
        let next = self.next_node();
        if let Some(known) = self.node_of.insert(hash, next) {
            let other = self.graph.entry(known).place;
            let path = self.graph.names.identity(NodePath { scope, label: Label::Default }, name);
            self.mistakes.push(format!("two nodes are called `{path}`: {other} and {place}; {hint}"));
        }
    }

    pub(crate) fn next_node(&self) -> NodeId {
        NodeId::from_index(self.graph.nodes.len())
    }

    /// Adds a node.
    pub(crate) fn push(&mut self, kind: KindId, path: NodePath, declaration: &Declaration<'_>) -> NodeId {
        let Declaration { inputs, flags, place, .. } = *declaration;
        let node = self.next_node();
        let first_input = u32::try_from(self.graph.inputs.len()).unwrap_or(u32::MAX);
        self.graph.inputs.extend_from_slice(inputs);
        self.graph.nodes.push(NodeEntry { kind, first_input, path, flags, place });
        node
    }

    /// The spec of a function, of which `present` says which optional inputs are there.
    pub(crate) fn function_spec(&mut self, function: &'static NodeFunction, present: u64, draw: Draw) -> SpecId {
        let key = SharedKey { draw, ..SharedKey::new(function, present) };
        self.shared_spec(key, || Body::Function { function, present })
    }

    /// The spec of one output of a function with several.
    pub(crate) fn output_spec(&mut self, function: &'static NodeFunction, output: u32) -> SpecId {
        let Results::Many(types) = function.results else { return SpecId::MISTAKEN };
        let result = usize::try_from(output).ok().and_then(|output| types.get(output));
        let Some(result) = result.copied() else { return SpecId::MISTAKEN };
        self.shared_spec(SharedKey::new(result, u64::from(output)), || Body::Output { output, result })
    }

    pub(crate) fn gatherer_spec(&mut self, gatherer: &'static Gatherer) -> SpecId {
        self.shared_spec(SharedKey::new(gatherer, 0), || Body::Gather(gatherer))
    }

    fn shared_spec(&mut self, key: SharedKey, body: impl FnOnce() -> Body) -> SpecId {
        if let Some((last, spec)) = self.last_spec
            && last == key
        {
            return spec;
        }
        let spec = match self.spec_of.get(&key) {
            Some(known) => *known,
            None => {
                let body = body();
                if let Body::Function { function, .. } = &body {
                    self.check_function(function);
                }
                let spec = self.new_drawing_spec(body, key.draw);
                self.spec_of.insert(key, spec);
                spec
            }
        };
        self.last_spec = Some((key, spec));
        spec
    }

    /// Adds a spec; a mistake is reported with the node that is added next.
    pub(crate) fn new_spec(&mut self, body: Body) -> SpecId {
        self.new_drawing_spec(body, Draw::default())
    }

    fn new_drawing_spec(&mut self, body: Body, draw: Draw) -> SpecId {
        match NodeSpec::new(body, draw) {
            Ok(spec) => {
                self.graph.specs.push(spec);
                SpecId::from_index(self.graph.specs.len() - 1)
            }
            Err(message) => {
                let next = self.next_node();
                self.broken.push((next, message));
                SpecId::MISTAKEN
            }
        }
    }
}
