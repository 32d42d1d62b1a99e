//! Nodes read the fixtures that stand in for their inputs, and are sorted anew.

use crate::graph::builder::Builder;
use crate::graph::{Declared, NodeId};
use petgraph::visit::{DfsPostOrder, GraphBase, GraphRef, IntoNeighbors, VisitMap, Visitable};

impl Builder {
    /// Lets fixtures stand in for the nodes that they replace, and sorts the nodes anew.
    pub(crate) fn rewire(&mut self) {
        let graph = &mut self.graph;
        for input in &mut graph.inputs {
            *input = graph.replaced.get(input).copied().unwrap_or(*input);
        }
        let order = upstream_first(graph);
        note_circles(graph, &order, &mut self.mistakes);
        graph.order = Some(order);
    }
}

/// Every node behind its inputs, as far as these do not go round.
fn upstream_first(graph: &Declared) -> Vec<NodeId> {
    let mut order = Vec::with_capacity(graph.len());
    let upstream = Upstream(graph);
    let mut walk = DfsPostOrder::empty(upstream);
    for start in graph.node_ids() {
        walk.move_to(start);
        while let Some(node) = walk.next(upstream) {
            order.push(node);
        }
    }
    order
}

/// A node with an input that does not come before it is on a circle, which only a fixture can close.
fn note_circles(graph: &Declared, order: &[NodeId], mistakes: &mut Vec<String>) {
    let mut seen = Upstream(graph).visit_map();
    for node in order {
        if let Some(late) = graph.inputs(*node).iter().find(|input| !seen.is_visited(input)) {
            let (node, late) = (graph.identity(*node), graph.identity(*late));
            mistakes
                .push(format!("a fixture depends on what it replaces: `{node}` reads `{late}`, which depends on it"));
        }
        seen.visit(*node);
    }
}

/// A graph as petgraph's algorithms see it: edges lead from a node to its inputs.
#[derive(Clone, Copy)]
struct Upstream<'a>(&'a Declared);

impl GraphBase for Upstream<'_> {
    type EdgeId = u32;
    type NodeId = NodeId;
}

impl GraphRef for Upstream<'_> {}

impl<'a> IntoNeighbors for Upstream<'a> {
    type Neighbors = std::iter::Copied<std::slice::Iter<'a, NodeId>>;

    fn neighbors(self, node: NodeId) -> Self::Neighbors {
        self.0.inputs(node).iter().copied()
    }
}

impl Visitable for Upstream<'_> {
    type Map = Visited;

    fn visit_map(&self) -> Visited {
        Visited(vec![false; self.0.len()])
    }

    fn reset_map(&self, map: &mut Visited) {
        map.0.fill(false);
    }
}

struct Visited(Vec<bool>);

impl VisitMap<NodeId> for Visited {
    fn visit(&mut self, node: NodeId) -> bool {
        self.0.get_mut(node.index()).is_some_and(|seen| !std::mem::replace(seen, true))
    }

    fn is_visited(&self, node: &NodeId) -> bool {
        self.0.get(node.index()).is_some_and(|seen| *seen)
    }

    fn unvisit(&mut self, node: NodeId) -> bool {
        self.0.get_mut(node.index()).is_some_and(|seen| std::mem::replace(seen, false))
    }
}
