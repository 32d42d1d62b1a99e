//! Running one node again alone, under a debugger say: on the inputs on which it failed, or on its present ones.

mod again;
mod inputs;
mod refuse;

pub(crate) use again::replay;
pub use again::{Replay, ReplayEnd};
pub(crate) use refuse::refuse_unknown;
