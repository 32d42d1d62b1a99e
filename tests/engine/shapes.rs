//! Projections, outputs, lists, fixtures, barriers, persistence.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Graph, List, Node, Persist, field, node, source};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Config {
    rate: f64,
    eval: Eval,
}

#[derive(Serialize, Deserialize)]
struct Eval {
    metric: String,
}

#[node]
fn length(text: &str) -> usize {
    text.len()
}

#[node]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn config(rate: f64, metric: &str) -> Config {
    Config { rate, eval: Eval { metric: metric.into() } }
}

#[test]
fn another_field_of_the_same_value_runs_only_what_reads_it() {
    let bench = Bench::in_memory();
    let pipeline = |config: Config| {
        |g: &Graph| {
            let config = g.add(source::param("config", config));
            g.add(double::node(g.add(config.field(field!(Config, rate)))));
            Ok(g.add(length::node(g.add(config.field(field!(Config, eval.metric))))))
        }
    };
    bench
        .check(pipeline(config(1.0, "rmse")), expect!["double length param:config.eval.metric param:config.rate"])
        .unwrap();
    bench
        .check(pipeline(config(2.0, "rmse")), expect!["double param:config.eval.metric param:config.rate ~length"])
        .unwrap();
}

#[node(outputs(low, high))]
fn split(numbers: &[u32], at: u32) -> (Vec<u32>, Vec<u32>) {
    numbers.iter().partition(|n| **n < at)
}

#[node]
fn sum(numbers: &[u32]) -> u32 {
    numbers.iter().sum()
}

#[test]
fn each_output_is_cut_off_by_itself() {
    let bench = Bench::in_memory();
    let pipeline = |numbers: Vec<u32>| {
        |g: &Graph| {
            let numbers = g.add(source::param("numbers", numbers));
            let (low, high) = g.add(split::node(numbers, g.value(10)));
            let low = g.add(sum::node(low).name("low"));
            let high = g.add(sum::node(high).name("high"));
            g.target("low", low);
            g.target("high", high);
            Ok((low, high))
        }
    };
    let (run, (low, high)) = bench.run(pipeline(vec![1, 2, 30]));
    assert_eq!((*run.get(low).unwrap(), *run.get(high).unwrap()), (3, 30));
    expect!["high low split"].assert_eq(&bench.log.take());
    let (run, (low, high)) = bench.run(pipeline(vec![1, 2, 40]));
    assert_eq!((*run.get(low).unwrap(), *run.get(high).unwrap()), (3, 40));
    expect!["high split ~low"].assert_eq(&bench.log.take());
    bench.run(pipeline(vec![1, 2, 40]));
    expect![""].assert_eq(&bench.log.take());
}

#[test]
fn an_output_can_be_asked_for() {
    let bench = Bench::in_memory();
    let (run, (low, high)) = bench.run(|g| Ok(g.add(split::node(g.value(vec![1, 20]), g.value(10)))));
    assert_eq!((*run.get(low).unwrap()).clone(), [1]);
    assert_eq!((*run.get(high).unwrap()).clone(), [20]);
}

#[node]
fn total(numbers: &List<u32>) -> u32 {
    numbers.iter().map(|n| *n).sum()
}

#[test]
fn gather_makes_a_list_of_nodes() {
    let bench = Bench::in_memory();
    let pipeline = |last: u32| {
        move |g: &Graph| {
            let parts: Vec<Node<u32>> =
                [1, 2, last].iter().map(|n| g.group(n).add(sum::node(g.value(vec![*n, 1])))).collect();
            Ok(g.add(total::node(g.gather(parts))))
        }
    };
    assert_eq!(bench.check(pipeline(3), expect!["1/sum 2/sum 3/sum gather total"]).unwrap(), 9);
    assert_eq!(bench.check(pipeline(4), expect!["4/sum gather total"]).unwrap(), 10);
    assert_eq!(bench.check(pipeline(3), expect![""]).unwrap(), 9);
}

#[test]
fn a_fixture_stands_in_for_a_node() {
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| {
        let numbers = g.add(sum::node(g.value(vec![1, 2])));
        let list = g.gather([numbers]);
        let total = g.add(total::node(list));
        g.target("total", total);
        g.replace(numbers, g.value(40));
        Ok(total)
    };
    assert_eq!(bench.check(pipeline, expect!["gather total"]).unwrap(), 40);
}

/// Only the first step was followed: what stood in for `numbers` had been replaced itself, and was read all the same.
#[test]
fn a_fixture_may_be_replaced_by_another() {
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| {
        let numbers = g.add(sum::node(g.value(vec![1, 2])));
        let total = g.add(total::node(g.gather([numbers])));
        g.target("total", total);
        g.target("numbers", numbers);
        let (first, second) = (g.value(40), g.value(50));
        g.replace(numbers, first);
        g.replace(first, second);
        Ok((total, numbers))
    };
    let (run, (total, numbers)) = bench.run(pipeline);
    assert_eq!(bench.log.take(), "gather total");
    assert_eq!((*run.get(total).unwrap(), *run.get(numbers).unwrap()), (50, 50));
    assert_eq!(*run.find::<u32>("numbers").unwrap(), 50);
}

#[test]
fn a_fixture_that_depends_on_what_it_replaces_is_a_mistake() {
    let mistake = Graph::build(|g| {
        let a = g.add(double::node(g.value(1.0)));
        let b = g.add(double::node(a).name("b"));
        g.replace(a, b);
        Ok(())
    });
    let message = mistake.err().unwrap().to_string();
    assert!(message.contains("a fixture depends on what it replaces: `b`"), "{message}");
}

#[node]
fn coarse(x: u32) -> u32 {
    x / 10
}

#[node]
fn next(x: u32) -> u32 {
    x + 1
}

#[test]
fn what_is_below_a_barrier_depends_on_its_value_alone() {
    let bench = Bench::in_memory();
    let pipeline = |x: u32| {
        move |g: &Graph| {
            let x = g.add(source::param("x", x));
            let coarse = g.add(coarse::node(x).barrier());
            Ok(g.add(next::node(g.add(next::node(coarse).name("first")))))
        }
    };
    assert_eq!(bench.check(pipeline(11), expect!["coarse first next"]).unwrap(), 3);
    // The barrier has the same value: nothing below it is even looked at as stale.
    assert_eq!(bench.check(pipeline(12), expect!["coarse"]).unwrap(), 3);
    // `next` of 2 is known from the first run.
    assert_eq!(bench.check(pipeline(25), expect!["coarse next ~first"]).unwrap(), 4);
    assert_eq!(bench.check(pipeline(11), expect![""]).unwrap(), 3);
}

#[test]
fn values_that_are_not_kept_are_made_again_when_needed() {
    let bench = Bench::in_memory();
    let pipeline = |extra: u32| {
        move |g: &Graph| {
            let a = g.add(next::node(g.value(1)).name("a").persist(Persist::Never));
            let b = g.add(next::node(a).name("b").persist(Persist::Never));
            let sums = g.gather([b]);
            let _ = sums;
            Ok(g.add(plus::node(b, g.value(extra))))
        }
    };
    assert_eq!(bench.check(pipeline(0), expect!["a b gather plus"]).unwrap(), 3);
    assert_eq!(bench.check(pipeline(0), expect![""]).unwrap(), 3);
    assert_eq!(bench.check(pipeline(5), expect!["a b plus"]).unwrap(), 8);
}

#[test]
fn a_target_is_kept_whatever_its_policy() {
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| {
        let a = g.add(next::node(g.value(1)).name("a").persist(Persist::Never));
        g.target("a", a);
        g.target("b", g.add(next::node(a).name("b")));
        Ok(a)
    };
    bench.run(pipeline);
    assert_eq!(bench.log.take(), "a b");
    assert_eq!(bench.check(pipeline, expect![""]).unwrap(), 2);
    assert_eq!(bench.log.take(), "", "nor when its value was asked for");
}

#[node]
fn plus(a: u32, b: u32) -> u32 {
    a + b
}

struct Handle(u32);

#[node(transient)]
fn connect(port: u32) -> Handle {
    Handle(port)
}

#[node]
fn ask(handle: &Handle, what: u32) -> u32 {
    handle.0 + what
}

#[test]
fn transient_values_are_made_in_runs_that_need_them() {
    let bench = Bench::in_memory();
    let pipeline = |what: u32| move |g: &Graph| Ok(g.add(ask::node(g.add(connect::node(g.value(80))), g.value(what))));
    assert_eq!(bench.check(pipeline(1), expect!["ask connect"]).unwrap(), 81);
    assert_eq!(bench.check(pipeline(1), expect![""]).unwrap(), 81);
    assert_eq!(bench.check(pipeline(2), expect!["ask connect"]).unwrap(), 82);
}

#[node]
fn greet(name: Option<&String>, again: Option<&String>) -> String {
    format!("{:?} {:?}", name, again)
}

#[test]
fn optional_inputs_may_be_left_out() {
    let bench = Bench::in_memory();
    let (run, nodes) = bench.run(|g| {
        let a = g.value("a".to_owned());
        let left = g.add(greet::node(Some(a), None).name("left"));
        let right = g.add(greet::node(None, Some(a)).name("right"));
        Ok((left, right))
    });
    assert_eq!(*run.get(nodes.0).unwrap(), "Some(\"a\") None");
    assert_eq!(*run.get(nodes.1).unwrap(), "None Some(\"a\")");
}

/// It was called by what it does, whatever it was named.
#[test]
fn fields_and_settled_nodes_have_the_names_that_they_are_given() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Pair {
        left: u32,
    }
    let (graph, (named, unnamed, settled)) = Graph::build(|g| {
        let pair = g.add(source::param("pair", Pair { left: 1 }));
        let group = g.group("in");
        let named = group.add(pair.field(mamo::field!(Pair, left)).name("mine"));
        let unnamed = group.add(pair.field(mamo::field!(Pair, left)));
        Ok((named, unnamed, group.settle(named)))
    })
    .unwrap();
    let names = [graph.identity(named), graph.identity(unnamed), graph.identity(settled)];
    assert_eq!(names, ["in/mine", "param:pair.left", "settle(in/mine)"]);
}

/// A node function that calls another one runs it within its own node: nothing of it is kept or counted.
#[test]
fn a_node_function_calls_another_as_a_plain_function() {
    #[node]
    fn inner(x: u32) -> u32 {
        x * 2
    }
    #[node]
    fn outer(x: u32) -> u32 {
        inner(x) + inner(x + 1)
    }
    let bench = Bench::in_memory();
    let nested = |g: &Graph| Ok(g.add(outer::node(g.value(3))));
    assert_eq!(bench.check(nested, expect!["outer"]).unwrap(), 14);
    assert_eq!(bench.check(|g| Ok(g.add(inner::node(g.value(3)))), expect!["inner"]).unwrap(), 6);
    assert_eq!(bench.check(nested, expect![""]).unwrap(), 14);
}
