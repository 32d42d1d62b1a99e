//! Nodes that give something else each time, and files that change under the run's hands.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Graph, Node, Persist, node, source};
use std::sync::atomic::{AtomicU32, Ordering};

static DICE: AtomicU32 = AtomicU32::new(0);

#[node]
fn roll(x: u32) -> u32 {
    x * 1000 + DICE.fetch_add(1, Ordering::SeqCst)
}

#[node]
fn low(x: u32) -> u32 {
    x
}

#[node]
fn high(x: u32, plus: u32) -> u32 {
    x + plus
}

/// A node below an unstable one was computed from one value; another node must not be computed from the next.
#[test]
fn a_node_that_gives_another_value_is_known_by_it_from_then_on() {
    let bench = Bench::in_memory();
    let pipeline = |plus: u32| {
        move |g: &Graph| {
            let roll = g.add(roll::node(g.value(1)).persist(Persist::Never));
            let (low, high) = (g.add(low::node(roll)), g.add(high::node(roll, g.value(plus))));
            g.target("low", low);
            g.target("high", high);
            Ok((low, high))
        }
    };
    let values = |plus: u32| {
        let (run, (low, high)) = bench.run(pipeline(plus));
        (*run.get(low).unwrap(), *run.get(high).unwrap(), run.restarts())
    };
    let (low, high, restarts) = values(0);
    assert_eq!((low, restarts), (high, 0));
    bench.log.take();
    // Its bytes were not kept: `roll` runs again, gives something else, and `low` follows.
    let (new_low, new_high, restarts) = values(5);
    assert_eq!(new_low + 5, new_high);
    assert_ne!(new_low, low);
    assert_eq!(restarts, 1);
    expect!["@roll high low roll"].assert_eq(&bench.log.take());
    // Diverged nodes are kept whatever their policy: nothing more is rolled.
    let (newer_low, newer_high, restarts) = values(6);
    assert_eq!((newer_low, newer_high, restarts), (new_low, new_low + 6, 0));
    expect!["high"].assert_eq(&bench.log.take());
}

#[test]
fn a_file_that_changes_while_a_node_reads_it_starts_the_run_over() {
    #[node]
    fn read(file: &std::path::Path) -> Result<String, std::io::Error> {
        let text = std::fs::read_to_string(file)?;
        if text == "before" {
            std::fs::write(file, "after!")?;
        }
        Ok(text)
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.txt");
    std::fs::write(&path, "before").unwrap();
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| Ok(g.add(read::node(g.add(source::file(&path)))));
    assert_eq!(bench.check(pipeline, expect!["@file read"]).unwrap(), "after!");
    assert_eq!(bench.check(pipeline, expect![""]).unwrap(), "after!");
}

#[test]
fn a_changed_file_runs_its_cone_and_a_restored_one_nothing() {
    #[node]
    fn length(text: &str) -> usize {
        text.len()
    }
    #[node]
    fn twice(x: usize) -> usize {
        x * 2
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.txt");
    let bench = Bench::in_memory();
    let check = |text: &str, expected| {
        std::fs::write(&path, text).unwrap();
        let pipeline = |g: &Graph| -> mamo::Result<Node<usize>> {
            Ok(g.add(twice::node(g.add(length::node(g.add(source::file(&path)))))))
        };
        assert_eq!(bench.check(pipeline, expected).unwrap(), text.len() * 2);
    };
    check("abc", expect!["length twice"]);
    check("abcd", expect!["length twice"]);
    check("abc", expect![""]);
    check("xyz", expect!["length ~twice"]);
}
