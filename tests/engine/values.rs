//! What a run hands out: values of all its nodes, which belong together.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Artifact, BoxError, Dict, Engine, Failure, Graph, Persist, field, node, source};
use std::sync::atomic::{AtomicU32, Ordering};

#[node]
fn next(x: u32) -> u32 {
    x + 1
}

#[node]
fn add(a: u32, b: u32) -> u32 {
    a + b
}

#[node]
fn fails(x: u32) -> Result<u32, String> {
    Err(format!("no {x}"))
}

#[node]
fn is_ok(result: &Result<u32, Failure>) -> bool {
    result.is_ok()
}

#[node(outputs(low, high))]
fn bounds(x: u32) -> (u32, u32) {
    (x, x + 1)
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Config {
    rate: u32,
}

/// Nodes that are no targets: some were computed, some stand beside equal ones, some nobody needed.
#[test]
fn every_node_has_a_value() {
    let bench = Bench::in_memory();
    let (run, nodes) = bench.run(|g| {
        let one = g.add(next::node(g.value(0)).name("one"));
        let two = g.add(next::node(one).name("two"));
        let same = g.add(next::node(g.value(1)).name("same"));
        let (low, _) = g.add(bounds::node(two));
        let (read, _) = g.add(bounds::node(two).name("read"));
        let failed = g.settle(g.add(fails::node(g.value(1))));
        let tainted = g.add(is_ok::node(failed));
        let field = g.add(g.value(Config { rate: 3 }).field(field!(Config, rate)));
        g.target("two", two);
        g.target("sum", g.add(add::node(g.value(1), read)));
        g.target("settled", g.settle(tainted));
        Ok((one, same, low, field, g.settle(two), failed, tainted))
    });
    let (one, same, low, field, settled, failed, tainted) = nodes;
    assert_eq!((*run.get(one).unwrap(), *run.get(same).unwrap(), *run.get(low).unwrap()), (1, 2, 2));
    assert_eq!((*run.get(field).unwrap(), *run.get(tainted).unwrap()), (3, false));
    assert_eq!(run.get(settled).unwrap().as_ref().as_ref().ok(), Some(&2));
    assert!(run.get(failed).unwrap().is_err());
    assert_eq!(bench.log.take().matches("fails").count(), 1);
}

/// The file of the run is gone: its value cannot be made again, and another one would not go with the others.
#[test]
fn what_a_run_did_not_keep_is_never_made_from_another_file() {
    #[node]
    fn text(text: &str) -> String {
        text.to_owned()
    }
    #[node]
    fn length(text: &str) -> usize {
        text.len()
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "aaa").unwrap();
    let bench = Bench::in_memory();
    let (run, (text, length)) = bench.run(|g| {
        let text = g.add(text::node(g.add(source::file(&path))).persist(Persist::Never));
        Ok((text, g.add(length::node(text))))
    });
    std::fs::write(&path, "bbbbbb").unwrap();
    let error = run.get(text).unwrap_err().to_string();
    assert!(error.contains("notes.txt` has changed since the run"), "{error}");
    assert_eq!(*run.get(length).unwrap(), 3);
}

/// What is not kept is thrown again, and what is asked for afterwards goes with the new throw.
#[test]
fn values_that_are_made_again_belong_together() {
    static DICE: AtomicU32 = AtomicU32::new(10);
    #[node]
    fn roll(x: u32) -> u32 {
        x + DICE.fetch_add(1, Ordering::SeqCst)
    }
    let bench = Bench::in_memory();
    let (run, (roll, next)) = bench.run(|g| {
        let roll = g.add(roll::node(g.value(1)).persist(Persist::Never));
        Ok((roll, g.add(next::node(roll))))
    });
    assert_eq!(*run.get(roll).unwrap() + 1, *run.get(next).unwrap());
    assert_eq!(*run.get(roll).unwrap() + 1, *run.get(next).unwrap());
}

#[test]
fn a_failed_node_is_not_tried_again_for_the_sake_of_another() {
    let bench = Bench::with(Engine::builder().on_failure(mamo::OnFailure::KeepGoing));
    let (run, (unkept, failed)) = bench.run(|g| {
        let unkept = g.add(next::node(g.value(1)).name("unkept").persist(Persist::Never));
        let failed = g.add(fails::node(g.value(2)));
        g.target("failed", failed);
        g.target("kept", g.add(next::node(unkept).name("kept")));
        Ok((unkept, failed))
    });
    bench.log.take();
    assert_eq!(*run.get(unkept).unwrap(), 2);
    expect!["unkept"].assert_eq(&bench.log.take());
    assert!(run.get(failed).unwrap_err().to_string().contains("no 2"));
}

/// Somebody who keeps no bytes computes the same first.
#[test]
fn a_target_keeps_its_bytes_whoever_computed_them() {
    // In one run the bytes are still at hand; those of an earlier run are not, and the target is executed for its own.
    for runs in [[(true, 3), (true, 0)], [(false, 2), (true, 2)]] {
        let store = std::sync::Arc::new(mamo::store::MemoryStore::new());
        for (has_target, executed) in runs {
            let engine = Engine::builder().jobs(1).with_store(store.clone()).unwrap();
            let (graph, target) = Graph::build(|g| {
                let unkept = g.add(next::node(g.value(1)).name("unkept").persist(Persist::Never));
                g.target("other", g.add(add::node(unkept, g.value(1))));
                let target = g.add(next::node(g.add(next::node(g.value(0)).name("one"))).name("target"));
                if has_target {
                    g.target("target", target);
                }
                Ok(target)
            })
            .unwrap();
            let run = engine.run(&graph).unwrap();
            assert_eq!((run.counts().executed, run.restarts()), (executed, 0));
            let before = run.counts();
            if has_target {
                assert_eq!((*run.get(target).unwrap(), run.counts()), (2, before));
            }
        }
    }
}

/// The list's elements lie where its inputs put them.
#[test]
fn lost_bytes_below_a_gather_are_made_again_after_the_run() {
    #[node]
    fn large(x: u8) -> Vec<u8> {
        vec![x; 2 << 20]
    }
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |g: &Graph| {
        let large = g.add(large::node(g.value(1)));
        Ok(g.gather([large]))
    };
    Bench::open(folder.path()).run(pipeline);
    assert_eq!(crate::lost::lose_files(folder.path()), 1);
    let (run, list) = Bench::open(folder.path()).run(pipeline);
    assert_eq!(run.get(list).unwrap().get(0).unwrap()[0], 1);
}

/// It was executed again: a die would have been thrown for nothing.
#[test]
fn a_recorded_node_outside_of_the_run_is_read() {
    let bench = Bench::in_memory();
    let (graph, other) = Graph::build(|g| {
        g.target("one", g.add(add::node(g.value(1), g.value(2)).name("one")));
        let other = g.add(add::node(g.value(3), g.value(4)).name("other"));
        g.target("other", other);
        Ok(other)
    })
    .unwrap();
    bench.engine.run(&graph).unwrap();
    bench.log.take();
    let run = bench.engine.run_targets(&graph, &["one"]).unwrap();
    assert_eq!((*run.get(other).unwrap(), bench.log.take().as_str()), (7, ""));
}

/// The run ended before it came to them; asking for one does not go on with the run.
#[test]
fn what_was_skipped_has_no_value() {
    let engine = Engine::builder().jobs(1).in_memory();
    let (graph, last) = Graph::build(|g| {
        g.target("bad", g.add(fails::node(g.value(0))));
        let chain = g.numbered("chain");
        let last = (0..5).fold(chain.value(1), |last, n| chain.add(add::node(last, chain.value(n))));
        g.target("last", last);
        Ok(last)
    })
    .unwrap();
    let run = engine.run(&graph).unwrap();
    if run.counts().skipped > 0 {
        let error = run.get(last).unwrap_err().to_string();
        assert!(error.contains("was skipped when the run ended because node `fails` failed"), "{error}");
    }
}

#[test]
fn equal_nodes_fail_under_their_own_names() {
    let engine = Engine::builder().jobs(1).on_failure(mamo::OnFailure::KeepGoing).in_memory();
    let (graph, nodes) =
        Graph::build(|g| Ok(["a", "b"].map(|name| g.add(fails::node(g.value(0)).name(name))))).unwrap();
    let run = engine.run(&graph).unwrap();
    assert_eq!(run.failures().iter().map(Failure::node).collect::<Vec<_>>(), ["a", "b"]);
    assert!(nodes.iter().zip(["a", "b"]).all(|(node, name)| {
        run.get(*node).is_err_and(|error| error.to_string().contains(&format!("node `{name}` failed")))
    }));
}

#[test]
#[should_panic(expected = "the graph is finished")]
fn a_finished_graph_takes_no_nodes() {
    let (graph, _) = Graph::build(|g| Ok(g.add(next::node(g.value(1))))).unwrap();
    graph.value(2);
}

#[node]
fn text(text: &str) -> String {
    text.to_owned()
}

#[node]
fn first(files: &Dict<String, Artifact>) -> Result<String, BoxError> {
    let first = files.values().next().ok_or("no file")?;
    Ok(String::from_utf8(first.bytes()?)?)
}

/// A pattern that the run did not need was looked at when it was asked for, and saw another content of a file than
/// the run had.
#[test]
fn sources_of_another_moment_are_not_mixed_in() {
    let bench = Bench::in_memory();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let pipeline = |g: &Graph| {
        let one = g.add(text::node(g.add(source::file(&path))));
        g.target("one", one);
        let files = g.add(source::glob(format!("{}/*.txt", folder.path().display())));
        Ok((one, g.add(first::node(files))))
    };
    std::fs::write(&path, "old").unwrap();
    let (run, (one, other)) = bench.run(pipeline);
    assert_eq!((run.get(one).unwrap().as_str(), run.get(other).unwrap().as_str()), ("old", "old"));
    std::fs::write(&path, "older").unwrap();
    let (run, (one, other)) = bench.run(pipeline);
    std::fs::write(&path, "new").unwrap();
    assert_eq!(run.get(one).unwrap().as_str(), "older");
    let error = run.get(other).unwrap_err().to_string();
    assert!(error.contains("notes.txt` has changed since the run"), "{error}");
}
