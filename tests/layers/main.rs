//! The layers of `ARCHITECTURE.md`, checked on every path in `src/`.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

mod lexer;
mod rules;

use rules::{Findings, Rules};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn rules() -> Rules {
    Rules::parse(&fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md")).unwrap())
}

/// All `.rs` files below `src/`, by their path with slashes.
fn sources() -> Vec<(String, String)> {
    let src = Path::new(ROOT).join("src");
    let mut folders = vec![src.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/");
                sources.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    sources.sort();
    sources
}

fn is_test(path: &str, test_modules: &BTreeSet<String>) -> bool {
    let module = path.trim_end_matches(".rs").trim_end_matches("/mod");
    module.match_indices('/').map(|(at, _)| &module[..at]).chain([module]).any(|part| test_modules.contains(part))
}

#[test]
fn sources_keep_the_layers() {
    let rules = rules();
    let sources = sources();
    let checked: Vec<(&str, Findings)> =
        sources.iter().map(|(path, source)| (path.as_str(), rules.check(path, source))).collect();
    let test_modules: BTreeSet<String> =
        checked.iter().flat_map(|(_, findings)| findings.test_modules.clone()).collect();
    let broken: Vec<&str> = checked
        .iter()
        .filter(|(path, _)| !is_test(path, &test_modules))
        .flat_map(|(_, findings)| findings.broken.iter().map(String::as_str))
        .collect();
    assert!(broken.is_empty(), "see *Layers* in ARCHITECTURE.md\n{}", broken.join("\n"));

    // A checker that sees nothing would be content with everything.
    let arrows: BTreeSet<_> = checked.iter().flat_map(|(_, findings)| &findings.arrows).collect();
    for (from, to) in [("value", "fingerprint"), ("graph", "value"), ("store", "fingerprint"), ("exec", "graph")] {
        assert!(arrows.contains(&(from.to_owned(), to.to_owned())), "no `{from}` names `{to}`: are paths still seen?");
    }
}

#[test]
fn listed_layers_exist() {
    let src = Path::new(ROOT).join("src");
    for layer in rules().layers() {
        let exists = src.join(layer).is_dir() || src.join(layer).with_extension("rs").is_file();
        assert!(exists, "ARCHITECTURE.md lists `{layer}`, but src/ has no such module");
    }
}

#[track_caller]
fn check(path: &str, source: &str, expected: &[&str]) {
    let found = rules().check(path, source).broken;
    assert_eq!(found, expected, "{source}");
}

#[test]
fn wrong_arrow_is_named_with_file_and_line() {
    check(
        "graph/wrong.rs",
        "//! Wrong.\n\nuse crate::fingerprint::Fingerprint;\nuse crate::store::{Batch, Store};\n",
        &["src/graph/wrong.rs:4: `graph` must not name `store` (it may name: error, fingerprint, value)"],
    );
    check(
        "store/wrong.rs",
        "//! Wrong.\nfn f() -> crate::graph::NodeCtx { loop {} }\n",
        &["src/store/wrong.rs:2: `store` must not name `graph` (it may name: fingerprint)"],
    );
    check(
        "fingerprint/wrong.rs",
        "//! Wrong.\nuse crate::{fingerprint::{Fingerprint, key}, value::{Value},\n    Graph};\n",
        &[
            "src/fingerprint/wrong.rs:2: `fingerprint` must not name `value` (it may name: )",
            "src/fingerprint/wrong.rs:3: `fingerprint` must not name `Graph` (it may name: )",
        ],
    );
}

#[test]
fn super_does_not_hide_an_arrow() {
    check(
        "graph/wrong.rs",
        "//! Wrong.\npub(super) fn f() { super::store::open(); }\n",
        &["src/graph/wrong.rs:2: `super` hides which module is named; write `crate::..`"],
    );
}

#[test]
fn confined_crate_is_kept_in_its_folder() {
    let wrong = |what: &str, name: &str, folder: &str| {
        let source = format!("//! Wrong.\n{what}\n");
        check(
            "exec/wrong.rs",
            &source,
            &[&format!("src/exec/wrong.rs:2: the crate `{name}` is confined to src/{folder}")],
        );
    };
    wrong("use fjall::Keyspace;", "fjall", "store");
    wrong("use ::fjall::Keyspace;", "fjall", "store");
    wrong("extern crate petgraph;", "petgraph", "graph");
    wrong("use petgraph as graphs;", "petgraph", "graph");
    wrong("fn f(_: indicatif::ProgressBar) {}", "indicatif", "cli");
    check(
        "exec/right.rs",
        "//! Right.\nuse rayon::ThreadPool;\nuse crate::exec::fjall::x;\nfn f(rayon: u8) { rayon; }\n",
        &[],
    );
    check("lib.rs", "//! Right.\nmod store;\npub use graph::Graph;\n", &[]);
}

#[test]
fn comments_literals_and_tests_do_not_count() {
    check(
        "graph/right.rs",
        r####"//! Right: crate::store.
/* crate::store /* fjall::x */ rayon::y */
fn f<'a>(_: &'a str) -> char { let _ = ("crate::store \" fjall::", r#"" rayon::"#, b'"', '\'', '"'); 'x' }
macro_rules! m { () => { $crate::store::x() }; }
#[cfg(test)]
#[doc(hidden)]
mod tests { use super::*; use crate::store::MemoryStore; fn g() { { rayon::x() } } }
#[cfg(test)]
use fjall::Keyspace;
"####,
        &[],
    );
    // Behind all of that the checker still sees.
    check(
        "graph/wrong.rs",
        "//! Wrong.\nconst Q: char = '\"';\n#[cfg(test)]\nmod tests {}\n#[cfg(not(test))]\nuse crate::exec::Engine;\n",
        &["src/graph/wrong.rs:6: `graph` must not name `exec` (it may name: error, fingerprint, value)"],
    );
}

#[test]
fn test_modules_in_files_are_left_out() {
    let findings = rules().check("store/mod.rs", "//! Store.\nmod memory;\n#[cfg(test)]\nmod crash_tests;\n");
    assert_eq!(findings.test_modules, ["store/crash_tests"]);
    let findings = rules().check("store/memory.rs", "//! Memory.\n#[cfg(test)]\nmod tests;\n");
    let test_modules = findings.test_modules.into_iter().collect();
    assert!(is_test("store/memory/tests.rs", &test_modules));
    assert!(is_test("store/memory/tests/large.rs", &test_modules));
    assert!(!is_test("store/memory.rs", &test_modules));
}

#[test]
fn habits_of_files() {
    check(
        "exec/wrong.rs",
        "use std::fmt;\n",
        &["src/exec/wrong.rs:1: the first line must be `//!` and say what the file is for"],
    );
    check(
        "exec/mod.rs",
        "//! Exec.\nmod run;\npub(crate) fn f<T>(_: fn(T)) {}\n",
        &["src/exec/mod.rs:3: a `mod.rs` holds documentation, modules and re-exports, no functions"],
    );
    check("exec/mod.rs", "//! Exec.\nmod run;\npub trait T { fn f(&self); }\ntype F = fn(u8) -> u8;\n", &[]);
    check(
        "exec/long.rs",
        &format!("//! Long.\n{}", "\n".repeat(600)),
        &["src/exec/long.rs:601: 601 lines; split the file by concept at 600"],
    );
    check("gui/mod.rs", "//! New.\n", &["src/gui/mod.rs:1: `gui` is not among the layers of ARCHITECTURE.md"]);
}
