//! Looks at real files, by clocks and environments that the tests make up.

mod errors;
mod files;
mod folders;
mod globs;
mod others;
mod world;
