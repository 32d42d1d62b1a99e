//! Bytes that are gone are made again; nobody is told of an error.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Dict, Graph, List, Node, node};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

#[node]
fn large(x: u8) -> Vec<u8> {
    vec![x; 2 << 20]
}

#[node]
fn count(bytes: &[u8]) -> usize {
    bytes.len()
}

#[node]
fn first(bytes: &[u8], plus: u8) -> u8 {
    bytes.first().copied().unwrap_or(0) + plus
}

/// Removes every value that lies in a file of its own.
pub(crate) fn lose_files(store: &Path) -> usize {
    let mut lost = 0;
    for folder in std::fs::read_dir(store.join("objects")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
            lost += 1;
        }
    }
    lost
}

#[test]
fn lost_bytes_are_made_again_when_somebody_needs_them() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |g: &Graph| Ok(g.add(count::node(g.add(large::node(g.value(7))))));
    assert_eq!(Bench::open(folder.path()).check(pipeline, expect!["count large"]).unwrap(), 2 << 20);
    assert_eq!(lose_files(folder.path()), 1);
    let bench = Bench::open(folder.path());
    assert_eq!(bench.check(pipeline, expect![""]).unwrap(), 2 << 20, "nobody needs them");
    let more = |g: &Graph| {
        let large = g.add(large::node(g.value(7)));
        Ok(g.add(first::node(large, g.value(1))))
    };
    assert_eq!(bench.check(more, expect!["first large"]).unwrap(), 8);
    assert_eq!(bench.check(more, expect![""]).unwrap(), 8);
}

#[test]
fn a_lost_target_is_made_again_when_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |g: &Graph| Ok(g.add(large::node(g.value(7))));
    Bench::open(folder.path()).check(pipeline, expect!["large"]).unwrap();
    assert_eq!(lose_files(folder.path()), 1);
    let bench = Bench::open(folder.path());
    let (run, node) = bench.run(pipeline);
    assert_eq!(run.counts().executed, 0);
    assert_eq!(run.get(node).unwrap().len(), 2 << 20);
    expect!["large"].assert_eq(&bench.log.take());
    assert_eq!(lose_files(folder.path()), 1, "they were saved again");
}

#[node]
fn each(list: &List<Vec<u8>>, plus: u8) -> Vec<u8> {
    list.iter().filter_map(|bytes| bytes.first().map(|byte| byte + plus)).collect()
}

#[test]
fn lost_elements_are_made_again_when_a_node_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |plus: u8| {
        move |g: &Graph| {
            let list: Node<List<Vec<u8>>> = g.add(large::map(g.value(vec![1, 2])));
            Ok(g.add(each::node(list, g.value(plus))))
        }
    };
    Bench::open(folder.path()).check(pipeline(0), expect!["each large[0] large[1]"]).unwrap();
    assert_eq!(lose_files(folder.path()), 2);
    let bench = Bench::open(folder.path());
    assert_eq!(bench.check(pipeline(1), expect!["each large[0] large[1]"]).unwrap(), [2, 3]);
}

#[node]
fn table() -> Dict<String, Vec<u8>> {
    [("a".to_owned(), vec![1; 2 << 20]), ("b".to_owned(), vec![2; 2 << 20])].into_iter().collect()
}

#[test]
fn lost_entries_are_made_again_when_somebody_outside_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |g: &Graph| Ok(g.add(table::node()));
    Bench::open(folder.path()).run(pipeline);
    assert_eq!(lose_files(folder.path()), 2);
    let bench = Bench::open(folder.path());
    let (run, node) = bench.run(pipeline);
    let table = run.get(node).unwrap();
    assert_eq!(table.get("b").unwrap()[0], 2);
    expect!["table"].assert_eq(&bench.log.take());
}

/// A value whose inputs are lost as well, and theirs: one look finds all of them, not one look for each.
#[test]
fn a_chain_of_lost_values_is_made_again_at_once() {
    #[derive(Default)]
    struct Plans(AtomicUsize);
    impl mamo::Observer for Plans {
        fn event(&self, event: &mamo::Event<'_>) {
            if matches!(event, mamo::Event::Planned { .. }) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
    #[node]
    fn next(bytes: &[u8]) -> Vec<u8> {
        bytes.iter().map(|byte| byte.wrapping_add(1)).collect()
    }
    let folder = tempfile::tempdir().unwrap();
    let run = |plus: u8| {
        let plans = std::sync::Arc::new(Plans::default());
        let engine = mamo::Engine::builder().jobs(2).observer(plans.clone()).open(folder.path()).unwrap();
        let (graph, _) = Graph::build(|g| {
            let scope = g.numbered("chain");
            let mut last = g.add(large::node(g.value(7)));
            for _ in 0..10 {
                last = scope.add(next::node(last));
            }
            Ok(g.add(first::node(last, g.value(plus))))
        })
        .unwrap();
        let run = engine.run(&graph).unwrap();
        (run.counts().executed, plans.0.load(Ordering::SeqCst))
    };
    assert_eq!(run(0), (12, 1));
    assert_eq!(lose_files(folder.path()), 11);
    // The last one is missed, and then all that it is made from.
    assert_eq!(run(1), (12, 2));
}
