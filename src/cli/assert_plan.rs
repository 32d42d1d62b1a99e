//! `assert-plan`: whether a run would execute what somebody expects, for scripts that check changes.

use crate::cli::act::{Program, Stage, names, quiet_engine, write, write_line};
use crate::cli::args::AssertPlanArguments;
use crate::cli::exit_codes;
use crate::cli::json::{self, PlanNodeObject, state_name};
use crate::cli::plan_list::line;
use crate::cli::settings::{Results, Settings};
use crate::error::Result;
use crate::exec::{Plan, PlanState};
use crate::words;
use glob::Pattern;
use serde::Serialize;

/// What a run may execute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    at_most: Option<usize>,
    /// Names of which each node has to match one, if there are any.
    only: Vec<Pattern>,
}

/// How a plan compares with what is allowed.
#[derive(Debug)]
pub(crate) struct Judged<'a> {
    /// How many nodes a run would or may execute.
    pub(crate) n_run: usize,
    pub(crate) complaints: Vec<String>,
    /// Nodes that must not be in these states, in the order of the graph.
    pub(crate) nodes: Vec<(&'a str, PlanState)>,
}

#[derive(Serialize)]
struct AssertPlanObject<'a> {
    schema: &'static str,
    as_expected: bool,
    would_run: usize,
    complaints: &'a [String],
    nodes: Vec<PlanNodeObject<'a>>,
}

/// A name or pattern of nodes, where `*` stands for `/` as well.
pub(crate) fn parse_pattern(text: &str) -> std::result::Result<Pattern, String> {
    Pattern::new(text).map_err(|error| error.msg.to_owned())
}

/// Plans as a run does, and judges.
pub(crate) fn assert_plan(
    settings: &Settings,
    allowed: &Allowed,
    program: &mut dyn Program,
    stage: &mut Stage<'_>,
) -> Result<u8> {
    let graph = program.build()?;
    let engine = quiet_engine(settings, stage)?;
    let plan = engine.plan(&graph, &names(&settings.targets))?;
    let judged = allowed.judge(&plan);
    match settings.results {
        Results::Json => write_line(stage, &json(&judged))?,
        Results::Text => write(stage, &text(&judged))?,
    }
    Ok(if judged.complaints.is_empty() { exit_codes::DONE } else { exit_codes::NODE_FAILED })
}

impl Allowed {
    /// # Errors
    /// When nothing is said.
    pub(crate) fn new(arguments: AssertPlanArguments) -> std::result::Result<Self, String> {
        let AssertPlanArguments { targets: _, nothing_stale, at_most, only } = arguments;
        if !nothing_stale && at_most.is_none() && only.is_empty() {
            return Err("say what is expected: `--nothing-stale`, `--at-most N` or `--only NODES..`".to_owned());
        }
        Ok(Self { at_most: if nothing_stale { Some(0) } else { at_most }, only })
    }

    fn judge<'a>(&self, plan: &'a Plan) -> Judged<'a> {
        let run: Vec<_> = plan.nodes().filter(|(_, state)| state.may_execute()).collect();
        let failed: Vec<_> = plan.nodes().filter(|(_, state)| *state == PlanState::Failed).collect();
        let is_other = |node: &str| !self.only.is_empty() && !self.only.iter().any(|pattern| pattern.matches(node));
        let n_other = run.iter().filter(|(node, _)| is_other(node)).count();
        let is_too_much = self.at_most.is_some_and(|most| run.len() > most);
        let count = |number: usize, noun| words::count(u64::try_from(number).unwrap_or(u64::MAX), noun);
        let nodes = |number| count(number, "node");
        let mut complaints = Vec::new();
        if !failed.is_empty() {
            complaints.push(format!("{} cannot be read", count(failed.len(), "source")));
        }
        match self.at_most {
            Some(0) if is_too_much => complaints.push(format!("{} would run", nodes(run.len()))),
            Some(most) if is_too_much => complaints.push(format!("{} would run, {most} may", nodes(run.len()))),
            Some(_) | None => {}
        }
        if n_other > 0 {
            complaints.push(format!("{} would run that may not", nodes(n_other)));
        }
        let is_named = |node: &str, state: PlanState| {
            state == PlanState::Failed || (state.may_execute() && (is_too_much || is_other(node)))
        };
        Judged {
            n_run: run.len(),
            complaints,
            nodes: plan.nodes().filter(|(node, state)| is_named(node, *state)).collect(),
        }
    }
}

fn text(judged: &Judged<'_>) -> String {
    if judged.complaints.is_empty() {
        let run = match u64::try_from(judged.n_run).unwrap_or(u64::MAX) {
            0 => "nothing would run".to_owned(),
            run => format!("{} would run", words::count(run, "node")),
        };
        return format!("as expected: {run}\n");
    }
    let lines: String = judged.nodes.iter().map(|(node, state)| format!("{}\n", line(*state, node))).collect();
    format!("not as expected: {}\n\n{lines}", judged.complaints.join("; "))
}

fn json(judged: &Judged<'_>) -> String {
    let nodes = judged.nodes.iter();
    json::line(&AssertPlanObject {
        schema: "mamo.assert_plan/1",
        as_expected: judged.complaints.is_empty(),
        would_run: judged.n_run,
        complaints: &judged.complaints,
        nodes: nodes.map(|(node, state)| PlanNodeObject { node, state: state_name(*state) }).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::program::Invocation;
    use crate::cli::program::tests::Buffer;
    use expect_test::{Expect, expect};

    /// Two sources of which one may be missing, two parameters, and what reads them.
    fn pipeline(g: &crate::Graph, answer: u32, is_missing: bool) -> Result<()> {
        g.target("answer", g.add(crate::source::param("answer", answer)));
        let list = g.gather([g.value(answer)]);
        let other = g.group("fold1").gather([list]);
        g.target("list", other);
        if is_missing {
            g.target("gone", g.add(crate::source::env("MAMO_TEST_THAT_IS_NOT_SET")));
        }
        Ok(())
    }

    fn check(args: &str, answer: u32, is_missing: bool, expected: Expect) {
        let folder = tempfile::tempdir().unwrap();
        let call = |args: &str, answer, is_missing| {
            let stdout = Buffer::default();
            let code = Invocation::new(args.split_whitespace(), stdout.clone(), Buffer::default())
                .env("MAMO_STORE", folder.path().join("store"))
                .run(|g| pipeline(g, answer, is_missing));
            format!("{code} {}", stdout.text())
        };
        call("flights", 1, false);
        expected.assert_eq(&call(&format!("flights assert-plan {args}"), answer, is_missing));
    }

    #[test]
    fn what_may_run_is_compared_with_the_plan() {
        check(
            "--nothing-stale",
            1,
            false,
            expect![[r#"
            0 as expected: nothing would run
        "#]],
        );
        check(
            "--nothing-stale",
            2,
            false,
            expect![[r#"
            1 not as expected: 2 nodes would run

            run                 gather
            run unless cut off  fold1/gather
        "#]],
        );
        check(
            "--at-most 2",
            2,
            false,
            expect![[r#"
            0 as expected: 2 nodes would run
        "#]],
        );
        check(
            "--at-most 1 --only fold*",
            2,
            false,
            expect![[r#"
            1 not as expected: 2 nodes would run, 1 may; 1 node would run that may not

            run                 gather
            run unless cut off  fold1/gather
        "#]],
        );
        check(
            "--only gather fold1/*",
            2,
            false,
            expect![[r#"
            0 as expected: 2 nodes would run
        "#]],
        );
        check(
            "--only gather",
            2,
            false,
            expect![[r#"
            1 not as expected: 1 node would run that may not

            run unless cut off  fold1/gather
        "#]],
        );
        check(
            "answer --nothing-stale",
            2,
            false,
            expect![[r#"
            0 as expected: nothing would run
        "#]],
        );
        check(
            "--nothing-stale --json",
            2,
            true,
            expect![[r#"
                1 {"schema":"mamo.assert_plan/1","as_expected":false,"would_run":2,"complaints":["1 source cannot be read","2 nodes would run"],"nodes":[{"node":"gather","state":"run"},{"node":"fold1/gather","state":"run_unless_cut_off"},{"node":"env:MAMO_TEST_THAT_IS_NOT_SET","state":"failed"}]}
            "#]],
        );
    }

    #[test]
    fn an_assertion_says_something() {
        let stderr = Buffer::default();
        let code = Invocation::new(["flights", "assert-plan", "answer"], Buffer::default(), stderr.clone())
            .run(|g| pipeline(g, 1, false));
        assert_eq!(code, exit_codes::USAGE);
        expect![[r#"
            error: say what is expected: `--nothing-stale`, `--at-most N` or `--only NODES..`

            Usage: flights [OPTIONS] [TARGETS]... [COMMAND]

            For more information, try '--help'.
        "#]]
        .assert_eq(&stderr.text());
    }
}
