//! Doing what is stale: looking at sources, planning, executing, recording.

mod engine;
mod event;
mod look;
mod plan_report;
mod run;

pub use engine::{Engine, EngineBuilder, OnFailure, Stopper};
pub use event::{Counts, Event, Observer, Outcome, RestartReason};
pub use plan_report::{Plan, PlanState};
pub use run::Run;
