//! JSON for programs: the objects that docs/json.md promises.

use crate::cli::older_values::{self, OlderObject};
use crate::cli::past_json;
use crate::cli::plan_list::STATES;
use crate::cli::summary::{Ending, Summary};
use crate::error::{Error, ErrorKind};
use crate::exec::{
    Acceptance, AuditReport, Audited, Cause, Change, Counts, ItemChange, LastEnd, Plan, PlanState, RunCosts, Verdict,
    Why,
};
use crate::graph::CodeReport;
use crate::value::Failure;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

#[derive(Serialize)]
struct RunObject<'a> {
    schema: &'static str,
    targets: &'a [String],
    stopped: bool,
    nodes: u64,
    #[serde(flatten)]
    counts: CountsObject,
    restarts: u32,
    wall_ms: u64,
    time_saved_ms: i64,
    costs: CostsObject,
    elements: ElementsObject,
    failures: Vec<FailureObject<'a>>,
    older_values: Vec<OlderObject<'a>>,
}

#[derive(Serialize)]
pub(crate) struct CostsObject {
    estimated_ms: u64,
    spent_ms: u64,
    executed_ms: u64,
    saving_ms: u64,
    loading_ms: u64,
    executions: u64,
    loads: u64,
    hits: u64,
    unknown: u64,
}

#[derive(Serialize)]
pub(crate) struct CountsObject {
    executed: u64,
    cut_off: u64,
    fresh: u64,
    not_needed: u64,
    failed: u64,
    skipped: u64,
}

#[derive(Serialize)]
struct ElementsObject {
    elements: u64,
    #[serde(flatten)]
    counts: CountsObject,
}

#[derive(Serialize)]
struct FailureObject<'a> {
    node: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct PlanObject<'a> {
    schema: &'static str,
    targets: &'a [String],
    nodes: usize,
    states: BTreeMap<&'static str, usize>,
    estimated_ms: u64,
    unknown: u64,
    plan: Vec<PlanNodeObject<'a>>,
    older_values: Vec<OlderObject<'a>>,
}

#[derive(Serialize)]
pub(crate) struct PlanNodeObject<'a> {
    pub(crate) node: &'a str,
    pub(crate) state: &'static str,
}

#[derive(Serialize)]
struct CodeObject<'a> {
    schema: &'static str,
    functions: Vec<FunctionObject<'a>>,
}

#[derive(Serialize)]
struct FunctionObject<'a> {
    function: &'a str,
    code: &'a str,
    version: &'a str,
    items: usize,
    fallback: Option<&'a str>,
}

#[derive(Serialize)]
struct WhyObject<'a> {
    schema: &'static str,
    node: &'a str,
    state: &'static str,
    since_ms: Option<u64>,
    causes: Vec<CauseObject<'a>>,
    last: Option<LastObject<'a>>,
    gone: bool,
    evicted_ms: Option<u64>,
    accepted: Option<AcceptanceObject<'a>>,
}

#[derive(Serialize)]
struct LastObject<'a> {
    at_ms: u64,
    ended: &'static str,
    forced: bool,
    took_ms: Option<u64>,
    message: Option<&'a str>,
}

#[derive(Serialize)]
pub(crate) struct CauseObject<'a> {
    node: &'a str,
    change: &'static str,
    from: Option<Cow<'a, str>>,
    to: Option<Cow<'a, str>>,
    function: Option<&'a str>,
    items: Vec<ItemObject<'a>>,
}

#[derive(Serialize)]
struct ItemObject<'a> {
    name: &'a str,
    from: Option<&'a str>,
    to: Option<&'a str>,
}

#[derive(Serialize)]
struct AcceptedObject<'a> {
    schema: &'static str,
    acceptances: Vec<AcceptanceObject<'a>>,
}

#[derive(Serialize)]
struct AcceptanceObject<'a> {
    node: &'a str,
    who: &'a str,
    because: &'a str,
    at_ms: u64,
    from: &'a str,
    to: &'a str,
    revoked: Option<RevokedObject<'a>>,
}

#[derive(Serialize)]
struct RevokedObject<'a> {
    who: &'a str,
    because: &'a str,
    at_ms: u64,
}

#[derive(Serialize)]
struct AuditObject<'a> {
    schema: &'static str,
    computations: usize,
    audited: Vec<AuditedObject<'a>>,
    left_out: Vec<LeftOutObject<'a>>,
}

#[derive(Serialize)]
struct AuditedObject<'a> {
    node: &'a str,
    element: Option<&'a str>,
    verdict: &'static str,
    recorded: &'a str,
    value: Option<&'a str>,
    message: Option<&'a str>,
    took_ms: u64,
}

#[derive(Serialize)]
struct LeftOutObject<'a> {
    node: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    schema: &'static str,
    kind: &'static str,
    message: &'a str,
    node: Option<&'a str>,
    causes: &'a [String],
    hint: Option<&'a str>,
}

impl<'a> FailureObject<'a> {
    fn of(failure: &'a Failure) -> Self {
        Self { node: failure.node(), message: failure.message() }
    }
}

/// A run as one line.
pub(crate) fn run(summary: &Summary) -> String {
    line(&RunObject {
        schema: "mamo.run/1",
        targets: &summary.targets,
        stopped: summary.ending == Ending::Stopped,
        nodes: summary.counts.nodes,
        counts: counts(&summary.counts),
        restarts: summary.restarts,
        wall_ms: millis(summary.took),
        time_saved_ms: signed_millis(summary.costs.saved()) - signed_millis(summary.costs.lost()),
        costs: costs(&summary.costs),
        elements: ElementsObject { elements: summary.elements.nodes, counts: counts(&summary.elements) },
        failures: summary.failures.iter().map(FailureObject::of).collect(),
        older_values: older_values::objects(summary.older_values.iter().map(|(node, since)| (node.as_str(), *since))),
    })
}

pub(crate) fn costs(costs: &RunCosts) -> CostsObject {
    CostsObject {
        estimated_ms: millis(costs.estimated),
        spent_ms: millis(costs.spent),
        executed_ms: millis(costs.executed),
        saving_ms: millis(costs.saving),
        loading_ms: millis(costs.loading),
        executions: costs.executions,
        loads: costs.loads,
        hits: costs.hits,
        unknown: costs.unknown,
    }
}

fn signed_millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Why a node ran, or would, as one line.
pub(crate) fn why(why: &Why) -> String {
    line(&WhyObject {
        schema: "mamo.why/1",
        node: &why.node,
        state: state_name(why.state),
        since_ms: why.since.map(since_1970),
        causes: why.causes.iter().map(cause).collect(),
        last: why.last.as_ref().map(|LastEnd { at, ended, is_forced, .. }| {
            let (ended, took_ms, message) = past_json::ended(ended);
            LastObject { at_ms: since_1970(*at), ended, forced: *is_forced, took_ms, message }
        }),
        gone: why.is_gone,
        evicted_ms: why.evicted.map(since_1970),
        accepted: why.accepted.as_ref().map(acceptance),
    })
}

pub(crate) fn cause<'a>(cause: &'a Cause) -> CauseObject<'a> {
    let plain = |change| CauseObject { node: &cause.node, change, from: None, to: None, function: None, items: vec![] };
    let sides = |change, from: &'a str, to: &'a str| CauseObject {
        from: Some(Cow::Borrowed(from)),
        to: Some(Cow::Borrowed(to)),
        ..plain(change)
    };
    let lists = |change, from: &[String], to: &[String]| CauseObject {
        from: Some(Cow::Owned(from.join(", "))),
        to: Some(Cow::Owned(to.join(", "))),
        ..plain(change)
    };
    match &cause.change {
        Change::New => plain("new"),
        Change::Value { from, to } => sides("value", from, to),
        Change::Inputs { removed, added } => lists("inputs", removed, added),
        Change::Parameters { from, to } => lists("parameters", from, to),
        Change::Draw { from, to } => sides("draw", from, to),
        Change::ResultType { from, to } => sides("result", from, to),
        Change::Function { from, to } => sides("function", from, to),
        Change::Code { function, from, to, items } => CauseObject {
            function: Some(function),
            items: items.iter().map(|ItemChange { name, from, to }| item(name, from, to)).collect(),
            ..sides("code", from, to)
        },
    }
}

fn item<'a>(name: &'a str, from: &'a Option<String>, to: &'a Option<String>) -> ItemObject<'a> {
    ItemObject { name, from: from.as_deref(), to: to.as_deref() }
}

/// Acceptances as one line.
pub(crate) fn acceptances(acceptances: &[Acceptance]) -> String {
    line(&AcceptedObject { schema: "mamo.accept/1", acceptances: acceptances.iter().map(acceptance).collect() })
}

fn acceptance(acceptance: &Acceptance) -> AcceptanceObject<'_> {
    let Acceptance { node, remark, at, from, to, revoked, .. } = acceptance;
    AcceptanceObject {
        node,
        who: &remark.who,
        because: &remark.because,
        at_ms: since_1970(*at),
        from,
        to,
        revoked: revoked.as_ref().map(|(remark, at)| RevokedObject {
            who: &remark.who,
            because: &remark.because,
            at_ms: since_1970(*at),
        }),
    }
}

/// What an audit has shown, as one line.
pub(crate) fn audit(report: &AuditReport) -> String {
    let left_out = report.left_out.iter();
    line(&AuditObject {
        schema: "mamo.audit/1",
        computations: report.computations,
        audited: report.audited.iter().map(audited).collect(),
        left_out: left_out.map(|left_out| LeftOutObject { node: &left_out.node, reason: &left_out.reason }).collect(),
    })
}

fn audited(audited: &Audited) -> AuditedObject<'_> {
    let (verdict, value, message) = match &audited.verdict {
        Verdict::Same => ("same", Some(audited.recorded.as_str()), None),
        Verdict::Other(value) => ("other", Some(value.as_str()), None),
        Verdict::Failed(message) => ("failed", None, Some(message.as_str())),
    };
    AuditedObject {
        node: &audited.node,
        element: audited.element.as_deref(),
        verdict,
        recorded: &audited.recorded,
        value,
        message,
        took_ms: millis(audited.took),
    }
}

pub(crate) fn since_1970(time: SystemTime) -> u64 {
    millis(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

/// A plan as one line.
pub(crate) fn plan(plan: &Plan, targets: &[String]) -> String {
    line(&PlanObject {
        schema: "mamo.plan/1",
        targets,
        nodes: plan.nodes().count(),
        states: STATES.into_iter().map(|state| (state_name(state), plan.count(state))).collect(),
        estimated_ms: millis(plan.estimate().work),
        unknown: plan.estimate().unknown,
        plan: plan.nodes().map(|(node, state)| PlanNodeObject { node, state: state_name(state) }).collect(),
        older_values: older_values::objects(plan.older_values()),
    })
}

/// What of the functions' code counts, as one line.
pub(crate) fn code(reports: &[CodeReport]) -> String {
    let functions = reports.iter().map(|report| FunctionObject {
        function: &report.function,
        code: &report.scope,
        version: &report.version,
        items: report.items,
        fallback: report.fallback.as_deref(),
    });
    line(&CodeObject { schema: "mamo.code/1", functions: functions.collect() })
}

/// An error as one line.
pub(crate) fn error(error: &Error) -> String {
    line(&ErrorObject {
        schema: "mamo.error/1",
        kind: kind_name(error.kind()),
        message: &error.to_string(),
        node: error.node(),
        causes: &error.causes(),
        hint: error.hint(),
    })
}

/// A call that was not understood, as one line.
pub(crate) fn usage_error(message: &str) -> String {
    line(&ErrorObject { schema: "mamo.error/1", kind: "usage", message, node: None, causes: &[], hint: None })
}

pub(crate) fn line(object: &impl Serialize) -> String {
    // Numbers, texts and lists of them always become JSON.
    serde_json::to_string(object).unwrap_or_default()
}

pub(crate) fn counts(counts: &Counts) -> CountsObject {
    CountsObject {
        executed: counts.executed,
        cut_off: counts.cut_off,
        fresh: counts.fresh,
        not_needed: counts.not_needed,
        failed: counts.failed,
        skipped: counts.skipped,
    }
}

pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn state_name(state: PlanState) -> &'static str {
    match state {
        PlanState::Fresh => "fresh",
        PlanState::CutOff => "cut_off",
        PlanState::Run => "run",
        PlanState::RunUnlessCutOff => "run_unless_cut_off",
        PlanState::AfterBarrier => "after_barrier",
        PlanState::NotNeeded => "not_needed",
        PlanState::Failed => "failed",
    }
}

fn kind_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Graph => "graph",
        ErrorKind::NoValue => "no_value",
        ErrorKind::NodeFailed => "node_failed",
        ErrorKind::UnknownName => "unknown_name",
        ErrorKind::StoreLocked => "store_locked",
        ErrorKind::StoreFormat => "store_format",
        ErrorKind::Store => "store",
        ErrorKind::Stopped => "stopped",
        ErrorKind::Unstable => "unstable",
        ErrorKind::Nested => "nested",
        ErrorKind::Resources => "resources",
        ErrorKind::NotAccepted => "not_accepted",
        ErrorKind::NotForced => "not_forced",
        ErrorKind::NotPublished => "not_published",
        ErrorKind::NotReplayed => "not_replayed",
        ErrorKind::Tagged => "tagged",
        ErrorKind::NotExported => "not_exported",
        ErrorKind::NotImported => "not_imported",
        ErrorKind::Other => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{plan_list, summary};
    use expect_test::{Expect, expect};

    fn check(object: String, expected: Expect) {
        assert!(!object.contains('\n'));
        expected.assert_eq(&object);
    }

    #[test]
    fn objects_have_their_documented_shape() {
        check(
            run(&summary::tests::example(Ending::Failed)),
            expect![[
                r#"{"schema":"mamo.run/1","targets":["report"],"stopped":false,"nodes":97,"executed":14,"cut_off":3,"fresh":60,"not_needed":16,"failed":2,"skipped":2,"restarts":0,"wall_ms":1234,"time_saved_ms":35123,"costs":{"estimated_ms":36123,"spent_ms":1000,"executed_ms":500,"saving_ms":100,"loading_ms":0,"executions":14,"loads":5,"hits":63,"unknown":1},"elements":{"elements":400,"executed":120,"cut_off":0,"fresh":280,"not_needed":0,"failed":0,"skipped":0},"failures":[{"node":"fit/adelie","message":"no rows\nin \"adelie.csv\""}],"older_values":[]}"#
            ]],
        );
        check(
            plan(&plan_list::tests::example(), &["report".into()]),
            expect![[
                r#"{"schema":"mamo.plan/1","targets":["report"],"nodes":7,"states":{"after_barrier":1,"cut_off":1,"failed":1,"fresh":1,"not_needed":1,"run":1,"run_unless_cut_off":1},"estimated_ms":12400,"unknown":1,"plan":[{"node":"flights","state":"fresh"},{"node":"unused","state":"not_needed"},{"node":"weather","state":"failed"},{"node":"clean","state":"cut_off"},{"node":"fit","state":"run"},{"node":"report","state":"run_unless_cut_off"},{"node":"publish","state":"after_barrier"}],"older_values":[]}"#
            ]],
        );
        check(
            error(&Error::new(ErrorKind::UnknownName, "no target `a`").with_hint("`b`?")),
            expect![[
                r#"{"schema":"mamo.error/1","kind":"unknown_name","message":"no target `a`","node":null,"causes":[],"hint":"`b`?"}"#
            ]],
        );
        check(
            usage_error("unexpected argument `--wrong`"),
            expect![[
                r#"{"schema":"mamo.error/1","kind":"usage","message":"unexpected argument `--wrong`","node":null,"causes":[],"hint":null}"#
            ]],
        );
    }

    #[test]
    fn counts_add_up() {
        let object: serde_json::Value = serde_json::from_str(&run(&summary::tests::example(Ending::Failed))).unwrap();
        let sum = |object: &serde_json::Value| -> u64 {
            let names = ["executed", "cut_off", "fresh", "not_needed", "failed", "skipped"];
            names.into_iter().map(|name| object[name].as_u64().unwrap()).sum()
        };
        assert_eq!(object["nodes"], sum(&object));
        assert_eq!(object["elements"]["elements"], sum(&object["elements"]));
    }

    #[test]
    fn every_key_and_kind_is_documented() {
        let documented = include_str!("../../docs/json.md");
        let objects = [
            run(&summary::tests::example(Ending::Failed)),
            plan(&plan_list::tests::example(), &[]),
            error(&Error::new(ErrorKind::Other, "")),
        ];
        for object in objects {
            let object: BTreeMap<String, serde_json::Value> = serde_json::from_str(&object).unwrap();
            for key in object.keys() {
                assert!(documented.contains(&format!("`{key}`")), "docs/json.md does not explain `{key}`");
            }
        }
        let kinds = [
            ErrorKind::Graph,
            ErrorKind::NoValue,
            ErrorKind::NodeFailed,
            ErrorKind::UnknownName,
            ErrorKind::StoreLocked,
            ErrorKind::StoreFormat,
            ErrorKind::Store,
            ErrorKind::Stopped,
            ErrorKind::Unstable,
            ErrorKind::Nested,
            ErrorKind::Resources,
            ErrorKind::NotAccepted,
            ErrorKind::NotForced,
            ErrorKind::NotPublished,
            ErrorKind::NotReplayed,
            ErrorKind::Tagged,
            ErrorKind::NotExported,
            ErrorKind::NotImported,
            ErrorKind::Other,
        ];
        let names = kinds.map(kind_name).into_iter().chain(STATES.map(state_name)).chain(["usage"]);
        for name in names {
            assert!(documented.contains(&format!("`{name}`")), "docs/json.md does not explain `{name}`");
        }
    }
}
