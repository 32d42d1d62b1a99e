//! Code versions on a real cargo project: what runs after an edit, and what the answer is.

#![allow(missing_docs, clippy::unwrap_used, reason = "these are tests throughout")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// A workspace of a program and a helper crate, in which `up` calls a plain function of its own crate and one of the
/// other, and `down` reads what `up` gave.
struct Project {
    folder: tempfile::TempDir,
    target: PathBuf,
}

const MANIFEST: &str = r#"[workspace]
members = ["helper"]
[package]
name = "app"
version = "0.1.0"
edition = "2024"
[dependencies]
helper = { path = "helper" }
mamo = { path = "MAMO", default-features = false }
serde = { version = "1", features = ["derive"] }
[profile.dev]
debug = false
"#;

const MAIN: &str = r#"
mod clean;
use mamo::{Engine, Event, Graph, Observer, node};
struct Log;
impl Observer for Log {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::NodeExecuted { node, .. } => print!("{node} "),
            Event::NodeCutOff { node } => print!("~{node} "),
            _ => {}
        }
    }
}
#[node]
fn up(x: u32) -> clean::Row {
    clean::Row { value: clean::own(x) + helper::outer(x), rest: 0 }
}
#[node(version = 1)]
fn down(row: &clean::Row) -> u32 {
    row.value
}
fn main() {
    let engine = Engine::builder().jobs(1).observer(std::sync::Arc::new(Log)).open("store").unwrap();
    let (graph, node) = Graph::build(|g| Ok(g.add(down::node(g.add(up::node(g.value(1))))))).unwrap();
    let run = engine.run(&graph).unwrap();
    println!("= {}", run.get(node).unwrap());
}
"#;

const CLEAN: &str = r#"
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Row { pub value: u32, pub rest: u32 }
const FACTOR: u32 = 10;
pub fn own(x: u32) -> u32 { x * FACTOR }
pub fn unrelated() -> u32 { 5 }
"#;

const HELPER: &str = "pub fn outer(x: u32) -> u32 { x + 100 }\npub fn nobody() -> u32 { 7 }\n";

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        // Dependencies are compiled once, and found again in the next run of the tests.
        let project = Self { folder, target: root.join("target/tests/code") };
        project.write("Cargo.toml", &MANIFEST.replace("MAMO", &root.display().to_string()));
        project.write("src/main.rs", MAIN);
        project.write("src/clean.rs", CLEAN);
        project.write("helper/Cargo.toml", "[package]\nname = \"helper\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        project.write("helper/src/lib.rs", HELPER);
        std::fs::copy(root.join("Cargo.lock"), project.path("Cargo.lock")).unwrap();
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn edit(&self, name: &str, before: &str, after: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(before), "{before}");
        self.write(name, &text.replace(before, after));
    }

    /// Builds and runs the program: what it executed, and the answer.
    fn run(&self) -> String {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["run", "--quiet"]).current_dir(self.folder.path()).env("CARGO_TARGET_DIR", &self.target);
        // What the tests are run with says nothing about the project.
        for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER"] {
            cargo.env_remove(variable);
        }
        let output = cargo.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

#[test]
fn what_runs_after_an_edit_of_a_real_project() {
    let project = Project::new();
    assert_eq!(project.run(), "up down = 111");
    assert_eq!(project.run(), "= 111");
    project.edit("src/clean.rs", "pub fn own", "/// Documented.\npub   fn own");
    assert_eq!(project.run(), "= 111", "a comment");
    project.edit("src/clean.rs", "{ 5 }", "{ 6 }");
    project.edit("helper/src/lib.rs", "{ 7 }", "{ 8 }");
    assert_eq!(project.run(), "= 111", "functions that are not reached");
    project.edit("src/clean.rs", "x * FACTOR", "FACTOR * x");
    assert_eq!(project.run(), "up ~down = 111", "the same answer in other words");
    project.edit("src/clean.rs", "FACTOR: u32 = 10", "FACTOR: u32 = 20");
    assert_eq!(project.run(), "up down = 121", "a constant that a helper reads");
    project.edit("helper/src/lib.rs", "x + 100", "x + 300");
    assert_eq!(project.run(), "up down = 321", "a function of another crate");
    project.edit("helper/src/lib.rs", "x + 300", "x + 100");
    project.edit("src/clean.rs", "FACTOR: u32 = 20", "FACTOR: u32 = 10");
    project.edit("src/clean.rs", "FACTOR * x", "x * FACTOR");
    assert_eq!(project.run(), "= 111", "back to the first code");
    project.edit("src/clean.rs", "pub value: u32, pub rest: u32", "pub rest: u32, pub value: u32");
    assert_eq!(project.run(), "up down = 111", "the type of a result, also for a version by hand");
}
