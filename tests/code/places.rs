//! Wherever code can stand in a cargo project, the version of a node function follows what it calls and nothing else.

use crate::project::{Project, Told, succeed};
use std::process::Command;

/// A program, a library, another program, an example, a test and a benchmark of one package; a package beside it with
/// a build script; and a crate that all of them call.
fn project() -> Project {
    Project::new(&[
        (
            "Cargo.toml",
            r#"[workspace]
members = ["aid", "member", "tell"]
[package]
name = "places"
version = "0.1.0"
edition = "2024"
[lib]
name = "places"
[[bin]]
name = "other"
test = false
[[bench]]
name = "bench"
harness = false
[dependencies]
aid = { path = "aid" }
mamo = { path = "MAMO", default-features = false }
tell = { path = "tell" }
[profile.dev]
debug = false
[profile.test]
debug = false
"#,
        ),
        ("aid/Cargo.toml", "[package]\nname = \"aid\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\ntest = false\n"),
        ("aid/src/lib.rs", "pub fn aid(x: u32) -> u32 { x + 100 }\npub fn nobody() -> u32 { 7 }\n"),
        (
            "member/Cargo.toml",
            r#"[package]
name = "member"
version = "0.1.0"
edition = "2024"
[[bin]]
name = "member"
test = false
[dependencies]
aid = { path = "../aid" }
mamo = { path = "MAMO", default-features = false }
tell = { path = "../tell" }
"#,
        ),
        (
            "member/build.rs",
            "fn main() {\n    println!(\"cargo::rerun-if-changed=made.txt\");\n    \
             let folder = std::env::var(\"OUT_DIR\").unwrap();\n    \
             std::fs::copy(\"made.txt\", format!(\"{folder}/made.rs\")).unwrap();\n}\n",
        ),
        ("member/made.txt", "pub fn made(x: u32) -> u32 { x + 5 }\n"),
        (
            "member/src/main.rs",
            &format!(
                "{}mod made {{ include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\")); }}\n\
                 #[mamo::node]\nfn generated(x: u32) -> u32 {{ made::made(x) }}\n\
                 fn main() {{ tell(\"member\"); one(\"OUT_DIR\", generated::node); }}\n",
                node("member")
            ),
        ),
        (
            "src/lib.rs",
            &format!(
                "{}\n#[path = \"elsewhere/moved.rs\"]\npub mod moved;\ninclude!(\"included.rs\");\n\
                 #[mamo::node]\nfn text(x: u32) -> u32 {{ x + include_str!(\"text.txt\").len() as u32 }}\n\
                 pub fn tell_all() {{ tell(\"lib\"); moved::tell(\"#[path]\"); one(\"include!\", within::node); one(\"include_str!\", text::node); }}\n\
                 #[cfg(test)]\nmod tests {{\n    \
                 #[test]\n    fn tells() {{ super::tell(\"lib under test\"); }}\n    \
                 mod inner {{ {} #[test] fn tells() {{ tell(\"unit test\"); }} }}\n}}\n",
                node("lib"),
                node("unit test")
            ),
        ),
        ("src/elsewhere/moved.rs", &node("path")),
        (
            "src/included.rs",
            "fn beside(x: u32) -> u32 { x + 1 }\nfn not_called() -> u32 { 2 }\n\
             #[mamo::node]\nfn within(x: u32) -> u32 { beside(x) }\n",
        ),
        ("src/text.txt", "a text\n"),
        ("src/main.rs", &format!("{}fn main() {{ places::tell_all(); tell(\"main\"); }}\n", node("main"))),
        ("src/bin/other.rs", &format!("{}fn main() {{ tell(\"src/bin\"); }}\n", node("other"))),
        ("examples/example.rs", &format!("{}fn main() {{ tell(\"example\"); }}\n", node("example"))),
        ("tests/test.rs", &format!("{}#[test]\nfn tells() {{ tell(\"test\"); }}\n", node("test"))),
        ("benches/bench.rs", &format!("{}fn main() {{ tell(\"bench\"); }}\n", node("bench"))),
    ])
    .with_tell()
}

/// A node function, what it calls, what it does not call, and `tell`.
fn node(place: &str) -> String {
    format!(
        "/* {place} */\nfn helper(x: u32) -> u32 {{ aid::aid(x) + 1 }}\nfn unrelated() -> u32 {{ helper(3) + 5 }}\n\
         #[mamo::node]\nfn up(x: u32) -> u32 {{ helper(x) }}\n\
         pub fn tell(place: &str) {{ let _ = unrelated(); one(place, up::node); }}\n\
         fn one(place: &str, up: fn(mamo::Node<u32>) -> mamo::Spec<u32>) {{\n    \
         let (graph, _) = mamo::Graph::build(|g| Ok(g.add(up(g.value(1))))).unwrap();\n    tell::tell(place, &graph);\n}}\n"
    )
}

const SOURCES: [&str; 8] = [
    "src/lib.rs",
    "src/elsewhere/moved.rs",
    "src/main.rs",
    "src/bin/other.rs",
    "examples/example.rs",
    "tests/test.rs",
    "benches/bench.rs",
    "member/src/main.rs",
];

/// Those places in which a function calls `helper` of its own module.
const HELPED: [&str; 10] =
    ["#[path]", "bench", "example", "lib", "lib under test", "main", "member", "src/bin", "test", "unit test"];

/// Builds every target of the workspace and runs each.
fn told(project: &Project) -> Told {
    let format = "--message-format=json-render-diagnostics";
    let targets = ["build", "--workspace", "--bins", "--examples", "--tests", "--benches", format];
    let output = succeed(&mut project.cargo(&targets));
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        let is_build_script = message["target"]["kind"] == serde_json::json!(["custom-build"]);
        if let (Some(program), false) = (message["executable"].as_str(), is_build_script) {
            succeed(Command::new(program).env("TOLD", project.path("told")));
        }
    }
    project.take_told()
}

/// The places whose versions differ.
fn changed<'a>(before: &'a Told, after: &Told) -> Vec<&'a str> {
    assert_eq!(before.len(), after.len());
    before
        .iter()
        .filter(|(place, code)| after[*place].version != code.version)
        .map(|(place, _)| place.as_str())
        .collect()
}

#[test]
fn a_version_follows_what_is_called_in_every_place() {
    let project = project();
    let first = told(&project);
    let mut expected = HELPED.to_vec();
    expected.extend(["OUT_DIR", "include!", "include_str!"]);
    expected.sort_unstable();
    assert_eq!(first.keys().collect::<Vec<_>>(), expected);
    for (place, code) in &first {
        assert_eq!((code.scope.as_str(), code.fallback.as_deref()), ("deep", None), "{place}");
    }
    for place in HELPED {
        assert_eq!(first[place].items, 3, "`up`, `helper` and `aid` in {place}");
    }
    assert_eq!(first["lib"].version, first["lib under test"].version, "unit tests find what the program kept");

    for source in SOURCES {
        project.edit(source, "fn helper", "/// Documented.\nfn   helper");
        project.edit(source, "+ 5 }", "+ 6 }");
    }
    project.edit("aid/src/lib.rs", "{ 7 }", "{ 8 } // nobody calls it");
    project.edit("src/included.rs", "{ 2 }", "{ 3 }");
    assert_eq!(changed(&first, &told(&project)), [""; 0], "comments, and functions that are not called");

    for source in SOURCES {
        project.edit(source, "+ 1 }", "+ 2 }");
    }
    let second = told(&project);
    assert_eq!(changed(&first, &second), HELPED, "a helper");
    project.edit("aid/src/lib.rs", "x + 100", "x + 200");
    let third = told(&project);
    assert_eq!(changed(&second, &third), HELPED, "a helper in another crate");

    project.edit("src/included.rs", "x + 1", "x + 2");
    project.edit("src/text.txt", "a text", "another text");
    project.edit("member/made.txt", "x + 5", "x + 6");
    assert_eq!(changed(&third, &told(&project)), ["OUT_DIR", "include!", "include_str!"], "what is included");
}
