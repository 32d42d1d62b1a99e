//! Pipelines as an explicit, typed dataflow graph that never computes the same thing twice.

pub mod fingerprint;
pub mod store;
