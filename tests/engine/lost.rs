//! Bytes that are gone are made again; nobody is told of an error.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Dict, Graph, List, Node, node};
use std::path::Path;

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
