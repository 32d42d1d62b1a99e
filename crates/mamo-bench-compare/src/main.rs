//! Measures mamo beside its peers and beside what no engine can beat.

mod foundation;
mod graph;
mod measure;
mod options;
mod process;
mod report;
mod subjects;

use options::{Command, Options};
use std::process::ExitCode;

/// What can go wrong here is only ever told.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    match Command::parse(std::env::args().skip(1))? {
        Command::Help => println!("{}", options::HELP),
        Command::Foundation(Options { nodes, reps, format }) => {
            let comparisons = foundation::measure(nodes, reps)?;
            report::print(&comparisons, nodes, reps, format);
        }
        Command::Subject { subject, nodes, folder } => process::answer(&subject.measure(nodes, &folder)?),
    }
    Ok(())
}
