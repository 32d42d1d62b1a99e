//! What a call asks for, from its arguments and its environment.

use crate::cli::args::{
    Arguments, Command, ProgressChoice, RemarkArguments, RunArguments, RunCommand, RunShow, StatusArguments,
};
use crate::cli::assert_plan::Allowed;
use crate::cli::paint::ColorChoice;
use crate::cli::picture_args::PictureArguments;
use crate::cli::report::Report;
use crate::cli::resources::{Resources, parse_size};
use crate::cli::upkeep_args::Upkeep;
use crate::exec::{OnFailure, Policy, Remark, StatusFilter};
use clap::error::{Error, ErrorKind};
use clap::{CommandFactory, FromArgMatches};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

/// Runs that are listed when nobody says how many.
const LISTED: usize = 20;
/// Computations that are audited when nobody says how many.
const AUDITED: usize = 20;

/// Environment variables, by name.
pub(crate) type Environment = BTreeMap<OsString, OsString>;

/// What a call asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) action: Action,
    pub(crate) targets: Vec<String>,
    /// What a run executes.
    pub(crate) policy: Policy,
    pub(crate) store: PathBuf,
    pub(crate) wait: Option<Duration>,
    pub(crate) resources: Resources,
    pub(crate) results: Results,
    pub(crate) chatter: Chatter,
    pub(crate) color: ColorChoice,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Bring targets up to date.
    Run(RunOptions),
    /// Bring targets up to date, and again whenever a file changes that they read.
    Watch(RunOptions),
    /// Say what a run would do.
    Plan { length: PlanLength },
    /// Say whether a run would execute no more than this.
    AssertPlan(Allowed),
    /// List the functions of the graph with what of their code counts.
    Code,
    /// Explain a node: the only target.
    Why,
    /// Print the log of a node: the only target.
    Log,
    /// Run a node again alone: the only target.
    Replay,
    /// Execute a sample of the targets, or of all, once more.
    Audit { sample: AuditSample, seed: u64 },
    /// Let the targets, or all that can be, keep their values although their code changed.
    Accept { reach: AcceptReach, remark: Remark },
    /// Take acceptances of the targets back.
    Unaccept { remark: Remark },
    /// List what was accepted.
    Accepted,
    /// Keep the store in order.
    Upkeep(Upkeep),
    /// Ask about runs that are over.
    Past(PastQuestion),
    /// Ask about the nodes of the graph.
    Graph(GraphQuestion),
    /// Draw the graph.
    Picture(PictureArguments),
}

/// What is asked about the nodes of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GraphQuestion {
    /// How they stand.
    Status(StatusFilter),
    /// Which an edit of an item would make stale.
    Impact(String),
    /// All that is known of one.
    Show(String),
}

/// What is asked about runs that are over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PastQuestion {
    /// Which there are.
    List { most: usize },
    /// What one did with each node.
    Show { run: String, is_all: bool },
    /// What they have been good for.
    Stats,
    /// Why the last one did what it did, with all nodes or with this one.
    Why { node: Option<String> },
    /// What is different in two.
    Diff { earlier: String, later: String },
}

/// How much is audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuditSample {
    All,
    Count(usize),
}

/// Which nodes are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AcceptReach {
    /// Those that are named.
    Named,
    /// All that would run because of their code alone.
    All,
}

/// How to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunOptions {
    /// Nothing for as many as there are processors.
    pub(crate) jobs: Option<NonZeroUsize>,
    pub(crate) on_failure: OnFailure,
    /// Bytes that the store may take; nothing for as many as it likes.
    pub(crate) max_size: Option<u64>,
    /// What is to be written about the run.
    pub(crate) report: Vec<Report>,
    pub(crate) progress: ProgressChoice,
}

/// How much of a plan to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlanLength {
    /// What fits a screen.
    Short,
    /// Every node that would run.
    Full,
}

/// In which form results go to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Results {
    /// For people.
    Text,
    /// One line of JSON.
    Json,
}

/// How much to say on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chatter {
    /// Progress, summaries, warnings and errors.
    Usual,
    /// Also why each node runs.
    Verbose,
    /// Warnings and errors.
    Quiet,
}

impl Settings {
    /// What `args`, the first of which is the program's path, and the environment ask for.
    pub(crate) fn parse(args: &[OsString], env: &Environment) -> Result<Self, Error> {
        Self::parse_as(Arguments::command(), args, env)
    }

    /// As [`Settings::parse`], with another form of these arguments.
    pub(crate) fn parse_as(mut command: clap::Command, args: &[OsString], env: &Environment) -> Result<Self, Error> {
        let arguments = command
            .try_get_matches_from_mut(args)
            .and_then(|mut matches| Arguments::from_arg_matches_mut(&mut matches))
            .map_err(|error| error.format(&mut command))?;
        let common = arguments.common;
        let resources = Resources::of(&common, env).map_err(|text| wrong(&mut command, text))?;
        let run_only = |command: &mut clap::Command, name: &str| match arguments.run.given() {
            Some(option) => Err(wrong(command, format!("`{option}` is an option of `run`, not of `{name}`"))),
            None => Ok(()),
        };
        let mut policy = Policy::stale();
        let (action, targets) = match arguments.command {
            None => run(arguments.run, &mut policy, env).map_err(|text| wrong(&mut command, text))?,
            Some(Command::Run(RunCommand { show: Some(RunShow::Show(show)), .. })) => {
                run_only(&mut command, "run show")?;
                let run = show.run.unwrap_or_else(|| "last".to_owned());
                (Action::Past(PastQuestion::Show { run, is_all: show.all }), Vec::new())
            }
            Some(Command::Run(own)) => {
                run(own.run.after(arguments.run), &mut policy, env).map_err(|text| wrong(&mut command, text))?
            }
            Some(Command::Status(status)) => {
                run_only(&mut command, "status")?;
                let StatusArguments { nodes, name, tag, state } = status;
                let filter = nodes.into_iter().fold(StatusFilter::default(), StatusFilter::node);
                let filter = name.into_iter().fold(filter, StatusFilter::name);
                let filter = tag.into_iter().fold(filter, StatusFilter::tag);
                let filter = state.into_iter().fold(filter, StatusFilter::state);
                (Action::Graph(GraphQuestion::Status(filter)), Vec::new())
            }
            Some(Command::Graph(picture)) => {
                run_only(&mut command, "graph")?;
                (Action::Picture(picture), Vec::new())
            }
            Some(Command::Show(show)) => {
                run_only(&mut command, "show")?;
                (Action::Graph(GraphQuestion::Show(show.node)), Vec::new())
            }
            Some(Command::Stats) => {
                run_only(&mut command, "stats")?;
                (Action::Past(PastQuestion::Stats), Vec::new())
            }
            Some(Command::Impact(impact)) => {
                run_only(&mut command, "impact")?;
                (Action::Graph(GraphQuestion::Impact(impact.item)), Vec::new())
            }
            Some(Command::Runs(runs)) => {
                run_only(&mut command, "runs")?;
                (Action::Past(PastQuestion::List { most: runs.number.unwrap_or(LISTED) }), Vec::new())
            }
            Some(Command::Diff(diff)) => {
                run_only(&mut command, "diff")?;
                let earlier = diff.earlier.unwrap_or_else(|| "last-1".to_owned());
                let later = diff.later.unwrap_or_else(|| "last".to_owned());
                (Action::Past(PastQuestion::Diff { earlier, later }), Vec::new())
            }
            Some(Command::Watch(own)) => {
                let own = own.after(arguments.run);
                if let Some(option) = own.policy.given().or((!own.report.is_empty()).then_some("--report")) {
                    return Err(wrong(&mut command, format!("`{option}` is for single runs")));
                }
                let run = run_options(own, env);
                let (options, targets) = run.map_err(|text| wrong(&mut command, text))?;
                (Action::Watch(options), targets)
            }
            Some(Command::Plan(plan)) => {
                run_only(&mut command, "plan")?;
                let length = if plan.all { PlanLength::Full } else { PlanLength::Short };
                policy = plan.policy.policy();
                (if plan.code { Action::Code } else { Action::Plan { length } }, plan.targets)
            }
            Some(Command::AssertPlan(mut asserted)) => {
                run_only(&mut command, "assert-plan")?;
                let targets = std::mem::take(&mut asserted.targets);
                let allowed = Allowed::new(asserted).map_err(|text| wrong(&mut command, text))?;
                (Action::AssertPlan(allowed), targets)
            }
            Some(Command::Why(why)) => {
                run_only(&mut command, "why")?;
                match (why.last, why.node) {
                    (true, node) => (Action::Past(PastQuestion::Why { node }), Vec::new()),
                    (false, node) => (Action::Why, node.into_iter().collect()),
                }
            }
            Some(Command::Log(log)) => {
                run_only(&mut command, "log")?;
                (Action::Log, vec![log.node])
            }
            Some(Command::Replay(replay)) => {
                run_only(&mut command, "replay")?;
                (Action::Replay, vec![replay.node])
            }
            Some(Command::Audit(audit)) => {
                run_only(&mut command, "audit")?;
                let count = AuditSample::Count(audit.sample.unwrap_or(AUDITED));
                let sample = if audit.all { AuditSample::All } else { count };
                (Action::Audit { sample, seed: audit.seed.unwrap_or(0) }, audit.nodes)
            }
            Some(Command::Accept(accept)) => {
                run_only(&mut command, "accept")?;
                let reach = if accept.all { AcceptReach::All } else { AcceptReach::Named };
                (Action::Accept { reach, remark: remark(accept.remark, env) }, accept.nodes)
            }
            Some(Command::Unaccept(unaccept)) => {
                run_only(&mut command, "unaccept")?;
                (Action::Unaccept { remark: remark(unaccept.remark, env) }, unaccept.nodes)
            }
            Some(Command::Upkeep(upkeep)) => {
                run_only(&mut command, "commands for the store")?;
                (Action::Upkeep(upkeep), Vec::new())
            }
            Some(Command::Accepted) => {
                run_only(&mut command, "accepted")?;
                (Action::Accepted, Vec::new())
            }
        };
        Ok(Self {
            action,
            targets,
            policy,
            store: common
                .store
                .or_else(|| set(env, "MAMO_STORE").map(PathBuf::from))
                .unwrap_or_else(|| PathBuf::from(".mamo")),
            wait: common.wait,
            resources,
            results: if common.json { Results::Json } else { Results::Text },
            chatter: match (common.quiet, common.verbose) {
                (true, _) => Chatter::Quiet,
                (false, true) => Chatter::Verbose,
                (false, false) => Chatter::Usual,
            },
            color: common.color.unwrap_or_default(),
        })
    }
}

/// What a declaration says of whoever makes it.
fn remark(arguments: RemarkArguments, env: &Environment) -> Remark {
    let user = || ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| set(env, name));
    let user = || user().map(|user| user.to_string_lossy().into_owned());
    let who = arguments.by.or_else(user).unwrap_or_else(|| "somebody".to_owned());
    Remark::by(who).because(arguments.because.unwrap_or_default())
}

/// Whether a call that could not be understood asked for JSON.
pub(crate) fn asks_for_json(args: &[OsString]) -> bool {
    args.iter().skip(1).take_while(|arg| *arg != "--").any(|arg| arg == "--json")
}

fn run(mut arguments: RunArguments, policy: &mut Policy, env: &Environment) -> Result<(Action, Vec<String>), String> {
    *policy = std::mem::take(&mut arguments.policy).policy();
    run_options(arguments, env).map(|(options, targets)| (Action::Run(options), targets))
}

fn run_options(arguments: RunArguments, env: &Environment) -> Result<(RunOptions, Vec<String>), String> {
    let on_failure = match (arguments.keep_going, arguments.finish_running) {
        (true, _) => OnFailure::KeepGoing,
        (false, true) => OnFailure::FinishRunning,
        (false, false) => OnFailure::Stop,
    };
    let jobs = arguments.jobs.map_or_else(|| jobs(env), |jobs| Ok(Some(jobs)))?;
    let progress = arguments.progress.map_or_else(|| progress(env), Ok)?;
    let max_size = arguments.max_size.map_or_else(|| max_size(env), |size| Ok(Some(size)))?;
    let report = arguments.report;
    Ok((RunOptions { jobs, on_failure, max_size, report, progress }, arguments.targets))
}

fn jobs(env: &Environment) -> Result<Option<NonZeroUsize>, String> {
    let Some(value) = set(env, "MAMO_JOBS") else { return Ok(None) };
    let jobs = value.to_str().and_then(|value| value.parse().ok());
    jobs.map(Some).ok_or_else(|| format!("`MAMO_JOBS` is `{}`, not a number from 1 on", value.to_string_lossy()))
}

fn max_size(env: &Environment) -> Result<Option<u64>, String> {
    let Some(value) = set(env, "MAMO_MAX_SIZE") else { return Ok(None) };
    let size = parse_size(&value.to_string_lossy());
    size.map(Some).map_err(|form| format!("`MAMO_MAX_SIZE` is `{}`: {form}", value.to_string_lossy()))
}

fn progress(env: &Environment) -> Result<ProgressChoice, String> {
    let Some(value) = set(env, "MAMO_PROGRESS") else { return Ok(ProgressChoice::Auto) };
    let wrong = || format!("`MAMO_PROGRESS` is `{}`, not `auto`, `plain` or `off`", value.to_string_lossy());
    let value = value.to_str().ok_or_else(wrong)?;
    clap::ValueEnum::from_str(value, false).map_err(|_| wrong())
}

/// An environment variable, when it is there and not empty.
pub(crate) fn set<'env>(env: &'env Environment, name: &str) -> Option<&'env OsStr> {
    env.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
}

fn wrong(command: &mut clap::Command, text: String) -> Error {
    command.error(ErrorKind::ValueValidation, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn parse(line: &str, env: &[(&str, &str)]) -> Result<Settings, Error> {
        let args: Vec<OsString> = ["/bin/flights"].into_iter().chain(line.split_whitespace()).map(Into::into).collect();
        let env = env.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Settings::parse(&args, &env)
    }

    fn check(line: &str, env: &[(&str, &str)], expected: Expect) {
        let shown = match parse(line, env) {
            Ok(settings) => {
                let Settings { action, targets, policy, store, wait, results, chatter, resources: _, color: _ } =
                    settings;
                let policy = if policy == Policy::stale() { String::new() } else { format!(" {policy:?}") };
                format!("{action:?}\n{targets:?}{policy} {store:?} {wait:?} {results:?} {chatter:?}")
            }
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn run_is_the_default() {
        check(
            "",
            &[],
            expect![[r#"
            Run(RunOptions { jobs: None, on_failure: Stop, max_size: None, report: [], progress: Auto })
            [] ".mamo" None Text Usual"#]],
        );
        check(
            "report --jobs 2 -k --json",
            &[],
            expect![[r#"
                Run(RunOptions { jobs: Some(2), on_failure: KeepGoing, max_size: None, report: [], progress: Auto })
                ["report"] ".mamo" None Json Usual"#]],
        );
    }

    #[test]
    fn a_command_comes_before_its_targets() {
        assert_eq!(parse("run report plan", &[]).unwrap(), parse("report plan", &[]).unwrap());
        assert_eq!(parse("run plan", &[]).unwrap().targets, ["plan"]);
        assert_eq!(parse("-k watch report", &[]).unwrap(), parse("watch report -k", &[]).unwrap());
        assert_eq!(parse("-- plan", &[]).unwrap().targets, ["plan"]);
    }

    #[test]
    fn options_stand_before_or_after_the_command() {
        assert_eq!(
            parse("--store s -q -j 3 run --wait 1.5 a b", &[]).unwrap(),
            parse("run a b -j3 -q --wait=1.5 --store=s", &[]).unwrap()
        );
        assert_eq!(parse("--json plan a", &[]).unwrap(), parse("plan --json a", &[]).unwrap());
        check(
            "--jobs 3 plan",
            &[],
            expect![[r#"
            error: `--jobs` is an option of `run`, not of `plan`

            Usage: flights [OPTIONS] [TARGETS]... [COMMAND]

            For more information, try '--help'.
        "#]],
        );
    }

    #[test]
    fn the_environment_is_asked_last() {
        let env = [("MAMO_STORE", "/data/store"), ("MAMO_JOBS", "7"), ("MAMO_PROGRESS", "plain")];
        check(
            "",
            &env,
            expect![[r#"
                Run(RunOptions { jobs: Some(7), on_failure: Stop, max_size: None, report: [], progress: Plain })
                [] "/data/store" None Text Usual"#]],
        );
        check(
            "--store s --jobs 1 --progress off",
            &env,
            expect![[r#"
                Run(RunOptions { jobs: Some(1), on_failure: Stop, max_size: None, report: [], progress: Off })
                [] "s" None Text Usual"#]],
        );
        check(
            "",
            &[("MAMO_STORE", ""), ("MAMO_JOBS", "")],
            expect![[r#"
            Run(RunOptions { jobs: None, on_failure: Stop, max_size: None, report: [], progress: Auto })
            [] ".mamo" None Text Usual"#]],
        );
        check(
            "",
            &[("MAMO_JOBS", "many")],
            expect![[r#"
            error: `MAMO_JOBS` is `many`, not a number from 1 on

            Usage: flights [OPTIONS] [TARGETS]... [COMMAND]

            For more information, try '--help'.
        "#]],
        );
    }

    #[test]
    fn resources_are_put_together_from_arguments_and_environment() {
        let check = |line: &str, env: &[(&str, &str)], expected: Expect| {
            expected.assert_eq(&match parse(line, env) {
                Ok(settings) => format!("{:?}", settings.resources),
                Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
            });
        };
        let env = [("MAMO_MEMORY", "8GiB"), ("MAMO_POOLS", "gpu=1, net=8")];
        check("", &[], expect!["Resources { slots: None, memory: None, pools: [] }"]);
        check(
            "",
            &env,
            expect![[r#"Resources { slots: None, memory: Some(8589934592), pools: [("gpu", 1), ("net", 8)] }"#]],
        );
        check(
            "plan --memory 1KiB --pool gpu=2 --slots 4 --pool x=3",
            &env,
            expect![[
                r#"Resources { slots: Some(4), memory: Some(1024), pools: [("gpu", 1), ("net", 8), ("gpu", 2), ("x", 3)] }"#
            ]],
        );
        check(
            "--pool gpu",
            &[],
            expect!["error: invalid value 'gpu' for '--pool <NAME=N>': a pool is written as `gpu=2`"],
        );
        check(
            "",
            &[("MAMO_MEMORY", "8")],
            expect!["error: `MAMO_MEMORY` is `8`: a size is written as `4GiB`, `512MiB` or `1.5GB`"],
        );
        check("", &[("MAMO_POOLS", "gpu")], expect!["error: `MAMO_POOLS` has `gpu`: a pool is written as `gpu=2`"]);
    }

    #[test]
    fn wrong_calls_say_what_is_wrong() {
        check(
            "--keep-goign",
            &[],
            expect![[r#"
            error: unexpected argument '--keep-goign' found

              tip: a similar argument exists: '--keep-going'

            Usage: flights --keep-going [TARGETS]...

            For more information, try '--help'.
        "#]],
        );
        check(
            "--jobs 0",
            &[],
            expect![[r#"
            error: invalid value '0' for '--jobs <N>': number would be zero for non-zero type

            For more information, try '--help'.
        "#]],
        );
        check(
            "--wait soon",
            &[],
            expect![[r#"
            error: invalid value 'soon' for '--wait <SECONDS>': not a number of seconds

            For more information, try '--help'.
        "#]],
        );
        check(
            "-k --finish-running",
            &[],
            expect![[r#"
            error: the argument '--keep-going' cannot be used with '--finish-running'

            Usage: flights --keep-going [TARGETS]...

            For more information, try '--help'.
        "#]],
        );
    }

    #[test]
    fn a_call_that_is_not_understood_may_still_ask_for_json() {
        let args = |line: &str| line.split_whitespace().map(OsString::from).collect::<Vec<_>>();
        assert!(asks_for_json(&args("flights --wrong --json")));
        assert!(!asks_for_json(&args("flights --wrong -- --json")));
    }
}
