//! Mermaid, which GitHub and many editors draw: <https://mermaid.js.org/syntax/flowchart.html>.

use crate::viz::view::Step;
use crate::viz::{View, ViewKind, ViewNode, ViewState, escape};
use std::collections::BTreeSet;

/// Mermaid refuses more than 500 edges, and more than 50,000 characters.
const EDGES: usize = 400;
const CHARACTERS: usize = 45_000;

impl View {
    /// The picture as a flowchart of Mermaid: groups are subgraphs.
    ///
    /// Mermaid draws 500 edges and 50,000 characters at most. A larger picture is closed group by group until it fits, and says so in a
    /// box of its own.
    pub fn mermaid(&self) -> String {
        let whole = self.flowchart(None);
        if self.edges.len() <= EDGES && whole.len() <= CHARACTERS {
            return whole;
        }
        let note =
            format!("{} nodes: too many for Mermaid, so groups are closed and edges may be left out", self.nodes.len());
        let mut most = self.nodes.len().min(300);
        loop {
            let closed = self.clone().readable(most);
            let text = closed.flowchart(Some(&note));
            let is_smallest = most <= 2;
            if (closed.edges.len() <= EDGES && text.len() <= CHARACTERS) || is_smallest {
                return if text.len() <= CHARACTERS { text } else { closed.shortened().flowchart(Some(&note)) };
            }
            most /= 2;
        }
    }

    /// As many of the first nodes as surely fit.
    fn shortened(&self) -> Self {
        let most = 100;
        let edges = self.edges.iter().copied().filter(|(from, to)| *from.max(to) < most);
        Self {
            nodes: self.nodes.iter().take(most).cloned().collect(),
            edges: edges.take(EDGES).collect(),
            ..self.clone()
        }
    }

    fn flowchart(&self, note: Option<&str>) -> String {
        let mut text = String::new();
        if !self.title.is_empty() {
            text.push_str(&format!("---\ntitle: \"{}\"\n---\n", self.title.replace(['"', '\\', '\n'], " ")));
        }
        text.push_str("flowchart TD\n");
        if let Some(note) = note {
            text.push_str(&format!("  note[\"{}\"]\n", escape::mermaid(note)));
        }
        self.walk(|step| match step {
            Step::Enter { place, group, depth } => {
                let label = escape::mermaid(&group.label);
                text.push_str(&format!("{}subgraph g{place}[\"{label}\"]\n", "  ".repeat(depth)));
            }
            Step::Node { place, node, depth } => {
                text.push_str(&format!("{}n{place}{}{}\n", "  ".repeat(depth), shape(node), class(node)));
            }
            Step::Leave { depth } => text.push_str(&format!("{}end\n", "  ".repeat(depth))),
        });
        for (from, to) in self.edges.iter().take(EDGES) {
            text.push_str(&format!("  n{from} --> n{to}\n"));
        }
        let states: BTreeSet<ViewState> = self.nodes.iter().filter_map(|node| node.state).collect();
        for state in states {
            let (fill, line) = state.colours();
            text.push_str(&format!("  classDef {} fill:{fill},stroke:{line},color:#1c1c1a\n", state.name()));
        }
        text
    }
}

fn shape(node: &ViewNode) -> String {
    let caption: Vec<String> = node.caption().iter().map(|line| escape::mermaid(line)).collect();
    let caption = caption.join("<br/>");
    match node.kind {
        ViewKind::Source => format!("[(\"{caption}\")]"),
        ViewKind::Value => format!("(\"{caption}\")"),
        ViewKind::Map | ViewKind::Group => format!("[[\"{caption}\"]]"),
        ViewKind::Function
        | ViewKind::Reduce
        | ViewKind::Expand
        | ViewKind::Gather
        | ViewKind::Field
        | ViewKind::Settle => format!("[\"{caption}\"]"),
    }
}

fn class(node: &ViewNode) -> String {
    node.state.map(|state| format!(":::{}", state.name())).unwrap_or_default()
}
