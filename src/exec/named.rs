//! Nodes by the names that people give: targets, identities, and what was probably meant.

use crate::error::{Error, ErrorKind, Result};
use crate::graph::{Declared, NodeId};
use std::collections::BTreeSet;

/// Numbers of the named nodes, with the names as they are told to people.
pub(crate) fn find_targets(graph: &Declared, names: &[&str]) -> Result<(BTreeSet<NodeId>, Vec<String>)> {
    if names.is_empty() {
        let targets = graph.default_targets();
        let names = if graph.targets.is_empty() {
            targets.iter().map(|node| graph.identity(*node)).collect()
        } else {
            graph.targets.iter().map(|(name, _)| name.clone()).collect()
        };
        return Ok((targets.into_iter().collect(), names));
    }
    let mut targets = BTreeSet::new();
    for name in names {
        let node = find_node(graph, name)?;
        if graph.value_type(node).is_some() {
            targets.insert(node);
        } else {
            targets.extend(outputs(graph, node));
        }
    }
    Ok((targets, names.iter().map(|name| (*name).to_owned()).collect()))
}

/// The outputs of a node that has several.
pub(crate) fn outputs(graph: &Declared, node: NodeId) -> impl Iterator<Item = NodeId> {
    graph.node_ids().filter(move |output| graph.is_output(*output) && graph.producer(*output) == node)
}

/// The node that a target or an identity names: one with several outputs has no value of its own.
pub(crate) fn find_node(graph: &Declared, name: &str) -> Result<NodeId> {
    if let Some((_, node)) = graph.targets.iter().find(|(target, _)| target == name) {
        return Ok(graph.effective(*node));
    }
    if let Some(node) = graph.node_ids().find(|node| graph.identity(*node) == name) {
        return Ok(graph.effective(node));
    }
    let targets = graph.targets.iter().map(|(target, _)| target.clone());
    let names = graph.node_ids().map(|node| graph.identity(node)).chain(targets);
    let error = Error::new(ErrorKind::UnknownName, format!("there is no target or node `{name}`"));
    if let Some((map, _)) = name.strip_suffix(']').and_then(|name| name.split_once('['))
        && graph.node_ids().any(|node| graph.identity(node) == map)
    {
        return Err(error.with_hint(format!("ask for `{map}`: single elements are known to `log` and `replay` only")));
    }
    Err(match closest(name, names) {
        Some(close) => error.with_hint(format!("did you mean `{close}`?")),
        None => error.with_hint("`plan` lists the nodes of the pipeline"),
    })
}

/// What was probably meant by a name: the closest of all names, if it is close; the first of those that are equally so.
pub(crate) fn closest(name: &str, names: impl IntoIterator<Item = String>) -> Option<String> {
    let mut closest = None;
    for candidate in names {
        note_close(&mut closest, name, candidate);
    }
    closest.filter(|(distance, _)| *distance <= 1 + name.len() / 3).map(|(_, close)| close)
}

/// A node, or an element of one.
pub(crate) struct Element {
    pub(crate) node: NodeId,
    /// What stands in the brackets.
    pub(crate) label: Option<String>,
}

impl Element {
    /// How it is called.
    pub(crate) fn identity(&self, graph: &Declared) -> String {
        let node = graph.identity(self.node);
        match &self.label {
            Some(label) => format!("{node}[{label}]"),
            None => node,
        }
    }
}

/// The node, or the element of one, that a name such as `fit[JFK]` means; the node that has an output.
pub(crate) fn find_element(graph: &Declared, name: &str) -> Result<Element> {
    let error = match find_node(graph, name) {
        Ok(node) => return Ok(Element { node: graph.producer(node), label: None }),
        Err(error) => error,
    };
    let splits =
        name.strip_suffix(']').into_iter().flat_map(|name| name.match_indices('[').map(move |(at, _)| (name, at)));
    for (name, at) in splits {
        if let (Some(node), Some(label)) = (name.get(..at), name.get(at + 1..))
            && let Ok(node) = find_node(graph, node)
        {
            return Ok(Element { node: graph.producer(node), label: Some(label.to_owned()) });
        }
    }
    Err(error)
}

fn note_close(closest: &mut Option<(usize, String)>, name: &str, candidate: String) {
    // Long lists of nodes are not worth a slow error.
    if candidate.len().abs_diff(name.len()) > 8 {
        return;
    }
    let distance = edit_distance(name, &candidate);
    if closest.as_ref().is_none_or(|(best, _)| distance < *best) {
        *closest = Some((distance, candidate));
    }
}

/// Levenshtein distance in characters.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (to, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let substituted = diagonal + usize::from(from != *to);
            diagonal = *cell;
            *cell = substituted.min(diagonal + 1).min(left + 1);
            left = *cell;
        }
    }
    row.last().copied().unwrap_or(0)
}
