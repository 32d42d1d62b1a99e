//! The rules of `ARCHITECTURE.md`, and a source file held against them.

use crate::lexer::{Lexed, Token, lex};
use std::collections::{BTreeMap, BTreeSet};

/// Lines of a file, tests and comments included.
const MOST_LINES: usize = 600;

/// Which module may name which, and where external crates may be named.
pub(crate) struct Rules {
    layers: BTreeMap<String, BTreeSet<String>>,
    confined: BTreeMap<String, BTreeSet<String>>,
}

/// What was found in a file.
#[derive(Default)]
pub(crate) struct Findings {
    /// `file:line: what is wrong`.
    pub(crate) broken: Vec<String>,
    /// Every arrow that was seen between two modules, broken or not.
    pub(crate) arrows: BTreeSet<(String, String)>,
    /// Paths below `src/` of modules that are compiled for tests alone, without `.rs`.
    pub(crate) test_modules: Vec<String>,
}

impl Rules {
    /// Reads the two fenced lists.
    pub(crate) fn parse(architecture: &str) -> Self {
        let list = |name: &str| -> BTreeMap<String, BTreeSet<String>> {
            let (_, after) = architecture
                .split_once(&format!("```{name}\n"))
                .unwrap_or_else(|| panic!("ARCHITECTURE.md has no fenced list `{name}`"));
            let (list, _) = after.split_once("```").expect("the list ends");
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
            list.lines()
                .map(|line| line.split_once(':').unwrap_or_else(|| panic!("`{line}` has no colon")))
                .flat_map(|(names, allowed)| words(names).into_iter().map(move |name| (name, words(allowed))))
                .collect()
        };
        Self { layers: list("layers"), confined: list("confined") }
    }

    /// Checks a file; `path` is relative to `src/`, with slashes.
    pub(crate) fn check(&self, path: &str, source: &str) -> Findings {
        let Lexed { tokens, test_modules } = lex(source);
        let mut findings = Findings::default();
        let mut broken = |line: usize, what: String| findings.broken.push(format!("src/{path}:{line}: {what}"));

        if !source.starts_with("//!") {
            broken(1, "the first line must be `//!` and say what the file is for".into());
        }
        let n_lines = source.lines().count();
        if n_lines > MOST_LINES {
            broken(n_lines, format!("{n_lines} lines; split the file by concept at {MOST_LINES}"));
        }
        if path.ends_with("mod.rs") {
            for line in function_bodies(&tokens) {
                broken(line, "a `mod.rs` holds documentation, modules and re-exports, no functions".into());
            }
        }

        let module = path.split(['/', '.']).next().unwrap_or(path);
        if module != "lib" {
            match self.layers.get(module) {
                None => broken(1, format!("`{module}` is not among the layers of ARCHITECTURE.md")),
                Some(allowed) => {
                    for (named, line) in crate_paths(&tokens) {
                        if named != module && !allowed.contains(named) {
                            let allowed = allowed.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
                            broken(line, format!("`{module}` must not name `{named}` (it may name: {allowed})"));
                        }
                        findings.arrows.insert((module.to_owned(), named.to_owned()));
                    }
                }
            }
            for line in super_paths(&tokens) {
                broken(line, "`super` hides which module is named; write `crate::..`".into());
            }
        }
        for (name, line) in external_paths(&tokens) {
            if let Some(folders) = self.confined.get(name)
                && !folders.contains(module)
            {
                let folders = folders.iter().map(|folder| format!("src/{folder}")).collect::<Vec<_>>().join(", ");
                broken(line, format!("the crate `{name}` is confined to {folders}"));
            }
        }

        let folder = match path.rsplit_once('/') {
            Some((folder, "mod.rs")) => format!("{folder}/"),
            Some(_) => format!("{}/", path.trim_end_matches(".rs")),
            None => String::new(),
        };
        findings.test_modules = test_modules.into_iter().map(|name| format!("{folder}{name}")).collect();
        findings
    }

    /// The modules in the list.
    pub(crate) fn layers(&self) -> impl Iterator<Item = &str> {
        self.layers.keys().map(String::as_str)
    }
}

/// The first names of all paths from `crate`, groups in braces taken apart. `$crate` is the user's view and does not count.
fn crate_paths<'a>(tokens: &[Token<'a>]) -> Vec<(&'a str, usize)> {
    let mut paths = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let after: Vec<_> = tokens[at + 1..].iter().take(3).map(|token| token.text).collect();
        let is_path = token.text == "crate" && after.starts_with(&[":", ":"]);
        if !is_path || (at > 0 && tokens[at - 1].text == "$") {
            continue;
        }
        if after.last() != Some(&"{") {
            paths.extend(tokens.get(at + 3).map(|name| (name.text, name.line)));
            continue;
        }
        let (mut depth, mut is_first) = (0, false);
        for token in &tokens[at + 3..] {
            match token.text {
                "{" => depth += 1,
                "}" => depth -= 1,
                "," => {}
                _ if is_first && depth == 1 => paths.push((token.text, token.line)),
                _ => {}
            }
            if depth == 0 {
                break;
            }
            is_first = matches!(token.text, "{" | ",") && depth == 1;
        }
    }
    paths
}

/// `super::`, whatever follows.
fn super_paths<'a>(tokens: &'a [Token<'_>]) -> impl Iterator<Item = usize> + 'a {
    tokens.windows(2).filter(|pair| pair[0].text == "super" && pair[1].text == ":").map(|pair| pair[0].line)
}

/// Names that may be those of crates: at the start of a path, or alone after `use` and `extern crate`.
fn external_paths<'a>(tokens: &'a [Token<'a>]) -> impl Iterator<Item = (&'a str, usize)> + 'a {
    const KEYWORDS: [&str; 9] = ["as", "dyn", "else", "for", "impl", "in", "mut", "return", "use"];
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let is_segment = |text: &str| {
        text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '>')) && !KEYWORDS.contains(&text)
    };
    tokens.iter().enumerate().filter_map(move |(at, token)| {
        let before = |n: usize| at.checked_sub(n).map_or("", text);
        // `::fjall` begins a path; `store::fjall` and `crate::store::fjall` do not.
        let goes_on = before(1) == ":" && before(2) == ":" && is_segment(before(3));
        let is_path = text(at + 1) == ":" && text(at + 2) == ":";
        let is_import = matches!(before(1), "use" | "crate");
        (!goes_on && (is_path || is_import)).then_some((token.text, token.line))
    })
}

/// Lines on which functions with bodies begin.
fn function_bodies(tokens: &[Token<'_>]) -> Vec<usize> {
    let is_function = |at: usize| tokens.get(at + 1).is_some_and(|name| !matches!(name.text, "(" | "<"));
    let has_body =
        |at: usize| tokens[at..].iter().map(|token| token.text).find(|text| matches!(*text, "{" | ";")) == Some("{");
    let functions = tokens.iter().enumerate().filter(|(at, token)| token.text == "fn" && is_function(*at));
    functions.filter(|(at, _)| has_body(*at)).map(|(_, token)| token.line).collect()
}
