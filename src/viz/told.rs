//! Views that tell what a run would do, or did.

use crate::error::Result;
use crate::exec::{Engine, NodeFacts, Run, Snapshot};
use crate::graph::Graph;
use crate::viz::graph::of_graph;
use crate::viz::{View, ViewRun, ViewState};

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
        self.snapshot().map(|snapshot| View { run: Some(run), ..of_snapshot(&snapshot) })
    }
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
