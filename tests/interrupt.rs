//! Ctrl-C: what a program does that is interrupted once, or twice, while a node runs.

#![cfg(all(unix, feature = "cli"))]
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests throughout")]

mod signals;

use mamo::cli::{Invocation, exit_codes};
use mamo::{Graph, Node, NodeCtx, node, source};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[node]
fn quick(folder: &str) -> usize {
    folder.len()
}

/// Says that it runs, then waits for the file `go`; with a file `may give up`, only until it is asked to stop.
#[node]
fn slow(ctx: &NodeCtx, quick: usize, folder: &str) -> Result<usize, io::Error> {
    let folder = Path::new(folder);
    File::create(folder.join("slow runs"))?;
    while !folder.join("go").exists() {
        if ctx.is_stopped() && folder.join("may give up").exists() {
            return Err(io::Error::other("gave up"));
        }
        pause();
    }
    Ok(quick)
}

#[node]
fn last(slow: usize) -> usize {
    slow + 1
}

fn pipeline(g: &Graph, folder: &Path) -> mamo::Result<Node<usize>> {
    let folder = g.add(source::param("folder", folder.to_str().unwrap().to_owned()));
    let quick = g.add(quick::node(folder));
    let last = g.add(last::node(g.add(slow::node(quick, folder))));
    g.target("interrupted_program", last);
    Ok(last)
}

const FOLDER: &str = "MAMO_INTERRUPTED_PROGRAM";

/// Not a test of its own: the program that is going to be interrupted.
///
/// Its one argument is this test for the harness, and a target for mamo.
#[test]
fn interrupted_program() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let code = mamo::cli::main(|g| pipeline(g, Path::new(&folder)));
    // An exit code can be compared and no more.
    let code = (0..=u8::MAX).find(|number| ExitCode::from(*number) == code).unwrap();
    std::process::exit(code.into());
}

/// The program while it runs.
struct Program<'a> {
    child: Child,
    folder: &'a Path,
}

impl<'a> Program<'a> {
    /// Starts it, and waits until the slow node runs.
    fn start(folder: &'a Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("interrupted_program").env(FOLDER, folder).env("MAMO_STORE", folder.join("store"));
        command.stdout(Stdio::null()).stderr(File::create(folder.join("stderr")).unwrap());
        signals::restore_in(&mut command);
        let program = Self { child: command.spawn().unwrap(), folder };
        wait_until("the slow node runs", || folder.join("slow runs").exists());
        program
    }

    fn interrupt(&self) {
        signals::interrupt(self.child.id());
    }

    fn wait_for_line(&self, line: &str) {
        let text = || std::fs::read_to_string(self.folder.join("stderr")).unwrap();
        wait_until(line, || text().lines().any(|told| told == line));
    }

    /// Its exit code.
    fn end(mut self) -> i32 {
        let mut status = None;
        wait_until("the program ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap().code().unwrap()
    }
}

impl Drop for Program<'_> {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind; a program that ended is no longer there to be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(120), "waited for this in vain: {what}");
        pause();
    }
}

/// Lets others go on.
fn pause() {
    std::thread::sleep(Duration::from_millis(2));
}

const STOPPING: &str = "stopping: what runs is finished and kept; press again to stop at once";

/// How many nodes another run executes, when nothing holds it up.
fn executed_by_next_run(folder: &Path) -> u64 {
    #[derive(Clone, Default)]
    struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    File::create(folder.join("go")).unwrap();
    let stdout = Buffer::default();
    let code = Invocation::new(["program", "--json"], stdout.clone(), io::sink())
        .env("MAMO_STORE", folder.join("store"))
        .run(|g| pipeline(g, folder));
    assert_eq!(code, exit_codes::DONE);
    let object: serde_json::Value = serde_json::from_slice(&stdout.0.lock().unwrap()).unwrap();
    object["executed"].as_u64().unwrap()
}

#[test]
fn after_one_interruption_what_runs_is_finished_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    program.interrupt();
    program.wait_for_line(STOPPING);
    File::create(folder.path().join("go")).unwrap();
    assert_eq!(program.end(), i32::from(exit_codes::INTERRUPTED));
    assert_eq!(executed_by_next_run(folder.path()), 1, "the last node alone");
}

#[test]
fn a_node_that_gives_up_when_interrupted_costs_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    File::create(folder.path().join("may give up")).unwrap();
    let program = Program::start(folder.path());
    program.interrupt();
    assert_eq!(program.end(), i32::from(exit_codes::INTERRUPTED), "although a node failed");
    assert_eq!(executed_by_next_run(folder.path()), 2, "the slow node and the last one");
}

/// The slow node never ends, so the program did not wait for it.
#[test]
fn a_second_interruption_ends_the_program_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    program.interrupt();
    program.wait_for_line(STOPPING);
    program.interrupt();
    assert_eq!(program.end(), i32::from(exit_codes::INTERRUPTED));
    // Whether the quick node was saved by then is a matter of time.
    assert!(executed_by_next_run(folder.path()) >= 2);
}
