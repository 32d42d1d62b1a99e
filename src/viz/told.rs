//! Views that tell what a run would do, or did.

use crate::error::Result;
use crate::exec::{Engine, NodeFacts, Run, Snapshot, Span};
use crate::graph::Graph;
use crate::viz::graph::of_graph;
use crate::viz::{View, ViewRun, ViewSpan, ViewState};
use std::collections::HashMap;

impl Engine {
    /// What pictures show of a graph as it stands: what a run of these targets would do with each node, and what is on record of it. None
    /// means all targets.
    ///
    /// # Errors
    /// When there is no target or node of a name, and when the store cannot be read.
    pub fn view(&self, graph: &Graph, targets: &[&str]) -> Result<View> {
        self.snapshot(graph, targets).map(|snapshot| of_snapshot(&snapshot))
    }
}

impl Run {
    /// What pictures show of the run: how each node came out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn view(&self) -> Result<View> {
        let run = ViewRun {
            id: self.id(),
            at: self.ended_at(),
            took: self.took(),
            counts: self.counts(),
            elements: self.elements(),
            restarts: self.restarts(),
            costs: self.costs(),
            is_complete: self.is_complete(),
            is_stopped: self.is_stopped(),
        };
        let mut view = of_snapshot(&self.snapshot()?);
        view.spans = spans_of(&view, self.spans());
        view.run = Some(run);
        Ok(view)
    }
}

/// Those of nodes of sub-graphs belong to the nodes that made these.
fn spans_of(view: &View, spans: Vec<Span>) -> Vec<ViewSpan> {
    let places: HashMap<&str, usize> =
        view.nodes.iter().enumerate().map(|(place, node)| (node.name.as_str(), place)).collect();
    let place = |name: &str| {
        let around = name.rmatch_indices('/').filter_map(|(end, _)| name.get(..end));
        let found = std::iter::once(name).chain(around).find_map(|name| Some((*places.get(name)?, name.len())));
        let (place, length) = found?;
        Some((place, name.get(length + 1..).filter(|inner| !inner.is_empty()).map(str::to_owned)))
    };
    let mut told = Vec::with_capacity(spans.len());
    for Span { doing, node, element, worker, start, took } in spans {
        let found = node.as_deref().map(place);
        // What a view does not show.
        if found == Some(None) {
            continue;
        }
        let (node, inner) = found.flatten().unzip();
        let part = match (inner.flatten(), element) {
            (Some(inner), Some(element)) => Some(format!("{inner}[{element}]")),
            (inner, element) => inner.or(element),
        };
        told.push(ViewSpan { node, part, doing, worker, start, took });
    }
    told
}

fn of_snapshot(snapshot: &Snapshot) -> View {
    let mut view = of_graph(&snapshot.graph);
    let is_shown = |facts: &&(_, NodeFacts)| !snapshot.graph.replaced.contains_key(&facts.0);
    for (node, (_, facts)) in view.nodes.iter_mut().zip(snapshot.nodes.iter().filter(is_shown)) {
        let planned = facts.planned.map(ViewState::from);
        node.state = facts.outcome.map(ViewState::from).or(planned);
        node.took = facts.took;
        node.bytes = facts.bytes;
        node.elements = facts.members.or(facts.elements.map(|counts| counts.nodes));
        node.element_counts = facts.elements;
        node.fingerprint = facts.fingerprint.map(|fingerprint| fingerprint.to_string());
        node.code = facts.code.map(|code| blake3::Hash::from_bytes(code).to_hex().to_string());
        node.failure = facts.failure.clone();
    }
    view
}
