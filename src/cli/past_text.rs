//! Runs that are over, as people read them.

use crate::cli::why_text;
use crate::exec::{NodeCost, RunDiff, RunNode, RunNodeEnd, RunRecord, Stats};
use crate::words;
use std::time::SystemTime;

/// Digits of a run's id that tell it from others.
const SHOWN: usize = 8;
/// So many names are listed.
const MOST: usize = 20;

/// A line for each run.
pub(crate) fn runs(runs: &[RunRecord], n_runs: usize, now: SystemTime) -> String {
    if runs.is_empty() {
        return "no run is on record\n".to_owned();
    }
    let ages: Vec<String> = runs.iter().map(|run| ago(run, now)).collect();
    let width = ages.iter().map(String::len).max().unwrap_or_default();
    let mut text = String::new();
    for (run, age) in runs.iter().zip(&ages) {
        text.push_str(&format!("{}  {age:>width$}  {}\n", id(run), did(run)));
    }
    if let Some(more @ 1..) = n_runs.checked_sub(runs.len()) {
        text.push_str(&format!(
            "and {} before them; `--number` lists more\n",
            words::count(u64::try_from(more).unwrap_or(u64::MAX), "run")
        ));
    }
    text
}

pub(crate) fn id(run: &RunRecord) -> &str {
    run.id.get(..SHOWN).unwrap_or(&run.id)
}

pub(crate) fn ago(run: &RunRecord, now: SystemTime) -> String {
    now.duration_since(run.at).map_or_else(|_| "just now".to_owned(), |age| format!("{} ago", words::duration(age)))
}

/// What a run did, in a few words.
pub(crate) fn did(run: &RunRecord) -> String {
    let counts = &run.counts;
    let mut parts = vec![format!("{} executed", counts.executed)];
    for (count, what) in [(counts.cut_off, "cut off"), (counts.failed, "failed"), (counts.skipped, "skipped")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let saved = run.costs.saved();
    let saved = if saved.as_millis() > 0 { format!(", saved {}", words::duration(saved)) } else { String::new() };
    format!("{} of {} in {}{saved}", parts.join(", "), words::count(counts.nodes, "node"), words::duration(run.took))
}

/// A run, and what it did with its nodes; those of which it executed nothing are counted, unless all are listed.
pub(crate) fn run(run: &RunRecord, nodes: &[RunNode], is_all: bool, now: SystemTime) -> String {
    let mut text = format!("run {}, {}: {}\n", id(run), ago(run, now), did(run));
    if let Some(executable) = &run.executable {
        text.push_str(&format!("by program {}\n", executable.get(..SHOWN).unwrap_or(executable)));
    }
    if run.restarts > 0 {
        text.push_str(&format!("started over {}\n", words::count(u64::from(run.restarts), "time")));
    }
    let mut n_quiet = 0;
    for RunNode { node, ended, is_forced, .. } in nodes {
        if !is_all && matches!(ended, RunNodeEnd::CutOff | RunNodeEnd::Known | RunNodeEnd::NoRecord) {
            n_quiet += 1;
            continue;
        }
        let forced = if *is_forced { ", since somebody wanted it" } else { "" };
        text.push_str(&format!("  {node}  {}{forced}\n", what(ended)));
    }
    if n_quiet > 0 {
        text.push_str(&format!(
            "{} of which nothing was executed; `--all` lists them\n",
            words::count(n_quiet, "node")
        ));
    }
    text
}

/// What became of a node.
pub(crate) fn what(ended: &RunNodeEnd) -> String {
    match ended {
        RunNodeEnd::Executed { took } => format!("executed in {}", words::duration(*took)),
        RunNodeEnd::Failed(message) => format!("failed: {}", words::block(message, "    ", 3)),
        RunNodeEnd::CutOff => "cut off: its inputs were known".to_owned(),
        RunNodeEnd::Known => "known".to_owned(),
        RunNodeEnd::NoRecord => "nothing on record".to_owned(),
    }
}

/// What the store holds and has been good for.
pub(crate) fn stats(stats: &Stats) -> String {
    let size = &stats.size;
    let (records, blobs) = (words::count(size.records, "record"), words::count(size.blobs, "blob"));
    let mut text =
        format!("{records}, {}; {blobs}, {}", words::bytes(size.record_bytes), words::bytes(size.blob_bytes));
    if let Some(disk) = size.disk_bytes {
        text.push_str(&format!("; {} on disk", words::bytes(disk)));
    }
    text.push('\n');
    for (name, count, bytes) in &stats.records {
        text.push_str(&format!("  {name}: {count}, {}\n", words::bytes(*bytes)));
    }
    let costs = &stats.costs;
    text.push_str(&format!(
        "{}: {} executed, {} known or cut off",
        words::count(stats.runs, "run"),
        words::count(costs.executions, "computation"),
        costs.hits
    ));
    text.push_str(&stats.hit_rate().map(|rate| format!(" ({rate} %)\n")).unwrap_or_else(|| "\n".to_owned()));
    let (estimated, spent) = (words::duration(costs.estimated), words::duration(costs.spent));
    text.push_str(&format!("saved {}: {estimated} without mamo, {spent} with it\n", words::duration(costs.saved())));
    if !stats.nodes.is_empty() {
        text.push_str("nodes of the last run that took longest:\n");
    }
    for NodeCost { node, took, bytes, .. } in stats.nodes.iter().take(MOST / 2) {
        text.push_str(&format!("  {node}  {}, {}\n", words::duration(*took), words::bytes(*bytes)));
    }
    text
}

/// What is different in two runs.
pub(crate) fn diff(earlier: &RunRecord, later: &RunRecord, diff: &RunDiff, now: SystemTime) -> String {
    let mut text = format!("from run {} ({}) to {} ({})\n", id(earlier), ago(earlier, now), id(later), ago(later, now));
    for (what, nodes) in [("only in the earlier one", &diff.removed), ("only in the later one", &diff.added)] {
        if !nodes.is_empty() {
            text.push_str(&format!("{what}: {}\n", listed(nodes)));
        }
    }
    if !diff.causes.is_empty() {
        text.push_str("changed:\n");
        diff.causes.iter().for_each(|cause| text.push_str(&why_text::cause(cause)));
    }
    if !diff.followed.is_empty() {
        text.push_str(&format!("others because of these: {}\n", listed(&diff.followed)));
    }
    if !diff.same_value.is_empty() {
        text.push_str(&format!("with the same value all the same: {}\n", listed(&diff.same_value)));
    }
    if diff == &RunDiff::default() {
        text.push_str("all nodes are the same\n");
    }
    text
}

fn listed(names: &[String]) -> String {
    let mut listed = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = names.len().checked_sub(MOST) {
        listed.push_str(&format!(" and {more} more"));
    }
    listed
}
