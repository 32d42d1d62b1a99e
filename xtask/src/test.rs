//! `cargo xtask test`: what must hold for every change.

use crate::check::{Checks, Install, Outcome, can_call, cargo, provide};
use crate::flights;
use std::process::ExitCode;

/// Makes all checks, the quick ones first.
pub(crate) fn run() -> ExitCode {
    let mut checks = Checks::default();
    checks.check("format", || Outcome::of(&mut cargo(&["fmt", "--all", "--check"])));
    checks.check("lints", || {
        Outcome::of(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    });
    checks.check("lints without the command line", || {
        let library = ["clippy", "--package", "mamo", "--lib", "--no-default-features", "--", "-D", "warnings"];
        Outcome::of(&mut cargo(&library))
    });
    checks.check("lints with all features", || {
        Outcome::of(&mut cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]))
    });
    checks.check("documentation", || {
        Outcome::of(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
    });
    checks.check("tests", || Outcome::of(&mut cargo(&["test", "--workspace"])));
    checks.check("tests with all formats", || {
        Outcome::of(&mut cargo(&["test", "--package", "mamo", "--all-features", "--test", "engine", "params"]))
    });
    checks.check("tests with `tracing`", || {
        Outcome::of(&mut cargo(&["test", "--package", "mamo", "--features", "tracing", "--test", "tracing"]))
    });
    checks.check("tests with all codecs", || {
        Outcome::of(&mut cargo(&["test", "--package", "mamo", "--all-features", "--lib", "--test", "engine", "codec"]))
    });
    checks.check("examples of all codecs", || {
        Outcome::of(&mut cargo(&["test", "--package", "mamo", "--all-features", "--doc", "codec"]))
    });
    let is_there = can_call(&["deny", "--version"]);
    let mut install = cargo(&["install", "cargo-deny", "--locked"]);
    let deny = provide("cargo-deny", is_there, Install::of_environment(), &mut install);
    checks.check("licences and sources of dependencies", || check_with(&deny, &["bans", "licenses", "sources"]));
    checks.check("advisories on dependencies", || {
        if deny.is_ok() && !can_call(&["deny", "fetch", "db"]) {
            Outcome::Skipped("the advisory database is out of reach".into())
        } else {
            check_with(&deny, &["advisories"])
        }
    });
    checks.check("the flights example", flights::check);
    checks.summarise()
}

/// Lets cargo-deny check something, when it is there.
fn check_with(deny: &Result<(), Outcome>, what: &[&str]) -> Outcome {
    match deny {
        Ok(()) => Outcome::of(cargo(&["deny", "check"]).args(what)),
        Err(outcome) => outcome.clone(),
    }
}
