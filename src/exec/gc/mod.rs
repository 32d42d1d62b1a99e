//! Collecting garbage: what nobody needs goes, by the user's rules; what was tagged stays.
//!
//! Bytes may go at any time: whoever needs them makes them again. A record goes only after all that depend on it, and
//! what a record that stays depends on stays as well (`mark`). What goes is found out first, as a [`Waste`], and then
//! taken away, so that a dry run is the same decision.

mod collect;
mod evict;
mod mark;
mod options;
mod past;
mod sweep;

pub(crate) use collect::{collect, collect_beside, protected, size};
pub(crate) use evict::evicted_at;
pub(crate) use mark::Marks;
pub use options::{Evicted, Gc, GcReport, StoreSize};
pub(crate) use sweep::{Waste, for_each_blob, remove, scan};
