//! Chores of the repository: `cargo xtask help` lists them.

mod check;
mod code;
mod flights;
mod large;
mod test;

use check::cargo;
use std::process::{Command, ExitCode};

const HELP: &str = "\
cargo xtask test               all that must hold: format, lints, documentation, tests, licences, the flights example
                               (MAMO_INSTALL=1 installs cargo-deny when it is missing)
cargo xtask bench foundation   mamo beside other incremental engines (further arguments are passed on)
cargo xtask bench code         what reading the code of node functions adds to `cargo check`
cargo xtask streamed           values and files of 4 GiB in a process that may have 256 MiB: some minutes, 10 GiB on disk
cargo xtask fuzz-code 0..500   random crates: a changed answer has a changed code version
cargo xtask completions NAME   completions for shells of a pipeline's program, in target/completions
cargo xtask man NAME           manual pages of a pipeline's program, in target/man
cargo xtask help               this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test"] => test::run(),
        ["bench", benchmark @ "foundation", rest @ ..] => bench(benchmark, rest),
        ["bench", "code"] => code::run(),
        ["streamed"] => streamed(),
        ["fuzz-code", seeds] => fuzz_code(seeds),
        [what @ ("completions" | "man"), name] => cli_texts(what, name),
        ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        _ => {
            eprint!("{HELP}");
            ExitCode::from(2)
        }
    }
}

/// The usual test, with other seeds than the usual ones.
fn fuzz_code(seeds: &str) -> ExitCode {
    let mut command = cargo(&["test", "-p", "mamo-code", "--test", "fuzz", "--", "--nocapture"]);
    end(command.env("MAMO_FUZZ_CODE", seeds))
}

/// The usual test, with larger values than the usual ones; one after the other, for the sake of the disk.
fn streamed() -> ExitCode {
    let mut command = cargo(&["test", "--release", "-p", "mamo", "--test", "streamed", "--", "--test-threads", "1"]);
    end(command.env("MAMO_STREAMED_MIB", "4096"))
}

/// The command line is heavy, so that it is part of another program.
fn cli_texts(what: &str, name: &str) -> ExitCode {
    end(&mut cargo(&["run", "-p", "xtask", "--features", "cli", "--bin", "cli-texts", "--", what, name]))
}

/// The peers are heavy, so they are a workspace of their own.
fn bench(benchmark: &str, rest: &[&str]) -> ExitCode {
    let manifest = "crates/mamo-bench-compare/Cargo.toml";
    let mut command = cargo(&["run", "--release", "--manifest-path", manifest, "--", benchmark]);
    end(command.args(rest))
}

fn end(command: &mut Command) -> ExitCode {
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cannot start cargo: {error}");
            ExitCode::FAILURE
        }
    }
}
