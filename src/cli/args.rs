//! The arguments as written: options, commands and their help texts.

use crate::cli::assert_plan::parse_pattern;
use crate::cli::json::state_name;
use crate::cli::paint::ColorChoice;
use crate::cli::picture_args::PictureArguments;
use crate::cli::plan_list::STATES;
use crate::cli::report::Report;
use crate::cli::resources::{parse_pool, parse_size};
use crate::cli::upkeep_args::Upkeep;
use crate::exec::{PlanState, Policy};
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use glob::Pattern;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

pub(crate) const AFTER_HELP: &str = "\
Results and JSON go to standard output, everything else to standard error.

Environment:
  MAMO_STORE, MAMO_JOBS, MAMO_PROGRESS  as --store, --jobs, --progress
  MAMO_MEMORY, MAMO_POOLS               as --memory, --pool (gpu=2,net=8)
  NO_COLOR, CLICOLOR_FORCE              no colours; colours everywhere

Exit codes:
    0  done
    1  a node failed, or did not give the same when it was audited;
       a plan is not as expected
    2  wrong call: unknown option or target, mistakes in the graph
    3  another process holds the store
    4  the store cannot be read or written, or has another format
    5  anything else went wrong
  130  interrupted; what had finished is kept";

/// Options of all commands stand behind a command's own.
const COMMON: usize = 100;

/// Brings the targets of this pipeline up to date, and runs only what is stale
#[derive(Parser, Debug)]
#[command(after_help = AFTER_HELP, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) common: CommonArguments,

    #[command(flatten)]
    pub(crate) run: RunArguments,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Bring targets up to date; `run` may be left out
    #[command(after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
    Run(RunCommand),
    /// Run, and again whenever a file changes that the targets read
    #[command(after_help = AFTER_HELP)]
    Watch(RunArguments),
    /// Say what a run would do, and run nothing
    #[command(after_help = AFTER_HELP)]
    Plan(PlanArguments),
    /// List nodes with state, age, size and time
    #[command(after_help = AFTER_HELP, visible_alias = "ls")]
    Status(StatusArguments),
    /// Draw the graph, with what a run would do
    #[command(after_help = AFTER_HELP)]
    Graph(PictureArguments),
    /// Show a node: value, provenance, code and log
    #[command(after_help = AFTER_HELP)]
    Show(ShowArguments),
    /// Say what the store holds, and what it has been good for
    #[command(after_help = AFTER_HELP)]
    Stats,
    /// Say which nodes an edit of a function would make stale
    #[command(after_help = AFTER_HELP)]
    Impact(ImpactArguments),
    /// List the runs that are on record
    #[command(after_help = AFTER_HELP)]
    Runs(RunsArguments),
    /// Say what is different in one run and another
    #[command(after_help = AFTER_HELP)]
    Diff(DiffArguments),
    /// Fail when a run would execute more than is expected
    #[command(after_help = AFTER_HELP)]
    AssertPlan(AssertPlanArguments),
    /// Say why a node would run, or what the last run did and why
    #[command(after_help = AFTER_HELP)]
    Why(WhyArguments),
    /// Print what a node said when it ran last
    #[command(after_help = AFTER_HELP)]
    Log(LogArguments),
    /// Run one node again alone, on what it failed on
    #[command(after_help = AFTER_HELP)]
    Replay(ReplayArguments),
    /// Execute a sample of what is known once more, to see what differs
    #[command(after_help = AFTER_HELP)]
    Audit(AuditArguments),
    /// Let nodes keep their values although their code changed
    #[command(after_help = AFTER_HELP)]
    Accept(AcceptArguments),
    /// Take acceptances back: the nodes' present code runs
    #[command(after_help = AFTER_HELP)]
    Unaccept(UnacceptArguments),
    /// List what was accepted, by whom and why
    #[command(after_help = AFTER_HELP)]
    Accepted,
    #[command(flatten)]
    Upkeep(Upkeep),
}

/// Options of all commands.
#[derive(Args, Debug)]
pub(crate) struct CommonArguments {
    /// Folder of the store [default: .mamo]
    #[arg(long, value_name = "DIR", global = true, display_order = COMMON)]
    pub(crate) store: Option<PathBuf>,

    /// Wait so long for a store that is in use [default: 0]
    #[arg(long, value_name = "SECONDS", value_parser = parse_seconds, global = true, display_order = COMMON)]
    pub(crate) wait: Option<Duration>,

    /// Slots that running nodes share [default: as --jobs]
    #[arg(long, value_name = "N", global = true, display_order = COMMON)]
    pub(crate) slots: Option<NonZeroU32>,

    /// Memory for nodes and values, as 8GiB [default: 75 %]
    #[arg(long, value_name = "SIZE", value_parser = parse_size, global = true, display_order = COMMON)]
    pub(crate) memory: Option<u64>,

    /// So many nodes of a pool run at once, as gpu=2
    #[arg(long = "pool", value_name = "NAME=N", value_parser = parse_pool, global = true, display_order = COMMON)]
    pub(crate) pools: Vec<(String, u32)>,

    /// End standard output with one line of JSON
    #[arg(long, global = true, display_order = COMMON)]
    pub(crate) json: bool,

    /// Say nothing but results, warnings and errors
    #[arg(short, long, global = true, display_order = COMMON)]
    pub(crate) quiet: bool,

    /// Say of each node why it runs
    #[arg(short, long, conflicts_with = "quiet", global = true, display_order = COMMON)]
    pub(crate) verbose: bool,

    /// When to colour
    #[arg(long, value_name = "WHEN", value_enum, hide_possible_values = true, global = true, display_order = COMMON)]
    #[arg(help = "When to colour: auto, always, never [default: auto]")]
    pub(crate) color: Option<ColorChoice>,
}

/// Options of `run` and `watch`.
#[derive(Args, Debug, Default)]
pub(crate) struct RunArguments {
    /// Targets or nodes to bring up to date [default: all targets]
    #[arg(value_name = "TARGETS")]
    pub(crate) targets: Vec<String>,

    /// Nodes that run at once [default: number of processors]
    #[arg(short, long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,

    /// After a failure, run all that does not depend on it
    #[arg(short, long, conflicts_with = "finish_running")]
    pub(crate) keep_going: bool,

    /// After a failure, finish what runs and start no more
    #[arg(long)]
    pub(crate) finish_running: bool,

    #[command(flatten)]
    pub(crate) policy: PolicyArguments,

    /// Keep the store below this, as 10GiB
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub(crate) max_size: Option<u64>,

    /// Tell of the run: run.html, timeline.svg or trace.json
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(Report::at))]
    pub(crate) report: Vec<Report>,

    /// How to show progress
    #[arg(long, value_name = "HOW", value_enum, hide_possible_values = true)]
    #[arg(help = "Progress: auto, plain (lines), off [default: auto]")]
    pub(crate) progress: Option<ProgressChoice>,
}

/// What a run executes besides what is out of date, or less than that.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct PolicyArguments {
    /// Execute this node once more (may be repeated)
    #[arg(long, value_name = "NODE")]
    pub(crate) force: Vec<String>,

    /// Execute only what has no value, however old
    #[arg(long, conflicts_with = "depth")]
    pub(crate) missing_only: bool,

    /// Bring only N levels up to date, targets first
    #[arg(long, value_name = "N")]
    pub(crate) depth: Option<usize>,
}

/// Options of `status`.
#[derive(Args, Debug)]
pub(crate) struct StatusArguments {
    /// Nodes; `up:NODE` and `down:NODE` for all around [default: all]
    #[arg(value_name = "NODES")]
    pub(crate) nodes: Vec<String>,

    /// Nodes whose names match, as 'clean/*'
    #[arg(long, value_name = "GLOB")]
    pub(crate) name: Vec<String>,

    /// Nodes with a tag
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,

    /// Nodes in a state, as fresh or run
    #[arg(long, value_name = "STATE", value_parser = parse_state)]
    pub(crate) state: Vec<PlanState>,
}

/// Options of `show`.
#[derive(Args, Debug)]
pub(crate) struct ShowArguments {
    /// The node or target
    #[arg(value_name = "NODE")]
    pub(crate) node: String,
}

/// Options of `impact`.
#[derive(Args, Debug)]
pub(crate) struct ImpactArguments {
    /// The function, type or constant: its path, or the end of it
    #[arg(value_name = "ITEM")]
    pub(crate) item: String,
}

/// `run`, or what is on record of one.
#[derive(Args, Debug)]
pub(crate) struct RunCommand {
    #[command(flatten)]
    pub(crate) run: RunArguments,

    #[command(subcommand)]
    pub(crate) show: Option<RunShow>,
}

/// What to do with a run that is over.
#[derive(Subcommand, Debug)]
pub(crate) enum RunShow {
    /// Say what a run did with each node
    #[command(after_help = AFTER_HELP)]
    Show(RunShowArguments),
}

/// Options of `run show`.
#[derive(Args, Debug)]
pub(crate) struct RunShowArguments {
    /// The run: last, last-1, or the beginning of its id [default: last]
    #[arg(value_name = "RUN")]
    pub(crate) run: Option<String>,

    /// List nodes of which nothing was executed as well
    #[arg(long)]
    pub(crate) all: bool,
}

/// Options of `runs`.
#[derive(Args, Debug)]
pub(crate) struct RunsArguments {
    /// So many of them, newest first [default: 20]
    #[arg(short, long, value_name = "N")]
    pub(crate) number: Option<usize>,
}

/// Options of `diff`.
#[derive(Args, Debug)]
pub(crate) struct DiffArguments {
    /// The earlier run: last-1, or the beginning of its id [default: last-1]
    #[arg(value_name = "RUN")]
    pub(crate) earlier: Option<String>,

    /// The later run [default: last]
    #[arg(value_name = "RUN")]
    pub(crate) later: Option<String>,
}

/// Options of `plan`.
#[derive(Args, Debug)]
pub(crate) struct PlanArguments {
    /// Targets or nodes to plan for [default: all targets]
    #[arg(value_name = "TARGETS")]
    pub(crate) targets: Vec<String>,

    #[command(flatten)]
    pub(crate) policy: PolicyArguments,

    /// List every node that would run, however many there are
    #[arg(long)]
    pub(crate) all: bool,

    /// List what of each function's code counts
    #[arg(long, conflicts_with_all = ["targets", "all"])]
    pub(crate) code: bool,
}

/// Options of `assert-plan`.
#[derive(Args, Debug)]
pub(crate) struct AssertPlanArguments {
    /// Targets or nodes to plan for [default: all targets]
    #[arg(value_name = "TARGETS")]
    pub(crate) targets: Vec<String>,

    /// Nothing would run
    #[arg(long, conflicts_with_all = ["at_most", "only"])]
    pub(crate) nothing_stale: bool,

    /// No more nodes than this would run
    #[arg(long, value_name = "N")]
    pub(crate) at_most: Option<usize>,

    /// Only these nodes would run, as fit 'fold*/score'
    #[arg(long, value_name = "NODES", num_args = 1.., value_parser = parse_pattern)]
    pub(crate) only: Vec<Pattern>,
}

/// Options of `why`.
#[derive(Args, Debug)]
pub(crate) struct WhyArguments {
    /// The node or target to explain
    #[arg(value_name = "NODE", required_unless_present = "last")]
    pub(crate) node: Option<String>,

    /// Why the last run did what it did
    #[arg(long)]
    pub(crate) last: bool,
}

/// Options of `log`.
#[derive(Args, Debug)]
pub(crate) struct LogArguments {
    /// The node, target or element of a map: `fit[JFK]`
    #[arg(value_name = "NODE")]
    pub(crate) node: String,
}

/// Options of `replay`.
#[derive(Args, Debug)]
pub(crate) struct ReplayArguments {
    /// The node, target or element of a map: `fit[JFK]`
    #[arg(value_name = "NODE")]
    pub(crate) node: String,
}

/// Options of `audit`.
#[derive(Args, Debug)]
pub(crate) struct AuditArguments {
    /// Nodes or targets to audit [default: all that the targets need]
    #[arg(value_name = "NODES")]
    pub(crate) nodes: Vec<String>,

    /// Computations to execute once more [default: 20]
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub(crate) sample: Option<usize>,

    /// Execute all that is known once more
    #[arg(long)]
    pub(crate) all: bool,

    /// Draw another sample
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
}

/// Options of `accept`.
#[derive(Args, Debug)]
pub(crate) struct AcceptArguments {
    /// Nodes that keep the values that they have at their present inputs
    #[arg(value_name = "NODES", required_unless_present = "all")]
    pub(crate) nodes: Vec<String>,

    /// All nodes that would run because of their code alone
    #[arg(long, conflicts_with = "nodes")]
    pub(crate) all: bool,

    #[command(flatten)]
    pub(crate) remark: RemarkArguments,
}

/// Options of `unaccept`.
#[derive(Args, Debug)]
pub(crate) struct UnacceptArguments {
    /// Nodes whose acceptances are taken back, at whatever inputs
    #[arg(value_name = "NODES", required = true)]
    pub(crate) nodes: Vec<String>,

    #[command(flatten)]
    pub(crate) remark: RemarkArguments,
}

/// Who declares something, and why.
#[derive(Args, Debug)]
pub(crate) struct RemarkArguments {
    /// Why; kept on record
    #[arg(long, value_name = "TEXT")]
    pub(crate) because: Option<String>,

    /// Who says so [default: the user's name]
    #[arg(long, value_name = "WHO")]
    pub(crate) by: Option<String>,
}

/// How to show progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressChoice {
    /// A bar on terminals, lines elsewhere
    #[default]
    Auto,
    /// Lines
    Plain,
    /// Nothing
    Off,
}

impl RunArguments {
    /// Options may stand before the command or after it; those after it count more.
    pub(crate) fn after(self, before: Self) -> Self {
        Self {
            targets: before.targets.into_iter().chain(self.targets).collect(),
            policy: self.policy.after(before.policy),
            jobs: self.jobs.or(before.jobs),
            max_size: self.max_size.or(before.max_size),
            report: before.report.into_iter().chain(self.report).collect(),
            keep_going: self.keep_going || (before.keep_going && !self.finish_running),
            finish_running: self.finish_running || (before.finish_running && !self.keep_going),
            progress: self.progress.or(before.progress),
        }
    }

    /// The first of these options that was given, as it is written.
    pub(crate) fn given(&self) -> Option<&'static str> {
        [
            (self.jobs.is_some(), "--jobs"),
            (self.max_size.is_some(), "--max-size"),
            (!self.report.is_empty(), "--report"),
            (self.keep_going, "--keep-going"),
            (self.finish_running, "--finish-running"),
            (self.progress.is_some(), "--progress"),
        ]
        .into_iter()
        .find_map(|(is_given, name)| is_given.then_some(name))
        .or(self.policy.given())
    }
}

impl PolicyArguments {
    fn after(self, before: Self) -> Self {
        let is_less = self.missing_only || self.depth.is_some();
        Self {
            force: before.force.into_iter().chain(self.force).collect(),
            missing_only: self.missing_only || (before.missing_only && !is_less),
            depth: self.depth.or(before.depth).filter(|_| !self.missing_only),
        }
    }

    /// The first of these options that was given, as it is written.
    pub(crate) fn given(&self) -> Option<&'static str> {
        [(!self.force.is_empty(), "--force"), (self.missing_only, "--missing-only"), (self.depth.is_some(), "--depth")]
            .into_iter()
            .find_map(|(is_given, name)| is_given.then_some(name))
    }

    /// What is to be executed.
    pub(crate) fn policy(self) -> Policy {
        let policy = self.force.into_iter().fold(Policy::stale(), Policy::force);
        let policy = self.depth.into_iter().fold(policy, Policy::depth);
        if self.missing_only { policy.missing_only() } else { policy }
    }
}

fn parse_state(text: &str) -> Result<PlanState, String> {
    let names = STATES.map(state_name);
    let found = STATES.into_iter().find(|state| state_name(*state) == text.replace(['-', ' '], "_"));
    found.ok_or_else(|| format!("a state is one of {}", names.join(", ")))
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "not a time to wait".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn options_are_declared_consistently() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn help_fits_eighty_columns() {
        let mut command = Arguments::command();
        command.build();
        for part in [command.clone()].iter_mut().chain(command.get_subcommands_mut()) {
            let help = part.render_long_help().to_string() + &part.render_help().to_string();
            let long: Vec<&str> = help.lines().filter(|line| line.chars().count() > 80).collect();
            assert!(long.is_empty(), "too long: {long:#?}");
        }
    }
}
