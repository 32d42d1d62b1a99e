//! What a cache can be asked and told from the command line.

#![cfg(feature = "cli")]
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests throughout")]

mod last;
mod named;
mod past;
mod pictures;
mod policies;
mod reasons;
mod standalone;
mod status;
mod support;
mod transfer;
mod upkeep;
