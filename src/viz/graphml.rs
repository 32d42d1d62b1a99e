//! GraphML, which networkx, yEd, Gephi and others read: <http://graphml.graphdrawing.org/specification.html>.

use crate::viz::{View, ViewNode, escape};

/// Attributes of nodes: name and type.
const KEYS: [(&str, &str); 14] = [
    ("name", "string"),
    ("label", "string"),
    ("group", "string"),
    ("kind", "string"),
    ("state", "string"),
    ("function", "string"),
    ("place", "string"),
    ("targets", "string"),
    ("tags", "string"),
    ("took_ms", "double"),
    ("bytes", "long"),
    ("elements", "long"),
    ("fingerprint", "string"),
    ("code", "string"),
];

impl View {
    /// The picture as GraphML: one flat graph, groups as an attribute of nodes.
    pub fn graphml(&self) -> String {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        text.push_str("<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n");
        for (name, kind) in KEYS {
            text.push_str(&format!("  <key id=\"{name}\" for=\"node\" attr.name=\"{name}\" attr.type=\"{kind}\"/>\n"));
        }
        text.push_str("  <graph id=\"mamo\" edgedefault=\"directed\">\n");
        for (place, node) in self.nodes.iter().enumerate() {
            text.push_str(&format!("    <node id=\"n{place}\">\n"));
            for ((name, _), value) in KEYS.into_iter().zip(self.values(node)) {
                if let Some(value) = value.filter(|value| !value.is_empty()) {
                    text.push_str(&format!("      <data key=\"{name}\">{}</data>\n", escape::xml(&value)));
                }
            }
            text.push_str("    </node>\n");
        }
        for (number, (from, to)) in self.edges.iter().enumerate() {
            text.push_str(&format!("    <edge id=\"e{number}\" source=\"n{from}\" target=\"n{to}\"/>\n"));
        }
        text.push_str("  </graph>\n</graphml>\n");
        text
    }

    /// Values of the attributes, in the order of their keys.
    fn values(&self, node: &ViewNode) -> [Option<String>; KEYS.len()] {
        [
            Some(node.name.clone()),
            Some(node.label.clone()),
            self.groups.get(node.group).map(|group| group.name.clone()),
            Some(node.kind.name().to_owned()),
            node.state.map(|state| state.name().to_owned()),
            node.function.clone(),
            node.place.clone(),
            Some(node.targets.join(", ")),
            Some(node.tags.join(", ")),
            node.took.map(|took| format!("{:.3}", took.as_secs_f64() * 1000.0)),
            node.bytes.map(|bytes| bytes.to_string()),
            node.elements.map(|elements| elements.to_string()),
            node.fingerprint.clone(),
            node.code.clone(),
        ]
    }
}
