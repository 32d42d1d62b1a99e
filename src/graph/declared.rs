//! A graph that is finished: flat arrays, every node behind its upstream nodes, every spec with its key.
//!
//! petgraph keeps 68 bytes for a node with three inputs beside its weight, these arrays keep 44 with it; a no-op is
//! measured by bytes a node. petgraph's algorithms run on the arrays through its traits.

use crate::fingerprint::{SchemaDigest, SpecHashers, ValueDigest};
use crate::graph::id::{KindId, to_usize};
use crate::graph::names::{Label, Names, NodePath};
use crate::graph::node::GraphId;
use crate::graph::{Asked, Draw, Gatherer, NodeFunction, NodeId, Persist, Publication, Retry, Settler, Source, SpecId};
use crate::value::{Projection, Value, ValueType};
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// A finished graph.
pub(crate) struct Declared {
    pub(crate) id: GraphId,
    pub(crate) nodes: Vec<NodeEntry>,
    pub(crate) inputs: Vec<NodeId>,
    pub(crate) specs: Vec<NodeSpec>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) names: Names,
    pub(crate) tags: BTreeMap<NodeId, Vec<Box<str>>>,
    /// Nodes that are tried again when they fail.
    pub(crate) retries: BTreeMap<NodeId, Retry>,
    /// How long nodes may take.
    pub(crate) timeouts: BTreeMap<NodeId, Duration>,
    /// Nodes that run in processes of their own.
    pub(crate) processes: BTreeSet<NodeId>,
    /// What single nodes take of the machine.
    pub(crate) asked: BTreeMap<NodeId, Asked>,
    pub(crate) targets: Vec<(String, NodeId)>,
    pub(crate) publications: Vec<Publication>,
    /// Every node behind its inputs; nothing when the nodes' numbers are in that order already.
    pub(crate) order: Option<Vec<NodeId>>,
    /// Nodes that others stand in for, which are not replaced themselves.
    pub(crate) replaced: BTreeMap<NodeId, NodeId>,
    /// Maps whose elements are settled, and the nodes that do so in their stead.
    pub(crate) settled_maps: BTreeMap<NodeId, NodeId>,
}

/// What is kept for each node: 32 bytes, and four for each input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeEntry {
    pub(crate) kind: KindId,
    pub(crate) first_input: u32,
    pub(crate) path: NodePath,
    pub(crate) flags: Flags,
    pub(crate) place: &'static Location<'static>,
}

/// A node's small options.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flags {
    pub(crate) persist: Persist,
    pub(crate) is_barrier: bool,
}

/// What a node does.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Function {
        function: &'static NodeFunction,
        present: u64,
    },
    Source(Arc<Source>),
    Field(Arc<Projection>),
    Gather(&'static Gatherer),
    Settle(&'static Settler),
    /// One output of the node that is its input.
    Output {
        output: u32,
        result: &'static ValueType,
    },
}

/// A spec with its key; shared by the nodes that differ only in their inputs.
#[derive(Clone, Debug)]
pub(crate) struct NodeSpec {
    pub(crate) body: Body,
    /// What went into the key; empty for sources and outputs, which are known otherwise.
    pub(crate) key: Vec<u8>,
    pub(crate) hashers: SpecHashers,
    /// For a mapped function: what its elements' content keys are made with.
    pub(crate) element: Option<SpecHashers>,
    /// Types of its outputs; one for most.
    pub(crate) results: SmallVec<[&'static ValueType; 1]>,
    pub(crate) schemas: SmallVec<[SchemaDigest; 1]>,
    pub(crate) element_schemas: Option<ElementSchemas>,
    /// Which draw its nodes are; the first one for most.
    pub(crate) draw: Draw,
}

/// Schemas of the elements that a mapped function goes over, and of what it gives for them.
#[derive(Clone, Debug)]
pub(crate) struct ElementSchemas {
    /// One for each collection.
    pub(crate) items: SmallVec<[SchemaDigest; 1]>,
    pub(crate) result: SchemaDigest,
}

/// A leaf whose value is in the program.
#[derive(Clone, Debug)]
pub(crate) struct Constant {
    pub(crate) value: Value,
    pub(crate) digest: ValueDigest,
    pub(crate) value_type: &'static ValueType,
}

impl NodeSpec {
    /// Schema of the node's value; for a node with several outputs, one for their list.
    pub(crate) fn schema(&self) -> SchemaDigest {
        match self.schemas.as_slice() {
            [one] => *one,
            _ => SchemaDigest::from_bytes(*self.hashers.digest.as_bytes()),
        }
    }

    /// Whether its nodes' values cannot be saved.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self.results.as_slice(), [one] if one.bytes.is_none())
    }
}

/// A node as the executor sees it.
#[derive(Clone, Copy)]
pub(crate) enum Kind<'a> {
    Constant(&'a Constant),
    Spec(&'a NodeSpec),
}

impl Declared {
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// All nodes in the order in which they were added.
    pub(crate) fn node_ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        NodeId::first(self.nodes.len())
    }

    pub(crate) fn entry(&self, node: NodeId) -> &NodeEntry {
        at(&self.nodes, node.index())
    }

    /// Upstream nodes in the order of the parameters.
    pub(crate) fn inputs(&self, node: NodeId) -> &[NodeId] {
        let start = self.entry(node).first_input;
        let end = self.nodes.get(node.index() + 1).map_or(self.inputs.len(), |next| to_usize(next.first_input));
        self.inputs.get(to_usize(start)..end).unwrap_or_default()
    }

    pub(crate) fn kind(&self, node: NodeId) -> Kind<'_> {
        match self.entry(node).kind.spec() {
            Ok(spec) => Kind::Spec(at(&self.specs, spec.index())),
            Err(constant) => Kind::Constant(at(&self.constants, constant)),
        }
    }

    /// The id of the spec of a node that is no constant.
    pub(crate) fn spec_id(&self, node: NodeId) -> Option<SpecId> {
        self.entry(node).kind.spec().ok()
    }

    /// The spec of a node that is no constant.
    pub(crate) fn spec(&self, node: NodeId) -> Option<&NodeSpec> {
        match self.kind(node) {
            Kind::Spec(spec) => Some(spec),
            Kind::Constant(_) => None,
        }
    }

    /// Whether the node calls a node function.
    pub(crate) fn is_function(&self, node: NodeId) -> bool {
        self.spec(node).is_some_and(|spec| matches!(spec.body, Body::Function { .. }))
    }

    /// Whether the node is an output of the node before, not a node of its own.
    pub(crate) fn is_output(&self, node: NodeId) -> bool {
        self.spec(node).is_some_and(|spec| matches!(spec.body, Body::Output { .. }))
    }

    /// The node itself, or the one whose output it is.
    pub(crate) fn producer(&self, node: NodeId) -> NodeId {
        match self.inputs(node) {
            [producer] if self.is_output(node) => *producer,
            _ => node,
        }
    }

    /// The type of the node's value; nothing for a node with several outputs.
    pub(crate) fn value_type(&self, node: NodeId) -> Option<&'static ValueType> {
        match self.kind(node) {
            Kind::Constant(constant) => Some(constant.value_type),
            Kind::Spec(spec) => match spec.results.as_slice() {
                [one] => Some(one),
                _ => None,
            },
        }
    }

    /// Whether somebody gave the node its name.
    pub(crate) fn is_named(&self, node: NodeId) -> bool {
        matches!(self.entry(node).path.label, Label::Given(_))
    }

    /// The node's path in the graph.
    pub(crate) fn identity(&self, node: NodeId) -> String {
        let entry = self.entry(node);
        let is_named = self.is_named(node);
        let default = match self.kind(node) {
            Kind::Constant(_) => "value".to_owned(),
            Kind::Spec(spec) => match &spec.body {
                Body::Function { function, .. } => function.function.name.to_owned(),
                Body::Source(source) => source.label(),
                Body::Gather(_) => "gather".to_owned(),
                Body::Field(_) | Body::Settle(_) if is_named => String::new(),
                Body::Field(field) => {
                    return format!("{}.{}", self.input_identity(node), field.path);
                }
                Body::Settle(_) => return format!("settle({})", self.input_identity(node)),
                Body::Output { output, .. } => {
                    return format!("{}.{}", self.input_identity(node), self.output_name(node, *output));
                }
            },
        };
        self.names.identity(entry.path, &default)
    }

    fn input_identity(&self, node: NodeId) -> String {
        self.inputs(node).first().map(|input| self.identity(*input)).unwrap_or_default()
    }

    fn output_name(&self, node: NodeId, output: u32) -> String {
        let producer = self.inputs(node).first().and_then(|producer| self.spec(*producer));
        let name = producer.and_then(|spec| match &spec.body {
            Body::Function { function, .. } => function.function.outputs.get(to_usize(output)),
            Body::Source(_) | Body::Field(_) | Body::Gather(_) | Body::Settle(_) | Body::Output { .. } => None,
        });
        name.map_or_else(|| output.to_string(), |name| (*name).to_owned())
    }

    /// Nodes in an order in which each comes behind its inputs.
    pub(crate) fn order(&self) -> Order<'_> {
        match &self.order {
            Some(order) => Order::Listed(order),
            None => Order::Counted(self.nodes.len()),
        }
    }

    /// The node that stands in for `node`, usually itself.
    pub(crate) fn effective(&self, node: NodeId) -> NodeId {
        self.replaced.get(&node).copied().unwrap_or(node)
    }

    /// What is asked for when nobody says: the declared targets, or else every node that no other reads.
    pub(crate) fn default_targets(&self) -> Vec<NodeId> {
        if !self.targets.is_empty() {
            return self.targets.iter().map(|(_, node)| self.effective(*node)).collect();
        }
        let mut is_read = vec![false; self.nodes.len()];
        for input in &self.inputs {
            if let Some(flag) = is_read.get_mut(input.index()) {
                *flag = true;
            }
        }
        let sinks = self.node_ids().zip(&is_read).filter(|(node, is_read)| {
            let is_itself = !self.replaced.contains_key(node) && !self.settled_maps.contains_key(node);
            !**is_read && is_itself && self.value_type(*node).is_some()
        });
        sinks.map(|(node, _)| node).collect()
    }
}

/// The order of a graph's nodes, forwards or backwards, without a list where counting does.
#[derive(Clone, Copy)]
pub(crate) enum Order<'a> {
    Listed(&'a [NodeId]),
    Counted(usize),
}

impl Order<'_> {
    /// Inputs first.
    pub(crate) fn forwards(&self) -> impl Iterator<Item = NodeId> + '_ {
        let (listed, counted) = self.halves();
        listed.iter().copied().chain(NodeId::first(counted))
    }

    /// Inputs last.
    pub(crate) fn backwards(&self) -> impl Iterator<Item = NodeId> + '_ {
        let (listed, counted) = self.halves();
        listed.iter().rev().copied().chain(NodeId::first(counted).rev())
    }

    fn halves(&self) -> (&[NodeId], usize) {
        match self {
            Self::Listed(order) => (order, 0),
            Self::Counted(count) => (&[], *count),
        }
    }
}

#[expect(clippy::expect_used, reason = "node, spec and constant ids come from the builder that made the arrays")]
fn at<T>(items: &[T], index: usize) -> &T {
    items.get(index).expect("an id from this graph")
}
