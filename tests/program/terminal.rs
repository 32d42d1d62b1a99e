//! A run on a terminal of eighty columns.

#![expect(unsafe_code, reason = "the standard library opens no terminals")]

use mamo::{Graph, List, Node, node, source};
use std::fs::File;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

/// Says that this process is the program.
const PROGRAM: &str = "MAMO_TEST_PROGRAM_ON_A_TERMINAL";
/// The last element waits until this file is there.
const GO: &str = "go";

#[node]
fn a_node_with_a_name_that_is_longer_than_most_terminals_are_wide(x: u32) -> Result<u32, String> {
    while x == 3 && !Path::new(GO).exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    if x == 2 { Err("two is not to be had".into()) } else { Ok(x) }
}

#[node]
fn sum(all: &List<u32>) -> u32 {
    all.iter().map(|x| *x).sum()
}

fn pipeline(g: &Graph) -> mamo::Result<Node<u32>> {
    let numbers = g.add(source::param("numbers", vec![0, 1, 2, 3]));
    let all = a_node_with_a_name_that_is_longer_than_most_terminals_are_wide::map(numbers);
    let sum = g.add(sum::node(g.add(all)));
    g.target("sum", sum);
    Ok(sum)
}

/// The program, if this process is it.
pub(crate) fn program() -> Option<ExitCode> {
    std::env::var_os(PROGRAM).is_some().then(|| mamo::cli::main(pipeline))
}

/// A terminal of 80 columns: what is written to the second is read from the first.
fn terminal() -> (File, OwnedFd) {
    let size = libc::winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
    let (mut master, mut slave) = (-1, -1);
    // SAFETY: both numbers and the size are valid for the call, and nothing else is given.
    let opened = unsafe {
        libc::openpty(&mut master, &mut slave, std::ptr::null_mut(), std::ptr::null_mut(), (&raw const size).cast_mut())
    };
    assert_eq!(opened, 0);
    // SAFETY: both were opened just now, and belong to nobody else.
    unsafe { (File::from_raw_fd(master), OwnedFd::from_raw_fd(slave)) }
}

/// The text on a terminal, without what moves and colours it: a line for each time that the cursor returned.
fn lines(text: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            // `ESC [ .. letter`.
            for c in rest.by_ref().skip(1) {
                if c.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(c);
        }
    }
    plain.split(['\r', '\n']).filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
}

pub(crate) fn a_bar_fits_the_terminal_and_goes_before_the_summary() {
    let folder = tempfile::tempdir().unwrap();
    let (mut master, slave) = terminal();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["run", "--jobs", "2", "--keep-going"]).current_dir(folder.path());
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI", "MAMO_PROGRESS", "MAMO_JOBS", "COLUMNS"] {
        command.env_remove(variable);
    }
    command.env(PROGRAM, "1").env("MAMO_STORE", folder.path().join("store")).env("TERM", "xterm-256color");
    let streams = [slave.try_clone().unwrap(), slave];
    let [stdout, stderr] = streams.map(Stdio::from);
    let mut child = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn().unwrap();
    drop(command);
    let mut text = Vec::new();
    let mut bytes = [0; 4096];
    // A terminal that nobody has open any more is an error to read.
    while let Ok(n @ 1..) = master.read(&mut bytes) {
        text.extend_from_slice(&bytes[..n]);
        // Three elements of four came out, with the list and its sum to come: the last one may go on.
        if String::from_utf8_lossy(&text).contains("3/6") {
            std::fs::write(folder.path().join(GO), "").unwrap();
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let text = String::from_utf8(text).unwrap();
    let lines = lines(&text);
    assert!(text.contains("\u{1b}["), "{text:?}");
    assert!(lines.iter().any(|line| line.contains("3/6")), "{lines:#?}");
    // Failures are the user's text, and not cut.
    let drawn = lines.iter().filter(|line| line.contains("/6"));
    assert!(drawn.clone().all(|line| line.chars().count() <= 80), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("two is not to be had")), "{lines:#?}");
    let last = lines.iter().rev().find(|line| line.starts_with("failed after")).unwrap();
    assert!(last.chars().count() <= 80, "{last}");
    assert!(!text.contains("0/0"), "{lines:#?}");
    // The bar is gone from below it.
    let summary = lines.iter().position(|line| line.starts_with("failed after")).unwrap();
    assert!(lines[summary..].iter().all(|line| !line.contains("3/6")), "{lines:#?}");
}
