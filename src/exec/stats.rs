//! What a store holds and has been good for, in numbers.

use crate::error::Result;
use crate::exec::gc::{scan, size};
use crate::exec::past::Past;
use crate::exec::recorded::{act_of, deep_of, payload_of_value};
use crate::exec::{RunCosts, StoreSize};
use crate::store::{RecordKind, Store};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// What a store holds and has been good for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// What it holds.
    pub size: StoreSize,
    /// Records by what they are about: a name, how many, their bytes with keys.
    pub records: Vec<(&'static str, u64, u64)>,
    /// Runs on record.
    pub runs: u64,
    /// Sums over these.
    pub costs: RunCosts,
    /// Nodes of the newest run with what making their values took, and the values' bytes, costliest first.
    pub nodes: Vec<NodeCost>,
}

/// What a node's value cost.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeCost {
    /// Its identity.
    pub node: String,
    /// What making it took.
    pub took: Duration,
    /// Its bytes.
    pub bytes: u64,
}

impl Stats {
    /// The share of computations that were known, in hundredths; nothing before any run.
    pub fn hit_rate(&self) -> Option<u64> {
        let all = self.costs.hits.checked_add(self.costs.executions)?;
        self.costs.hits.saturating_mul(100).checked_div(all)
    }
}

/// Adds it up.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn stats(store: &dyn Store) -> Result<Stats> {
    let past = Past::read(store)?;
    let mut stats = Stats { size: size(store)?, ..Stats::default() };
    for kind in RecordKind::ALL {
        let (mut count, mut bytes) = (0, 0);
        scan(store, kind, |_, record| {
            count += 1;
            bytes += u64::try_from(record.len() + 33).unwrap_or(u64::MAX);
        })?;
        if count > 0 {
            stats.records.push((name(kind), count, bytes));
        }
    }
    stats.records.sort_by_key(|(_, _, bytes)| Reverse(*bytes));
    for run in past.runs() {
        stats.runs += 1;
        let (sum, costs) = (&mut stats.costs, &run.costs);
        sum.estimated = sum.estimated.saturating_add(costs.estimated);
        sum.spent = sum.spent.saturating_add(costs.spent);
        sum.executed = sum.executed.saturating_add(costs.executed);
        sum.saving = sum.saving.saturating_add(costs.saving);
        sum.loading = sum.loading.saturating_add(costs.loading);
        sum.executions = sum.executions.saturating_add(costs.executions);
        sum.loads = sum.loads.saturating_add(costs.loads);
        sum.hits = sum.hits.saturating_add(costs.hits);
        sum.unknown = sum.unknown.saturating_add(costs.unknown);
    }
    let Some(newest) = past.runs().first() else { return Ok(stats) };
    let nodes: BTreeMap<_, _> = past.nodes(newest)?.into_iter().collect();
    for (node, known) in nodes {
        let Some(deep) = deep_of(store, &known.fingerprint)? else { continue };
        let took = act_of(store, &deep.content)?.map_or(0, |act| act.cost_ns);
        let payload = payload_of_value(store, &deep.value, Some(&deep.content), deep.own.as_ref())?;
        let bytes = payload.map_or(0, |payload| payload.len());
        stats.nodes.push(NodeCost { node, took: Duration::from_nanos(took), bytes });
    }
    // Nodes that took the same stay in the order of their names.
    stats.nodes.sort_by_key(|node| Reverse(node.took));
    Ok(stats)
}

fn name(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Act => "computations",
        RecordKind::Deep => "nodes",
        RecordKind::Root => "nodes known by value",
        RecordKind::Spec => "functions with parameters",
        RecordKind::Code => "code versions",
        RecordKind::Accept => "acceptances",
        RecordKind::File => "files seen",
        RecordKind::Probe => "answers",
        RecordKind::Evicted => "values whose bytes went for room",
        RecordKind::Cost => "costs of functions",
        RecordKind::Run => "runs",
        RecordKind::Plan => "plans",
        RecordKind::Chunk => "lists",
        RecordKind::Published => "published paths",
        RecordKind::Report => "logs and failures",
        RecordKind::References => "references of values",
        RecordKind::Way => "ways through nodes that have no records",
        RecordKind::Members => "elements and combinations",
        RecordKind::Tag => "tags and pins",
        RecordKind::Preview => "parameters as text",
        RecordKind::Severed => "nodes below what was forgotten",
    }
}
