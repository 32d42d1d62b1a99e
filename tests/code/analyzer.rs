//! rust-analyzer expands macros in a server of its own, where there is neither a compiler nor a file.
//!
//! The server comes with the compiler; rust-analyzer itself, which is not asked for here, only passes tokens on. Its
//! messages are lines of JSON, described in rust-analyzer's `crates/proc-macro-api/src/legacy_protocol`.

use crate::project::{Project, succeed};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Tokens as the server takes them: leaves and groups by number, each group with its children one after the other.
#[derive(Default)]
struct Tree {
    groups: Vec<[u32; 5]>,
    puncts: Vec<[u32; 3]>,
    idents: Vec<[u32; 3]>,
    children: Vec<u32>,
    texts: Vec<String>,
}

impl Tree {
    /// Reads words and signs with a space between each.
    fn new(text: &str) -> Self {
        let mut tree = Self::default();
        tree.group(0, &mut text.split_whitespace());
        tree
    }

    /// Reads a group up to its end, and gives its number.
    fn group<'a>(&mut self, kind: u32, words: &mut impl Iterator<Item = &'a str>) -> u32 {
        let number = self.groups.len();
        self.groups.push([0; 5]);
        let mut children = Vec::new();
        while let Some(word) = words.next() {
            let child = match word {
                "(" => self.group(1, words) << 2,
                "{" => self.group(2, words) << 2,
                ")" | "}" => break,
                ">" | ":" => self.punct(word, 0),
                "-" => self.punct(word, 1),
                word => {
                    self.idents.push([0, count(&self.texts), 0]);
                    self.texts.push(word.to_owned());
                    (count(&self.idents) - 1) << 2 | 3
                }
            };
            children.push(child);
        }
        let start = count(&self.children);
        self.children.extend(children);
        self.groups[number] = [0, 0, kind, start, count(&self.children)];
        u32::try_from(number).unwrap()
    }

    fn punct(&mut self, sign: &str, is_joint: u32) -> u32 {
        self.puncts.push([0, u32::from(sign.chars().next().unwrap()), is_joint]);
        (count(&self.puncts) - 1) << 2 | 2
    }

    fn json(&self) -> Value {
        json!({
            "subtree": self.groups.concat(), "literal": [], "punct": self.puncts.concat(),
            "ident": self.idents.concat(), "token_tree": self.children, "text": self.texts,
        })
    }
}

fn count<T>(of: &[T]) -> u32 {
    u32::try_from(of.len()).unwrap()
}

/// Sends requests, and gives the answers.
fn ask(server: &Path, requests: &[Value]) -> Vec<Value> {
    let mut command = Command::new(server);
    command.env("RUST_ANALYZER_INTERNALS_DO_NOT_USE", "this is unstable");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    for request in requests {
        writeln!(input, "{request}").unwrap();
    }
    drop(input);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The server of the compiler in use, if it is installed.
fn server(project: &Project) -> Option<PathBuf> {
    let mut rustc = Command::new("rustc");
    let output = succeed(rustc.args(["--print", "sysroot"]).current_dir(project.path("")));
    let folder = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim()).join("libexec");
    let server = folder.join(format!("rust-analyzer-proc-macro-srv{}", std::env::consts::EXE_SUFFIX));
    server.is_file().then_some(server)
}

/// The library of mamo's macros, which cargo builds for the project.
fn macros(project: &Project) -> String {
    let output = succeed(&mut project.cargo(&["check", "--message-format=json-render-diagnostics"]));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut messages = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let built = messages.find(|message| message["target"]["name"] == "mamo_macros").unwrap();
    built["filenames"][0].as_str().unwrap().to_owned()
}

#[test]
fn rust_analyzer_gets_a_node_that_the_whole_program_counts_for() {
    let manifest = "[package]\nname = \"analyzed\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n\
                    mamo = { path = \"MAMO\", default-features = false }\n[profile.dev]\ndebug = false\n[workspace]\n";
    let project = Project::new(&[("Cargo.toml", manifest), ("src/lib.rs", "")]);
    let Some(server) = server(&project) else {
        eprintln!("SKIPPED: the compiler has no rust-analyzer-proc-macro-srv");
        return;
    };
    let expand = json!({ "ExpandMacro": {
        "lib": macros(&project),
        "env": [["CARGO_MANIFEST_DIR", project.path("")]],
        "current_dir": project.path(""),
        "macro_body": Tree::new("fn up ( x : u32 ) - > u32 { helper ( x ) }").json(),
        "macro_name": "node",
        "attributes": Tree::new("").json(),
        "has_global_spans": { "def_site": 0, "call_site": 0, "mixed_site": 0 },
        "span_data_table": [0, 0, 0, 1, 0],
    }});
    let configure = json!({ "SetConfig": { "span_mode": "RustAnalyzer" } });
    let answers = ask(&server, &[json!({ "ApiVersionCheck": {} }), configure, expand.clone(), expand]);
    assert_eq!(answers.len(), 4, "{answers:?}");
    let expanded = &answers[2]["ExpandMacroExtended"]["Ok"]["tree"];
    let texts: Vec<&str> = expanded["text"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for text in ["up", "helper", "DeclaredFunction", "is_placed", "the compiler was called without a source file"] {
        assert!(texts.contains(&text), "`{text}` is not in {texts:?}");
    }
    assert!(!texts.contains(&"compile_error"), "{texts:?}");
    assert_eq!(answers[2], answers[3], "the server stays as it is");
}
