//! A view of a graph alone.

use crate::graph::{Body, Declared, Graph, Kind, NodeId};
use crate::viz::{View, ViewKind, ViewNode};
use std::collections::{BTreeMap, BTreeSet};

impl Graph {
    /// What pictures of the graph show. It is empty while the pipeline is being declared.
    pub fn view(&self) -> View {
        self.declared().map(|declared| of_graph(declared)).unwrap_or_else(|| View::new(""))
    }
}

/// All nodes, each with what is declared of it. Outputs of a node are the node itself.
pub(crate) fn of_graph(graph: &Declared) -> View {
    let mut view = View::new("");
    let mut groups = BTreeMap::new();
    let mut places = vec![0; graph.len()];
    let mut targets: BTreeMap<NodeId, Vec<String>> = BTreeMap::new();
    for (name, node) in &graph.targets {
        targets.entry(graph.producer(graph.effective(*node))).or_default().push(name.clone());
    }
    // Nodes that others stand in for are no part of it.
    let is_shown = |node: &NodeId| !graph.is_output(*node) && !graph.replaced.contains_key(node);
    for node in graph.order().forwards().filter(is_shown) {
        let name = graph.identity(node);
        let prefix = graph.names.prefix(graph.entry(node).path.scope);
        let group = view.group(prefix.trim_end_matches('/'), &mut groups);
        if let Some(place) = places.get_mut(node.index()) {
            *place = view.nodes.len();
        }
        view.nodes.push(ViewNode {
            label: name.strip_prefix(&prefix).unwrap_or(&name).to_owned(),
            group,
            targets: targets.remove(&node).unwrap_or_default(),
            tags: graph.tags.get(&node).into_iter().flatten().map(ToString::to_string).collect(),
            ..of_node(graph, node, name.clone())
        });
    }
    let mut edges = BTreeSet::new();
    let place = |node: NodeId| places.get(node.index()).copied().unwrap_or_default();
    for node in graph.node_ids().filter(is_shown) {
        for input in graph.inputs(node) {
            edges.insert((place(graph.producer(*input)), place(node)));
        }
    }
    view.edges = edges.into_iter().collect();
    view
}

fn of_node(graph: &Declared, node: NodeId, name: String) -> ViewNode {
    let mut shown = ViewNode { name, place: Some(graph.entry(node).place.to_string()), ..ViewNode::default() };
    let Kind::Spec(spec) = graph.kind(node) else {
        // A parameter has a name, what is written into the pipeline has none.
        let kind = if graph.is_named(node) { ViewKind::Source } else { ViewKind::Value };
        return ViewNode { kind, ..shown };
    };
    shown.kind = match &spec.body {
        Body::Function { function, .. } => {
            shown.function = Some(function.function.path.to_owned());
            shown.place = Some(format!("{}:{}", function.function.file, function.function.line));
            match (function.reducing.is_some(), function.mapping.is_some(), function.function.expands) {
                (true, _, _) => ViewKind::Reduce,
                (false, true, _) => ViewKind::Map,
                (false, false, true) => ViewKind::Expand,
                (false, false, false) => ViewKind::Function,
            }
        }
        Body::Source(_) => ViewKind::Source,
        Body::Field(_) | Body::Output { .. } => ViewKind::Field,
        Body::Gather(_) => ViewKind::Gather,
        Body::Settle(_) => ViewKind::Settle,
    };
    shown
}
