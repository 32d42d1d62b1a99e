//! One code has one version, however and wherever it is built; and where nothing can be read, it is no constant.

use crate::project::{Code, Project, fail, repository, succeed, target};
use std::process::Command;

const MANIFEST: &str = r#"[package]
name = "PACKAGE"
version = "0.1.0"
edition = "2024"
license = "MIT"
description = "Is built in many ways."
[dependencies]
mamo = { path = "MAMO", version = "0.1.0", default-features = false }
serde = "1"
[profile.dev]
debug = false
# Without optimisation, since only the conditions of a release are wanted here.
[profile.release]
opt-level = 0
[workspace]
"#;

/// The library tells. There are two node functions in its documentation: cargo makes one program of most doc tests, in
/// a file that can be read, and feeds each of the others to the compiler through a pipe.
const LIBRARY: &str = r#"
use std::io::Write as _;

/// ```
/// fn helper(x: u32) -> u32 { PACKAGE::one(x) + 1 }
/// #[mamo::node]
/// fn merged(x: u32) -> u32 { helper(x) }
/// let (graph, _) = mamo::Graph::build(|g| Ok(g.add(merged::node(g.value(1))))).unwrap();
/// PACKAGE::tell("merged", &graph);
/// ```
pub fn one(x: u32) -> u32 { x + 1 }

/// ```standalone_crate
/// fn helper(x: u32) -> u32 { PACKAGE::two(x) + 2 }
/// #[mamo::node]
/// fn alone(x: u32) -> u32 { helper(x) }
/// let (graph, _) = mamo::Graph::build(|g| Ok(g.add(alone::node(g.value(1))))).unwrap();
/// PACKAGE::tell("alone", &graph);
/// ```
pub fn two(x: u32) -> u32 { x + 2 }

pub fn tell(place: &str, graph: &mamo::Graph) {
    let code = graph.code().remove(0);
    let fallback = code.fallback.unwrap_or_default();
    let line = format!("{place}\t{}\t{}\t{}\t{}\t{fallback}\n", code.function, code.scope, code.version, code.items);
    let file = std::fs::OpenOptions::new().create(true).append(true).open(std::env::var_os("TOLD").unwrap());
    file.unwrap().write_all(line.as_bytes()).unwrap();
}
"#;

/// The program compiles only as long as the file `pin` is empty or has the digest that the macro found: so `cargo
/// check`, which runs nothing, tells what was found.
const PROGRAM: &str = r#"
use mamo::__private::DeclaredFunction;

fn helper(x: u32) -> u32 { x + 1 }

/// Reaches a crate that is locked, and a file.
fn rest(x: u32) -> u32 {
    let value = serde::de::value::U32Deserializer::<serde::de::value::Error>::new(x);
    <u32 as serde::Deserialize>::deserialize(value).unwrap_or(0) + include_str!("text.txt").len() as u32
}

#[mamo::node]
fn up(x: u32) -> u32 { helper(x) + rest(x) }

fn main() {
    let (graph, _) = mamo::Graph::build(|g| Ok(g.add(up::node(g.value(1))))).unwrap();
    PACKAGE::tell("main", &graph);
    if let Some(path) = std::env::var_os("PIN") {
        std::fs::write(path, DIGEST).unwrap();
    }
}

const DIGEST: [u8; 32] = <up as DeclaredFunction>::FUNCTION.code.digest;
const _: () = {
    let pin = include_bytes!("pin").as_slice();
    let mut at = 0;
    while at < pin.len() {
        assert!(pin[at] == DIGEST[at], "another digest than the pinned one");
        at += 1;
    }
};
"#;

fn project(package: &str) -> Project {
    let named = |text: &str| text.replace("PACKAGE", package);
    Project::new(&[
        ("Cargo.toml", &named(MANIFEST)),
        ("src/lib.rs", &named(LIBRARY)),
        ("src/main.rs", &named(PROGRAM)),
        ("src/text.txt", "a text\n"),
        ("src/pin", ""),
    ])
}

/// What the program says, which a command runs.
#[track_caller]
fn code(project: &Project, run: &mut Command) -> Code {
    project.told(run)["main"].clone()
}

#[test]
fn one_code_has_one_version_however_it_is_built() {
    let project = project("built");
    let first = code(&project, &mut project.cargo(&["run"]));
    assert_eq!((first.scope.as_str(), &first.fallback, first.items), ("deep", &None, 3));

    let manifest = project.path("Cargo.toml");
    let mut elsewhere = project.cargo(&["run", "--manifest-path", manifest.to_str().unwrap()]);
    project.edit("src/lib.rs", "/// ```\n/// fn", "///\n/// ```\n/// fn");
    assert_eq!(code(&project, elsewhere.current_dir("/")), first, "from another directory");

    assert_eq!(code(&project, &mut project.cargo(&["run", "--release"])), first, "in release");

    let remap = format!("--remap-path-prefix={}=/remapped", project.path("").canonicalize().unwrap().display());
    succeed(&mut project.cargo(&["rustc", "--bin", "built", "--", &remap]));
    let mut remapped = Command::new(target().join(format!("debug/built{}", std::env::consts::EXE_SUFFIX)));
    assert_eq!(code(&project, remapped.env("TOLD", project.path("told"))), first, "with paths that are remapped");

    let copy = self::project("built");
    assert_eq!(code(&copy, &mut copy.cargo(&["run"])), first, "in another folder");
    copy.edit("src/main.rs", "x + 1", "x + 2");
    assert_ne!(code(&copy, &mut copy.cargo(&["run"])), first, "a helper");
}

/// What cargo publishes has another manifest, no workspace, and stands wherever cargo puts it.
#[test]
fn a_published_package_has_the_version_that_it_had_at_home() {
    let project = project("published");
    let at_home = code(&project, &mut project.cargo(&["run"]));
    succeed(&mut project.cargo(&["package", "--no-verify", "--allow-dirty", "--offline", "--exclude-lockfile"]));
    let archive = target().join("package/published-0.1.0.crate");
    let folder = tempfile::tempdir().unwrap();
    succeed(Command::new("tar").arg("-xzf").arg(archive).current_dir(folder.path()));
    let unpacked = folder.path().join("published-0.1.0");
    std::fs::copy(project.path("Cargo.lock"), unpacked.join("Cargo.lock")).unwrap();
    // The published package asks the registry for mamo; it is to get the one at hand.
    let patch = format!("patch.crates-io.mamo.path=\"{}\"", repository().display());
    let mut run = project.cargo(&["run", "--config", &patch]);
    assert_eq!(code(&project, run.current_dir(&unpacked)), at_home);
}

/// `cargo check` and the tools that build on it expand the macro anew after an edit, and find what `cargo run` finds.
#[test]
fn what_only_checks_finds_the_same_digest() {
    let project = project("checked");
    project.told(project.cargo(&["run"]).env("PIN", project.path("src/pin")));
    assert_eq!(std::fs::read(project.path("src/pin")).unwrap().len(), 32);
    let ways: [&[&str]; 4] = [&["check"], &["check", "--all-targets"], &["check", "--release"], &["clippy"]];
    let is_there =
        |way: &[&str]| way != ["clippy"] || project.cargo(&["clippy", "-V"]).output().unwrap().status.success();
    for way in ways {
        if !is_there(way) {
            eprintln!("SKIPPED: cargo clippy is not installed");
            continue;
        }
        succeed(&mut project.cargo(way));
        project.edit("src/main.rs", "x + 1", "x + 2");
        assert!(fail(&mut project.cargo(way)).contains("another digest than the pinned one"), "{way:?}");
        project.edit("src/main.rs", "x + 2", "x + 1 /* as before */");
        succeed(&mut project.cargo(way));
        project.edit("src/text.txt", "a text", "b text");
        assert!(fail(&mut project.cargo(way)).contains("another digest than the pinned one"), "{way:?}");
        project.edit("src/text.txt", "b text", "a text");
    }
}

/// A doc test that is a crate of its own stands in no file: the program that runs counts as a whole.
#[test]
fn in_a_doc_test_a_version_is_exact_or_that_of_the_running_program() {
    let project = project("documented");
    let told = || project.told(&mut project.cargo(&["test", "--doc"]));
    let first = told();
    assert_eq!((first["merged"].items, &first["merged"].fallback), (3, &None), "{first:?}");
    assert!(first["alone"].fallback.is_some(), "{first:?}");

    project.edit("src/lib.rs", "x + 1 }", "x + 3 }");
    project.edit("src/lib.rs", "x + 2 }", "x + 4 }");
    let second = told();
    assert_ne!(second["merged"].version, first["merged"].version, "a function of the library");
    assert_ne!(second["alone"].version, first["alone"].version, "a function of the library");

    project.edit("src/lib.rs", "one(x) + 1", "one(x) + 3");
    project.edit("src/lib.rs", "two(x) + 2", "two(x) + 4");
    let third = told();
    assert_ne!(third["merged"].version, second["merged"].version, "a function in the doc test");
    assert_ne!(third["alone"].version, second["alone"].version, "a function in the doc test");

    project.edit("src/lib.rs", "graph.code().remove(0)", "graph.code().swap_remove(0)");
    let fourth = told();
    assert_eq!(fourth["merged"], third["merged"], "code that is not reached");
    assert_ne!(fourth["alone"].version, third["alone"].version, "the program");
}
