//! Graphviz: <https://graphviz.org/doc/info/lang.html>.

use crate::viz::state::PLAIN;
use crate::viz::view::Step;
use crate::viz::{View, ViewKind, ViewNode, ViewState, escape};

impl View {
    /// The picture in the language of Graphviz: groups are clusters, states are colours and signs.
    pub fn dot(&self) -> String {
        let mut text = String::from("digraph mamo {\n");
        text.push_str(
            "  graph [rankdir=TB, fontname=\"Helvetica\", fontsize=11, labeljust=l, nodesep=0.25, ranksep=0.4",
        );
        if !self.title.is_empty() {
            text.push_str(&format!(", label=\"{}\", labelloc=t", escape::dot(&self.title)));
        }
        text.push_str("];\n");
        text.push_str("  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=10, margin=\"0.12,0.05\"];\n");
        text.push_str("  edge [color=\"#8a8a85\", arrowsize=0.6];\n");
        self.walk(|step| match step {
            Step::Enter { place, group, depth } => {
                let indent = "  ".repeat(depth);
                let label = escape::dot(&group.label);
                text.push_str(&format!("{indent}subgraph cluster_{place} {{\n"));
                text.push_str(&format!("{indent}  label=\"{label}\"; style=\"rounded\"; color=\"#c9c9c4\";\n"));
            }
            Step::Node { place, node, depth } => {
                text.push_str(&format!("{}n{place} [{}];\n", "  ".repeat(depth), attributes(node)));
            }
            Step::Leave { depth } => text.push_str(&format!("{}}}\n", "  ".repeat(depth))),
        });
        for (from, to) in &self.edges {
            text.push_str(&format!("  n{from} -> n{to};\n"));
        }
        text.push_str("}\n");
        text
    }
}

fn attributes(node: &ViewNode) -> String {
    let (fill, line) = node.state.map_or(PLAIN, ViewState::colours);
    let mut all = format!(
        "label=\"{}\", tooltip=\"{}\", fillcolor=\"{fill}\", color=\"{line}\"",
        escape::dot(&node.caption().join("\n")),
        escape::dot(&node.name)
    );
    match node.kind {
        ViewKind::Source => all.push_str(", shape=cylinder, style=filled"),
        ViewKind::Value => all.push_str(", shape=plaintext"),
        ViewKind::Map | ViewKind::Group => all.push_str(", peripheries=2"),
        ViewKind::Function
        | ViewKind::Reduce
        | ViewKind::Expand
        | ViewKind::Gather
        | ViewKind::Field
        | ViewKind::Settle => {}
    }
    if !node.targets.is_empty() {
        all.push_str(", penwidth=2");
    }
    all
}
