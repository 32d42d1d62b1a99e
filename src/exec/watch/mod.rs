//! Running again whenever a source changes.
//!
//! Folders are watched before sources are looked at, so what changes after a look is told of. A new folder tells of
//! nothing until it is watched too; what came into it by then is found by looking again.

mod iterator;
mod rounds;

mod events;

pub use iterator::{Round, Watch};
#[cfg(feature = "cli")]
pub(crate) use rounds::Rounds;
