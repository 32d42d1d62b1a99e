//! A cargo project in a folder of its own, and what its programs say of their node functions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A project that goes away with the test. All of them build into one folder, so that dependencies are compiled once
/// and found again in the next run of the tests; packages of two tests therefore have different names.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

/// What a program says of a node function, under the name that it gives to the place.
pub(crate) type Told = BTreeMap<String, Code>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) function: String,
    pub(crate) scope: String,
    pub(crate) version: String,
    pub(crate) items: usize,
    pub(crate) fallback: Option<String>,
}

/// The crate `tell`: its only function writes down what is known of the code of a graph's functions.
const TELL: &str = r#"
use std::io::Write as _;
pub fn tell(place: &str, graph: &mamo::Graph) {
    let Some(path) = std::env::var_os("TOLD") else { return };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    for code in graph.code() {
        let fallback = code.fallback.unwrap_or_default();
        let line = format!("{place}\t{}\t{}\t{}\t{}\t{fallback}\n", code.function, code.scope, code.version, code.items);
        file.write_all(line.as_bytes()).unwrap();
    }
}
"#;

/// The root of mamo's own repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Project {
    /// Writes files; `MAMO` in a manifest stands for mamo's folder.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        for (name, text) in files {
            let is_manifest = name.ends_with("Cargo.toml");
            let mamo = repository().display().to_string();
            project.write(name, &if is_manifest { text.replace("MAMO", &mamo) } else { (*text).to_owned() });
        }
        // The versions of dependencies that mamo itself is tested with, and no look at the network.
        std::fs::copy(repository().join("Cargo.lock"), project.path("Cargo.lock")).unwrap();
        project
    }

    /// Writes the crate that tells, for projects that depend on it.
    pub(crate) fn with_tell(self) -> Self {
        self.write("tell/src/lib.rs", TELL);
        let manifest = "[package]\nname = \"tell\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[lib]\ntest = false\ndoctest = false\n\
                        [dependencies]\nmamo = { path = \"MAMO\", default-features = false }\n";
        self.write("tell/Cargo.toml", &manifest.replace("MAMO", &repository().display().to_string()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Replaces text that must be there.
    #[track_caller]
    pub(crate) fn edit(&self, name: &str, before: &str, after: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(before), "`{name}` has no `{before}`");
        self.write(name, &text.replace(before, after));
    }

    /// `cargo` in the project's folder.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(arguments).current_dir(self.folder.path());
        cargo.env("CARGO_TARGET_DIR", target()).env("TOLD", self.path("told"));
        // No debugger looks at them: half of what is built is saved.
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "false");
        // What the tests are run with says nothing about the project.
        for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"] {
            cargo.env_remove(variable);
        }
        cargo
    }

    /// Runs a command of cargo that runs programs, and gives what they told.
    #[track_caller]
    pub(crate) fn told(&self, command: &mut Command) -> Told {
        succeed(command);
        self.take_told()
    }

    /// What was told since the last time.
    #[track_caller]
    pub(crate) fn take_told(&self) -> Told {
        let text = std::fs::read_to_string(self.path("told")).unwrap();
        std::fs::remove_file(self.path("told")).unwrap();
        let mut told = Told::new();
        for line in text.lines() {
            let words: Vec<&str> = line.split('\t').collect();
            let code = Code {
                function: words[1].to_owned(),
                scope: words[2].to_owned(),
                version: words[3].to_owned(),
                items: words[4].parse().unwrap(),
                fallback: (!words[5].is_empty()).then(|| words[5].to_owned()),
            };
            assert_eq!(told.insert(words[0].to_owned(), code), None, "`{}` told twice", words[0]);
        }
        told
    }
}

/// Where all projects are built.
pub(crate) fn target() -> PathBuf {
    repository().join("target/tests/code")
}

/// Runs a command that must succeed.
#[track_caller]
pub(crate) fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Runs a command that must fail, and gives what it says.
#[track_caller]
pub(crate) fn fail(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(!output.status.success(), "{command:?} succeeds");
    String::from_utf8(output.stderr).unwrap()
}
