//! How nodes stand, as people read it.

use crate::cli::plan_list::{STATES, label};
use crate::exec::{Impact, NodeDetails, NodeLog, NodeStatus, RecordedNode};
use crate::graph::Persist;
use crate::words;
use std::time::SystemTime;

/// Hexadecimal digits of a digest that people can compare.
const SHOWN: usize = 8;
/// So many lines of a log.
const LOG_LINES: usize = 10;
/// Names are not padded further than this.
const WIDEST: usize = 36;

/// A line for each node, then how many there are of each state.
pub(crate) fn status(nodes: &[NodeStatus], now: SystemTime) -> String {
    let names: Vec<String> = nodes.iter().map(name).collect();
    let width =
        names.iter().map(|name| name.chars().count()).filter(|width| *width <= WIDEST).max().unwrap_or_default();
    let states = nodes.iter().map(|node| label(node.state).len()).max().unwrap_or_default();
    let mut text = String::new();
    for (node, name) in nodes.iter().zip(&names) {
        let line = format!("{name:width$}  {:states$}  {}", label(node.state), known(node, now));
        text.push_str(line.trim_end());
        text.push('\n');
        if let Some(failure) = &node.failure {
            text.push_str(&format!("  failed last time: {}\n", words::block(failure, "    ", 3)));
        }
    }
    let counts = STATES.into_iter().map(|state| (state, nodes.iter().filter(|node| node.state == state).count()));
    let counts = counts.filter(|(_, count)| *count > 0).map(|(state, count)| format!("{count} {}", label(state)));
    let all = words::count(u64::try_from(nodes.len()).unwrap_or(u64::MAX), "node");
    text.push_str(&words::list(&format!("{all}:"), &counts.collect::<Vec<_>>(), 80));
    text.push('\n');
    text
}

fn name(node: &NodeStatus) -> String {
    match node.members {
        Some(members) => format!("{} x{members}", node.node),
        None => node.node.clone(),
    }
}

/// What is on record of a node's value.
fn known(node: &NodeStatus, now: SystemTime) -> String {
    let age = node.at.map(|at| match now.duration_since(at) {
        Ok(age) => format!("{} ago", words::duration(age)),
        Err(_) => "just now".to_owned(),
    });
    let size = node.size.map(words::bytes);
    let took = node.took.map(words::duration);
    let cell = |cell: Option<String>, width: usize| format!("{:>width$}", cell.unwrap_or_default());
    let tags: String = node.tags.iter().map(|tag| format!("  #{tag}")).collect();
    format!("{}  {}  {}{tags}", cell(age, 16), cell(size, 7), cell(took, 8))
}

/// All that is known of a node.
pub(crate) fn details(details: &NodeDetails, now: SystemTime) -> String {
    let NodeDetails { status, .. } = details;
    let mut text = format!("{}: {}\n", name(status), label(status.state));
    let mut line = |what: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.push_str(&format!("  {what:<12}{}\n", value.replace('\n', "\n              ")));
        }
    };
    let short = |digest: &Option<String>| digest.as_ref().map(|digest| digest.chars().take(SHOWN).collect::<String>());
    line("value", details.preview.clone());
    let size = status.size.map(|size| format!("{}, ", words::bytes(size))).unwrap_or_default();
    line("type", details.value_type.map(|value_type| format!("{size}{value_type}")));
    let took = status.took.map(|took| format!(", took {}", words::duration(took))).unwrap_or_default();
    let age = status.at.and_then(|at| now.duration_since(at).ok());
    let run = short(&details.run).map(|run| format!(" by run {run}")).unwrap_or_default();
    line("made", age.map(|age| format!("{} ago{run}{took}", words::duration(age))));
    line("failed", status.failure.clone());
    let function = status.function.clone().zip(details.function_place.clone());
    line("function", function.map(|(function, place)| format!("{function} ({place})")));
    line("code", short(&details.code));
    line("added", Some(details.place.clone()));
    line("reads", Some(details.inputs.join(", ")));
    line("read by", Some(details.readers.join(", ")));
    line("tags", Some(status.tags.join(", ")));
    let barrier = if details.is_barrier { ", a barrier" } else { "" };
    let kept = match details.persist {
        Persist::Auto | Persist::Always => "yes",
        Persist::Never => "no",
    };
    line("kept", status.function.as_ref().map(|_| format!("{kept}{barrier}")));
    line("fingerprint", short(&details.fingerprint));
    line("digest", short(&details.value));
    line("log", details.log.as_ref().map(last_lines));
    text
}

/// All that is on record of a node, and what the pipeline's own program would tell besides.
pub(crate) fn recorded(recorded: &RecordedNode, now: SystemTime) -> String {
    let members = recorded.members.map(|members| format!(" x{members}")).unwrap_or_default();
    let stands = match (&recorded.value, recorded.is_newest) {
        (None, _) if recorded.preview.is_some() => "as in the newest run that had it",
        (Some(_), true) => "as in the newest run that had it",
        (Some(_), false) => "its newest value; the newest run that had it gave none that is on record",
        (None, _) => "no value on record",
    };
    let mut text = format!("{}{members}: {stands}\n", recorded.node);
    let mut line = |what: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            text.push_str(&format!("  {what:<12}{}\n", value.replace('\n', "\n              ")));
        }
    };
    let short = |digest: &Option<String>| digest.as_ref().map(|digest| digest.chars().take(SHOWN).collect::<String>());
    let unknown = recorded.value.as_ref().map(|_| "not shown: the pipeline's own program knows its type".to_owned());
    line("value", recorded.preview.clone().or(unknown));
    line("size", recorded.size.map(words::bytes));
    let took = recorded.took.map(|took| format!(", took {}", words::duration(took))).unwrap_or_default();
    let age = recorded.at.and_then(|at| now.duration_since(at).ok());
    let run = short(&recorded.run).map(|run| format!(" by run {run}")).unwrap_or_default();
    line("made", age.map(|age| format!("{} ago{run}{took}", words::duration(age))));
    line("failed", recorded.failure.clone());
    line("function", recorded.function.clone());
    line("code", short(&recorded.code));
    line("reads", Some(recorded.inputs.join(", ")));
    line("read by", Some(recorded.readers.join(", ")));
    line("fingerprint", short(&Some(recorded.fingerprint.clone())));
    line("digest", short(&recorded.value));
    line("log", recorded.log.as_ref().map(last_lines));
    text
}

/// How a log ends.
fn last_lines(log: &NodeLog) -> String {
    let lines: Vec<String> = log.lines.iter().rev().take(LOG_LINES).map(|line| line.text.clone()).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

/// What an edit would make stale.
pub(crate) fn impact(impact: &Impact) -> String {
    let mut text = format!("an edit of {} makes stale:\n", impact.items.join(", "));
    for node in &impact.nodes {
        let how = if node.is_direct { "its code" } else { "below" };
        let expected = node.expected.map_or_else(|| "never executed".to_owned(), words::duration);
        text.push_str(&format!("  {}  {how}, {expected}\n", node.node));
    }
    let count = words::count(u64::try_from(impact.nodes.len()).unwrap_or(u64::MAX), "node");
    text.push_str(&format!("{count}, {} if nothing is cut off\n", words::duration(impact.expected())));
    text
}
