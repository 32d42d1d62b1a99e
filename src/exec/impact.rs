//! What an edit of a function, or of anything that node functions reach, would make stale.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::session::Session;
use crate::graph::{Body, CodeScope, Declared, Function, NodeId};
use std::collections::BTreeSet;
use std::time::Duration;

/// What an edit would make stale.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Impact {
    /// Items that have the name, by their paths: functions, types, constants.
    pub items: Vec<String>,
    /// Nodes whose functions reach them, and all that depends on these, in the order of the graph.
    pub nodes: Vec<ImpactNode>,
}

/// A node that would be stale.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImpactNode {
    /// Its identity.
    pub node: String,
    /// Whether its own function reaches the item; otherwise it depends on such a node, and is cut off when that gives what it gave.
    pub is_direct: bool,
    /// What executing it is thought to take, by what its function took before; nothing for a function that was never
    /// executed with this store.
    pub expected: Option<Duration>,
}

impl Impact {
    /// What executing all of them is thought to take.
    pub fn expected(&self) -> Duration {
        self.nodes.iter().filter_map(|node| node.expected).sum()
    }
}

/// What an edit of an item would make stale, by its path or the end of that: `regress::least_squares`.
///
/// # Errors
/// When nothing of that name is reached by any node function.
pub(crate) fn impact(session: &Session, name: &str) -> Result<Impact> {
    let graph = &session.graph;
    let mut items = BTreeSet::new();
    let mut direct = BTreeSet::new();
    for node in graph.node_ids() {
        if let Some(Body::Function { function, .. }) = graph.spec(node).map(|spec| &spec.body) {
            let reached = reached(function.function, name);
            if !reached.is_empty() {
                direct.insert(node);
                items.extend(reached);
            }
        }
    }
    if items.is_empty() {
        let message = format!("no node function reaches anything called `{name}`");
        return Err(Error::new(ErrorKind::UnknownName, message).with_hint(
            "`plan --code` lists the functions; an item is named by its path or the end of it: `clean::helper`",
        ));
    }
    let stale = below(graph, &direct);
    let order = graph.order();
    let nodes = order.forwards().filter(|node| stale.contains(node) && !graph.is_output(*node));
    let nodes = nodes.map(|node| ImpactNode {
        node: graph.identity(node),
        is_direct: direct.contains(&node),
        expected: session.known_cost(node).map(Duration::from_nanos),
    });
    Ok(Impact { items: items.into_iter().collect(), nodes: nodes.collect() })
}

/// Items of this name that count for a function.
fn reached(function: &Function, name: &str) -> Vec<String> {
    let is_called = |path: &str| path == name || path.strip_suffix(name).is_some_and(|rest| rest.ends_with("::"));
    let krate = function.path.split("::").next().unwrap_or("crate");
    let mut reached = Vec::new();
    if is_called(function.path) && !matches!(function.code.scope, CodeScope::Version(_)) {
        reached.push(function.path.to_owned());
    }
    for line in function.code.explanation().lines() {
        let mut words = line.split('\t');
        if let (Some(digest), Some(path)) = (words.next(), words.next())
            && digest.len() >= 16
        {
            let path = path.strip_prefix("crate::").map_or_else(|| path.to_owned(), |rest| format!("{krate}::{rest}"));
            if is_called(&path) && !reached.contains(&path) {
                reached.push(path);
            }
        }
    }
    reached
}

/// Nodes with all that depends on them.
fn below(graph: &Declared, nodes: &BTreeSet<NodeId>) -> BTreeSet<NodeId> {
    let mut found = nodes.clone();
    for node in graph.order().forwards() {
        if graph.inputs(node).iter().any(|input| found.contains(input)) {
            found.insert(node);
        }
    }
    found
}
