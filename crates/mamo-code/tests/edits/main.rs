//! One-edit cases: `code with «before|after»`, and whether the version of `target` must change.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a broken helper is a failed test")]

mod case;
mod cases;

use case::{Case, Expect};
use std::path::Path;
use std::process::Command;

/// All cases whose version does what it should not.
#[test]
fn versions_follow_edits() {
    let mut wrong = Vec::new();
    for case in cases::all() {
        let (before, after) = case.sides();
        let folder = std::env::temp_dir().join(format!("mamo-code-edits-{}", std::process::id()));
        let versions = (before.reach(&folder.join("side")), after.reach(&folder.join("side")));
        let has_changed = versions.0.version() != versions.1.version();
        if has_changed != (case.expect == Expect::Change) {
            let items: Vec<String> = versions.0.items().into_iter().map(|item| item.path).collect();
            wrong.push(format!("{}: must {:?}, reaches {items:?}", case.name, case.expect));
        }
        if case.expect == Expect::Keep && versions.0.fallback().is_some() {
            wrong.push(format!("{}: falls back: {:?}", case.name, versions.0.fallback()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_a_node_takes_of_the_machine_is_no_code() {
    let folder = std::env::temp_dir().join(format!("mamo-code-resources-{}", std::process::id()));
    for case in cases::resources::CASES {
        let (before, after) = case.sides();
        let has_changed = before.reach(&folder).version() != after.reach(&folder).version();
        assert_eq!(has_changed, case.expect == Expect::Change, "{}", case.name);
    }
}

#[test]
fn there_are_enough_cases() {
    let cases = cases::all();
    let n_keep = cases.iter().filter(|case| case.expect == Expect::Keep).count();
    assert!(cases.len() >= 120 && n_keep >= 25, "{} cases, {n_keep} of them precision", cases.len());
}

/// A case that does not compile says nothing.
#[test]
fn both_sides_compile() {
    let cases = cases::all();
    let half = cases.len() / 2;
    let (first, second) = cases.split_at(half);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let other = scope.spawn(|| second.iter().filter_map(does_not_compile).collect::<Vec<_>>());
        let mut wrong: Vec<String> = first.iter().filter_map(does_not_compile).collect();
        wrong.extend(other.join().expect("compiles"));
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn does_not_compile(case: &Case) -> Option<String> {
    let (before, after) = case.sides();
    let folder = std::env::temp_dir().join(format!("mamo-code-sides-{}", std::process::id()));
    [("before", before), ("after", after)].into_iter().find_map(|(name, side)| {
        let folder = folder.join(case.name.replace(' ', "_")).join(name);
        side.write(&folder);
        let problem = compile(&folder);
        std::fs::remove_dir_all(&folder).expect("removes");
        problem.map(|problem| format!("{} {name}:\n{problem}", case.name))
    })
}

fn compile(folder: &Path) -> Option<String> {
    let output = Command::new("rustc")
        .args(["--crate-type", "lib", "--emit=metadata", "--edition", "2024", "--cap-lints", "allow", "lib.rs"])
        .current_dir(folder)
        .output()
        .expect("rustc starts");
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}
