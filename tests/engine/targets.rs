//! Targets whose computation is that of a node that is not kept: their bytes are there after the run all the same.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Graph, Node, Persist, node};

#[node]
fn next(x: u32) -> u32 {
    x + 1
}

#[node]
fn plus(a: u32, b: u32) -> u32 {
    a + b
}

/// The value of the node that a run is asked for, and what happened until it was there.
fn value_and_log(bench: &Bench, pipeline: impl FnOnce(&Graph) -> mamo::Result<Node<u32>>) -> (u32, String) {
    let (run, node) = bench.run(pipeline);
    (*run.get(node).unwrap(), bench.log.take())
}

#[test]
fn what_was_not_kept_is_kept_once_it_is_a_target() {
    let bench = Bench::in_memory();
    let pipeline = |is_target: bool| {
        move |g: &Graph| {
            let a = g.add(next::node(g.value(1)).name("a").persist(Persist::Never));
            let b = g.add(next::node(a).name("b"));
            g.target("b", b);
            if is_target {
                g.target("a", a);
                return Ok(a);
            }
            Ok(b)
        }
    };
    assert_eq!(value_and_log(&bench, pipeline(false)), (3, "a b".into()));
    bench.run(pipeline(true));
    assert_eq!(bench.log.take(), "a");
    assert_eq!(value_and_log(&bench, pipeline(true)), (2, String::new()));
}

/// Two nodes that are one computation, one of which is not to be kept while the other is a target.
#[test]
fn a_target_is_kept_although_an_equal_node_is_not() {
    let never = |g: &Graph, x| g.add(next::node(x).name("never").persist(Persist::Never));
    let target = |g: &Graph, x| {
        let target = g.add(next::node(x).name("target"));
        g.target("target", target);
        target
    };
    let below = |g: &Graph, never| g.target("below", g.add(plus::node(never, g.value(1))));
    for is_first in [true, false] {
        let bench = Bench::in_memory();
        let pipeline = |g: &Graph| {
            let x = g.value(1);
            if is_first {
                below(g, never(g, x));
            }
            let target = target(g, x);
            if !is_first {
                below(g, never(g, x));
            }
            Ok(target)
        };
        bench.run(pipeline);
        bench.log.take();
        assert_eq!(value_and_log(&bench, pipeline), (2, String::new()), "never first: {is_first}");
    }
}

/// The equal node ran in an earlier run.
#[test]
fn a_target_is_kept_although_an_equal_node_was_not() {
    let bench = Bench::in_memory();
    let pipeline = |is_there: bool| {
        move |g: &Graph| {
            let x = g.value(1);
            let never = g.add(next::node(x).name("never").persist(Persist::Never));
            let below = g.add(plus::node(never, g.value(1)));
            g.target("below", below);
            if is_there {
                let target = g.add(next::node(x).name("target"));
                g.target("target", target);
                return Ok(target);
            }
            Ok(below)
        }
    };
    assert_eq!(value_and_log(&bench, pipeline(false)), (3, "never plus".into()));
    bench.run(pipeline(true));
    bench.log.take();
    assert_eq!(value_and_log(&bench, pipeline(true)), (2, String::new()));
}

/// The equal node is known to be one only when its input has been computed.
#[test]
fn a_target_is_kept_although_it_was_cut_off_by_an_equal_node() {
    for round in 0..50 {
        let bench = Bench::in_memory();
        let pipeline = |g: &Graph| {
            let never = g.add(next::node(g.value(1)).name("never").persist(Persist::Never));
            g.target("below", g.add(plus::node(never, g.value(1))));
            let one = g.add(next::node(g.value(0)).name("one"));
            let target = g.add(next::node(one).name("target"));
            g.target("target", target);
            Ok(target)
        };
        bench.run(pipeline);
        bench.log.take();
        assert_eq!(value_and_log(&bench, pipeline), (2, String::new()), "round {round}");
    }
}

/// `why split` said that there is no node of that name, and asked whether `split` was meant.
#[test]
fn a_node_with_several_outputs_is_known_by_its_name() {
    #[node(outputs(low, high))]
    fn bounds(x: u32) -> (u32, u32) {
        (x, x + 1)
    }
    let bench = Bench::in_memory();
    let (graph, _) = Graph::build(|g| Ok(g.add(bounds::node(g.value(1))))).unwrap();
    assert_eq!(bench.engine.why(&graph, "bounds").unwrap().node, "bounds");
    let run = bench.engine.run_targets(&graph, &["bounds"]).unwrap();
    expect!["bounds"].assert_eq(&bench.log.take());
    assert_eq!(*run.find::<u32>("bounds.high").unwrap(), 2);
    let error = run.find::<u32>("bounds").unwrap_err();
    assert_eq!(error.to_string(), "node `bounds` has no value of its own");
    assert_eq!(error.hint(), Some("it has several outputs: ask for `bounds.low` or `bounds.high`"));
}

#[test]
fn an_element_where_a_node_is_asked_for_is_told_from_a_mistyped_name() {
    let bench = Bench::in_memory();
    let (graph, _) = Graph::build(|g| Ok(g.add(next::map(g.value(vec![1u32, 2]))))).unwrap();
    let error = bench.engine.why(&graph, "next[1]").unwrap_err();
    assert_eq!(error.to_string(), "there is no target or node `next[1]`");
    assert_eq!(error.hint(), Some("ask for `next`: single elements are known to `log` and `replay` only"));
    assert_eq!(bench.engine.why(&graph, "nxt").unwrap_err().hint(), Some("did you mean `next`?"));
}
