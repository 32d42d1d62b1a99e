//! Nodes whose functions run in processes of their own: this program again, with a socket as its standard input.
//!
//! The one that runs the graph asks for one computation at a time; the other asks back for what that reads, and hands
//! over the files that it makes. So there is one store, one scratch folder, and one place where it is decided what is lost.

#[cfg(unix)]
mod answer;
mod call;
#[cfg(unix)]
mod child;
#[cfg(unix)]
mod remote;
#[cfg(unix)]
mod run;
mod serve;
#[cfg(unix)]
mod wire;
mod workers;

pub(crate) use call::{Call, Operand, Process, Which};
pub(crate) use serve::refuse_unserved;
pub use serve::serve;
pub(crate) use workers::Workers;
