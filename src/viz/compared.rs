//! What became of the nodes of a view in another run.

use crate::exec::{RunNode, RunNodeEnd};
use crate::viz::{View, ViewBefore, ViewState};
use std::collections::HashMap;

impl View {
    /// The same with what became of its nodes in another run, as [`Engine::run_nodes`](crate::Engine::run_nodes) tells it: the run before,
    /// usually. Pages show where they differ.
    #[must_use]
    pub fn compared_with(mut self, nodes: &[RunNode]) -> Self {
        let known: HashMap<&str, &RunNode> = nodes.iter().map(|node| (node.node.as_str(), node)).collect();
        for node in &mut self.nodes {
            let ended = known.get(node.name.as_str()).map(|known| &known.ended);
            let (state, took) = match ended {
                Some(RunNodeEnd::Executed { took }) => (ViewState::Executed, Some(*took)),
                Some(RunNodeEnd::CutOff) => (ViewState::CutOff, None),
                Some(RunNodeEnd::Failed(_)) => (ViewState::Failed, None),
                // Nothing says whether anybody asked for it.
                Some(RunNodeEnd::Known) if node.state == Some(ViewState::NotNeeded) => (ViewState::NotNeeded, None),
                Some(RunNodeEnd::Known) => (ViewState::Fresh, None),
                Some(RunNodeEnd::NoRecord) | None => continue,
            };
            node.before = Some(ViewBefore { state, took });
        }
        self
    }
}
