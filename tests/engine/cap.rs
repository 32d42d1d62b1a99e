//! A store that is kept below a size at the end of each run.

use crate::support::Bench;
use mamo::{Engine, Event, Graph, List, Node, Observer, node};
use std::sync::{Arc, Mutex};

const CAP: u64 = 3 << 20;

/// As many bytes as the store keeps in files, different for each `x`.
#[node]
fn large(x: u32) -> Vec<u32> {
    (0..400_000).map(|i| i ^ (x << 20)).collect()
}

#[node]
fn first(all: &[u32]) -> u32 {
    all.first().copied().unwrap_or_default()
}

fn pipeline(x: u32) -> impl Fn(&Graph) -> mamo::Result<(Node<Vec<u32>>, Node<u32>)> {
    move |g| {
        let large = g.add(large::node(g.value(x)));
        let first = g.add(first::node(large));
        g.target("large", large);
        g.target("first", first);
        Ok((large, first))
    }
}

#[derive(Default)]
struct Reductions(Mutex<Vec<(u64, bool)>>);

impl Observer for Reductions {
    fn event(&self, event: &Event<'_>) {
        if let Event::StoreReduced { report, .. } = event {
            self.0.lock().unwrap().push((report.freed(), report.is_within));
        }
    }
}

#[test]
fn a_run_leaves_the_store_below_its_cap_and_its_own_targets_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let reductions = Arc::new(Reductions::default());
    let engine = Engine::builder().max_size(CAP).observer(reductions.clone()).open(folder.path()).unwrap();
    for x in 1..=6 {
        let (graph, (large, _)) = Graph::build(pipeline(x)).unwrap();
        let run = engine.run(&graph).unwrap();
        assert!(engine.size().unwrap().disk_bytes.unwrap() <= CAP, "{x}");
        assert_eq!(run.get(large).unwrap()[1], 1 ^ (x << 20));
        assert_eq!(run.counts().executed, 2);
        // It was there: nothing was executed for it.
        let again = engine.run(&graph).unwrap();
        assert_eq!((again.counts().executed, again.counts().fresh), (0, 2));
    }
    let reductions = reductions.0.lock().unwrap();
    assert!(
        !reductions.is_empty() && reductions.iter().all(|(freed, is_within)| *freed > 0 && *is_within),
        "{reductions:?}"
    );
}

#[test]
fn what_one_run_needs_may_be_more_than_the_cap_and_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let reductions = Arc::new(Reductions::default());
    let engine = Engine::builder().max_size(1 << 20).observer(reductions.clone()).open(folder.path()).unwrap();
    let all = |g: &Graph| Ok(g.add(large::map(g.value(vec![1, 2, 3]))));
    let (graph, node) = Graph::build(all).unwrap();
    let run = engine.run(&graph).unwrap();
    let lists: Arc<List<Vec<u32>>> = run.get(node).unwrap();
    assert_eq!(lists.iter().map(|list| list[0]).collect::<Vec<_>>(), [1 << 20, 2 << 20, 3 << 20]);
    assert_eq!(engine.run(&graph).unwrap().counts().executed, 0);
    assert!(reductions.0.lock().unwrap().iter().all(|(_, is_within)| !is_within));
}

#[cfg(unix)]
#[test]
fn while_others_work_with_the_store_nothing_goes() {
    let folder = tempfile::tempdir().unwrap();
    let other = Bench::open(folder.path());
    let bench = Bench::open_with(Engine::builder().max_size(1 << 20), folder.path());
    for x in 1..4 {
        bench.run(pipeline(x));
    }
    for x in 1..4 {
        other.run(pipeline(x));
    }
    assert_eq!(other.last(), "");
    drop(other);
    bench.run(pipeline(4));
    assert!(bench.engine.size().unwrap().disk_bytes.unwrap() < 3 << 20);
}
