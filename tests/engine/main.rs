//! What runs, and what does not: the engine as its users meet it.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "these are tests throughout"
)]

mod accept;
mod audit;
mod bytes;
mod cap;
mod chains;
#[cfg(any(feature = "arrow", feature = "ndarray"))]
mod codecs;
mod commands;
mod costs;
mod damage;
mod edits;
mod expand;
mod failures;
mod forced;
mod gc;
mod history;
mod jobserver;
mod large;
mod logs;
mod lookups;
mod lost;
mod mappings;
mod maps;
mod mistakes;
mod older;
mod on_record;
mod output_limits;
mod outputs;
mod params;
mod policies;
mod publish;
mod reduce;
mod replay;
mod resources;
mod retries;
mod revoked;
mod secrets;
mod settle_each;
mod shapes;
#[cfg(unix)]
mod shared;
mod sources;
mod spans;
mod support;
mod targets;
mod testing;
mod threads;
mod timeouts;
mod together;
mod transfer;
mod transfer_conflicts;
mod trials;
mod twins;
mod unordered;
mod unstable;
mod values;
#[cfg(feature = "watch")]
mod watch;
mod why;
