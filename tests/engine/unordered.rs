//! Hash collections: each of a process comes in an order of its own, which is no part of a value.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Graph, Node, Spec, node};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

#[derive(Serialize, Deserialize)]
struct Census {
    year: u32,
    people: HashMap<String, HashSet<u32>>,
}

fn census(year: u32) -> Census {
    Census { year, people: (0..64).map(|n| (format!("person {n}"), (0..n).collect())).collect() }
}

mod first {
    use super::{Census, census};

    #[mamo::node]
    pub(super) fn up(year: u32) -> Census {
        census(year)
    }
}

/// The same value by other code.
mod second {
    use super::{Census, census};

    #[mamo::node]
    pub(super) fn up(year: u32) -> Census {
        Census { year: year.abs_diff(0), ..census(year) }
    }
}

#[node]
fn down(census: &Census) -> usize {
    census.people.values().map(HashSet::len).sum()
}

#[test]
fn an_equal_map_in_another_order_is_the_same_value() {
    let orders: HashSet<Vec<String>> = (0..20).map(|year| census(year).people.into_keys().collect()).collect();
    assert!(orders.len() > 1, "all maps came in one order, so nothing is tried here");
    let bench = Bench::in_memory();
    let pipeline =
        |up: fn(Node<u32>) -> Spec<Census>| move |g: &Graph| Ok(g.add(down::node(g.add(up(g.value(1950)).name("up")))));
    assert_eq!(bench.check(pipeline(first::up::node), expect!["down up"]).unwrap(), 2016);
    assert_eq!(bench.check(pipeline(second::up::node), expect!["up ~down"]).unwrap(), 2016);
}
