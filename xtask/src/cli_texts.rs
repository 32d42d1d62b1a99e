//! What is written about the command line of a pipeline's program: completions for shells, manual pages.
//!
//! `cargo xtask completions flights` and `cargo xtask man flights` call this.

use clap_complete::{Shell, generate_to};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const SHELLS: [Shell; 5] = [Shell::Bash, Shell::Elvish, Shell::Fish, Shell::PowerShell, Shell::Zsh];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // clap keeps names for the rest of the program, which is all that follows.
    let arguments: Vec<&'static str> = arguments.into_iter().map(|argument| &*argument.leak()).collect();
    let written = match arguments.as_slice() {
        ["completions", name] => completions(name),
        ["man", name] => manual(name),
        _ => Err(io::Error::other("say `completions NAME` or `man NAME`")),
    };
    match written {
        Ok(folder) => {
            println!("written to {}", folder.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn completions(name: &'static str) -> io::Result<PathBuf> {
    let folder = folder("completions")?;
    for shell in SHELLS {
        generate_to(shell, &mut mamo::__private::command(name), name, &folder)?;
    }
    Ok(folder)
}

/// One page for the program, and one for each command.
fn manual(name: &'static str) -> io::Result<PathBuf> {
    let folder = folder("man")?;
    clap_mangen::generate_to(mamo::__private::command(name), &folder)?;
    Ok(folder)
}

fn folder(name: &str) -> io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target").join(name);
    fs::create_dir_all(&folder)?;
    folder.canonicalize()
}
