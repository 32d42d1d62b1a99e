//! The promise in one table, on a real cargo project: what runs after an edit, and what the answer is.

use crate::project::{Project, succeed};

const MANIFEST: &str = r#"[workspace]
members = ["helper"]
[package]
name = "PROGRAM"
version = "0.1.0"
edition = "2024"
[dependencies]
helper = { path = "helper", package = "PROGRAM-helper" }
mamo = { path = "MAMO", default-features = false }
serde = { version = "1", features = ["derive"] }
[profile.dev]
debug = false
"#;

const HELPER_MANIFEST: &str = "[package]\nname = \"PROGRAM-helper\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

const MAIN: &str = r#"
mod clean;
use mamo::{Change, Engine, Event, Graph, Observer, Remark, node};
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
    let own = clean::own(x);
    clean::Row { value: own + helper::outer(x), rest: 0 }
}
#[node(version = 1)]
fn down(row: &clean::Row) -> u32 {
    row.value
}
/// The items of code that changed, with the lengths of their digests, and whether they are equal.
fn changed(why: &mamo::Why) -> String {
    let mut text = String::new();
    for cause in &why.causes {
        text += &format!("{}:", cause.node);
        let Change::Code { items, .. } = &cause.change else { continue };
        for item in items {
            let is_new = [&item.from, &item.to].map(|digest| digest.as_ref().map(String::len));
            text += &format!(" {} {is_new:?} {}", item.name, item.from == item.to);
        }
    }
    text
}
fn main() {
    let engine = Engine::builder().jobs(1).observer(std::sync::Arc::new(Log)).open("store").unwrap();
    let (graph, node) = Graph::build(|g| Ok(g.add(down::node(g.add(up::node(g.value(1))))))).unwrap();
    match std::env::args().nth(1).as_deref() {
        Some("why") => return print!("{}", changed(&engine.why(&graph, "down").unwrap())),
        Some("accept") => return drop(engine.accept(&graph, &["up"], &Remark::by("maria")).unwrap()),
        _ => {}
    }
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

/// A workspace of a program and a helper crate, in which `up` calls a plain function of its own crate and one of the
/// other, and `down` reads what `up` gave.
fn project(program: &str) -> Project {
    Project::new(&[
        ("Cargo.toml", &MANIFEST.replace("PROGRAM", program)),
        ("src/main.rs", MAIN),
        ("src/clean.rs", CLEAN),
        ("helper/Cargo.toml", &HELPER_MANIFEST.replace("PROGRAM", program)),
        ("helper/src/lib.rs", HELPER),
    ])
}

/// Builds, and runs with an argument.
#[track_caller]
fn ask(project: &Project, argument: &str) -> String {
    String::from_utf8(succeed(&mut project.cargo(&["run", "--quiet", argument])).stdout).unwrap()
}

/// Edits a file, builds and runs: what was executed, what was cut off (`~`), and the answer.
#[track_caller]
fn check(project: &Project, edits: &[(&str, &str, &str)], expected: &str) {
    for (file, before, after) in edits {
        project.edit(file, before, after);
    }
    let output = succeed(&mut project.cargo(&["run", "--quiet"]));
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), expected, "{edits:?}");
}

const OWN: &str = "src/clean.rs";
const OTHER: &str = "helper/src/lib.rs";

#[test]
fn what_runs_after_an_edit_of_a_real_project() {
    let project = project("edited");
    let check = |edits: &[(&str, &str, &str)], expected: &str| check(&project, edits, expected);
    check(&[], "up down = 111");
    check(&[], "= 111");
    // Comments and formatting.
    check(&[("src/main.rs", "let own =", "// What it adds up.\n    let   own =")], "= 111");
    check(&[(OWN, "pub fn own", "/// Documented.\npub   fn own"), (OTHER, "x + 100", "x\n    + 100")], "= 111");
    // What it takes of the machine.
    check(&[("src/main.rs", "#[node]\nfn up", "#[node(memory = \"1 MiB\", blocking)]\nfn up")], "= 111");
    // Code of `up`, with the same output.
    check(&[("src/main.rs", "own + helper::outer(x)", "helper::outer(x) + own")], "up ~down = 111");
    // A helper, with another answer, and back.
    check(&[(OWN, "x * FACTOR", "x * FACTOR + 1")], "up down = 112");
    check(&[(OWN, "x * FACTOR + 1", "x * FACTOR")], "= 111");
    // A helper, with the same answer; what a helper reads; and a helper in another crate.
    check(&[(OWN, "x * FACTOR", "FACTOR * x")], "up ~down = 111");
    check(&[(OWN, "FACTOR: u32 = 10", "FACTOR: u32 = 20")], "up down = 121");
    check(&[(OTHER, "x\n    + 100", "x + 300")], "up down = 321");
    // Functions that `up` does not reach.
    check(&[(OWN, "{ 5 }", "{ 6 }"), (OTHER, "{ 7 }", "{ 8 }")], "= 321");
    // All the way back to the first code.
    let own = "helper::outer(x) + own";
    check(
        &[
            ("src/main.rs", own, "own + helper::outer(x)"),
            (OWN, "FACTOR: u32 = 20", "FACTOR: u32 = 10"),
            (OWN, "FACTOR * x", "x * FACTOR"),
            (OTHER, "x + 300", "x + 100"),
        ],
        "= 111",
    );
    // A field more in the type of `up`'s result, of which no bytes are left over from before; and the order of fields.
    check(
        &[
            (OWN, "pub rest: u32 }", "pub rest: u32, pub more: u32 }"),
            ("src/main.rs", "rest: 0 }", "rest: 0, more: 0 }"),
        ],
        "up down = 111",
    );
    check(&[(OWN, "pub value: u32, pub rest: u32", "pub rest: u32, pub value: u32")], "up down = 111");
}

#[test]
fn changed_items_are_named_and_can_be_accepted() {
    let project = project("asked");
    let check = |edits: &[(&str, &str, &str)], expected: &str| check(&project, edits, expected);
    check(&[], "up down = 111");
    project.edit(OWN, "x * FACTOR", "x * FACTOR + 1");
    project.edit(OTHER, "x + 100", "x + nobody()");
    let why = ask(&project, "why");
    let sides = "[Some(32), Some(32)] false";
    assert_eq!(
        why,
        format!(
            "up: asked::clean::own {sides} asked_helper::nobody [None, Some(32)] false asked_helper::outer {sides}"
        )
    );
    // Its value stays what it is, and is not taken for the new code's.
    ask(&project, "accept");
    check(&[], "~down = 111");
    check(&[("src/main.rs", "g.value(1)", "g.value(2)")], "up down = 30");
    check(&[("src/main.rs", "g.value(2)", "g.value(1)")], "= 111");
    // The former code and its results are untouched.
    check(&[(OWN, "x * FACTOR + 1", "x * FACTOR"), (OTHER, "x + nobody()", "x + 100")], "= 111");
    check(&[("src/main.rs", "g.value(1)", "g.value(2)")], "up down = 122");
}
