//! What holds for every store, and what the one on disk withstands.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout, reason = "these are tests throughout")]

mod adopt;
mod contract;
mod crash;
mod damage;
#[cfg(unix)]
mod shared;
mod support;
