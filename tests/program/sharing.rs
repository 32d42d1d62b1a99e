//! Two programs and one store.

use crate::rounds::{PROGRAM, Program, put};
use crate::signals;
use std::path::Path;
use std::process::{Command, Output};

/// Calls the program to its end.
fn call(folder: &Path, args: &str) -> (i32, String, String) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(args.split_whitespace()).current_dir(folder).env(PROGRAM, "1").env("MAMO_STORE", folder.join("store"));
    signals::restore_in(&mut command);
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or(-1), text(stdout), text(stderr))
}

fn json(folder: &Path, args: &str) -> serde_json::Value {
    let (code, stdout, stderr) = call(folder, &format!("{args} --json --quiet"));
    assert_eq!(code, 0, "{args}: {stderr}");
    serde_json::from_str(stdout.trim()).unwrap()
}

pub(crate) fn everything_but_removing_goes_on_beside_a_watch_and_after_it_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    put(folder, "a.txt", "a b");
    let mut watch = Program::start(folder, &["watch", "--progress", "plain"]);
    assert!(watch.round().ends_with("2 executed, 1 fresh"));
    assert_eq!(json(folder, "run")["executed"], 0);
    assert_eq!(json(folder, "why total")["last"]["ended"], "known");
    assert_eq!(json(folder, "ls")["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(json(folder, "tag best total")["tags"][0]["node"], "total");
    let (code, _, told) = call(folder, "gc --keep-runs 1");
    assert_eq!(code, 3, "{told}");
    for part in [&format!("process {}", watch.child.id()), "watch --progress plain", "since", "--wait"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    watch.child.kill().unwrap();
    watch.child.wait().unwrap();
    assert_eq!(json(folder, "run")["executed"], 0);
    assert_eq!(json(folder, "tags")["tags"][0]["tag"], "best");
    assert_eq!(call(folder, "gc --keep-runs 1").0, 0);
    assert_eq!(json(folder, "verify")["sound"], true);
}

pub(crate) fn a_second_watch_goes_on_when_the_first_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    put(folder, "a.txt", "a b");
    let mut first = Program::start(folder, &["watch", "--progress", "plain"]);
    assert!(first.round().ends_with("2 executed, 1 fresh"));
    let mut second = Program::start(folder, &["watch", "--progress", "plain"]);
    assert!(second.round().ends_with("nothing executed, 1 fresh, 2 not needed"));
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    put(folder, "b.txt", "c");
    assert!(second.round().ends_with("executed total\n2 executed, 1 fresh"));
    second.interrupt();
    assert_eq!(second.child.wait().unwrap().code(), Some(0));
    assert_eq!(json(folder, "run")["executed"], 0);
}
