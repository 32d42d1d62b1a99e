//! Values are dropped when nobody needs them: what is in memory at a time, for long chains and wide maps.

#![allow(missing_docs, clippy::unwrap_used, reason = "these are tests throughout")]

mod counting;

use counting::peak_of;
use mamo::{Bytes, Engine, Graph, List, Node, Persist, node};
use std::sync::{Mutex, PoisonError};

const MIB: usize = 1 << 20;

/// One measurement at a time: all of them share the allocator.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs a pipeline on a new store on disk; gives the value of its node, and how many MiB were in memory at most.
fn measure<T: Clone + Send + Sync + 'static>(pipeline: impl FnOnce(&Graph) -> Node<T>) -> (T, usize) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::builder().jobs(2).open(folder.path()).unwrap();
    let (graph, node) = Graph::build(|g| Ok(pipeline(g))).unwrap();
    let (run, peak) = peak_of(|| engine.run(&graph).unwrap());
    ((*run.get(node).unwrap()).clone(), peak / MIB)
}

#[node]
fn first(mib: usize) -> Bytes {
    vec![1; mib * MIB].into()
}

#[node]
fn next(before: &[u8]) -> Bytes {
    vec![before.first().unwrap().wrapping_mul(3); before.len()].into()
}

#[node]
fn last(before: &[u8]) -> u8 {
    *before.last().unwrap()
}

const CHAIN: usize = 50;
const LINK: usize = 8;

fn chain(g: &Graph, persist: Persist) -> Node<u8> {
    let numbered = g.numbered("chain");
    let first = numbered.add(first::node(g.value(LINK)).persist(persist));
    let end = (1..CHAIN).fold(first, |node, _| numbered.add(next::node(node).persist(persist)));
    g.add(last::node(end))
}

/// A link is read while the next one is made; of what is encoded 4 MiB are in memory.
#[test]
fn a_chain_of_large_values_holds_two_of_them() {
    for persist in [Persist::Auto, Persist::Never] {
        let (_, peak) = measure(|g| chain(g, persist));
        assert!(peak < 3 * LINK, "{peak} MiB, {persist:?}");
    }
}

#[node]
fn element(number: u32) -> String {
    format!("{number:04}").repeat(MIB / 4 + 1)
}

#[node]
fn doubled(element: &str) -> String {
    element.repeat(2)
}

#[node]
fn total(elements: &List<String>) -> usize {
    elements.iter().map(|element| element.len()).sum()
}

const ELEMENTS: u32 = 500;

/// Of 500 and 1000 MiB: 64 of the map, twice 64 on the way to the disk, and what is being made; with room to spare.
const HELD: usize = 320;

#[test]
fn a_map_over_many_large_elements_holds_few_of_them() {
    let (total, peak) = measure(|g| {
        let elements = g.add(element::map(g.value(Vec::from_iter(0..ELEMENTS))));
        g.add(total::node(elements))
    });
    assert_eq!(total, 500 * (MIB + 4));
    assert!(peak < HELD, "{peak} MiB");
}

#[test]
fn maps_in_a_row_over_many_large_elements_hold_few_of_them() {
    let (total, peak) = measure(|g| {
        let elements = g.add(element::map(g.value(Vec::from_iter(0..ELEMENTS))));
        g.add(total::node(g.add(doubled::map(elements))))
    });
    assert_eq!(total, 1000 * (MIB + 4));
    assert!(peak < HELD, "{peak} MiB");
}

/// Elements share their bytes, so that the list itself is small; what it comes to is not.
#[node]
fn shared(n: usize) -> List<Vec<Bytes>> {
    let block = Bytes::from(vec![1; 1200 << 10]);
    (0..n).map(|i| vec![Bytes::from(i.to_le_bytes().as_slice()), block.clone()]).collect()
}

#[node]
fn count(elements: &List<Vec<Bytes>>) -> usize {
    elements.len()
}

/// 600 MiB are written while the list is encoded, not behind it.
#[test]
fn a_list_of_many_elements_is_not_encoded_as_a_whole() {
    let (n, peak) = measure(|g| g.add(count::node(g.add(shared::node(g.value(500))))));
    assert_eq!(n, 500);
    assert!(peak < HELD, "{peak} MiB");
}
