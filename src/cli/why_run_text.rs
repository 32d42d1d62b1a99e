//! Why a run that is over did what it did, as people read it.

use crate::cli::past_text::{ago, did, id, what};
use crate::cli::why_text;
use crate::exec::{Cause, RunNodeEnd, RunReason, WhyNode, WhyRun};
use crate::words;
use std::time::SystemTime;

/// So many nodes are listed.
const MOST: usize = 40;
/// Causes in one line.
const CAUSES: usize = 2;

/// What was different, then what the run did because of it.
pub(crate) fn run(why: &WhyRun, now: SystemTime) -> String {
    let mut text = format!("run {}, {}: {}\n", id(&why.run), ago(&why.run, now), did(&why.run));
    if why.nodes.is_empty() {
        text.push_str("it had nothing to do\n");
        return text;
    }
    if !why.causes.is_empty() {
        text.push_str("what was different:\n");
        why.causes.iter().for_each(|cause| text.push_str(&why_text::cause(cause)));
    }
    text.push_str("what it did:\n");
    for node in why.nodes.iter().take(MOST) {
        let because = because(node).map(|because| format!(": {because}")).unwrap_or_default();
        text.push_str(&format!("  {}  {}{because}\n", node.node.node, what(&node.node.ended)));
    }
    if let Some(more @ 1..) = why.nodes.len().checked_sub(MOST) {
        text.push_str(&format!(
            "  and {} more; `run show` lists all\n",
            words::count(u64::try_from(more).unwrap_or(u64::MAX), "node")
        ));
    }
    text
}

/// Why it did so, in a few words; nothing when the node itself is among what was different.
pub(crate) fn because(why: &WhyNode) -> Option<String> {
    let said = match why.reason {
        RunReason::Forced => "somebody wanted it",
        RunReason::New => "it was new",
        RunReason::FailedBefore => "it had no value in the run before",
        RunReason::BytesGone if why.evicted.is_some() => "its bytes had gone to save room",
        RunReason::BytesGone => "its bytes were gone",
        RunReason::Unchanged => return None,
        RunReason::Changed => return causes(&why.causes, &why.node.node),
    };
    Some(said.to_owned())
}

fn causes(causes: &[Cause], node: &str) -> Option<String> {
    let mut names: Vec<&str> = causes.iter().map(|cause| cause.node.as_str()).collect();
    names.dedup();
    if names.is_empty() || names.contains(&node) {
        return None;
    }
    let more = names.len().saturating_sub(CAUSES);
    names.truncate(CAUSES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("of {}{more}", names.join(", ")))
}

/// Why a run did with a node what it did.
pub(crate) fn node(why: &WhyNode, now: SystemTime) -> String {
    let mut text = format!("{}: {}\n", why.node.node, what(&why.node.ended));
    if why.node.ended == RunNodeEnd::NoRecord {
        text.push_str("  (sources leave none, nor values that are never saved or rest on a settled failure)\n");
    }
    let since = why.since.map(|since| why_text::ago(since, now)).unwrap_or_default();
    text.push_str(&match why.reason {
        RunReason::Forced => "somebody wanted it executed once more\n".to_owned(),
        RunReason::New => "no earlier run had it\n".to_owned(),
        RunReason::FailedBefore => format!("it is what it was in the run that ended {since}, and had no value then\n"),
        RunReason::BytesGone if why.evicted.is_some() => {
            let at = why.evicted.map(|at| why_text::ago(at, now)).unwrap_or_default();
            format!("it is what it was in the run that ended {since}; its bytes went {at} to save room\n")
        }
        RunReason::BytesGone => {
            format!("it is what it was in the run that ended {since}; its bytes were gone, or it had been forgotten\n")
        }
        RunReason::Unchanged => format!("it is what it was in the run that ended {since}\n"),
        RunReason::Changed => format!("compared with the run that ended {since}:\n"),
    });
    why.causes.iter().for_each(|cause| text.push_str(&why_text::cause(cause)));
    if why.reason == RunReason::Changed && why.causes.is_empty() {
        text.push_str("  nothing that is on record\n");
    }
    text
}
