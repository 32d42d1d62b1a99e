//! What is measured: mamo, its peers, and what no engine can beat.

mod blake3;
mod counting;
mod direct;
mod ingestion;
mod mamo;
mod salsa;
mod subject;

use subject::check;
pub(crate) use subject::{Figure, Readings, Subject};
