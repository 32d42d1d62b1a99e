//! Maps of every kind, in chains, under random edits of their collection: the answers of plain loops, and each function
//! executed once for what it has not seen before.

use crate::narrow::narrow;
use crate::random::cases;
use mamo::store::{MemoryStore, Store};
use mamo::{Dict, Failure, Graph, List, Node, node, source};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How often each function was executed for what it read.
static EXECUTED: Mutex<BTreeMap<String, u32>> = Mutex::new(BTreeMap::new());

fn note(call: String) {
    *EXECUTED.lock().unwrap_or_else(PoisonError::into_inner).entry(call).or_default() += 1;
}

#[node]
fn square(x: u64) -> u64 {
    note(format!("square {x}"));
    x * x
}

#[node]
fn even(x: u64) -> Option<u64> {
    note(format!("even {x}"));
    x.is_multiple_of(2).then_some(x / 2)
}

#[node]
fn digits(x: u64) -> Vec<u64> {
    note(format!("digits {x}"));
    x.to_string().bytes().map(|digit| u64::from(digit - b'0')).collect()
}

#[node]
fn add(a: u64, b: u64) -> u64 {
    a + b
}

#[node]
fn times(x: u64, squared: u64) -> u64 {
    note(format!("times {x} {squared}"));
    x * squared
}

#[node]
fn last_digit(x: u64) -> String {
    note(format!("last digit {x}"));
    (x % 10).to_string()
}

/// What is long lies in a blob.
#[node]
fn padded(group: &List<u64>, #[key] key: &str) -> Vec<u64> {
    let group: Vec<u64> = group.iter().map(|x| *x).collect();
    note(format!("padded {key} {group:?}"));
    group.iter().copied().chain(std::iter::repeat_n(0, 60)).collect()
}

#[node]
fn not_three(x: u64) -> Result<u64, String> {
    note(format!("not three {x}"));
    if x == 3 { Err("it is three".into()) } else { Ok(x) }
}

/// What the pipeline gives, by whichever way.
#[derive(Debug, PartialEq)]
struct Answers {
    total: u64,
    products: Vec<u64>,
    groups: Vec<(String, Vec<u64>)>,
    threes: Vec<Result<u64, String>>,
}

type Nodes = (Node<u64>, Node<List<u64>>, Node<Dict<String, Vec<u64>>>, Node<List<Result<u64, Failure>>>);

fn pipeline(g: &Graph, list: Vec<u64>) -> Nodes {
    let list: Node<List<u64>> = g.add(same::map(g.add(source::param("list", list))));
    let squares = g.add(square::map(list));
    let halves = g.add(even::filter_map(squares));
    let digits = g.add(digits::flat_map(halves));
    let total = g.add(add::reduce_or(g.value(0), digits));
    let products = g.add(times::zip_map(list, squares));
    let groups = g.group_by(squares, g.add(last_digit::map(squares)));
    (total, products, g.add(padded::map(groups)), g.settle_each(g.add(not_three::map(list))))
}

#[node]
fn same(x: u64) -> u64 {
    x
}

fn by_hand(list: &[u64]) -> Answers {
    let squares: Vec<u64> = list.iter().map(|x| x * x).collect();
    let halves = squares.iter().filter(|x| x.is_multiple_of(2)).map(|x| x / 2);
    let total = halves.flat_map(|x| x.to_string().into_bytes()).map(|digit| u64::from(digit - b'0')).sum();
    let mut groups: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for x in &squares {
        groups.entry((x % 10).to_string()).or_default().push(*x);
    }
    for group in groups.values_mut() {
        group.extend([0; 60]);
    }
    Answers {
        total,
        products: list.iter().map(|x| x * x * x).collect(),
        groups: groups.into_iter().collect(),
        threes: list.iter().map(|x| if *x == 3 { Err("it is three".into()) } else { Ok(*x) }).collect(),
    }
}

#[derive(Clone, Debug)]
enum Edit {
    Replace(usize, u64),
    Insert(usize, u64),
    Remove(usize),
    Swap(usize, usize),
    Revert(usize),
    Restart,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => (0..100usize, 0..40u64).prop_map(|(place, x)| Edit::Replace(place, x)),
        3 => (0..100usize, 0..40u64).prop_map(|(place, x)| Edit::Insert(place, x)),
        3 => (0..100usize).prop_map(Edit::Remove),
        2 => (0..100usize, 0..100usize).prop_map(|(one, other)| Edit::Swap(one, other)),
        1 => (0..5usize).prop_map(Edit::Revert),
        1 => Just(Edit::Restart),
    ]
}

fn edited(history: &[Vec<u64>], edit: &Edit) -> Vec<u64> {
    let mut list = history.last().cloned().unwrap_or_default();
    let n = list.len();
    match edit {
        Edit::Replace(place, x) if n > 0 => list[place % n] = *x,
        Edit::Insert(place, x) => list.insert(place % (n + 1), *x),
        Edit::Remove(place) if n > 0 => drop(list.remove(place % n)),
        Edit::Swap(one, other) if n > 0 => list.swap(one % n, other % n),
        Edit::Revert(back) => return history[history.len().saturating_sub(1 + back)].clone(),
        Edit::Replace(..) | Edit::Remove(_) | Edit::Swap(..) | Edit::Restart => {}
    }
    list
}

fn check(first: Vec<u64>, edits: &[Edit]) -> Result<(), TestCaseError> {
    EXECUTED.lock().unwrap_or_else(PoisonError::into_inner).clear();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let open = || narrow(2).with_store(Arc::clone(&store)).unwrap();
    let mut engine = open();
    let mut history = vec![first];
    for edit in std::iter::once(&Edit::Restart).chain(edits) {
        if matches!(edit, Edit::Restart) {
            engine = open();
        }
        let list = edited(&history, edit);
        let (graph, (total, products, groups, threes)) = Graph::build(|g| Ok(pipeline(g, list.clone()))).unwrap();
        let run = engine.run(&graph).unwrap();
        let groups = run.get(groups).unwrap();
        let settled = |result: &Result<u64, Failure>| result.clone().map_err(|failure| failure.message().to_owned());
        let answers = Answers {
            total: *run.get(total).unwrap(),
            products: run.get(products).unwrap().iter().map(|x| *x).collect(),
            groups: groups.iter().map(|(key, group)| (key.clone(), (*group).clone())).collect(),
            threes: run.get(threes).unwrap().iter().map(|result| settled(&result)).collect(),
        };
        prop_assert_eq!(answers, by_hand(&list), "{:?}", list);
        history.push(list);
    }
    let executed = EXECUTED.lock().unwrap_or_else(PoisonError::into_inner);
    // What fails is tried again by the next run.
    let again = executed.iter().filter(|(call, times)| **times > 1 && *call != "not three 3");
    prop_assert_eq!(again.collect::<Vec<_>>(), Vec::<(&String, &u32)>::new());
    Ok(())
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn maps_give_what_loops_give_and_run_what_is_new(
        first in prop::collection::vec(0..40u64, 0..12),
        edits in prop::collection::vec(edit(), 1..10),
    ) {
        check(first, &edits)?;
    }
}
