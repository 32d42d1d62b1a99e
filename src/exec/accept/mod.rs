//! Accepting a change of code: a node keeps the value that it has, without being executed.
//!
//! What is accepted is a value at the node's present inputs, never one code for another: the node becomes known by that
//! value under its new fingerprint, as one does that gave another value when it was executed again. Other inputs have
//! other fingerprints, so they execute the new code; nodes below see the value's fingerprint, so nothing that is
//! recorded of them claims to come from the new code.

mod declare;
mod former;
mod log;
mod revoke;

pub(crate) use declare::{Chosen, accept};
pub use log::{Acceptance, Remark};
pub(crate) use log::{acceptances, accepted_at};
pub(crate) use revoke::{Named, revoke};
