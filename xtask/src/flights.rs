//! The promise of the flights example: a first run executes, a second one executes nothing, and the report is right.

use crate::check::{Outcome, cargo};
use std::path::{Path, PathBuf};

/// What the example prints.
const REPORT: &str = include_str!("../../examples/flights/report.txt");

/// Runs the example with a fresh store: twice for the counts, once for the report.
pub(crate) fn check() -> Outcome {
    match Store::new()
        .map_err(|error| format!("cannot make a folder for the store: {error}"))
        .and_then(|store| runs(&store.0))
    {
        Ok(()) => Outcome::Passed,
        Err(what) => Outcome::Failed(what),
    }
}

fn runs(store: &Path) -> Result<(), String> {
    let first = executed(&run(store, &["--json"])?)?;
    let second = executed(&run(store, &["--json"])?)?;
    println!("first run: {first} executed; second run: {second} executed");
    if first == 0 || second != 0 {
        return Err(format!("the first run executed {first}, the second {second}; expected more than 0, then 0"));
    }
    if run(store, &[])? == REPORT {
        Ok(())
    } else {
        Err("the report is not the one in examples/flights/report.txt".to_owned())
    }
}

/// Standard output of the example.
fn run(store: &Path, options: &[&str]) -> Result<String, String> {
    let mut command = cargo(&["run", "--quiet", "--release", "--example", "flights", "--", "--quiet", "--store"]);
    let output = command.arg(store).args(options).stderr(std::process::Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cannot start it: {error}"))?;
    if output.status.success() {
        String::from_utf8(output.stdout).map_err(|error| error.to_string())
    } else {
        Err(output.status.to_string())
    }
}

/// How many nodes and elements of maps were executed, by the JSON object on the last line (see docs/json.md).
fn executed(stdout: &str) -> Result<u64, String> {
    let object = stdout.lines().last().unwrap_or_default();
    let counts = object.split("\"executed\":").skip(1).map(|after| {
        let after = after.trim_start();
        let digits = after.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        digits.parse::<u64>().map_err(|_| format!("no number follows `executed` in `{object}`"))
    });
    let counts = counts.collect::<Result<Vec<_>, _>>()?;
    if counts.is_empty() {
        return Err(format!("no `executed` in `{object}`"));
    }
    Ok(counts.iter().sum())
}

/// A store's folder that goes away with it.
struct Store(PathBuf);

impl Store {
    fn new() -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("mamo-flights-{}", std::process::id()));
        std::fs::create_dir(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // What is left over lies in the system's temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_nodes_and_elements_are_added() {
        let output = "printed by a node\n{\"executed\":3,\"fresh\":1,\"elements\":{\"executed\": 40}}\n";
        assert_eq!(executed(output), Ok(43));
        assert_eq!(executed("{\"executed\":0,\"elements\":{\"executed\":0}}\n"), Ok(0));
    }

    #[test]
    fn output_without_counts_is_an_error() {
        for output in ["", "{\"executed\":3}\nthe report\n", "{\"executed\":null}\n"] {
            assert!(executed(output).is_err(), "{output}");
        }
    }
}
