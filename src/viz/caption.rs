//! What stands in the box of a node.

use crate::viz::{ViewKind, ViewNode, escape};
use crate::words;

/// So many characters of a name stand in a box.
const LONGEST: usize = 36;

impl ViewNode {
    /// The lines of its box: its label with the sign of its state, and what is known of it in few words.
    pub(crate) fn caption(&self) -> Vec<String> {
        let sign = self.state.map(|state| format!("{} ", state.sign())).unwrap_or_default();
        let title = format!("{sign}{}", self.title());
        [Some(title), self.facts()].into_iter().flatten().collect()
    }

    /// Its label, as much of it as fits a box.
    pub(crate) fn title(&self) -> String {
        let cut = if self.kind == ViewKind::Source { escape::cut_middle } else { escape::cut };
        cut(&self.label.replace(['\n', '\r', '\t'], " "), LONGEST)
    }

    /// How many it is, how long it took and how large it is, as far as that is known.
    pub(crate) fn facts(&self) -> Option<String> {
        let many = match (self.kind, self.elements) {
            (ViewKind::Group, _) => Some(words::count(self.count(), "node")),
            (ViewKind::Reduce, Some(elements)) => Some(words::count(elements, "combination")),
            (_, Some(elements)) => Some(words::count(elements, "element")),
            (ViewKind::Map | ViewKind::Reduce | ViewKind::Expand, None) => Some(self.kind.name().to_owned()),
            (
                ViewKind::Value
                | ViewKind::Source
                | ViewKind::Function
                | ViewKind::Gather
                | ViewKind::Field
                | ViewKind::Settle,
                None,
            ) => None,
        };
        let took = self.took.filter(|took| !took.is_zero()).map(words::duration);
        let bytes = self.bytes.filter(|bytes| *bytes > 0).map(words::bytes);
        let facts: Vec<String> = [many, took, bytes].into_iter().flatten().collect();
        (!facts.is_empty()).then(|| facts.join(" · "))
    }
}
