//! Random crates, one random literal changed at a time: whatever answers differently must have another version.
//!
//! `MAMO_FUZZ_CODE=100..200 cargo test -p mamo-code --test fuzz` runs other seeds than the usual ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "these are tests throughout")]

mod generate;
mod random;

use generate::{Program, TARGETS};
use mamo_code::{Ask, Crate, Options};
use random::Random;
use std::path::{Path, PathBuf};
use std::process::Command;

const SEEDS: std::ops::Range<u64> = 0..6;
const MUTATIONS: usize = 5;

#[derive(Debug, Default)]
struct Tally {
    changed_answers: usize,
    changed_versions: usize,
    compared: usize,
    fallbacks: usize,
}

#[test]
fn a_changed_answer_has_a_changed_version() {
    let seeds = std::env::var("MAMO_FUZZ_CODE").map_or(SEEDS, |text| {
        let (start, end) = text.split_once("..").expect("a range");
        start.parse().expect("a number")..end.parse().expect("a number")
    });
    let mut tally = Tally::default();
    for seed in seeds {
        one_seed(seed, &mut tally);
    }
    println!("{tally:?}");
    assert!(tally.changed_answers > 0, "nothing was tried");
}

fn one_seed(seed: u64, tally: &mut Tally) {
    let folder = std::env::temp_dir().join(format!("mamo-code-fuzz-{}-{seed}", std::process::id()));
    let mut random = Random::new(seed);
    let program = Program::random(&mut random);
    let before = look(&program, &folder);
    for _ in 0..MUTATIONS {
        let mut mutated = program.clone();
        let what = mutated.mutate(&mut random);
        let after = look(&mutated, &folder);
        for (place, (before, after)) in before.iter().zip(&after).enumerate() {
            tally.compared += 1;
            tally.fallbacks += usize::from(before.has_fallen_back);
            tally.changed_versions += usize::from(before.version != after.version);
            if before.answer != after.answer {
                tally.changed_answers += 1;
                assert_ne!(
                    before.version,
                    after.version,
                    "seed {seed}: t{place} went from {} to {} by {what}; see {}",
                    before.answer,
                    after.answer,
                    folder.display()
                );
            }
        }
    }
    std::fs::remove_dir_all(&folder).expect("removes");
}

struct Look {
    answer: String,
    version: mamo_code::Version,
    has_fallen_back: bool,
}

/// The answer and the version of each target.
fn look(program: &Program, folder: &Path) -> Vec<Look> {
    program.write(folder);
    let answers = run(folder);
    let mut krate = Crate::open(&folder.join("main.rs"), &Options::default()).expect("opens");
    let looks = answers.lines().enumerate().map(|(place, answer)| {
        let reach = krate.reach(&Ask::path(format!("t{place}"))).expect("known");
        if let Some(f) = reach.fallback() {
            println!("{f}");
        }
        Look { answer: answer.to_owned(), version: reach.version(), has_fallen_back: reach.fallback().is_some() }
    });
    let looks: Vec<Look> = looks.collect();
    assert_eq!(looks.len(), TARGETS);
    looks
}

fn run(folder: &Path) -> String {
    let program: PathBuf = folder.join("program");
    let output = Command::new("rustc")
        .args(["--edition", "2024", "--cap-lints", "allow", "-C", "debuginfo=0", "-o"])
        .arg(&program)
        .arg(folder.join("main.rs"))
        .output()
        .expect("rustc starts");
    assert!(output.status.success(), "{}: {}", folder.display(), String::from_utf8_lossy(&output.stderr));
    let output = Command::new(program).output().expect("runs");
    assert!(output.status.success(), "{}: {}", folder.display(), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}
