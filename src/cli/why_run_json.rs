//! Why a run that is over did what it did, as programs read it; `docs/json.md` explains it.

use crate::cli::json::{CauseObject, cause, line, since_1970};
use crate::cli::past_json::{RunNodeObject, RunObject};
use crate::exec::{RunReason, WhyNode, WhyRun};
use serde::Serialize;

#[derive(Serialize)]
struct WhyRunObject<'a> {
    schema: &'static str,
    run: RunObject<'a>,
    causes: Vec<CauseObject<'a>>,
    nodes: Vec<WhyNodeObject<'a>>,
}

#[derive(Serialize)]
struct WhyOneObject<'a> {
    schema: &'static str,
    #[serde(flatten)]
    node: WhyNodeObject<'a>,
}

#[derive(Serialize)]
struct WhyNodeObject<'a> {
    #[serde(flatten)]
    node: RunNodeObject<'a>,
    reason: &'static str,
    since_ms: Option<u64>,
    causes: Vec<CauseObject<'a>>,
    evicted_ms: Option<u64>,
}

impl<'a> From<&'a WhyNode> for WhyNodeObject<'a> {
    fn from(why: &'a WhyNode) -> Self {
        Self {
            node: (&why.node).into(),
            reason: match why.reason {
                RunReason::Forced => "forced",
                RunReason::New => "new",
                RunReason::Changed => "changed",
                RunReason::FailedBefore => "failed_before",
                RunReason::BytesGone => "bytes_gone",
                RunReason::Unchanged => "unchanged",
            },
            since_ms: why.since.map(since_1970),
            causes: why.causes.iter().map(cause).collect(),
            evicted_ms: why.evicted.map(since_1970),
        }
    }
}

/// Why a run did what it did, as one line.
pub(crate) fn run(why: &WhyRun) -> String {
    line(&WhyRunObject {
        schema: "mamo.why_run/1",
        run: (&why.run).into(),
        causes: why.causes.iter().map(cause).collect(),
        nodes: why.nodes.iter().map(WhyNodeObject::from).collect(),
    })
}

/// Why a run did with a node what it did, as one line.
pub(crate) fn node(why: &WhyNode) -> String {
    line(&WhyOneObject { schema: "mamo.why_run_node/1", node: why.into() })
}
