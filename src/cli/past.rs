//! Questions about runs that are over; they need no graph.

use crate::cli::act::{Stage, quiet_engine, write, write_line};
use crate::cli::settings::{PastQuestion, Results, Settings};
use crate::cli::{exit_codes, past_json, past_text, why_run_json, why_run_text};
use crate::error::Result;
use std::time::SystemTime;

/// What the newest run is called.
const LAST: &str = "last";

/// Answers one.
pub(crate) fn past(settings: &Settings, question: &PastQuestion, stage: &mut Stage<'_>) -> Result<u8> {
    let engine = quiet_engine(settings, stage)?;
    let now = SystemTime::now();
    let (text, json) = match question {
        PastQuestion::List { most } => {
            let mut runs = engine.runs()?;
            let n_runs = runs.len();
            runs.truncate(*most);
            (past_text::runs(&runs, n_runs, now), past_json::runs(&runs))
        }
        PastQuestion::Show { run, is_all } => {
            let (run, nodes) = engine.run_nodes(run)?;
            (past_text::run(&run, &nodes, *is_all, now), past_json::run(&run, &nodes))
        }
        PastQuestion::Why { node: None } => {
            let why = engine.why_run(LAST)?;
            (why_run_text::run(&why, now), why_run_json::run(&why))
        }
        PastQuestion::Why { node: Some(node) } => {
            let why = engine.why_run_node(LAST, node)?;
            (why_run_text::node(&why, now), why_run_json::node(&why))
        }
        PastQuestion::Stats => {
            let stats = engine.stats()?;
            (past_text::stats(&stats), past_json::stats(&stats))
        }
        PastQuestion::Diff { earlier, later } => {
            let (earlier, later, diff) = engine.diff(earlier, later)?;
            (past_text::diff(&earlier, &later, &diff, now), past_json::diff(&earlier, &later, &diff))
        }
    };
    match settings.results {
        Results::Json => write_line(stage, &json)?,
        Results::Text => write(stage, &text)?,
    }
    Ok(exit_codes::DONE)
}
