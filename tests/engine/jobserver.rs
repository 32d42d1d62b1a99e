//! A program that `make -j` starts runs no more nodes at once than there are tokens.
#![cfg(unix)]

use mamo::{Engine, Graph, node};
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The environment variable that tells the child what it is.
const CHILD: &str = "MAMO_TEST_JOBSERVER";

static NOW: AtomicU32 = AtomicU32::new(0);
static MOST: AtomicU32 = AtomicU32::new(0);

#[node]
fn visit(x: u32) -> u32 {
    MOST.fetch_max(NOW.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
    for _ in 0..2000 {
        std::thread::yield_now();
    }
    NOW.fetch_sub(1, Ordering::SeqCst);
    x
}

/// What the child does: nothing in a process of the tests' own.
#[test]
fn child() {
    let Some(expected) = std::env::var_os(CHILD) else { return };
    let expected: u32 = expected.to_str().unwrap().parse().unwrap();
    let (graph, ()) = Graph::build(|g| {
        let many = g.numbered("many");
        for x in 0..40 {
            many.add(visit::node(many.value(x)));
        }
        g.add(visit::map(g.value((100..140).collect::<Vec<u32>>())));
        Ok(())
    })
    .unwrap();
    let run = Engine::builder().jobs(4).in_memory().run(&graph).unwrap();
    assert_eq!(run.counts().failed, 0);
    let most = MOST.load(Ordering::SeqCst);
    assert!(most <= expected, "{most} at once");
    // Its own token and one more, which nobody else wants: both are used.
    assert_eq!(most, expected);
}

fn start(flags: &str, expected: u32) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "jobserver::child", "--test-threads=1"]);
    command.env(CHILD, expected.to_string()).env("MAKEFLAGS", flags).env_remove("CARGO_MAKEFLAGS");
    command.stdout(Stdio::null());
    command
}

#[test]
fn a_named_server_is_asked_and_gets_its_tokens_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let mut pipe = File::options().read(true).write(true).open(&path).unwrap();
    let flags = format!("-j2 --jobserver-auth=fifo:{}", path.display());
    // Without a token there is the one that came with the start.
    assert!(start(&flags, 1).status().unwrap().success());
    pipe.write_all(b"+").unwrap();
    assert!(start(&flags, 2).status().unwrap().success());
    let mut token = [0; 1];
    pipe.read_exact(&mut token).unwrap();
    assert_eq!(&token, b"+");
}

/// As `make` did it until 4.4, here with standard input and standard error.
#[cfg(target_os = "linux")]
#[test]
fn a_server_is_inherited_as_an_open_pipe() {
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(b"+").unwrap();
    let mut command = start("-j2 --jobserver-auth=0,2", 2);
    command.stdin(reader.try_clone().unwrap()).stderr(writer.try_clone().unwrap());
    assert!(command.status().unwrap().success());
    let mut token = [0; 1];
    reader.read_exact(&mut token).unwrap();
    assert_eq!(&token, b"+");
}
