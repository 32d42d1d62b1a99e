//! What a run says hangs together: values, counts and failures, when it starts over, loses bytes, or is asked later.

use crate::lost::lose_files;
use crate::support::Bench;
use mamo::{Artifact, Dict, Engine, Failure, Graph, List, Node, OnFailure, Persist, node, source};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

const LARGE: usize = 2 << 20;

#[node]
fn next(x: u32) -> u32 {
    x + 1
}

#[node]
fn head(numbers: &[u32]) -> u32 {
    numbers[0]
}

#[node]
fn pair(a: &[u32], b: &[u32]) -> (u32, u32) {
    (a[0], b[0])
}

/// A target that was executed before the run started over, and skipped afterwards, still counted as executed.
#[test]
fn a_target_that_is_skipped_in_the_end_was_not_executed() {
    #[node]
    fn parse(text: &str) -> Result<u32, String> {
        text.trim().parse().map_err(|_| format!("no number: {text}"))
    }
    #[node]
    fn touch(file: &Path, _after: &Result<u32, Failure>) -> std::io::Result<u32> {
        if std::fs::read_to_string(file)? == "1" {
            std::fs::write(file, "one")?;
        }
        Ok(7)
    }
    for policy in [OnFailure::KeepGoing, OnFailure::Stop, OnFailure::FinishRunning] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("number.txt");
        std::fs::write(&path, "1").unwrap();
        let bench = Bench::with(Engine::builder().on_failure(policy));
        let (run, _) = bench.run(|g| {
            let file = g.add(source::file(&path));
            let target = g.add(next::node(g.add(parse::node(file))));
            g.target("target", target);
            g.target("last", g.add(touch::node(file, g.settle(target))));
            Ok(())
        });
        assert!(!run.is_complete() && run.counts().skipped > 0, "{policy:?}: {:?}", run.counts());
    }
}

/// After the run had started over a node had a value after all; those that were skipped on the way there stayed skipped.
#[test]
fn what_was_skipped_before_the_run_started_over_is_open_again() {
    static DIE: AtomicU32 = AtomicU32::new(1);
    #[node]
    fn die() -> Vec<u32> {
        vec![DIE.load(Ordering::SeqCst); LARGE]
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
    for (index, thrown) in [(0, 1), (1, 2), (2, 1), (3, 2), (4, 1)] {
        DIE.store(thrown, Ordering::SeqCst);
        if index > 0 {
            lose_files(folder.path());
        }
        let bench = Bench::open_with(Engine::builder().on_failure(OnFailure::KeepGoing), folder.path());
        let (run, target) = bench.run(|g| {
            let die = g.add(die::node());
            let below = g.add(next::node(g.add(no_two::node(g.add(head::node(die))))).name("below"));
            let target = g.add(next::node(below));
            g.target("target", target);
            g.target("look", g.add(look::node(die, g.value(index))));
            Ok(target)
        });
        if thrown == 1 {
            assert_eq!((*run.get(target).unwrap(), run.counts().skipped), (3, 0), "run {index}");
        }
    }
}

/// Of two equal dice that are not kept one was a target: it was thrown again for its bytes.
#[test]
fn a_target_among_equal_nodes_is_kept_by_whichever_runs() {
    static DICE: AtomicU32 = AtomicU32::new(1);
    #[node]
    fn roll(x: u32) -> u32 {
        x * 1000 + DICE.fetch_add(1, Ordering::SeqCst)
    }
    let bench = Bench::in_memory();
    let (run, (first, second, sum)) = bench.run(|g| {
        let [first, second] =
            ["first", "second"].map(|name| g.add(roll::node(g.value(1)).name(name).persist(Persist::Never)));
        let sum = g.add(next::node(g.add(next::node(first).name("between"))).name("sum"));
        g.target("second", second);
        g.target("sum", sum);
        Ok((first, second, sum))
    });
    assert_eq!((*run.get(first).unwrap(), *run.get(sum).unwrap()), (1001, 1003));
    assert_eq!((*run.get(second).unwrap(), DICE.load(Ordering::SeqCst), run.restarts()), (1001, 2, 0));
}

/// Equal dice below a settled failure lost their bytes; one was thrown anew, and the other kept its throw.
#[test]
fn equal_dice_below_a_settled_failure_agree() {
    static DICE: AtomicU32 = AtomicU32::new(1);
    #[node]
    fn roll(_x: &Result<u32, Failure>) -> Vec<u32> {
        vec![DICE.fetch_add(1, Ordering::SeqCst); LARGE]
    }
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open_with(Engine::builder().on_failure(OnFailure::KeepGoing), folder.path());
    let (run, (first, second, both)) = bench.run(|g| {
        let failed = g.settle(g.add(fails::node(g.value(1))));
        let [first, second] = ["first", "second"].map(|name| g.add(roll::node(failed).name(name)));
        let both = g.add(pair::node(first, second));
        g.target("both", both);
        g.target("head", g.add(head::node(first)));
        Ok((first, second, both))
    });
    assert_eq!(lose_files(folder.path()), 1);
    let thrown = run.get(first).unwrap()[0];
    assert_eq!((*run.get(both).unwrap(), run.get(second).unwrap()[0]), ((thrown, thrown), thrown));
}

/// A later run had thrown the die again; the earlier one then gave the new throw beside what came of the old one.
#[test]
fn values_of_a_run_agree_after_another_run() {
    static DICE: AtomicU32 = AtomicU32::new(10);
    #[node]
    fn roll(x: u32) -> Vec<u32> {
        vec![x + DICE.fetch_add(1, Ordering::SeqCst); LARGE]
    }
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| {
        let roll = g.add(roll::node(g.value(1)).persist(Persist::Never));
        let head = g.add(head::node(roll));
        g.target("head", head);
        Ok((roll, head))
    };
    let (first, (roll, head)) = bench.run(pipeline);
    assert_eq!(*first.get(head).unwrap(), 11);
    let (second, nodes) = bench.run(pipeline);
    assert_eq!((second.get(nodes.0).unwrap()[0], *second.get(nodes.1).unwrap()), (12, 12));
    assert_eq!((first.get(roll).unwrap()[0], *first.get(head).unwrap()), (12, 12));
}

/// The run saw that a file is missing, and a pattern that was asked for afterwards saw the file.
#[test]
fn a_file_that_was_missing_in_the_run_is_of_another_moment() {
    #[node]
    fn exists(file: &Result<Artifact, Failure>) -> bool {
        file.is_ok()
    }
    #[node]
    fn count(files: &Dict<String, Artifact>) -> usize {
        files.len()
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let bench = Bench::in_memory();
    let (run, (exists, count)) = bench.run(|g| {
        let exists = g.add(exists::node(g.settle(g.add(source::file(&path)))));
        g.target("exists", exists);
        Ok((exists, g.add(count::node(g.add(source::glob(format!("{}/*.txt", folder.path().display())))))))
    });
    std::fs::write(&path, "now").unwrap();
    assert!(!*run.get(exists).unwrap());
    let error = run.get(count).unwrap_err().to_string();
    assert!(error.contains("notes.txt` has changed since the run"), "{error}");
}

struct Connection(u32);

#[node(transient)]
fn connect(port: u32) -> Connection {
    Connection(port)
}

#[test]
fn a_transient_target_is_made_when_it_is_asked_for() {
    let bench = Bench::in_memory();
    for _ in 0..2 {
        let (run, connection) = bench.run(|g| {
            let connection = g.add(connect::node(g.value(80)));
            g.target("connection", connection);
            Ok(connection)
        });
        assert_eq!(bench.log.take(), "");
        assert_eq!((run.get(connection).unwrap().0, run.get(connection).unwrap().0), (80, 80));
        assert_eq!(bench.log.take(), "connect");
    }
}

/// The list was at hand, so it still had the way of the run to make lost elements again, which was over.
#[test]
fn lost_elements_of_a_list_that_was_not_kept_are_made_again() {
    #[node]
    fn large(x: u8) -> Vec<u8> {
        vec![x; LARGE]
    }
    #[node]
    fn size(list: &List<Vec<u8>>) -> usize {
        list.len()
    }
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    let (run, list) = bench.run(|g| {
        let list: Node<List<Vec<u8>>> = g.add(large::map(g.value(vec![1, 2])).persist(Persist::Never));
        g.target("size", g.add(size::node(list)));
        Ok(list)
    });
    let list = run.get(list).unwrap();
    assert_eq!(lose_files(folder.path()), 2);
    assert_eq!(list.get(0).unwrap()[0], 1);
    // When nobody is left who could make it again it is a panic, as documented.
    drop(run);
    lose_files(folder.path());
    let panic = catch_unwind(AssertUnwindSafe(|| list.get(1).unwrap()[0])).unwrap_err();
    assert!(panic.downcast_ref::<String>().is_some_and(|text| text.contains("bytes of a value are lost")));
}

/// The list of a gather named lost bytes of outputs, whose node was never executed for them.
#[test]
fn lost_outputs_below_a_gather_are_made_again() {
    #[node(outputs(one, two))]
    fn both(x: u8) -> (Vec<u8>, Vec<u8>) {
        (vec![x; LARGE], vec![x + 1; LARGE])
    }
    #[node]
    fn heads(list: &List<Vec<u8>>, plus: u32) -> u32 {
        list.iter().map(|bytes| u32::from(bytes[0])).sum::<u32>() + plus
    }
    let folder = tempfile::tempdir().unwrap();
    for (plus, sum) in [(0, 3), (1, 4)] {
        let bench = Bench::open(folder.path());
        let (run, heads) = bench.run(|g| {
            let (one, two) = g.add(both::node(g.value(1)));
            Ok(g.add(heads::node(g.gather([one, two]), g.value(plus))))
        });
        assert_eq!(*run.get(heads).unwrap(), sum);
        lose_files(folder.path());
    }
}

#[test]
fn a_skipped_node_is_told_of_once() {
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    bench.run(|g| {
        let below = g.add(next::node(g.add(fails::node(g.value(1)))).name("below"));
        let barrier = g.add(next::node(g.value(2)).barrier().name("barrier"));
        Ok((below, g.add(next::node(g.add(next::node(barrier).barrier().name("second"))).name("last"))))
    });
    assert_eq!(bench.log.take(), "!fails -below barrier last second");
}

#[node]
fn fails(x: u32) -> Result<u32, String> {
    Err(format!("no {x}"))
}

#[node]
fn add(a: u32, b: u32) -> u32 {
    a + b
}

/// In the second wave, which a barrier makes, the node was known, and counted as fresh.
#[test]
fn what_was_cut_off_stays_so_in_later_waves() {
    let bench = Bench::in_memory();
    let (run, _) = bench.run(|g| {
        let [one, same] = ["one", "same"].map(|name| g.add(next::node(g.value(1)).name(name)));
        let barrier = g.add(add::node(one, same).barrier().name("barrier"));
        Ok(g.add(add::node(barrier, same)))
    });
    assert_eq!(run.counts().cut_off, 1);
}

/// Only the first look at the sources could stop a run.
#[test]
fn a_source_that_vanishes_in_the_middle_stops_the_run() {
    #[node]
    fn vanish(file: &Path) -> std::io::Result<u32> {
        std::fs::remove_file(file)?;
        Ok(1)
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.txt");
    std::fs::write(&path, "1").unwrap();
    let log = std::sync::Arc::new(crate::support::Log::default());
    let engine = Engine::builder().jobs(1).observer(log.clone()).in_memory();
    let (graph, _) = Graph::build(|g| {
        g.target("vanish", g.add(vanish::node(g.add(source::file(&path)))));
        let chain = (0..3).fold(g.value(1), |last, n| g.add(next::node(last).name(format!("chain{n}"))));
        g.target("late", g.add(add::node(chain, chain).name("late")));
        Ok(())
    })
    .unwrap();
    engine.run(&graph).unwrap();
    let log = log.take();
    assert!(log.contains("-late") && !log.split(' ').any(|event| event == "late"), "{log}");
}

/// Two maps share an element that fails: the second failed under the first one's name, and both were called skipped.
#[test]
fn equal_elements_fail_under_the_names_of_their_own_maps() {
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let (run, nodes) = bench.run(|g| {
        Ok([("a", vec![1]), ("b", vec![2, 1])].map(|(name, list)| g.add(fails::map(g.value(list)).name(name))))
    });
    let errors = nodes.map(|node| run.get(node).unwrap_err().to_string());
    assert_eq!(errors[0], "node `a[0]` failed: no 1");
    assert!(errors[1].starts_with("node `b["), "{errors:?}");
}

/// The other engine had thrown the die again; this one went on with the root that it had read in the beginning.
#[test]
fn two_engines_over_one_store_agree() {
    static DICE: AtomicU32 = AtomicU32::new(1);
    #[node]
    fn roll(x: u32) -> u32 {
        x * 1000 + DICE.fetch_add(1, Ordering::SeqCst)
    }
    let store = std::sync::Arc::new(mamo::store::MemoryStore::new());
    let engines = [0, 1].map(|_| Engine::builder().with_store(store.clone()).unwrap());
    for (engine, plus) in [(0, 1), (1, 2), (0, 3)] {
        let (graph, (low, high)) = Graph::build(|g| {
            let roll = g.add(roll::node(g.value(1)).persist(Persist::Never));
            Ok((g.add(next::node(roll)), g.add(add::node(roll, g.value(plus)))))
        })
        .unwrap();
        let run = engines[engine].run(&graph).unwrap();
        assert_eq!(*run.get(low).unwrap() - 1, *run.get(high).unwrap() - plus, "engine {engine}, run {plus}");
    }
}

#[node]
fn ask(connection: &Connection, question: u32) -> u32 {
    connection.0 + question
}

/// The second was needed when the first had been let go, and was made again.
#[test]
fn equal_transients_are_made_once_also_when_their_readers_come_one_after_the_other() {
    let bench = Bench::in_memory();
    bench.run(|g| {
        let [one, same] = ["one", "same"].map(|name| g.add(connect::node(g.value(80)).name(name)));
        Ok(g.add(ask::node(same, g.add(ask::node(one, g.value(1)).name("first"))).name("second")))
    });
    let log = bench.log.take();
    assert_eq!(log.split(' ').filter(|event| ["one", "same"].contains(event)).count(), 1, "{log}");
}

#[node]
fn large(x: u8) -> Vec<u8> {
    vec![x; LARGE]
}

#[node]
fn first(bytes: &[u8], plus: u32) -> u32 {
    u32::from(bytes[0]) + plus
}

#[node]
fn same(x: u8, _salt: u32) -> u8 {
    x
}

/// A node was to be executed for its lost bytes, and an equal computation had just been cut off by the very record whose
/// bytes were lost: so was the node, and all upstream of it was executed for nothing.
#[test]
fn what_is_executed_for_its_bytes_is_not_cut_off_without_them() {
    let folder = tempfile::tempdir().unwrap();
    let run = |plus: u32| {
        let bench = Bench::open(folder.path());
        let (run, _) = bench.run(|g| {
            let node = g.add(large::node(g.add(same::node(g.value(7), g.value(0)).name("input"))).name("node"));
            g.target("reader", g.add(first::node(node, g.value(plus)).name("reader")));
            if plus > 0 {
                // Computes the same in the wave in which the node is executed again, and is more urgent.
                let barrier = g.add(same::node(g.value(7), g.value(plus)).barrier().name("barrier"));
                let equal = g.add(large::node(g.add(same::node(barrier, g.value(9)).name("way"))).name("equal"));
                let below = g.add(first::node(equal, g.value(0)).name("below"));
                let chain = g.numbered("chain");
                g.target("chain", (0..5).fold(below, |last, _| chain.add(next::node(last))));
            }
            Ok(())
        });
        (bench.log.take(), run.restarts())
    };
    run(0);
    assert_eq!(lose_files(folder.path()), 1);
    let (log, restarts) = run(1);
    assert!(restarts == 0 && !log.split(' ').any(|event| event == "input"), "{log}");
}
