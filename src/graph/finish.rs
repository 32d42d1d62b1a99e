//! From a builder to a finished graph, or to the report of all mistakes.

use crate::error::{Error, ErrorKind, Result};
use crate::graph::Declared;
use crate::graph::builder::Builder;

impl Builder {
    /// Turns what was declared into a finished graph.
    pub(crate) fn finish(&mut self) -> Result<Declared> {
        for (node, message) in &self.broken {
            let place = self.graph.entry(*node).place;
            self.mistakes.push(format!("{message} ({place})"));
        }
        if self.mistakes.is_empty() {
            self.resolve_replacements();
        }
        if self.mistakes.is_empty() && !self.graph.replaced.is_empty() {
            self.rewire();
        }
        if self.mistakes.is_empty() {
            self.check_processes();
        }
        let Self { mut graph, mistakes, .. } = std::mem::replace(self, Self::new(self.graph.id));
        if !mistakes.is_empty() {
            return Err(report(&mistakes));
        }
        graph.names.freeze();
        graph.nodes.shrink_to_fit();
        graph.inputs.shrink_to_fit();
        Ok(graph)
    }
}

fn report(mistakes: &[String]) -> Error {
    let count = mistakes.len();
    let noun = if count == 1 { "mistake" } else { "mistakes" };
    let list = mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect::<String>();
    Error::new(ErrorKind::Graph, format!("the graph has {count} {noun}:{list}"))
}
