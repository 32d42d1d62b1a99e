//! The command line of a pipeline: arguments, progress, summaries, JSON and exit codes.
//!
//! A program hands its pipeline to [`main`] or [`main_then`] and has `run`, `watch`, `plan`, `assert-plan`, `why`, `log`, `replay`, `accept`, `unaccept` and `accepted`
//! with all their options. Results and JSON go to standard output, everything else to standard error. What scripts may rely on is written down in
//! `docs/json.md` and `docs/exit-codes.md`.

mod program;
mod standalone;

mod act;
mod args;
mod ask;
mod ask_json;
mod ask_text;
mod assert_plan;
mod audit_text;
mod code_list;
mod past;
mod past_json;
mod past_text;
mod picture;
mod picture_args;
mod resources;
mod settings;
mod transfer_json;
mod transfer_text;
mod upkeep;
mod upkeep_args;
mod upkeep_json;
mod upkeep_text;
mod watch;

mod interrupt;
mod narrator;
mod reader;
mod report;

mod bar;
mod console;
mod progress;
mod tally;

mod complaint;
mod json;
mod log_json;
mod log_text;
mod older_values;
mod plan_list;
mod summary;
mod why_run_json;
mod why_run_text;
mod why_text;

mod paint;

pub mod exit_codes;

#[doc(hidden)]
pub use program::command;
pub use program::{Invocation, main, main_then};
#[doc(hidden)]
pub use standalone::standalone;
