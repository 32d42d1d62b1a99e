//! One wave of a run: everything that is stale by the present plan is cut off or executed, in parallel.
//!
//! A run is a sequence of waves. A wave ends when nothing more can be done by its plan; when a value diverged, a file
//! changed, bytes turned out to be lost or a barrier became known, the next wave begins with a new plan.

mod admission;
mod attempts;
mod body;
mod budget;
mod chain;
mod claims;
mod combine;
mod element;
mod expand;
mod inputs;
mod keep;
mod map;
mod members;
mod needs;
mod perform;
mod process;
mod queue;
mod record;
mod reduce;
mod reduced;
mod refers;
mod resolve;
mod settled;
mod slots;
mod tree;
mod twins;
mod walk;
mod watchdog;
mod worker;

pub(crate) use budget::LEAST_COUNTED;
pub(crate) use element::MappedNode;
pub(crate) use perform::{
    Product, Trouble, call, caught, encode_result, encode_results, guarded, part_of, with_causes,
};
pub(crate) use reduce::ReducedNode;
pub(crate) use tree::{CombinationId, Side, Tree};
pub(crate) use walk::{WaveEnd, run_wave};
