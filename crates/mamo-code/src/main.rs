//! `mamo-code reach src/lib.rs my_fn`: what a function reaches, and through whom.
#![allow(clippy::print_stderr, reason = "telling people is what it is for")]

use mamo_code::{Ask, Crate, Options, Problem, Reach};
use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

const HELP: &str = "\
mamo-code reach FILE FUNCTION [--json]   what a function reaches; FILE is a crate's root file
mamo-code shape FILE FUNCTION            the digest of the types in its signature
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_json = arguments.iter().any(|argument| argument == "--json");
    let words: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| *argument != "--json").collect();
    let told = match words.as_slice() {
        ["reach", file, function] => reach(file, function, is_json),
        ["shape", file, function] => shape(file, function),
        ["help" | "--help" | "-h"] => Ok(HELP.to_owned()),
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match told {
        Ok(text) => {
            // Whoever reads may have read enough.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(problem) => {
            let source = problem.source().map_or_else(String::new, |source| format!(": {source}"));
            eprintln!("{problem}{source}");
            ExitCode::from(2)
        }
    }
}

/// As `#[mamo::node]` asks: mamo's own part in an answer is named elsewhere.
fn options() -> Options {
    Options::default().trust("mamo").trust("mamo-macros")
}

fn reach(file: &str, function: &str, is_json: bool) -> Result<String, Problem> {
    let mut krate = Crate::open(Path::new(file), &options())?;
    let reach = krate.reach(&Ask::path(function))?;
    Ok(if is_json { json(&reach) } else { listing(&reach) })
}

fn shape(file: &str, function: &str) -> Result<String, Problem> {
    let mut krate = Crate::open(Path::new(file), &options())?;
    Ok(format!("{}\n", krate.shape(&Ask::path(function))?))
}

fn listing(reach: &Reach) -> String {
    let mut text = format!("version {}\n", reach.version());
    for item in reach.items() {
        let hash: String = item.hash.to_string().chars().take(8).collect();
        text.push_str(&format!("  {hash} {}", item.path));
        if let Some(through) = &item.through {
            text.push_str(&format!("  <- {through}"));
        }
        text.push('\n');
    }
    for (title, lines) in [("crate", reach.crates()), ("cfg", reach.cfgs()), ("env", reach.env())] {
        for line in lines {
            text.push_str(&format!("{title} {line}\n"));
        }
    }
    for file in reach.files() {
        text.push_str(&format!("file {}\n", file.path.display()));
    }
    if let Some(reason) = reach.fallback() {
        text.push_str(&format!("whole crate: {reason}\n"));
    }
    text
}

fn json(reach: &Reach) -> String {
    let items: Vec<String> = reach
        .items()
        .iter()
        .map(|item| {
            let through = item.through.as_deref().map_or_else(|| "null".to_owned(), quoted);
            format!("{{\"path\":{},\"hash\":\"{}\",\"through\":{through}}}", quoted(&item.path), item.hash)
        })
        .collect();
    let crates: Vec<String> = reach.crates().iter().map(|text| quoted(text)).collect();
    let fallback = reach.fallback().map_or_else(|| "null".to_owned(), quoted);
    format!(
        "{{\"schema\":\"mamo.reach/1\",\"version\":\"{}\",\"items\":[{}],\"crates\":[{}],\"fallback\":{fallback}}}\n",
        reach.version(),
        items.join(","),
        crates.join(",")
    )
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            character if character < ' ' => quoted.push_str(&format!("\\u{:04x}", u32::from(character))),
            character => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
