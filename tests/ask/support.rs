//! Calls of a small pipeline's command line, and what they say without what differs from run to run.

use expect_test::Expect;
use mamo::cli::Invocation;
use mamo::{Graph, Node, node, source};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[node]
fn table(rows: usize) -> Vec<u64> {
    (0..rows).map(|row| u64::try_from(row * row).unwrap()).collect()
}

#[node]
fn sum(table: &[u64]) -> u64 {
    table.iter().sum()
}

pub(crate) fn pipeline(rows: usize) -> impl Fn(&Graph) -> mamo::Result<Node<u64>> {
    move |g| {
        let rows = g.add(source::param("rows", rows));
        let sum = g.add(sum::node(g.add(table::node(rows))));
        g.target("sum", sum);
        Ok(sum)
    }
}

/// What a call gives: code, standard output, standard error.
pub(crate) fn call(store: &Path, rows: usize, args: &str) -> (u8, String, String) {
    call_with(store, pipeline(rows), args)
}

pub(crate) fn call_with<T>(
    store: &Path,
    pipeline: impl Fn(&Graph) -> mamo::Result<Node<T>>,
    args: &str,
) -> (u8, String, String) {
    let (stdout, stderr) = (Buffer::default(), Buffer::default());
    let args = ["app"].into_iter().chain(args.split_whitespace());
    let call = Invocation::new(args, stdout.clone(), stderr.clone()).env("MAMO_STORE", store);
    let code = call.run(pipeline);
    (code, stdout.text(), stderr.text())
}

/// Sizes, times and digests differ from run to run.
pub(crate) fn scrubbed(text: &str) -> String {
    let mut scrubbed = String::new();
    for word in text.split_inclusive([' ', '\n', '(', ',', ':', '}']) {
        let core = word.trim_end_matches([' ', '\n', '(', ',', ':', '}', ')', '"']);
        let is_digest = core.trim_start_matches('"').len() >= 8
            && core.trim_start_matches('"').chars().all(|c| c.is_ascii_hexdigit());
        let is_number = core.chars().next().is_some_and(|c| c.is_ascii_digit())
            && core.chars().all(|c| c.is_ascii_digit() || c == '.');
        if is_digest || is_number {
            scrubbed.push_str(&word.replacen(core.trim_start_matches('"'), "_", 1));
        } else {
            scrubbed.push_str(word);
        }
    }
    for unit in ["kB", "MB", "B", "ms", "s"] {
        for end in [" ", ",", ")", ";", ":", "\n"] {
            scrubbed = scrubbed.replace(&format!("_ {unit}{end}"), &format!("_{end}"));
        }
    }
    // Said when it was a millisecond at least.
    scrubbed = scrubbed.replace(", saved _", "");
    // Columns are as wide as what stands in them.
    while let Some(place) = scrubbed.find("   ") {
        scrubbed.replace_range(place..place + 3, "  ");
    }
    scrubbed
}

pub(crate) fn check(store: &Path, args: &str, code: u8, expected: Expect) {
    check_with(store, pipeline(500), args, code, expected);
}

pub(crate) fn check_with<T>(
    store: &Path,
    pipeline: impl Fn(&Graph) -> mamo::Result<Node<T>>,
    args: &str,
    code: u8,
    expected: Expect,
) {
    let (ended, stdout, stderr) = call_with(store, pipeline, args);
    assert_eq!(ended, code, "{stdout}{stderr}");
    expected.assert_eq(&scrubbed(&format!("{stdout}{stderr}")));
}
