//! Sub-graphs of every shape under random edits, with failures, lost bytes and collected garbage: the answers of plain
//! recursion, nothing executed twice in a run, and nothing at all in a run after which nothing changed.

use crate::narrow::narrow;
use crate::random::cases;
use crate::store::Forgetful;
use mamo::store::{MemoryStore, Store};
use mamo::{BoxError, Engine, Gc, Graph, List, Node, OnFailure, Persist, node, source};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What was executed in this run, and how often.
static EXECUTED: Mutex<BTreeMap<String, u32>> = Mutex::new(BTreeMap::new());
/// The number on which leaves fail.
static BAD: AtomicU64 = AtomicU64::new(u64::MAX);

fn note(call: String) {
    *EXECUTED.lock().unwrap_or_else(PoisonError::into_inner).entry(call).or_default() += 1;
}

fn executed() -> BTreeMap<String, u32> {
    std::mem::take(&mut *EXECUTED.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The shape of a sub-graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Leaf(u64),
    Plus(Box<Shape>),
    Fan(Vec<Shape>),
    Squares(Vec<u64>),
    /// The same node twice, once by way of a node whose value is not kept.
    Twice(Box<Shape>),
    /// Failures below count as nothing.
    Settled(Box<Shape>),
}

/// What is long lies in a blob.
const LONG: usize = 700;

#[node]
fn leaf(x: u64) -> Result<Vec<u64>, String> {
    note(format!("leaf {x}"));
    if x == BAD.load(Ordering::SeqCst) { Err(format!("{x} is bad")) } else { Ok(vec![x; LONG]) }
}

#[node]
fn plus(all: &[u64]) -> Vec<u64> {
    note(format!("plus {:?}", all.first()));
    all.iter().map(|x| x + 1).collect()
}

#[node]
fn sum(all: &List<Vec<u64>>) -> Vec<u64> {
    let firsts: Vec<u64> = all.iter().map(|one| one[0]).collect();
    note(format!("sum {firsts:?}"));
    vec![firsts.iter().sum(); LONG]
}

#[node]
fn square(x: u64) -> u64 {
    note(format!("square {x}"));
    x * x
}

#[node]
fn total(squares: &List<u64>) -> Vec<u64> {
    let squares: Vec<u64> = squares.iter().map(|x| *x).collect();
    note(format!("total {squares:?}"));
    vec![squares.iter().sum(); LONG]
}

#[node]
fn both(left: &[u64], right: &[u64]) -> Vec<u64> {
    note(format!("both {} {}", left[0], right[0]));
    left.iter().zip(right).map(|(a, b)| a + b).collect()
}

#[node]
fn or_nothing(settled: &Result<Vec<u64>, mamo::Failure>) -> Vec<u64> {
    note(format!("or nothing {:?}", settled.as_ref().map(|all| all[0]).ok()));
    settled.as_ref().map_or_else(|_| vec![0; LONG], Vec::clone)
}

#[node(expand)]
fn grow(g: &Graph, shape: &Shape) -> Result<Node<Vec<u64>>, BoxError> {
    note(format!("grow {shape:?}"));
    let below = |name: &str, shape: &Shape| g.add(grow::node(g.value(shape.clone())).name(name));
    Ok(match shape {
        Shape::Leaf(x) => g.add(leaf::node(g.value(*x))),
        Shape::Plus(shape) => g.add(plus::node(below("below", shape))),
        Shape::Fan(shapes) => {
            let parts = shapes.iter().enumerate().map(|(n, shape)| below(&format!("part{n}"), shape));
            g.add(sum::node(g.gather(parts)))
        }
        Shape::Squares(numbers) => g.add(total::node(g.add(square::map(g.value(numbers.clone()))))),
        Shape::Twice(shape) => {
            let below = below("below", shape);
            let plus = g.add(plus::node(below).persist(Persist::Never));
            g.add(both::node(below, plus))
        }
        Shape::Settled(shape) => g.add(or_nothing::node(g.settle(below("below", shape)))),
    })
}

#[node]
fn first(all: &[u64]) -> u64 {
    note(format!("first {}", all[0]));
    all[0]
}

/// What a shape comes to.
fn by_hand(shape: &Shape) -> u64 {
    match shape {
        Shape::Leaf(x) => *x,
        Shape::Plus(shape) => by_hand(shape) + 1,
        Shape::Fan(shapes) => shapes.iter().map(by_hand).sum(),
        Shape::Squares(numbers) => numbers.iter().map(|x| x * x).sum(),
        Shape::Twice(shape) => 2 * by_hand(shape) + 1,
        Shape::Settled(shape) => by_hand(shape),
    }
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf =
        prop_oneof![(0..8u64).prop_map(Shape::Leaf), prop::collection::vec(0..6u64, 0..4).prop_map(Shape::Squares),];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|shape| Shape::Plus(Box::new(shape))),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Shape::Fan),
            inner.clone().prop_map(|shape| Shape::Twice(Box::new(shape))),
            inner.prop_map(|shape| Shape::Settled(Box::new(shape))),
        ]
    })
}

#[derive(Clone, Debug)]
enum Step {
    /// Another shape.
    Shape(Shape),
    /// One that was there before.
    Revert(usize),
    /// Leaves fail on another number, or on none.
    Bad(Option<u64>),
    /// Bytes of every so manieth blob are lost.
    Lose(u8),
    Collect(usize),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => shape().prop_map(Step::Shape),
        2 => (0..5usize).prop_map(Step::Revert),
        1 => prop::option::of(0..8u64).prop_map(Step::Bad),
        2 => (1..4u8).prop_map(Step::Lose),
        1 => (1..4usize).prop_map(Step::Collect),
        1 => Just(Step::Restart),
    ]
}

fn pipeline(g: &Graph, shape: Shape) -> Node<u64> {
    let grown = g.add(grow::node(g.add(source::param("shape", shape))));
    let first = g.add(first::node(grown));
    g.target("first", first);
    g.target("grown", grown);
    first
}

/// Whether a leaf of it fails when it is executed; what was executed before that is known all the same.
fn may_fail(shape: &Shape) -> bool {
    match shape {
        Shape::Leaf(x) => *x == BAD.load(Ordering::SeqCst),
        Shape::Plus(shape) | Shape::Twice(shape) | Shape::Settled(shape) => may_fail(shape),
        Shape::Fan(shapes) => shapes.iter().any(may_fail),
        Shape::Squares(_) => false,
    }
}

/// Runs it, and again; the answer is that of plain recursion both times.
fn check(engine: &Engine, shape: &Shape) {
    let (graph, first) = Graph::build(|g| Ok(pipeline(g, shape.clone()))).unwrap();
    for is_again in [false, true] {
        executed();
        let run = engine.run(&graph).unwrap();
        let value = run.get(first).ok().map(|value| *value);
        let ran = executed();
        if may_fail(shape) {
            assert_eq!(value.is_some(), run.failures().is_empty(), "{:?}", run.failures());
            continue;
        }
        assert_eq!(value, Some(by_hand(shape)), "{shape:?} {:?}", run.failures());
        if is_again {
            assert_eq!(ran, BTreeMap::new(), "nothing has changed: {shape:?}");
        }
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn sub_graphs_give_the_answers_of_plain_recursion(
        steps in prop::collection::vec(step(), 1..14),
        jobs in 1..4usize,
        keeps_going in any::<bool>(),
    ) {
        BAD.store(u64::MAX, Ordering::SeqCst);
        let store = Arc::new(Forgetful { inner: MemoryStore::new(), known: Mutex::default() });
        let open = || {
            let on_failure = if keeps_going { OnFailure::KeepGoing } else { OnFailure::Stop };
            let erased: Arc<dyn Store> = Arc::<Forgetful>::clone(&store);
            narrow(jobs).on_failure(on_failure).with_store(erased).unwrap()
        };
        let mut engine = open();
        let mut history = vec![Shape::Leaf(1)];
        for step in &steps {
            match step {
                Step::Shape(shape) => history.push(shape.clone()),
                Step::Revert(back) => history.push(history[history.len().saturating_sub(back + 1)].clone()),
                Step::Bad(bad) => BAD.store(bad.unwrap_or(u64::MAX), Ordering::SeqCst),
                Step::Lose(every) => store.forget(*every),
                Step::Collect(runs) => drop(engine.gc(&Gc::default().keep_runs(*runs)).unwrap()),
                Step::Restart => engine = open(),
            }
            check(&engine, history.last().unwrap());
        }
    }
}
