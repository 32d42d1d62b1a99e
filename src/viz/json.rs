//! JSON for people's own programs: nodes and links as networkx and d3 read them, or elements of Cytoscape. `docs/json.md` explains it.

use crate::viz::{View, ViewNode};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct GraphObject<'a> {
    schema: &'static str,
    title: &'a str,
    directed: bool,
    multigraph: bool,
    nodes: Vec<NodeObject<'a>>,
    links: Vec<LinkObject>,
    groups: Vec<GroupObject<'a>>,
}

#[derive(Serialize)]
struct NodeObject<'a> {
    id: usize,
    name: &'a str,
    label: &'a str,
    group: usize,
    kind: &'static str,
    state: Option<&'static str>,
    function: Option<&'a str>,
    place: Option<&'a str>,
    targets: &'a [String],
    tags: &'a [String],
    took_ms: Option<f64>,
    bytes: Option<u64>,
    elements: Option<u64>,
    fingerprint: Option<&'a str>,
    code: Option<&'a str>,
    reasons: &'a [String],
    failure: Option<&'a str>,
    nodes: u64,
    states: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct LinkObject {
    source: usize,
    target: usize,
}

#[derive(Serialize)]
struct GroupObject<'a> {
    id: usize,
    name: &'a str,
    label: &'a str,
    parent: Option<usize>,
}

#[derive(Serialize)]
struct ElementsObject<'a> {
    elements: BothObject<'a>,
}

#[derive(Serialize)]
struct BothObject<'a> {
    nodes: Vec<ElementObject<ElementNode<'a>>>,
    edges: Vec<ElementObject<ElementEdge>>,
}

#[derive(Serialize)]
struct ElementObject<T> {
    data: T,
}

#[derive(Serialize)]
struct ElementNode<'a> {
    id: String,
    parent: Option<String>,
    label: &'a str,
    name: &'a str,
    kind: &'static str,
    state: Option<&'static str>,
}

#[derive(Serialize)]
struct ElementEdge {
    id: String,
    source: String,
    target: String,
}

impl View {
    /// The picture as JSON, schema `mamo.graph/1`: nodes, links and groups, as networkx's `node_link_graph` and d3 read them.
    pub fn json(&self) -> String {
        let groups = self.groups.iter().enumerate();
        text(&GraphObject {
            schema: "mamo.graph/1",
            title: &self.title,
            directed: true,
            multigraph: false,
            nodes: self.nodes.iter().enumerate().map(|(id, node)| NodeObject::of(id, node)).collect(),
            links: self.edges.iter().map(|(source, target)| LinkObject { source: *source, target: *target }).collect(),
            groups: groups
                .map(|(id, group)| GroupObject { id, name: &group.name, label: &group.label, parent: group.parent })
                .collect(),
        })
    }

    /// The picture as elements of Cytoscape, groups as compound nodes: <https://js.cytoscape.org/#notation/elements-json>.
    pub fn cytoscape(&self) -> String {
        let group = |group: usize| (group > 0).then(|| format!("g{group}"));
        let groups = self.groups.iter().enumerate().skip(1).map(|(id, within)| ElementNode {
            id: format!("g{id}"),
            parent: within.parent.and_then(group),
            label: &within.label,
            name: &within.name,
            kind: "group",
            state: None,
        });
        let nodes = self.nodes.iter().enumerate().map(|(id, node)| ElementNode {
            id: format!("n{id}"),
            parent: group(node.group),
            label: &node.label,
            name: &node.name,
            kind: node.kind.name(),
            state: node.state.map(|state| state.name()),
        });
        let edges = self.edges.iter().enumerate().map(|(id, (from, to))| ElementEdge {
            id: format!("e{id}"),
            source: format!("n{from}"),
            target: format!("n{to}"),
        });
        text(&ElementsObject {
            elements: BothObject {
                nodes: groups.chain(nodes).map(|data| ElementObject { data }).collect(),
                edges: edges.map(|data| ElementObject { data }).collect(),
            },
        })
    }
}

impl<'a> NodeObject<'a> {
    fn of(id: usize, node: &'a ViewNode) -> Self {
        Self {
            id,
            name: &node.name,
            label: &node.label,
            group: node.group,
            kind: node.kind.name(),
            state: node.state.map(|state| state.name()),
            function: node.function.as_deref(),
            place: node.place.as_deref(),
            targets: &node.targets,
            tags: &node.tags,
            took_ms: node.took.map(|took| took.as_secs_f64() * 1000.0),
            bytes: node.bytes,
            elements: node.elements,
            fingerprint: node.fingerprint.as_deref(),
            code: node.code.as_deref(),
            reasons: &node.reasons,
            failure: node.failure.as_deref(),
            nodes: node.count(),
            states: node.states().into_iter().map(|(state, count)| (state.name(), count)).collect(),
        }
    }
}

/// Structs of text and numbers have no way to fail.
fn text(object: &impl Serialize) -> String {
    serde_json::to_string(object).unwrap_or_default()
}
