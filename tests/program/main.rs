//! A pipeline as a program, where programs can be interrupted from outside.

#![allow(
    clippy::print_stderr,
    clippy::print_stdout,
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests throughout"
)]

#[cfg(unix)]
mod rounds;
#[cfg(unix)]
mod sharing;
#[cfg(unix)]
#[path = "../signals/mod.rs"]
mod signals;
#[cfg(unix)]
mod terminal;

fn main() -> std::process::ExitCode {
    #[cfg(unix)]
    return rounds::main();
    #[cfg(not(unix))]
    std::process::ExitCode::SUCCESS
}
