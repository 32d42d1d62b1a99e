//! Nodes that give something else each time, and files that change under the run's hands.

use crate::support::Bench;
use expect_test::expect;
use mamo::store::{Batch, MemoryStore, RecordKind, Store};
use mamo::{Engine, Failure, Graph, Node, Persist, node, source};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

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

#[node]
fn add(a: u32, b: u32) -> u32 {
    a + b
}

/// Removes every value that lies in a file of its own.
fn lose(store: &std::path::Path) {
    for folder in std::fs::read_dir(store.join("objects")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
        }
    }
}

#[test]
fn equal_random_nodes_give_one_value() {
    static DICE: AtomicU32 = AtomicU32::new(1000);
    #[node]
    fn roll(x: u32) -> u32 {
        x + DICE.fetch_add(1, Ordering::SeqCst)
    }
    let engine = Engine::builder().jobs(1).in_memory();
    let (graph, (n, m, t)) = Graph::build(|g| {
        let n = g.add(roll::node(g.value(0)).name("n").persist(Persist::Never));
        let m = g.add(roll::node(g.value(0)).name("m").persist(Persist::Never));
        Ok((n, m, g.add(add::node(n, m))))
    })
    .unwrap();
    for _ in 0..2 {
        let run = engine.run(&graph).unwrap();
        assert_eq!(*run.get(n).unwrap() + *run.get(m).unwrap(), *run.get(t).unwrap());
    }
}

#[test]
fn a_settled_failure_is_no_divergence() {
    static FAILS: AtomicBool = AtomicBool::new(false);
    #[node]
    fn fetch(x: u8) -> Result<Vec<u8>, String> {
        if FAILS.load(Ordering::SeqCst) { Err("offline".into()) } else { Ok(vec![x; 2 << 20]) }
    }
    #[node]
    fn count(r: &Result<Vec<u8>, Failure>) -> usize {
        r.as_ref().map_or(0, Vec::len)
    }
    #[node]
    fn plus(a: usize, b: usize) -> usize {
        a + b
    }
    let folder = tempfile::tempdir().unwrap();
    let run = |extra: usize| {
        let engine = Engine::open(folder.path()).unwrap();
        let (graph, node) = Graph::build(|g| {
            let count = g.add(count::node(g.settle(g.add(fetch::node(g.value(7))))).persist(Persist::Never));
            Ok(g.add(plus::node(count, g.value(extra))))
        })
        .unwrap();
        *engine.run(&graph).unwrap().get(node).unwrap()
    };
    assert_eq!(run(0), 2 << 20);
    lose(folder.path());
    FAILS.store(true, Ordering::SeqCst);
    assert_eq!(run(1), 1);
    FAILS.store(false, Ordering::SeqCst);
    assert_eq!(run(1), (2 << 20) + 1);
    let engine = Engine::open(folder.path()).unwrap();
    let (graph, node) = Graph::build(|g| Ok(g.add(plus::node(g.value(0usize), g.value(1usize))))).unwrap();
    assert_eq!(*engine.run(&graph).unwrap().get(node).unwrap(), 1, "0 + 1");
}

/// Its value is needed again behind the barrier, and must be the one that went into the barrier.
#[test]
fn a_value_that_is_not_kept_lives_on_behind_a_barrier() {
    #[node]
    fn both(below: u32, roll: u32) -> bool {
        below == roll
    }
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| {
        let roll = g.add(roll::node(g.value(9)).persist(Persist::Never));
        let below = g.add(low::node(roll).barrier().persist(Persist::Never));
        Ok(g.add(both::node(below, roll)))
    };
    assert!(bench.check(pipeline, expect!["both low roll"]).unwrap());
}

/// The run met a failure, started over, and was led back to where the node had a value.
#[test]
fn a_failure_that_was_taken_back_is_none() {
    static DIE: AtomicU32 = AtomicU32::new(1);
    #[node]
    fn die() -> Vec<u32> {
        vec![DIE.load(Ordering::SeqCst); 2 << 20]
    }
    #[node]
    fn seen(die: &[u32]) -> u32 {
        die[0]
    }
    #[node]
    fn no_two(x: u32) -> Result<u32, String> {
        if x == 2 { Err("two".into()) } else { Ok(x) }
    }
    #[node]
    fn look(die: &[u32], run: u32) -> u32 {
        die[0] * 100 + run
    }
    let folder = tempfile::tempdir().unwrap();
    for (index, thrown) in [(0, 1), (1, 2), (2, 1), (3, 2), (2, 1)] {
        DIE.store(thrown, Ordering::SeqCst);
        if index > 0 {
            crate::lost::lose_files(folder.path());
        }
        let engine = Engine::builder().jobs(1).on_failure(mamo::OnFailure::KeepGoing).open(folder.path()).unwrap();
        let (graph, (target, look)) = Graph::build(|g| {
            let die = g.add(die::node());
            let target = g.add(no_two::node(g.add(seen::node(die))));
            let look = g.add(look::node(die, g.value(index)));
            g.target("target", target);
            g.target("look", look);
            Ok((target, look))
        })
        .unwrap();
        let run = engine.run(&graph).unwrap();
        assert_eq!((*run.get(look).unwrap(), run.get(target).is_ok()), (thrown * 100 + index, thrown == 1));
        assert_eq!(run.failures().len(), usize::from(thrown == 2));
        assert_eq!((run.counts().failed, run.is_complete()), (u64::from(thrown == 2), thrown == 1), "run {index}");
    }
}

static TWICE: AtomicU32 = AtomicU32::new(1);

#[node]
fn throw(_x: u32) -> u32 {
    TWICE.fetch_add(1, Ordering::SeqCst)
}

/// The root said 2, its node's record was lost, the node gave 3 and was taken for 2 by those below: the double of a
/// plain 2 was 6 from then on.
#[test]
fn a_root_whose_record_is_lost_does_not_stand_for_what_the_node_gives_next() {
    let run = |store: &Arc<MemoryStore>, plus: u32| {
        let engine = Engine::builder().with_store(store.clone()).unwrap();
        let (graph, sum) = Graph::build(|g| {
            let die = g.add(throw::node(g.value(1)).persist(Persist::Never));
            Ok(g.add(high::node(die, g.value(plus))))
        })
        .unwrap();
        let run = engine.run(&graph).unwrap();
        (*run.get(sum).unwrap(), run.restarts())
    };
    let store = Arc::new(MemoryStore::new());
    assert_eq!((run(&store, 0), run(&store, 10)), ((1, 0), (12, 1)));
    let (left, mut roots) = (Arc::new(MemoryStore::new()), Batch::default());
    for (key, bytes) in store.scan(RecordKind::Root, None, 10).unwrap() {
        roots.put(key, |out| out.extend_from_slice(&bytes));
    }
    left.put(roots).unwrap();
    assert_eq!(run(&left, 20), (23, 1));
    let engine = Engine::builder().with_store(left).unwrap();
    let (graph, sum) = Graph::build(|g| Ok(g.add(high::node(g.value(2), g.value(20))))).unwrap();
    assert_eq!(*engine.run(&graph).unwrap().get(sum).unwrap(), 22);
}
