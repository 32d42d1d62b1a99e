//! The command line.

use crate::Result;
use crate::subjects::Subject;
use std::path::PathBuf;

pub(crate) const HELP: &str = "\
Usage: mamo-bench-compare foundation [--nodes N] [--reps N] [--json]

Measures what everything else rests on, beside peers and limits: declaring a graph,
running it cold, running it with nothing to do, and keeping every result on disk.

  --nodes N   nodes of the grid (1000000); a tenth of them for what is kept on disk
  --reps N    processes for each figure, of which the median counts (5)
  --json      one line of JSON for each figure";

/// What is asked for.
pub(crate) enum Command {
    /// How to use it.
    Help,
    /// All figures.
    Foundation(Options),
    /// One subject, in this process.
    Subject { subject: Subject, nodes: usize, folder: PathBuf },
}

/// How figures are taken and told.
pub(crate) struct Options {
    pub(crate) nodes: usize,
    pub(crate) reps: usize,
    pub(crate) format: Format,
}

/// Who reads the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// People.
    Table,
    /// Programs.
    Json,
}

impl Command {
    /// Reads arguments, without the program's name.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        match arguments.next().as_deref() {
            None | Some("help" | "-h" | "--help") => Ok(Self::Help),
            Some("foundation") => parse_foundation(arguments),
            Some("subject") => parse_subject(arguments),
            Some(other) => Err(format!("there is no `{other}`; `help` says what there is").into()),
        }
    }
}

fn parse_foundation(mut arguments: impl Iterator<Item = String>) -> Result<Command> {
    let mut options = Options { nodes: 1_000_000, reps: 5, format: Format::Table };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--nodes" => options.nodes = number(&argument, arguments.next())?,
            "--reps" => options.reps = number(&argument, arguments.next())?,
            "--json" => options.format = Format::Json,
            "-h" | "--help" => return Ok(Command::Help),
            _ => return Err(format!("there is no `{argument}`; `help` says what there is").into()),
        }
    }
    Ok(Command::Foundation(options))
}

fn parse_subject(mut arguments: impl Iterator<Item = String>) -> Result<Command> {
    let name = arguments.next().ok_or("no subject was named")?;
    let subject = Subject::ALL.into_iter().find(|subject| subject.name() == name);
    let subject = subject.ok_or_else(|| format!("there is no subject `{name}`"))?;
    let nodes = number("the number of nodes", arguments.next())?;
    let folder = arguments.next().unwrap_or_default().into();
    Ok(Command::Subject { subject, nodes, folder })
}

fn number(what: &str, text: Option<String>) -> Result<usize> {
    let text = text.ok_or_else(|| format!("`{what}` needs a number"))?;
    let number = text.replace('_', "").parse().map_err(|_| format!("`{text}` is no number for `{what}`"))?;
    if number == 0 { Err(format!("`{what}` must be 1 or more").into()) } else { Ok(number) }
}
