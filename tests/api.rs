//! Whole pipelines as users write them: they compile as they stand.

#[allow(dead_code)]
#[path = "api/assets.rs"]
#[rustfmt::skip]
mod assets;
#[allow(dead_code, clippy::as_conversions, clippy::print_stdout)]
#[path = "api/flights.rs"]
#[rustfmt::skip]
mod flights;
#[allow(dead_code, unreachable_pub)]
#[path = "api/penguins.rs"]
#[rustfmt::skip]
mod penguins;
