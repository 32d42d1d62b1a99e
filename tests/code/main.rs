//! Code versions on real cargo projects, which are written, edited, built and run.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "these are tests throughout"
)]

mod analyzer;
mod edits;
mod moved;

mod places;
mod project;
