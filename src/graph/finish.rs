//! From a builder to a finished graph, or to the report of all mistakes.

use crate::error::{Error, ErrorKind, Result};
use crate::graph::Declared;
use crate::graph::builder::Builder;

impl Builder {
    /// Turns what was declared into a finished graph.
    pub(crate) fn finish(&mut self) -> Result<Declared> {
        let mut mistakes = std::mem::take(&mut self.mistakes);
        for (node, message) in std::mem::take(&mut self.broken) {
            let place = self.graph.entry(node).place;
            mistakes.push(format!("{message} ({place})"));
        }
        if mistakes.is_empty() {
            self.resolve_replacements(&mut mistakes);
        }
        if mistakes.is_empty() && !self.graph.replaced.is_empty() {
            self.rewire(&mut mistakes);
        }
        if !mistakes.is_empty() {
            let count = mistakes.len();
            let list = mistakes.iter().map(|mistake| format!("\n  {mistake}")).collect::<String>();
            let noun = if count == 1 { "mistake" } else { "mistakes" };
            return Err(Error::new(ErrorKind::Graph, format!("the graph has {count} {noun}:{list}")));
        }
        let empty = Builder::new(self.graph.id).graph;
        let mut graph = std::mem::replace(&mut self.graph, empty);
        graph.names.freeze();
        graph.nodes.shrink_to_fit();
        graph.inputs.shrink_to_fit();
        Ok(graph)
    }
}
