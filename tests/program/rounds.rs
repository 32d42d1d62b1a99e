//! Rounds on a program's streams, and how it ends.
//!
//! The program is this one again, so that its `main` is its own.

use crate::{sharing, signals, terminal};
use expect_test::{Expect, expect};
use mamo::{Dict, Graph, Node, node, source};
use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitCode, Stdio};

#[node]
fn words(text: &str) -> Result<usize, String> {
    if text == "bad" { Err("bad text".into()) } else { Ok(text.split_whitespace().count()) }
}

#[node]
fn total(counts: &Dict<String, usize>) -> usize {
    counts.values().map(|count| *count).sum()
}

fn pipeline(g: &Graph) -> mamo::Result<Node<usize>> {
    let counts = g.add(words::map(g.add(source::glob("books/*.txt"))));
    let total = g.add(total::node(counts));
    g.target("total", total);
    Ok(total)
}

const TESTS: [(&str, fn()); 6] = [
    ("who_reads_no_more_has_read_enough", who_reads_no_more_has_read_enough),
    ("rounds_are_told_and_failures_waited_out", rounds_are_told_and_failures_waited_out),
    ("each_round_is_a_line_of_json", each_round_is_a_line_of_json),
    (
        "a_bar_fits_the_terminal_and_goes_before_the_summary",
        terminal::a_bar_fits_the_terminal_and_goes_before_the_summary,
    ),
    (
        "everything_but_removing_goes_on_beside_a_watch_and_after_it_was_killed",
        sharing::everything_but_removing_goes_on_beside_a_watch_and_after_it_was_killed,
    ),
    ("a_second_watch_goes_on_when_the_first_is_killed", sharing::a_second_watch_goes_on_when_the_first_is_killed),
];

pub(crate) fn main() -> ExitCode {
    if let Some(code) = terminal::program() {
        return code;
    }
    if std::env::var_os(PROGRAM).is_some() {
        return mamo::cli::main_then(pipeline, |run, total| {
            let total = run.get(total)?;
            for _ in 0..100_000 {
                println!("{total}");
            }
            Ok(())
        });
    }
    let only: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    for (name, test) in TESTS {
        if only.is_empty() || only.iter().any(|only| name.contains(only.as_str())) {
            eprintln!("test {name} ...");
            test();
        }
    }
    eprintln!("all is well");
    ExitCode::SUCCESS
}

/// Says that this process is the program.
pub(crate) const PROGRAM: &str = "MAMO_TEST_WATCHED_PROGRAM";

/// The program while it runs.
pub(crate) struct Program {
    pub(crate) child: Child,
    /// Until it is no longer read.
    stdout: Option<Lines<BufReader<ChildStdout>>>,
    stderr: Lines<BufReader<ChildStderr>>,
}

impl Program {
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(args).current_dir(folder).env(PROGRAM, "1").env("MAMO_STORE", folder.join("store"));
        signals::restore_in(&mut command);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let stderr = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, stdout: Some(stdout), stderr }
    }

    fn line(&mut self) -> Option<String> {
        self.stdout.as_mut().unwrap().next().map(|line| line.unwrap())
    }

    /// The lines of a round, without its times: up to the summary.
    pub(crate) fn round(&mut self) -> String {
        let mut lines = Vec::new();
        loop {
            let line = self.stderr.next().unwrap().unwrap();
            let is_last = ["done in", "failed after"].iter().any(|end| line.starts_with(end));
            lines.push(match line.split_once(": ").filter(|_| is_last) {
                // What follows a semicolon is a matter of time.
                Some((_, counts)) => counts.split("; ").next().unwrap().to_owned(),
                None => line.split(" in ").next().unwrap().to_owned(),
            });
            if is_last {
                return lines.join("\n");
            }
        }
    }

    pub(crate) fn interrupt(&self) {
        signals::interrupt(self.child.id());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind; a program that ended is no longer there to be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Puts a file into its place at once, so that there is one event: from a folder that nobody watches.
pub(crate) fn put(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder.join("books")).unwrap();
    fs::write(folder.join("draft"), text).unwrap();
    fs::rename(folder.join("draft"), folder.join("books").join(name)).unwrap();
}

fn who_reads_no_more_has_read_enough() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "a.txt", "a b");
    let mut program = Program::start(folder.path(), &["--quiet"]);
    assert_eq!(program.line().unwrap(), "2");
    drop(program.stdout.take());
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
    let told: Vec<String> = program.stderr.by_ref().map(|line| line.unwrap()).collect();
    assert!(told.is_empty(), "{told:?}");
}

fn rounds_are_told_and_failures_waited_out() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    put(folder, "a.txt", "a b");
    put(folder, "b.txt", "a b c");
    let mut program = Program::start(folder, &["watch", "--progress", "plain", "-j1"]);
    let check = |program: &mut Program, expected: Expect| expected.assert_eq(&program.round());
    check(
        &mut program,
        expect![[r#"
        executed words[a.txt]
        executed words[b.txt]
        executed total
        2 executed, 1 fresh"#]],
    );
    put(folder, "b.txt", "c b a");
    check(
        &mut program,
        expect![[r#"
          2 elements of maps: 2 executed
        watching for changes; Ctrl-C ends
        changed: books/b.txt
        executed words[b.txt]
        1 executed, 1 cut off, 1 fresh"#]],
    );
    put(folder, "b.txt", "bad");
    check(
        &mut program,
        expect![[r#"
          2 elements of maps: 1 executed, 1 cut off
        changed: books/b.txt
        failed words[b.txt]: bad text
        1 failed, 1 skipped, 1 fresh"#]],
    );
    put(folder, "b.txt", "c b a");
    check(
        &mut program,
        expect![[r#"
          2 elements of maps: 1 failed, 1 cut off
        hint: `--keep-going` runs all that does not depend on what failed
        changed: books/b.txt
        nothing executed, 1 fresh, 2 not needed"#]],
    );
    program.interrupt();
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
    let rest: Vec<String> = program.stderr.by_ref().map(|line| line.unwrap()).collect();
    assert!(rest.is_empty(), "{rest:?}");
}

fn each_round_is_a_line_of_json() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    put(folder, "a.txt", "a b");
    let mut program = Program::start(folder, &["watch", "--json", "--quiet"]);
    let round =
        |program: &mut Program| -> serde_json::Value { serde_json::from_str(&program.line().unwrap()).unwrap() };
    assert_eq!(round(&mut program)["executed"], 2);
    put(folder, "b.txt", "c");
    assert_eq!(round(&mut program)["elements"]["executed"], 1);
    program.interrupt();
    assert!(program.line().is_none());
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
}
