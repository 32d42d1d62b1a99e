//! Questions about the nodes of the graph.

use crate::cli::act::{Program, Stage, quiet_engine, write, write_line};
use crate::cli::settings::{GraphQuestion, Results, Settings};
use crate::cli::{ask_json, ask_text, exit_codes};
use crate::error::Result;
use std::time::SystemTime;

/// Answers one.
pub(crate) fn ask(
    settings: &Settings,
    question: &GraphQuestion,
    program: &mut dyn Program,
    stage: &mut Stage<'_>,
) -> Result<u8> {
    if let GraphQuestion::Show(node) = question
        && !program.has_pipeline()
    {
        let shown = quiet_engine(settings, stage)?.on_record().show(node)?;
        return tell(settings, stage, &ask_text::recorded(&shown, SystemTime::now()), &ask_json::recorded(&shown));
    }
    let graph = program.build()?;
    let engine = quiet_engine(settings, stage)?;
    let (text, json) = match question {
        GraphQuestion::Status(filter) => {
            let nodes = engine.status(&graph, filter)?;
            (ask_text::status(&nodes, SystemTime::now()), ask_json::status(&nodes))
        }
        GraphQuestion::Show(node) => {
            let details = engine.show(&graph, node)?;
            (ask_text::details(&details, SystemTime::now()), ask_json::details(&details))
        }
        GraphQuestion::Impact(item) => {
            let impact = engine.impact(&graph, item)?;
            (ask_text::impact(&impact), ask_json::impact(&impact))
        }
    };
    tell(settings, stage, &text, &json)
}

fn tell(settings: &Settings, stage: &mut Stage<'_>, text: &str, json: &str) -> Result<u8> {
    match settings.results {
        Results::Json => write_line(stage, json)?,
        Results::Text => write(stage, text)?,
    }
    Ok(exit_codes::DONE)
}
