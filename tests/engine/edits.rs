//! The promise in one table: which edit runs what.

use crate::support::Bench;
use expect_test::{Expect, expect};
use mamo::{Graph, Node, node, source};
use serde::{Deserialize, Serialize};

mod first {
    #[mamo::node]
    pub(crate) fn up(x: u32) -> u32 {
        x + 1
    }
}

/// The same answer by other code.
mod second {
    #[mamo::node]
    pub(crate) fn up(x: u32) -> u32 {
        1 + x
    }
}

mod third {
    #[mamo::node]
    pub(crate) fn up(x: u32) -> u32 {
        x + 2
    }
}

#[node]
fn down(x: u32) -> u32 {
    x * 10
}

type Up = fn(Node<u32>) -> mamo::Spec<u32>;

fn pipeline(up: Up, x: u32) -> impl FnOnce(&Graph) -> mamo::Result<Node<u32>> {
    move |g| {
        let x = g.add(source::param("x", x));
        Ok(g.add(down::node(g.add(up(x).name("up")))))
    }
}

/// Runs one version after the other in one store; each comes with what it must run.
#[track_caller]
fn check(steps: Vec<(Up, u32, u32, Expect)>) {
    let bench = Bench::in_memory();
    for (up, x, answer, expected) in steps {
        assert_eq!(bench.check(pipeline(up, x), expected).unwrap(), answer);
    }
}

#[test]
fn nothing_changed_runs_nothing() {
    check(vec![(first::up::node, 1, 20, expect!["down up"]), (first::up::node, 1, 20, expect![""])]);
}

#[test]
fn code_changed_with_the_same_output_cuts_off() {
    check(vec![(first::up::node, 1, 20, expect!["down up"]), (second::up::node, 1, 20, expect!["up ~down"])]);
}

#[test]
fn code_changed_with_another_output_runs_both() {
    check(vec![(first::up::node, 1, 20, expect!["down up"]), (third::up::node, 1, 30, expect!["down up"])]);
}

#[test]
fn going_back_to_older_code_runs_nothing() {
    check(vec![
        (first::up::node, 1, 20, expect!["down up"]),
        (third::up::node, 1, 30, expect!["down up"]),
        (first::up::node, 1, 20, expect![""]),
    ]);
}

#[test]
fn a_changed_parameter_runs_its_cone_and_going_back_nothing() {
    check(vec![
        (first::up::node, 1, 20, expect!["down up"]),
        (first::up::node, 2, 30, expect!["down up"]),
        (first::up::node, 1, 20, expect![""]),
    ]);
}

#[test]
fn a_value_met_before_is_cut_off_on_another_way() {
    check(vec![
        (first::up::node, 2, 30, expect!["down up"]),
        // Another parameter and other code, but `down` sees what it saw before.
        (third::up::node, 1, 30, expect!["up ~down"]),
    ]);
}

mod narrow {
    use super::*;

    #[derive(Clone, Serialize, Deserialize)]
    pub(crate) struct Row {
        pub(crate) a: u32,
        pub(crate) b: u32,
    }

    #[mamo::node(version = 1)]
    pub(crate) fn make() -> Row {
        Row { a: 1, b: 2 }
    }
}

mod swapped {
    use super::*;

    #[derive(Clone, Serialize, Deserialize)]
    pub(crate) struct Row {
        pub(crate) b: u32,
        pub(crate) a: u32,
    }

    #[mamo::node(version = 1)]
    pub(crate) fn make() -> Row {
        Row { b: 2, a: 1 }
    }
}

#[node(version = 1)]
fn diff(b: u32, a: u32) -> u32 {
    b.wrapping_sub(a)
}

/// Two fields of one type change places: the bytes are the same and mean something else.
#[test]
fn another_order_of_fields_is_a_clean_miss() {
    let bench = Bench::in_memory();
    let narrow = |g: &Graph| {
        let row = g.add(narrow::make::node().name("make"));
        let (a, b) = (g.add(row.field(mamo::field!(narrow::Row, a))), g.add(row.field(mamo::field!(narrow::Row, b))));
        Ok(g.add(diff::node(b, a)))
    };
    let swapped = |g: &Graph| {
        let row = g.add(swapped::make::node().name("make"));
        let (a, b) = (g.add(row.field(mamo::field!(swapped::Row, a))), g.add(row.field(mamo::field!(swapped::Row, b))));
        Ok(g.add(diff::node(b, a)))
    };
    assert_eq!(bench.check(narrow, expect!["diff make make.a make.b"]).unwrap(), 1);
    assert_eq!(bench.check(swapped, expect!["make make.a make.b ~diff"]).unwrap(), 1);
}

#[test]
fn tags_and_names_run_nothing() {
    let bench = Bench::in_memory();
    bench.check(|g| Ok(g.add(first::up::node(g.value(1)))), expect!["up"]).unwrap();
    bench.check(|g| Ok(g.add(first::up::node(g.value(1)).name("other").tag("slow"))), expect![""]).unwrap();
    bench.check(|g| Ok(g.group("a/b").add(first::up::node(g.value(1)))), expect![""]).unwrap();
}

#[test]
fn equal_nodes_run_once() {
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| {
        let a = g.group("a").add(first::up::node(g.value(1)));
        let b = g.group("b").add(first::up::node(g.value(1)));
        Ok(g.add(diff::node(a, b)))
    };
    let (run, node) = bench.run(pipeline);
    assert_eq!(*run.get(node).unwrap(), 0);
    assert_eq!(run.counts().executed, 2, "one `up` and `diff`");
    assert_eq!(run.counts().cut_off, 1);
}
