//! One thing that must hold, how it came out, and the summary of all.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// How a check came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// What is wrong.
    Failed(String),
    /// What is missing, and how to get it.
    Skipped(String),
}

/// Whether a program that is missing may be installed: that takes minutes and is not undone.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Install {
    May,
    MayNot,
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

/// Sees to it that a program is there, which cargo can install; or says how a check comes out without it.
pub(crate) fn provide(program: &str, is_there: bool, install: Install, command: &mut Command) -> Result<(), Outcome> {
    match (is_there, install) {
        (true, Install::May | Install::MayNot) => Ok(()),
        (false, Install::May) => match Outcome::of(command) {
            Outcome::Passed => Ok(()),
            Outcome::Failed(reason) | Outcome::Skipped(reason) => {
                Err(Outcome::Failed(format!("cannot install {program}: {reason}")))
            }
        },
        (false, Install::MayNot) => Err(Outcome::Skipped(format!(
            "{program} is not installed; get it with `cargo install {program} --locked`, or set MAMO_INSTALL=1 and it is \
             installed here"
        ))),
    }
}

impl Install {
    pub(crate) fn of_environment() -> Self {
        if std::env::var_os("MAMO_INSTALL").is_some_and(|value| value == "1") { Self::May } else { Self::MayNot }
    }
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
    fn what_is_missing_is_installed_when_it_may_be() {
        let nothing = || Command::new("no-such-program");
        let install = || {
            let mut command = cargo(&["--version"]);
            command.stdout(Stdio::null());
            command
        };
        assert_eq!(provide("cargo-deny", true, Install::May, &mut nothing()), Ok(()));
        assert_eq!(provide("cargo-deny", false, Install::May, &mut install()), Ok(()));
        let failed = provide("cargo-deny", false, Install::May, &mut nothing());
        assert!(matches!(failed, Err(Outcome::Failed(reason)) if reason.starts_with("cannot install cargo-deny: ")));
        let Err(Outcome::Skipped(reason)) = provide("cargo-deny", false, Install::MayNot, &mut install()) else {
            panic!("it was installed although it must not be");
        };
        assert!(reason.contains("`cargo install cargo-deny --locked`") && reason.contains("MAMO_INSTALL=1"));
    }

    #[test]
    fn a_command_that_fails_or_is_not_there_is_a_failure() {
        assert_eq!(Outcome::of(cargo(&["--version"]).stdout(Stdio::null())), Outcome::Passed);
        assert!(matches!(Outcome::of(cargo(&["no-such-command"]).stderr(Stdio::null())), Outcome::Failed(_)));
        assert!(matches!(Outcome::of(&mut Command::new("no-such-program")), Outcome::Failed(_)));
        assert!(!can_call(&["no-such-command"]));
    }
}
