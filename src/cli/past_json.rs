//! Runs that are over, as programs read them; `docs/json.md` explains it.

use crate::cli::json::{CauseObject, CostsObject, CountsObject, cause, costs, counts, line, millis, since_1970};
use crate::cli::upkeep_json::{SizeObject, size};
use crate::exec::{NodeCost, RunDiff, RunNode, RunNodeEnd, RunRecord, Stats};
use serde::Serialize;

#[derive(Serialize)]
struct RunsObject<'a> {
    schema: &'static str,
    runs: Vec<RunObject<'a>>,
}

#[derive(Serialize)]
pub(crate) struct RunObject<'a> {
    id: &'a str,
    at_ms: u64,
    took_ms: u64,
    executable: Option<&'a str>,
    restarts: u32,
    counts: CountsObject,
    costs: CostsObject,
}

#[derive(Serialize)]
struct RunShowObject<'a> {
    schema: &'static str,
    run: RunObject<'a>,
    nodes: Vec<RunNodeObject<'a>>,
}

#[derive(Serialize)]
pub(crate) struct RunNodeObject<'a> {
    node: &'a str,
    ended: &'static str,
    forced: bool,
    took_ms: Option<u64>,
    message: Option<&'a str>,
    value: Option<&'a str>,
}

#[derive(Serialize)]
struct DiffObject<'a> {
    schema: &'static str,
    earlier: RunObject<'a>,
    later: RunObject<'a>,
    removed: &'a [String],
    added: &'a [String],
    causes: Vec<CauseObject<'a>>,
    followed: &'a [String],
    same_value: &'a [String],
}

#[derive(Serialize)]
struct StatsObject<'a> {
    schema: &'static str,
    size: SizeObject,
    records: Vec<RecordsObject>,
    runs: u64,
    costs: CostsObject,
    nodes: Vec<NodeCostObject<'a>>,
}

#[derive(Serialize)]
struct RecordsObject {
    about: &'static str,
    count: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct NodeCostObject<'a> {
    node: &'a str,
    took_ms: u64,
    bytes: u64,
}

impl<'a> From<&'a RunRecord> for RunObject<'a> {
    fn from(run: &'a RunRecord) -> Self {
        Self {
            id: &run.id,
            at_ms: since_1970(run.at),
            took_ms: millis(run.took),
            executable: run.executable.as_deref(),
            restarts: run.restarts,
            counts: counts(&run.counts),
            costs: costs(&run.costs),
        }
    }
}

impl<'a> From<&'a NodeCost> for NodeCostObject<'a> {
    fn from(cost: &'a NodeCost) -> Self {
        Self { node: &cost.node, took_ms: millis(cost.took), bytes: cost.bytes }
    }
}

/// How a node came out, in how many milliseconds if it was executed, and with which message if it failed.
pub(crate) fn ended(ended: &RunNodeEnd) -> (&'static str, Option<u64>, Option<&str>) {
    match ended {
        RunNodeEnd::Executed { took } => ("executed", Some(millis(*took)), None),
        RunNodeEnd::CutOff => ("cut_off", None, None),
        RunNodeEnd::Known => ("known", None, None),
        RunNodeEnd::Failed(message) => ("failed", None, Some(message.as_str())),
        RunNodeEnd::NoRecord => ("no_record", None, None),
    }
}

impl<'a> From<&'a RunNode> for RunNodeObject<'a> {
    fn from(node: &'a RunNode) -> Self {
        let (ended, took_ms, message) = ended(&node.ended);
        Self { node: &node.node, ended, forced: node.is_forced, took_ms, message, value: node.value.as_deref() }
    }
}

pub(crate) fn runs(runs: &[RunRecord]) -> String {
    line(&RunsObject { schema: "mamo.runs/1", runs: runs.iter().map(RunObject::from).collect() })
}

pub(crate) fn run(run: &RunRecord, nodes: &[RunNode]) -> String {
    let nodes = nodes.iter().map(RunNodeObject::from).collect();
    line(&RunShowObject { schema: "mamo.past_run/1", run: run.into(), nodes })
}

pub(crate) fn diff(earlier: &RunRecord, later: &RunRecord, diff: &RunDiff) -> String {
    line(&DiffObject {
        schema: "mamo.diff/1",
        earlier: earlier.into(),
        later: later.into(),
        removed: &diff.removed,
        added: &diff.added,
        causes: diff.causes.iter().map(cause).collect(),
        followed: &diff.followed,
        same_value: &diff.same_value,
    })
}

pub(crate) fn stats(stats: &Stats) -> String {
    let records =
        stats.records.iter().map(|(about, count, bytes)| RecordsObject { about, count: *count, bytes: *bytes });
    let nodes = stats.nodes.iter().map(NodeCostObject::from);
    line(&StatsObject {
        schema: "mamo.stats/1",
        size: size(&stats.size),
        records: records.collect(),
        runs: stats.runs,
        costs: costs(&stats.costs),
        nodes: nodes.collect(),
    })
}
