//! Reduces: elements combined two at a time, so that an edit runs few combinations.

use crate::lost::lose_files;
use crate::support::Bench;
use expect_test::expect;
use mamo::{Dict, Engine, Failure, Graph, List, Node, NodeCtx, OnFailure, Persist, Stopper, node, source};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

#[node]
fn join(a: &str, b: &str) -> String {
    format!("{a}{b}")
}

#[node]
fn len(text: &str, plus: usize) -> usize {
    text.len() + plus
}

fn texts(list: &str) -> Vec<String> {
    list.split(' ').filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

fn joined(list: &str) -> impl FnOnce(&Graph) -> mamo::Result<Node<String>> {
    let list = texts(list);
    move |g| Ok(g.add(join::reduce(g.add(source::param("list", list)))))
}

#[test]
fn elements_are_combined_in_order_and_an_edit_runs_few_combinations() {
    let bench = Bench::in_memory();
    let run = |list: &str, expected| bench.check(joined(list), expected).unwrap();
    assert_eq!(run("a b c d e f", expect!["join[0..=3] join[0..=5] join[1..=2] join[1..=3] join[4..=5]"]), "abcdef");
    assert_eq!(run("a b c d e f", expect![""]), "abcdef");
    assert_eq!(run("a b c d e F", expect!["join[0..=5] join[4..=5]"]), "abcdeF");
    assert_eq!(run("a b d e F", expect!["join[0..=1] join[0..=4] join[2..=4]"]), "abdeF");
    assert_eq!(run("z a b d e F", expect!["join[0..=1] join[0..=2] join[0..=5]"]), "zabdeF");
    assert_eq!(run("a b c d e f", expect![""]), "abcdef");
}

#[test]
fn equal_ranges_are_combined_once() {
    let bench = Bench::in_memory();
    let run = |list: &str, expected| bench.check(joined(list), expected).unwrap();
    assert_eq!(run("x x x x x x x x", expect!["join[0..=1] join[0..=3] join[0..=7]"]), "xxxxxxxx");
    assert_eq!(run("x x x x x x x x x x", expect!["join[0..=9]"]), "xxxxxxxxxx");
    assert_eq!(
        run("a b a b a b a b", expect!["join[0..=7] join[1..=2] join[1..=4] join[1..=6] join[1..=7]"]),
        "abababab"
    );
}

#[test]
fn combinations_and_nodes_share_what_they_compute() {
    let bench = Bench::in_memory();
    let pair = |g: &Graph| Ok(g.add(join::node(g.value("a".to_owned()), g.value("b".to_owned()))));
    bench.check(pair, expect!["join"]).unwrap();
    assert_eq!(bench.check(joined("a b"), expect!["~join"]).unwrap(), "ab");
    let bench = Bench::in_memory();
    bench.check(joined("a b"), expect!["join[0..=1]"]).unwrap();
    bench.check(pair, expect!["~join"]).unwrap();
    // In one run as well, whoever is first, and however far apart.
    let bench = Bench::in_memory();
    let both = |g: &Graph| {
        let (one, other) = (g.group("one"), g.group("other"));
        let pair = one.add(join::node(g.value("a".to_owned()), g.value("b".to_owned())));
        Ok(g.add(join::node(pair, other.add(join::reduce(g.value(texts("a b")))))))
    };
    let (run, node) = bench.run(both);
    assert_eq!(*run.get(node).unwrap(), "abab");
    assert_eq!(bench.log.take().matches("join").count(), 3, "one of two equal ones is cut off");
}

#[test]
fn one_element_is_what_it_is_and_none_is_an_error() {
    let bench = Bench::in_memory();
    assert_eq!(bench.check(joined("a"), expect!["~join"]).unwrap(), "a");
    assert_eq!(bench.check(joined("a"), expect![""]).unwrap(), "a");
    let error = bench.check(joined(""), expect!["!join"]).unwrap_err();
    expect!["node `join` failed: there is nothing to combine: the collection is empty; `reduce_or` takes a value for that case"]
        .assert_eq(&error.to_string());
    let or = |list: &str| {
        let list = texts(list);
        move |g: &Graph| Ok(g.add(join::reduce_or(g.value("none".to_owned()), g.add(source::param("list", list)))))
    };
    assert_eq!(bench.check(or(""), expect!["~join"]).unwrap(), "none");
    assert_eq!(bench.check(or("a"), expect!["~join"]).unwrap(), "a");
    assert_eq!(bench.check(or("a b"), expect!["join[0..=1]"]).unwrap(), "ab");
}

#[node]
fn sum(ctx: &NodeCtx, a: u32, b: u32, modulus: u32) -> Result<u32, String> {
    let _ = ctx.seed();
    if a == 13 || b == 13 { Err(format!("{a} and {b} bring bad luck")) } else { Ok((a + b) % modulus) }
}

#[test]
fn any_collection_is_combined_with_further_parameters() {
    let bench = Bench::in_memory();
    let dict: BTreeMap<String, u32> = [("a", 1), ("b", 2), ("c", 4)].map(|(key, x)| (key.to_owned(), x)).into();
    let tree = dict.clone();
    let of_tree = |g: &Graph| Ok(g.add(sum::reduce(g.value(tree), g.value(5))));
    assert_eq!(bench.check(of_tree, expect!["sum[a..=c] sum[b..=c]"]).unwrap(), 2);
    let of_dict = |g: &Graph| Ok(g.add(sum::reduce(g.value(Dict::from(dict)), g.value(5))));
    assert_eq!(bench.check(of_dict, expect!["~sum"]).unwrap(), 2);
    let of_list = |g: &Graph| Ok(g.add(sum::reduce(g.value(List::from(vec![1u32, 2, 4])), g.value(6))));
    assert_eq!(bench.check(of_list, expect!["sum[0..=2] sum[1..=2]"]).unwrap(), 1);
    let mapped = |g: &Graph| {
        let list = g.add(sum::map(g.value(vec![0u32, 1, 3]), g.value(1), g.value(9)));
        Ok(g.group("reduced").add(sum::reduce(list, g.value(5))))
    };
    assert_eq!(bench.check(mapped, expect!["sum[0] sum[1] sum[2] ~reduced/sum"]).unwrap(), 2);
}

#[test]
fn a_combination_that_fails_names_its_range_and_the_others_are_kept() {
    let pipeline = |list: &[u32]| {
        let list = list.to_vec();
        move |g: &Graph| Ok(g.add(sum::reduce(g.add(source::param("list", list)), g.value(1000))))
    };
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let error = bench
        .check(pipeline(&[1, 2, 3, 4, 13, 6, 7, 8]), expect!["!sum[3..=4] sum[1..=2] sum[5..=7] sum[6..=7]"])
        .unwrap_err();
    expect!["node `sum[3..=4]` failed: 4 and 13 bring bad luck"].assert_eq(&error.to_string());
    let (run, _) = bench.run(pipeline(&[1, 2, 3, 4, 13, 6, 7, 8]));
    let counts = run.elements();
    assert_eq!((counts.failed, counts.executed, counts.nodes), (1, 0, 7), "the next run tries again: {counts:?}");
    bench.log.take();
    assert_eq!(
        bench
            .check(pipeline(&[1, 2, 3, 4, 12, 6, 7, 8]), expect!["sum[0..=7] sum[1..=7] sum[3..=4] sum[3..=7]"])
            .unwrap(),
        43
    );
    let stopping = Bench::in_memory();
    let (run, node) = stopping.run(pipeline(&[1, 2, 3, 4, 13, 6, 7, 8]));
    assert!(run.get(node).is_err());
    #[node]
    fn told(result: &Result<u32, Failure>) -> String {
        match result {
            Ok(sum) => sum.to_string(),
            Err(failure) => failure.to_string(),
        }
    }
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let settled = |g: &Graph| Ok(g.add(told::node(g.settle(pipeline(&[13, 1])(g)?))));
    expect!["node `sum[0..=1]` failed: 13 and 1 bring bad luck"]
        .assert_eq(&bench.check(settled, expect!["!sum[0..=1] told"]).unwrap());
}

#[test]
fn what_was_combined_before_a_stop_is_kept() {
    static STOPPER: OnceLock<Stopper> = OnceLock::new();
    static CALLS: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn add(a: u64, b: u64) -> u64 {
        if CALLS.fetch_add(1, Ordering::SeqCst) == 50 {
            STOPPER.get().unwrap().stop();
        }
        a + b
    }
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |g: &Graph| Ok(g.add(add::reduce(g.value((0..200u64).map(|x| x * 1000).collect::<Vec<_>>()))));
    let bench = Bench::open(folder.path());
    STOPPER.set(bench.engine.stopper()).unwrap();
    let (run, _) = bench.run(pipeline);
    let counts = run.elements();
    assert!(run.is_stopped() && counts.executed >= 51 && counts.skipped > 0, "{counts:?}");
    assert_eq!(counts.nodes, 199);
    drop((run, bench));
    let bench = Bench::open(folder.path());
    let (run, node) = bench.run(pipeline);
    assert_eq!(*run.get(node).unwrap(), 19_900_000);
    assert_eq!(CALLS.load(Ordering::SeqCst), 199, "each once");
}

#[node]
fn add(a: &u64, b: &u64) -> u64 {
    a + b
}

fn sums(list: &[u64]) -> impl FnOnce(&Graph) -> mamo::Result<Node<u64>> {
    let list = list.to_vec();
    move |g| Ok(g.add(add::reduce(g.add(source::param("list", list)))))
}

/// The shapes of all kinds of lists are looked at by the tests of `exec/wave/tree.rs`; this is the same through the engine.
#[test]
fn an_edit_among_a_hundred_thousand_runs_at_most_64_combinations() {
    // Without an observer, which would be told of each of them.
    let engine = Engine::builder().jobs(2).in_memory();
    let mut list: Vec<u64> = (0..100_000).collect();
    let run = |list: &[u64]| {
        let (graph, node) = Graph::build(sums(list)).unwrap();
        let run = engine.run(&graph).unwrap();
        assert_eq!(*run.get(node).unwrap(), list.iter().sum::<u64>());
        assert_eq!(run.counts().nodes, 2);
        run.elements()
    };
    assert_eq!(run(&list).executed, 99_999);
    let n_edits = if cfg!(debug_assertions) { 3 } else { 300 };
    let (mut most, mut total, mut dice) = (0, 0, 7u64);
    for edit in 0..n_edits {
        dice = dice.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        let place = usize::try_from(dice >> 33).unwrap() % list.len();
        match edit % 3 {
            0 => list[place] += 1_000_000,
            1 => list.insert(place, 2_000_000 + edit),
            _ => drop(list.remove(place)),
        }
        let executed = run(&list).executed;
        assert!((1..=64).contains(&executed), "edit {edit} at {place} ran {executed} combinations");
        (most, total) = (most.max(executed), total + executed);
    }
    println!("{most} at most, {} in the mean", total / n_edits);
}

static ALIVE: AtomicI64 = AtomicI64::new(0);
static MOST_ALIVE: AtomicI64 = AtomicI64::new(0);

/// A value that counts how many of its kind there are.
#[derive(serde::Serialize)]
struct Counted(u64);

impl Counted {
    fn new(value: u64) -> Self {
        let alive = ALIVE.fetch_add(1, Ordering::SeqCst) + 1;
        MOST_ALIVE.fetch_max(alive, Ordering::SeqCst);
        Self(value)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

impl<'de> serde::Deserialize<'de> for Counted {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self::new)
    }
}

#[test]
fn values_go_when_they_are_combined() {
    #[node]
    fn counted(x: u64) -> Counted {
        Counted::new(x)
    }
    #[node]
    fn add_counted(a: &Counted, b: &Counted) -> Counted {
        Counted::new(a.0 + b.0)
    }
    #[node]
    fn number(counted: &Counted) -> u64 {
        counted.0
    }
    let folder = tempfile::tempdir().unwrap();
    let list = |g: &Graph| g.add(counted::map(g.value((0..5000u64).collect::<Vec<_>>())));
    let bench = Bench::open(folder.path());
    bench.run(|g| Ok(list(g)));
    drop(bench);
    let bench = Bench::open(folder.path());
    let before = ALIVE.load(Ordering::SeqCst);
    MOST_ALIVE.store(before, Ordering::SeqCst);
    let (run, node) = bench.run(|g| Ok(g.add(number::node(g.add(add_counted::reduce(list(g)))))));
    assert_eq!(*run.get(node).unwrap(), 12_497_500);
    assert_eq!(run.elements().executed, 4999);
    let most = MOST_ALIVE.load(Ordering::SeqCst) - before;
    assert!(most < 1000, "{most} values were alive at once");
}

#[test]
fn a_reduce_that_is_not_kept_is_combined_once_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |list: &'static str, plus: usize| {
        move |g: &Graph| {
            let text = g.add(join::reduce(g.add(source::param("list", texts(list)))).persist(Persist::Never));
            Ok(g.add(len::node(text, g.value(plus))))
        }
    };
    let check = |list, plus, expected| Bench::open(folder.path()).check(pipeline(list, plus), expected).unwrap();
    assert_eq!(check("a b c", 0, expect!["join[0..=2] join[1..=2] len"]), 3);
    assert_eq!(check("a b c", 0, expect![""]), 3);
    // Its bytes are asked for, and those of the whole are known as a combination.
    assert_eq!(check("a b c", 1, expect!["len ~join"]), 4);
    assert_eq!(check("a b d", 1, expect!["join[0..=1] join[0..=2] len"]), 4);
}

#[node]
fn overlay(a: &[u8], b: &[u8]) -> Vec<u8> {
    a.iter().zip(b).map(|(a, b)| a ^ b.rotate_left(1)).collect()
}

#[node]
fn head(bytes: &[u8], plus: u8) -> u8 {
    bytes[0].wrapping_add(plus)
}

/// Values that lie in files of their own, and are lost with them.
fn overlaid(list: &[u8], plus: u8) -> impl FnOnce(&Graph) -> mamo::Result<Node<u8>> {
    let list: Vec<Vec<u8>> = list.iter().map(|byte| vec![*byte; 1 << 20]).collect();
    move |g| Ok(g.add(head::node(g.add(overlay::reduce(g.add(source::param("list", list)))), g.value(plus))))
}

#[test]
fn lost_combinations_are_made_again_when_somebody_needs_them() {
    let folder = tempfile::tempdir().unwrap();
    let check = |list: &[u8], plus, expected| Bench::open(folder.path()).check(overlaid(list, plus), expected);
    let before = check(
        &[1, 2, 3, 4, 5, 6],
        0,
        expect!["head overlay[0..=2] overlay[0..=5] overlay[1..=2] overlay[3..=4] overlay[3..=5]"],
    )
    .unwrap();
    assert!(lose_files(folder.path()) >= 5);
    assert_eq!(check(&[1, 2, 3, 4, 5, 6], 0, expect![""]).unwrap(), before, "nobody needs them");
    assert_eq!(
        check(
            &[1, 2, 3, 4, 5, 6],
            1,
            expect!["head overlay[0..=2] overlay[0..=5] overlay[1..=2] overlay[3..=4] overlay[3..=5]"]
        )
        .unwrap(),
        before + 1
    );
    assert_eq!(check(&[1, 2, 3, 4, 5, 6], 2, expect!["head"]).unwrap(), before + 2);
    assert!(lose_files(folder.path()) >= 5);
    check(
        &[1, 2, 3, 4, 5, 7],
        0,
        expect!["head overlay[0..=2] overlay[0..=5] overlay[1..=2] overlay[3..=4] overlay[3..=5]"],
    )
    .unwrap();
    assert!(lose_files(folder.path()) >= 3);
    check(&[1, 2, 3, 4, 5], 0, expect!["head overlay[0..=2] overlay[0..=4] overlay[1..=2] overlay[3..=4]"]).unwrap();
}

/// Values with parts of their own: the value is there, and a part of it is not.
#[test]
fn lost_parts_of_combinations_are_made_again() {
    #[node]
    fn concat(a: &List<Vec<u8>>, b: &List<Vec<u8>>) -> List<Vec<u8>> {
        let longer = |item: &Vec<u8>| item.iter().map(|byte| byte + 1).collect();
        a.iter().chain(b.iter()).map(|item| longer(&item)).collect()
    }
    #[node]
    fn heads(list: &List<Vec<u8>>, plus: u8) -> Vec<u8> {
        list.iter().map(|item| item[0] + plus).collect()
    }
    let folder = tempfile::tempdir().unwrap();
    let check = |list: &[u8], plus, expected| {
        let list: Vec<List<Vec<u8>>> = list.iter().map(|byte| List::from(vec![vec![*byte; 1 << 20]])).collect();
        let pipeline = |g: &Graph| {
            Ok(g.add(heads::node(g.add(concat::reduce(g.add(source::param("list", list)))), g.value(plus))))
        };
        Bench::open(folder.path()).check(pipeline, expected).unwrap()
    };
    let before = check(&[10, 20, 30, 40], 0, expect!["concat[0..=1] concat[0..=3] concat[2..=3] heads"]);
    lose_files(folder.path());
    let after = check(&[10, 20, 30, 40], 1, expect!["concat[0..=1] concat[0..=3] concat[2..=3] heads"]);
    assert_eq!(after, before.iter().map(|byte| byte + 1).collect::<Vec<_>>());
    lose_files(folder.path());
    check(&[10, 20, 30, 41], 1, expect!["concat[0..=1] concat[0..=2] concat[0..=3] heads"]);
}

static DICE: AtomicU32 = AtomicU32::new(0);

/// What was combined, with one throw for it.
#[node]
fn throw(a: &[(u8, u32)], b: &[(u8, u32)]) -> Vec<(u8, u32)> {
    let throw = DICE.fetch_add(1, Ordering::SeqCst);
    let mut all = [a, b].concat();
    all.push((0, throw));
    // So many that they lie in a file of their own.
    all.resize(1 << 20, (1, 0));
    all
}

#[node]
fn throws(all: &[(u8, u32)], _plus: u32) -> Vec<u32> {
    all.iter().filter(|(what, _)| *what == 0).map(|(_, throw)| *throw).collect()
}

#[test]
fn a_combination_that_gives_another_value_is_known_by_it_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let run = |list: &[u8], plus: u32| {
        let list: Vec<Vec<(u8, u32)>> = list.iter().map(|byte| vec![(*byte, 7)]).collect();
        let bench = Bench::open(folder.path());
        let (run, (one, other)) = bench.run(|g| {
            let thrown = g.add(throw::reduce(g.add(source::param("list", list))));
            let one = g.add(throws::node(thrown, g.value(0)).name("one"));
            Ok((one, g.add(throws::node(thrown, g.value(plus)).name("other"))))
        });
        let values = [one, other].map(|node| (*run.get(node).unwrap()).clone());
        assert_eq!(values[0], values[1], "two throws of one die");
        (values[0].clone(), bench.log.take())
    };
    let (first, _) = run(&[2, 3], 1);
    lose_files(folder.path());
    let (second, log) = run(&[2, 3], 2);
    assert_ne!(first, second);
    expect!["@throw one other throw[0..=1]"].assert_eq(&log);
    let (third, log) = run(&[2, 3], 3);
    assert_eq!(third, second);
    expect!["other"].assert_eq(&log);
    lose_files(folder.path());
    let (_, log) = run(&[2, 3, 4], 3);
    expect!["one other throw[0..=1] throw[0..=1] throw[0..=2]"].assert_eq(&log);
}
