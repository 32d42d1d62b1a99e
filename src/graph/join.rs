//! Several graphs as one, so that they are run together: each under a prefix of its own.

use crate::graph::Declared;
use crate::graph::declared::NodeEntry;
use crate::graph::id::{KindId, NodeId, SpecId};
use crate::graph::names::Names;
use crate::graph::node::GraphId;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A graph that is made of several.
pub(crate) struct Joined {
    pub(crate) graph: Declared,
    /// The nodes of each.
    pub(crate) parts: Vec<Range<usize>>,
}

impl Joined {
    /// One graph of all nodes of several; names of the nodes of each begin with a prefix.
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = (String, &'a Declared)>) -> Self {
        let mut joined = Self { graph: Declared::empty(GraphId::unused()), parts: Vec::new() };
        for (prefix, part) in parts {
            let start = joined.graph.nodes.len();
            joined.add(&prefix, part);
            joined.parts.push(start..joined.graph.nodes.len());
        }
        joined
    }

    /// A node of part number `part`, as it is known in the whole.
    pub(crate) fn node(&self, part: usize, node: NodeId) -> NodeId {
        let start = self.parts.get(part).map_or(0, |range| range.start);
        NodeId::from_index(start + node.index())
    }

    fn add(&mut self, prefix: &str, part: &Declared) {
        // Written out, so that what a graph has more some day is not forgotten here.
        let Declared {
            id: _,
            nodes,
            inputs,
            specs,
            constants,
            names,
            tags,
            retries,
            timeouts,
            processes,
            asked,
            targets: _,
            publications: _,
            order,
            replaced,
            settled_maps,
        } = part;
        let whole = &mut self.graph;
        let (n_nodes, n_specs) = (whole.nodes.len(), whole.specs.len());
        let (n_constants, n_inputs) = (whole.constants.len(), whole.inputs.len());
        let moved = |node: &NodeId| NodeId::from_index(n_nodes + node.index());
        let renamed = whole.names.join(prefix, names);
        whole.nodes.extend(nodes.iter().map(|entry| NodeEntry {
            kind: match entry.kind.spec() {
                Ok(spec) => SpecId::from_index(n_specs + spec.index()).into(),
                Err(constant) => KindId::constant(n_constants + constant),
            },
            first_input: u32::try_from(n_inputs).unwrap_or(u32::MAX).saturating_add(entry.first_input),
            path: renamed.path(entry.path),
            ..*entry
        }));
        whole.inputs.extend(inputs.iter().map(moved));
        whole.specs.extend(specs.iter().cloned());
        whole.constants.extend(constants.iter().cloned());
        let listed = match order {
            Some(order) => order.iter().map(moved).collect(),
            None => part.node_ids().map(|node| moved(&node)).collect::<Vec<_>>(),
        };
        whole.order.get_or_insert_default().extend(listed);
        extend(&mut whole.tags, tags, moved);
        extend(&mut whole.retries, retries, moved);
        extend(&mut whole.timeouts, timeouts, moved);
        whole.processes.extend(processes.iter().map(moved));
        extend(&mut whole.asked, asked, moved);
        whole.replaced.extend(replaced.iter().map(|(node, by)| (moved(node), moved(by))));
        whole.settled_maps.extend(settled_maps.iter().map(|(node, by)| (moved(node), moved(by))));
    }
}

fn extend<T: Clone>(whole: &mut BTreeMap<NodeId, T>, part: &BTreeMap<NodeId, T>, moved: impl Fn(&NodeId) -> NodeId) {
    whole.extend(part.iter().map(|(node, what)| (moved(node), what.clone())));
}

impl Declared {
    /// A graph without nodes.
    pub(crate) fn empty(id: GraphId) -> Self {
        Self {
            id,
            nodes: Vec::new(),
            inputs: Vec::new(),
            specs: Vec::new(),
            constants: Vec::new(),
            names: Names::new(),
            tags: BTreeMap::new(),
            retries: BTreeMap::new(),
            timeouts: BTreeMap::new(),
            processes: BTreeSet::new(),
            asked: BTreeMap::new(),
            targets: Vec::new(),
            publications: Vec::new(),
            order: None,
            replaced: BTreeMap::new(),
            settled_maps: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Body, Constant, Graph, Node, Settler};

    fn declared(build: impl FnOnce(&Graph) -> Node<u32>) -> (Graph, NodeId) {
        let (graph, node) = Graph::build(|g| Ok(build(g))).unwrap();
        (graph, node.raw().id)
    }

    #[test]
    fn each_keeps_its_nodes_names_and_inputs() {
        let (one, first) = declared(|g| g.group("inner").value(1));
        let (two, second) = declared(|g| {
            let list = g.gather([g.add(spec("left", 2)), g.add(spec("right", 3))]);
            g.settle(list);
            g.add(spec("last", 4))
        });
        let parts = [("a/b".to_owned(), &**one.declared().unwrap()), ("c".to_owned(), &**two.declared().unwrap())];
        let joined = Joined::of(parts);
        let graph = &joined.graph;
        let names: Vec<String> = graph.order().forwards().map(|node| graph.identity(node)).collect();
        assert_eq!(names, ["a/b/inner/value", "c/left", "c/right", "c/gather", "settle(c/gather)", "c/last"]);
        assert_eq!(graph.identity(joined.node(0, first)), "a/b/inner/value");
        assert_eq!(graph.identity(joined.node(1, second)), "c/last");
        let gather = joined.node(1, NodeId::from_index(2));
        assert_eq!(graph.inputs(gather).iter().map(|n| graph.identity(*n)).collect::<Vec<_>>(), ["c/left", "c/right"]);
        assert_eq!(joined.parts, [0..1, 1..6]);
        let settled = graph.spec(NodeId::from_index(4)).unwrap();
        assert!(matches!(settled.body, Body::Settle(Settler { .. })));
    }

    fn spec(name: &str, value: u32) -> crate::graph::Spec<u32> {
        let constant = Constant::new(value, crate::value::ValueType::serde::<u32>());
        crate::graph::Spec::from_body(crate::graph::spec::SpecBody::Constant(constant), smallvec::SmallVec::new())
            .name(name)
    }
}
