//! What building keeps: the arrays of the graph as they grow, what was added to them, the mistakes so far.

use crate::graph::declared::{Flags, NodeEntry};
use crate::graph::names::{Label, Names, ScopeId};
use crate::graph::replace::Replacement;
use crate::graph::{Body, Declared, NodeFunction, NodeSpec, RawNode, Results};
use std::collections::{BTreeMap, HashMap};
use std::panic::Location;

/// What building keeps beside the arrays of the finished graph.
pub(crate) struct Builder {
    pub(crate) graph: Declared,
    /// Functions that have a spec already: by address and by which optional inputs are there.
    spec_of: HashMap<(usize, u64), u32>,
    last_spec: ((usize, u64), u32),
    /// Functions by their paths, each once.
    pub(crate) functions: HashMap<&'static str, Vec<&'static NodeFunction>>,
    /// Nodes by the hash of their path.
    pub(crate) node_of: HashMap<u64, u32>,
    /// Sources by their labels.
    pub(crate) sources: HashMap<String, Added>,
    /// Projections and settled nodes, which exist once for each input.
    pub(crate) derived: HashMap<(u32, String), u32>,
    pub(crate) replacements: Vec<Replacement>,
    pub(crate) mistakes: Vec<String>,
    /// Nodes whose spec has no key, with the reason.
    pub(crate) broken: Vec<(u32, String)>,
    pub(crate) is_finished: bool,
}

/// The nodes of one source: the first one, and the one that has no name of its own.
#[derive(Clone, Copy)]
pub(crate) struct Added {
    pub(crate) first: u32,
    pub(crate) unnamed: Option<u32>,
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
    pub(crate) fn own(&mut self, node: RawNode, place: &Location<'_>) -> Option<u32> {
        if node.graph == self.graph.id {
            return Some(node.index);
        }
        self.mistakes.push(format!("a node of another graph is used ({place})"));
        None
    }

    pub(crate) fn named(&mut self, scope: ScopeId, name: &str, place: &'static Location<'static>) -> (ScopeId, Label) {
        if name.is_empty() {
            self.mistakes.push(format!("a node has an empty name ({place})"));
        }
        self.claim(scope, name, place, "names are unique within a `g.group(..)`");
        (scope, self.graph.names.given(name))
    }

    /// Takes a path for the node that is added next.
    pub(crate) fn claim(&mut self, scope: ScopeId, name: &str, place: &Location<'_>, hint: &str) {
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

    pub(crate) fn push(
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
    pub(crate) fn output_spec(&mut self, function: &'static NodeFunction, output: u32) -> u32 {
        let Results::Many(types) = function.results else { return 0 };
        let result = usize::try_from(output).ok().and_then(|output| types.get(output));
        let Some(result) = result.copied() else { return 0 };
        let key = (std::ptr::from_ref(result).addr(), u64::from(output));
        self.function_spec(key, || Body::Output { output, result })
    }

    /// The spec of a function or gatherer, which all its nodes share.
    pub(crate) fn function_spec(&mut self, key: (usize, u64), body: impl FnOnce() -> Body) -> u32 {
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

    /// Adds a spec; a mistake is reported with the node that is added next.
    pub(crate) fn new_spec(&mut self, body: Body) -> u32 {
        match NodeSpec::new(body) {
            Ok(spec) => {
                self.graph.specs.push(spec);
                u32::try_from(self.graph.specs.len() - 1).unwrap_or(u32::MAX)
            }
            Err(message) => {
                let next = self.next_index();
                self.broken.push((next, message));
                0
            }
        }
    }
}
