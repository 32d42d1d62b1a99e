//! Doing what is stale: looking at sources, planning, executing, recording.

mod accept;
mod costs;
mod drive;
mod engine;
mod event;
mod history;
mod leaves;
mod ledger;
mod loader;
mod look;
mod lost;
mod named;
mod past;
mod plan_report;
mod planning;
mod recorded;
mod recorder;
mod run;
mod scratch;
mod session;
mod shelf;
mod sources;
mod spill;
mod store_error;
mod sync;
mod table;
mod values;
mod wave;
mod why;
mod workshop;

pub use accept::{Acceptance, Remark};
pub use engine::{Engine, EngineBuilder, OnFailure, Stopper};
pub use event::{Counts, Event, Observer, Outcome, RestartReason};
pub use plan_report::{Plan, PlanState};
pub use run::Run;
pub use why::{Cause, Change, ItemChange, Why};
