//! What was named, forgotten, collected and verified, as people read it.

use crate::exec::{Evicted, Forgotten, GcReport, Revoked, Tag, Verification};
use crate::words;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// Hexadecimal digits of a digest that people can compare.
const SHOWN: usize = 8;
/// So many nodes are named.
const MOST: usize = 20;

/// Tags that were given or taken back.
pub(crate) fn changed(tags: &[Tag], what: &str) -> String {
    tags.iter()
        .map(|tag| match &tag.name {
            Some(name) => format!("{what} `{name}`: {} ({})\n", tag.node, shortened(&tag.value)),
            None => format!("{what}: {} ({})\n", tag.node, shortened(&tag.value)),
        })
        .collect()
}

/// A line for each tag.
pub(crate) fn tags(tags: &[Tag], now: SystemTime) -> String {
    if tags.is_empty() {
        return "nothing is tagged or pinned\n".to_owned();
    }
    let name = |tag: &Tag| tag.name.clone().unwrap_or_else(|| "(pinned)".to_owned());
    let width = tags.iter().map(|tag| name(tag).chars().count()).max().unwrap_or_default();
    let line = |tag: &Tag| {
        let age = now
            .duration_since(tag.at)
            .map_or_else(|_| "just now".to_owned(), |age| format!("{} ago", words::duration(age)));
        format!("{:width$}  {}  ({}, {age})\n", name(tag), tag.node, shortened(&tag.value))
    };
    tags.iter().map(line).collect()
}

pub(crate) fn shortened(value: &str) -> &str {
    value.get(..SHOWN).unwrap_or(value)
}

/// What was forgotten.
pub(crate) fn forgotten(forgotten: &[Forgotten]) -> String {
    let line = |one: &Forgotten| match one.versions {
        0 => format!("{}: there was nothing to forget\n", one.node),
        versions => format!("{}: forgot {}\n", one.node, words::count(versions, "version")),
    };
    forgotten.iter().map(line).collect()
}

/// What a program made was taken back.
pub(crate) fn revoked(revoked: &Revoked) -> String {
    let program = revoked.executables.first().map_or("?", |executable| shortened(executable));
    let went = if revoked.is_dry { "would be taken back" } else { "were taken back" };
    let mut text = format!(
        "of program {program} in {}: {} and {} {went}\n",
        words::count(revoked.runs, "run"),
        words::count(revoked.computations, "computation"),
        words::count(revoked.records, "record"),
    );
    if revoked.unfinished_runs > 0 {
        let runs = words::count(revoked.unfinished_runs, "run");
        text.push_str(&format!("  {runs} among them did not come to an end, so nobody knows whose they were\n"));
    }
    text
}

/// All was forgotten.
pub(crate) fn flushed(bytes: u64) -> String {
    format!("forgot all that is not tagged or pinned: {}\n", words::bytes(bytes))
}

/// What garbage was collected.
pub(crate) fn gc(report: &GcReport) -> String {
    let went = if report.is_dry { "would go" } else { "went" };
    let mut text = match (report.records, report.blobs) {
        (0, 0) => "nothing is there that no kept run needs\n".to_owned(),
        (records, blobs) => {
            let (records, blobs) = (words::count(records, "record"), words::count(blobs, "blob"));
            format!("not needed by what is kept: {records} and {blobs} ({}) {went}\n", words::bytes(report.blob_bytes))
        }
    };
    if !report.evicted.is_empty() {
        let cost: Duration = report.evicted.iter().map(|one| one.cost).sum();
        let values = words::count(u64::try_from(report.evicted.len()).unwrap_or(u64::MAX), "value");
        text.push_str(&format!(
            "for room: the bytes of {values} {went}, which took {} to make\n",
            words::duration(cost)
        ));
        text.push_str(&evicted(&report.evicted));
    }
    if report.tagged_bytes > 0 {
        text.push_str(&format!("tagged and pinned: {} stay\n", words::bytes(report.tagged_bytes)));
    }
    let (before, after) = (words::bytes(report.before.bytes()), words::bytes(report.after.bytes()));
    text.push_str(&format!(
        "the store holds {before}{}{after}",
        if report.is_dry { ", and would hold " } else { " -> " }
    ));
    if let (Some(before), Some(after)) = (report.before.disk_bytes, report.after.disk_bytes) {
        text.push_str(&format!("; on disk {} -> {}", words::bytes(before), words::bytes(after)));
    }
    text.push('\n');
    if !report.is_within {
        text.push_str("this is more than was allowed: the rest is tagged, pinned or the database's own\n");
    }
    text
}

/// A line for each node of which values went.
fn evicted(evicted: &[Evicted]) -> String {
    let mut by_node: BTreeMap<&str, (u64, u64, Duration)> = BTreeMap::new();
    for one in evicted {
        let sum = by_node.entry(one.node.as_deref().unwrap_or("(of no known run)")).or_default();
        *sum = (sum.0 + 1, sum.1.saturating_add(one.bytes), sum.2.saturating_add(one.cost));
    }
    let mut sums: Vec<_> = by_node.into_iter().collect();
    sums.sort_by_key(|(node, (_, bytes, _))| (std::cmp::Reverse(*bytes), *node));
    let mut text = String::new();
    for (node, (values, bytes, cost)) in sums.iter().take(MOST) {
        let values = words::count(*values, "value");
        text.push_str(&format!("  {node}: {values}, {}, {}\n", words::bytes(*bytes), words::duration(*cost)));
    }
    if let Some(more @ 1..) = sums.len().checked_sub(MOST) {
        text.push_str(&format!("  and {more} more nodes\n"));
    }
    text
}

/// What reading every byte has shown.
pub(crate) fn verified(found: &Verification, is_repaired: bool) -> String {
    let (records, blobs) = (words::count(found.records, "record"), words::count(found.blobs, "blob"));
    let mut text = format!("read {records} and {blobs} ({})\n", words::bytes(found.bytes));
    let mut damage = Vec::new();
    for (count, noun) in [
        (found.broken_records, "broken record"),
        (found.broken_blobs, "broken blob"),
        (found.orphans, "orphaned record"),
    ] {
        if count > 0 {
            damage.push(words::count(count, noun));
        }
    }
    if found.without_bytes > 0 {
        let values = words::count(found.without_bytes, "value");
        text.push_str(&format!("{values} without all their bytes: evicted or lost, made again when needed\n"));
    }
    if damage.is_empty() {
        text.push_str("all of it is sound\n");
    } else if is_repaired {
        text.push_str(&format!("damaged: {}: taken away, and made again when needed\n", damage.join(", ")));
    } else {
        text.push_str(&format!("damaged: {}; `repair` takes it away, so that it is made again\n", damage.join(", ")));
    }
    text
}
