//! The program `mamo`: the command line of pipelines' programs, as far as a store is enough.

use crate::cli::act::{Program, Then};
use crate::cli::args::Arguments;
use crate::cli::program::Invocation;
use crate::cli::settings::{Action, Environment, GraphQuestion, Settings};
use crate::cli::upkeep_args::Upkeep;
use crate::error::{Error, ErrorKind, Result};
use crate::graph::Graph;
use crate::store::FjallStore;
use clap::CommandFactory;
use clap::error::ErrorKind as Wrong;
use std::ffi::OsString;
use std::process::ExitCode;

/// Commands that need the pipeline.
const WITH_PIPELINE: [&str; 11] =
    ["watch", "plan", "graph", "status", "impact", "assert-plan", "replay", "audit", "accept", "unaccept", "export"];

/// Commands that are about nodes; their targets only the pipeline knows.
const OF_NODES: [&str; 3] = ["tag", "pin", "forget"];
const NODES: &str = "Nodes, by the names that `run show --all` lists";

/// Options of all commands that are about runs.
const OF_RUNS: [&str; 4] = ["slots", "memory", "pools", "verbose"];

const USAGE: &str = "mamo [OPTIONS] <COMMAND>";

const AFTER_HELP: &str = "\
All else needs the pipeline, and is a command of the pipeline's own program.

Results and JSON go to standard output, everything else to standard error.

Environment:
  MAMO_STORE                as --store
  NO_COLOR, CLICOLOR_FORCE  no colours; colours everywhere

Exit codes:
    0  done
    2  wrong call: unknown command or option, no store there
    3  another process holds the store
    4  the store cannot be read or written, or has another format
    5  anything else went wrong";

/// Does what the arguments of this process say with a store alone: the program `mamo`.
#[doc(hidden)]
pub fn standalone() -> ExitCode {
    ExitCode::from(Invocation::of_process().call(&mut Standalone))
}

/// No pipeline.
struct Standalone;

impl Program for Standalone {
    fn settings(&self, args: &[OsString], env: &Environment) -> Result<Settings, clap::Error> {
        let settings = Settings::parse_as(command(), args, env)?;
        match refusal(&settings, args) {
            Some((kind, text)) => Err(command().error(kind, text)),
            None => Ok(settings),
        }
    }

    fn has_pipeline(&self) -> bool {
        false
    }

    fn build(&mut self) -> Result<Graph> {
        // Refused before, by the name of the command.
        Err(Error::new(ErrorKind::Graph, "there is no pipeline").with_hint("use the pipeline's own program"))
    }

    fn then(&mut self) -> Option<Then<'_>> {
        None
    }
}

/// The arguments; what needs the pipeline is known, so that it can be refused by name, and left out of the help.
fn command() -> clap::Command {
    let command = Arguments::command()
        .name("mamo")
        .bin_name("mamo")
        .about("Looks after the stores of pipelines, without their programs")
        .override_usage(USAGE)
        .after_help(AFTER_HELP)
        .arg_required_else_help(true)
        // All others are those of a run.
        .mut_args(|own| if own.is_global_set() { own } else { own.hide(true) })
        .mut_subcommand("run", |run| {
            run.about("Say what a run did with each node: `run show`")
                .override_usage("mamo run show [OPTIONS] [RUN]")
                .mut_args(|own| own.hide(true))
        })
        .mut_subcommand("why", |why| {
            why.about("Say why the last run did what it did: `why --last`")
                .override_usage("mamo why --last [OPTIONS] [NODE]")
        })
        .mut_subcommand("show", |show| {
            show.about("Show what is on record of a node's newest value")
                .mut_arg("node", |node| node.help("The node, by the name that `run show --all` lists"))
        })
        .mut_subcommand("tag", |tag| tag.about("Name the newest values of nodes, and keep them for good"))
        .mut_subcommand("pin", |pin| pin.about("Keep the newest values of nodes for good"));
    let command = OF_NODES.iter().fold(command, |command, name| {
        command.mut_subcommand(name, |it| it.mut_arg("nodes", |nodes| nodes.help(NODES)))
    });
    let command = WITH_PIPELINE.iter().fold(command, |command, name| command.mut_subcommand(name, |it| it.hide(true)));
    OF_RUNS.iter().fold(command, |command, name| command.mut_arg(name, |it| it.hide(true)))
}

/// Why a call comes to nothing, if it does.
fn refusal(settings: &Settings, args: &[OsString]) -> Option<(Wrong, String)> {
    if let Some(name) = asks_for_pipeline(&settings.action) {
        let is_named = name != "run" || args.iter().any(|arg| arg == "run");
        let instead = if name == "why" { ", or ask for the last run: `why --last`" } else { "" };
        return Some(match settings.targets.first() {
            Some(target) if !is_named => (Wrong::InvalidSubcommand, format!("there is no command `{target}`")),
            Some(_) | None => (
                Wrong::InvalidSubcommand,
                format!("`{name}` needs the pipeline: use the pipeline's own program{instead}"),
            ),
        });
    }
    // A typing mistake would make a store that nobody wants.
    let makes_store = matches!(settings.action, Action::Upkeep(Upkeep::Import(_)));
    if makes_store || FjallStore::is_in(&settings.store) {
        return None;
    }
    let text = format!("there is no store in `{}`: `--store` says where it is", settings.store.display());
    Some((Wrong::ValueValidation, text))
}

/// The command as it is written, when it needs the pipeline.
fn asks_for_pipeline(action: &Action) -> Option<&'static str> {
    match action {
        Action::Run(_) => Some("run"),
        Action::Watch(_) => Some("watch"),
        Action::Plan { .. } => Some("plan"),
        Action::AssertPlan(_) => Some("assert-plan"),
        Action::Code => Some("plan --code"),
        Action::Why => Some("why"),
        Action::Replay => Some("replay"),
        Action::Audit { .. } => Some("audit"),
        Action::Accept { .. } => Some("accept"),
        Action::Unaccept { .. } => Some("unaccept"),
        Action::Graph(GraphQuestion::Status(_)) => Some("status"),
        Action::Graph(GraphQuestion::Impact(_)) => Some("impact"),
        Action::Picture(_) => Some("graph"),
        Action::Upkeep(Upkeep::Export(_)) => Some("export"),
        Action::Upkeep(
            Upkeep::Tag(_)
            | Upkeep::Pin(_)
            | Upkeep::Untag(_)
            | Upkeep::Tags(_)
            | Upkeep::Unpin(_)
            | Upkeep::Forget(_)
            | Upkeep::Flush(_)
            | Upkeep::Gc(_)
            | Upkeep::Revoke(_)
            | Upkeep::Import(_)
            | Upkeep::Verify
            | Upkeep::Repair,
        )
        | Action::Graph(GraphQuestion::Show(_))
        | Action::Log
        | Action::Accepted
        | Action::Past(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_declared_consistently() {
        command().debug_assert();
    }

    #[test]
    fn help_fits_eighty_columns() {
        let mut command = command();
        command.build();
        for part in [command.clone()].iter_mut().chain(command.get_subcommands_mut()) {
            let help = part.render_long_help().to_string() + &part.render_help().to_string();
            let long: Vec<&str> = help.lines().filter(|line| line.chars().count() > 80).collect();
            assert!(long.is_empty(), "too long: {long:#?}");
        }
    }

    /// What the help lists is done, and what it leaves out is refused by name.
    #[test]
    fn the_help_lists_what_needs_no_pipeline() {
        let arguments = |name: &str| {
            match name {
                "run" => "run show",
                "untag" => "untag t",
                "flush" => "flush --yes",
                "revoke" => "revoke --exe 01234567",
                "import" => "import file",
                "why" => "why --last",
                "log" | "show" | "replay" | "accept" | "unaccept" | "pin" | "forget" | "impact" => {
                    return format!("{name} node");
                }
                "tag" => "tag t node",
                "export" => "export -o file",
                "assert-plan" => "assert-plan --nothing-stale",
                name => return name.to_owned(),
            }
            .to_owned()
        };
        for subcommand in command().get_subcommands() {
            let line = arguments(subcommand.get_name());
            let args: Vec<OsString> = ["mamo"].into_iter().chain(line.split_whitespace()).map(Into::into).collect();
            let settings = Settings::parse_as(command(), &args, &Environment::new()).unwrap();
            let refused = asks_for_pipeline(&settings.action);
            assert_eq!(refused.is_some(), subcommand.is_hide_set(), "{line}");
            assert!(refused.is_none_or(|name| name == subcommand.get_name()), "{line}");
        }
    }
}
