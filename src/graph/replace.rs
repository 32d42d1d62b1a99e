//! Fixtures: which node stands in for which, when those that stand in are replaced as well.

use crate::graph::builder::Builder;
use crate::graph::{Declared, NodeId};
use std::collections::BTreeMap;
use std::panic::Location;

/// A call of `Graph::replace`.
#[derive(Clone, Copy)]
pub(crate) struct Replacement {
    pub(crate) node: NodeId,
    pub(crate) fixture: NodeId,
    pub(crate) place: &'static Location<'static>,
}

impl Builder {
    /// Follows replacements of replacements to their ends; notes nodes that have two fixtures or none at all.
    pub(crate) fn resolve_replacements(&mut self) {
        let mut by_node: BTreeMap<NodeId, Replacement> = BTreeMap::new();
        for replacement in std::mem::take(&mut self.replacements) {
            let first = by_node.entry(replacement.node).or_insert(replacement);
            if first.place != replacement.place || first.fixture != replacement.fixture {
                let (name, first, second) = (self.graph.identity(first.node), first.place, replacement.place);
                self.mistakes.push(format!("`{name}` is replaced twice: {first} and {second}"));
            }
        }
        for (map, settled) in &self.graph.settled_maps {
            if let (Some(replacement), None) = (by_node.get(map), by_node.get(settled)) {
                let (name, settled, place) =
                    (self.graph.identity(*map), self.graph.identity(*settled), replacement.place);
                self.mistakes.push(format!(
                    "`{name}` is replaced ({place}), but `{settled}` goes over its elements: replace that one too"
                ));
            }
        }
        for start in by_node.keys() {
            let mut path = Vec::new();
            let mut node = *start;
            while let Some(replacement) = by_node.get(&node).filter(|_| !self.graph.replaced.contains_key(&node)) {
                // Until the end of the path is known, this says that the node has been passed.
                self.graph.replaced.insert(node, node);
                path.push(*replacement);
                node = replacement.fixture;
            }
            if let Some(at) = path.iter().position(|passed| passed.node == node) {
                self.mistakes.push(round(&self.graph, path.get(at..).unwrap_or_default()));
            }
            let end = self.graph.effective(node);
            self.graph.replaced.extend(path.iter().map(|passed| (passed.node, end)));
        }
    }
}

/// What is wrong with replacements that lead back to where they began.
fn round(graph: &Declared, replacements: &[Replacement]) -> String {
    if let [Replacement { node, place, .. }] = replacements {
        return format!("`{}` is replaced by itself: {place}", graph.identity(*node));
    }
    let steps = replacements.iter().map(|Replacement { node, fixture, place }| {
        format!("`{}` by `{}` ({place})", graph.identity(*node), graph.identity(*fixture))
    });
    format!("replacements go round: {}", steps.collect::<Vec<_>>().join(", "))
}
