//! The sources of the crate that is being compiled, read once for all its node functions.

use crate::arguments::CodeScope;
use mamo_code::{Ask, Crate, Found as Place, Options};
use proc_macro2::Span;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// What the sources say of a function.
#[derive(Default)]
pub(crate) struct Found {
    /// The digest of what counts.
    pub(crate) digest: [u8; 32],
    /// What is reached, one item a line: a digest, the path, and the line of the item that led there.
    pub(crate) items: String,
    /// Conditions that decide about the code, to be asked of the compiler.
    pub(crate) cfgs: Vec<String>,
    /// Variables that the code reads while it is compiled.
    pub(crate) env: Vec<String>,
    /// What the types in the function's signature look like, where that can be told.
    pub(crate) shape: Option<[u8; 32]>,
    /// Why more counts than what the function reaches.
    pub(crate) fallback: Option<String>,
    /// Whether the function stands in one of the sources that were read.
    pub(crate) is_placed: bool,
}

/// The crate in hand. A compiler process compiles one crate.
static CRATE: Mutex<Option<(PathBuf, Crate)>> = Mutex::new(None);

/// Reads what a function reaches; an error says why that cannot be told.
pub(crate) fn find(name: Span, ident: &str, scope: CodeScope) -> Result<Found, String> {
    if !proc_macro::is_available() {
        return Err("the attribute is not expanded by a compiler".to_owned());
    }
    let span = name.unwrap();
    let (file, line, column) = (span.local_file(), span.line(), span.column());
    let call = Call::read(std::env::args()).ok_or("the compiler was called without a source file")?;
    let mut opened = CRATE.lock().unwrap_or_else(PoisonError::into_inner);
    if opened.as_ref().is_none_or(|(root, _)| *root != call.root) {
        let krate = Crate::open(&call.root, &call.options()).map_err(|error| error.to_string())?;
        *opened = Some((call.root.clone(), krate));
    }
    let Some((_, krate)) = opened.as_mut() else { return Err("the crate was not opened".to_owned()) };
    let ask = match file {
        Some(file) => Ask::at(file, line, column, ident),
        // Made by a macro of another crate: it has no place of its own.
        None => Ask::at("", line, column, ident),
    };
    let shape = krate.shape(&ask).map_err(|error| error.to_string())?;
    let mut found = Found::default();
    let place = match scope {
        CodeScope::Deep | CodeScope::Crate => {
            let reach = krate.reach(&ask).map_err(|error| error.to_string())?;
            let digest = if scope == CodeScope::Crate { krate.whole() } else { reach.version() };
            found.digest = *digest.as_bytes();
            if scope == CodeScope::Deep {
                found.items = reach.listing();
            }
            found.cfgs = reach.cfgs().to_vec();
            found.env = reach.env().to_vec();
            found.fallback = reach.fallback().map(ToOwned::to_owned);
            reach.found()
        }
        // What it reaches does not count, and need not be read.
        CodeScope::Body | CodeScope::Version(_) => krate.found(&ask).map_err(|error| error.to_string())?,
    };
    found.shape = (place == Place::Itself).then(|| *shape.as_bytes());
    found.is_placed = place != Place::Nowhere;
    Ok(found)
}

/// The compiler that runs this, in its own words.
pub(crate) fn toolchain() -> Result<String, String> {
    let compiler = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(compiler).arg("-vV").output().map_err(|error| error.to_string())?;
    if !output.status.success() || output.stdout.is_empty() {
        return Err("the compiler does not tell its version".to_owned());
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

/// How the compiler was called.
struct Call {
    root: PathBuf,
    is_test: bool,
}

impl Call {
    /// rustc's own command line. That is exact, but nowhere promised; whoever else expands macros has another one.
    fn read(arguments: impl Iterator<Item = String>) -> Option<Self> {
        let mut root = None;
        let mut is_test = false;
        for argument in arguments.skip(1).flat_map(unfold) {
            if argument == "--test" {
                is_test = true;
            } else if !argument.starts_with('-') && Path::new(&argument).extension().is_some_and(|it| it == "rs") {
                root.get_or_insert(PathBuf::from(argument));
            }
        }
        let root = root.filter(|root| root.is_file())?;
        Some(Self { root, is_test })
    }

    fn options(&self) -> Options {
        // mamo's own part in an answer is named by the recipe in every key.
        let mut options = Options::default().trust("mamo").trust("mamo-macros");
        if self.is_test {
            options = options.with_tests();
        }
        for name in ["OUT_DIR", "CARGO_MANIFEST_DIR"] {
            if let Ok(value) = std::env::var(name) {
                options = options.variable(name, value);
            }
        }
        match std::env::var_os("CARGO_MANIFEST_DIR") {
            Some(folder) => options.package(PathBuf::from(folder)),
            None => options,
        }
    }
}

/// A long command line lies in a file: `@path`, one argument a line.
fn unfold(argument: String) -> Vec<String> {
    let Some(path) = argument.strip_prefix('@') else { return vec![argument] };
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Option<(PathBuf, bool)> {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned());
        Call::read(arguments).map(|call| (call.root, call.is_test))
    }

    #[test]
    fn the_compilers_command_line_names_the_root() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs");
        assert_eq!(read(&["rustc", "--crate-name", "x", root, "--test"]), Some((root.into(), true)));
        assert_eq!(read(&["clippy-driver", "rustc", "--edition=2024", root]), Some((root.into(), false)));
        assert_eq!(read(&["rust-analyzer-proc-macro-srv"]), None);
        assert_eq!(read(&["rustc", "no/such/file.rs"]), None);
        assert_eq!(read(&["rustc", "-"]), None, "standard input");
    }
}
