//! One thing that must hold, how it came out, and the summary of all.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// How a check came out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// What is wrong.
    Failed(String),
    /// What is missing, and how to get it.
    Skipped(String),
}

/// All checks so far.
#[derive(Default)]
pub(crate) struct Checks {
    done: Vec<(&'static str, Outcome)>,
}

/// `cargo` in the root of the repository.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root);
    command
}

/// Whether a cargo command can be called here, such as one that is installed apart.
pub(crate) fn can_call(arguments: &[&str]) -> bool {
    cargo(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

impl Outcome {
    /// Calls a command and lets its output through.
    pub(crate) fn of(command: &mut Command) -> Self {
        match command.status() {
            Ok(status) if status.success() => Self::Passed,
            Ok(status) => Self::Failed(status.to_string()),
            Err(error) => Self::Failed(format!("cannot start it: {error}")),
        }
    }
}

impl Checks {
    /// Makes a check. Those that follow are made even if it fails, so that one run tells everything.
    pub(crate) fn check(&mut self, name: &'static str, check: impl FnOnce() -> Outcome) {
        println!("\n== {name}");
        let outcome = check();
        if let Outcome::Skipped(reason) = &outcome {
            println!("SKIPPED {name}: {reason}");
        }
        self.done.push((name, outcome));
    }

    /// Prints how all checks came out.
    pub(crate) fn summarise(&self) -> ExitCode {
        print!("\n{}", self.summary());
        if self.done.iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed(_))) {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    }

    fn summary(&self) -> String {
        let line = |(name, outcome): &(&str, Outcome)| match outcome {
            Outcome::Passed => format!("passed   {name}\n"),
            Outcome::Failed(reason) => format!("FAILED   {name}: {reason}\n"),
            Outcome::Skipped(reason) => format!("SKIPPED  {name}: {reason}\n"),
        };
        self.done.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checks(outcomes: Vec<(&'static str, Outcome)>) -> Checks {
        Checks { done: outcomes }
    }

    #[test]
    fn one_failure_fails_all_and_later_checks_are_still_made() {
        let mut checks = Checks::default();
        checks.check("format", || Outcome::Failed("exit status: 1".into()));
        checks.check("tests", || Outcome::Passed);
        assert_eq!(checks.summary(), "FAILED   format: exit status: 1\npassed   tests\n");
        assert_eq!(checks.summarise(), ExitCode::FAILURE);
    }

    #[test]
    fn what_is_skipped_is_visible_and_fails_nothing() {
        let checks = checks(vec![("licences", Outcome::Skipped("no cargo-deny".into())), ("tests", Outcome::Passed)]);
        assert_eq!(checks.summary(), "SKIPPED  licences: no cargo-deny\npassed   tests\n");
        assert_eq!(checks.summarise(), ExitCode::SUCCESS);
    }

    #[test]
    fn a_command_that_fails_or_is_not_there_is_a_failure() {
        assert_eq!(Outcome::of(cargo(&["--version"]).stdout(Stdio::null())), Outcome::Passed);
        assert!(matches!(Outcome::of(cargo(&["no-such-command"]).stderr(Stdio::null())), Outcome::Failed(_)));
        assert!(matches!(Outcome::of(&mut Command::new("no-such-program")), Outcome::Failed(_)));
        assert!(!can_call(&["no-such-command"]));
    }
}
