//! `cargo xtask test`: what must hold for every change.

use crate::check::{Checks, Outcome, can_call, cargo};
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
    checks.check("documentation", || {
        Outcome::of(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
    });
    checks.check("tests", || Outcome::of(&mut cargo(&["test", "--workspace"])));
    checks.check("licences and sources of dependencies", || deny(&["bans", "licenses", "sources"]));
    checks.check("advisories on dependencies", || {
        if deny_is_there() && !can_call(&["deny", "fetch", "db"]) {
            Outcome::Skipped("the advisory database is out of reach".into())
        } else {
            deny(&["advisories"])
        }
    });
    checks.check("the flights example", flights::check);
    checks.summarise()
}

fn deny_is_there() -> bool {
    can_call(&["deny", "--version"])
}

fn deny(what: &[&str]) -> Outcome {
    if deny_is_there() {
        Outcome::of(cargo(&["deny", "check"]).args(what))
    } else {
        Outcome::Skipped("cargo-deny is not installed; get it with `cargo install --locked cargo-deny`".into())
    }
}
