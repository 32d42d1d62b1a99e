//! Nodes that are executed once more because somebody says so.

use crate::support::Bench;
use expect_test::{Expect, expect};
use mamo::{Engine, ErrorKind, Graph, Node, Persist, Policy, node, source};
use std::sync::atomic::{AtomicU32, Ordering};

/// What the world gives: nothing that mamo sees.
static WORLD: AtomicU32 = AtomicU32::new(1);
/// The tests change it one after the other.
static ORDER: std::sync::Mutex<()> = std::sync::Mutex::new(());

#[node]
fn fetch(x: u32) -> u32 {
    x + WORLD.load(Ordering::SeqCst)
}

#[node]
fn below(x: u32) -> u32 {
    x * 10
}

#[node]
fn larger(a: &u32, b: &u32) -> u32 {
    *a.max(b)
}

#[track_caller]
fn check<H>(
    bench: &Bench,
    pipeline: impl Fn(&Graph) -> mamo::Result<H>,
    forced: &[&str],
    expected: Expect,
) -> mamo::Run {
    let (graph, _) = Graph::build(pipeline).unwrap();
    let policy = forced.iter().fold(Policy::stale(), |policy, node| policy.force(*node));
    let run = bench.engine.run_by(&graph, &[], &policy).unwrap();
    expected.assert_eq(&bench.last());
    run
}

fn chain(g: &Graph) -> mamo::Result<Node<u32>> {
    Ok(g.add(below::node(g.add(fetch::node(g.value(1))))))
}

#[test]
fn what_gives_the_same_again_runs_nothing_below_and_what_does_not_is_followed() {
    let _order = ORDER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    for policy in [Persist::Auto, Persist::Always, Persist::Never] {
        WORLD.store(1, Ordering::SeqCst);
        let pipeline = |g: &Graph| Ok(g.add(below::node(g.add(fetch::node(g.value(1)).persist(policy)))));
        let folder = tempfile::tempdir().unwrap();
        let bench = Bench::open(folder.path());
        let value = |run: &mamo::Run| *run.find::<u32>("below").unwrap();
        assert_eq!(value(&check(&bench, pipeline, &[], expect!["below fetch"])), 20);
        assert_eq!(value(&check(&bench, pipeline, &["fetch"], expect!["fetch"])), 20);
        WORLD.store(4, Ordering::SeqCst);
        assert_eq!(value(&check(&bench, pipeline, &[], expect![""])), 20);
        assert_eq!(value(&check(&bench, pipeline, &["fetch"], expect!["@fetch below fetch"])), 50);
        drop(bench);
        let bench = Bench::open(folder.path());
        assert_eq!(value(&check(&bench, pipeline, &[], expect![""])), 50);
        assert_eq!(value(&check(&bench, pipeline, &["below"], expect!["below"])), 50);
    }
}

#[test]
fn a_forced_node_that_fails_keeps_its_former_value() {
    #[node]
    fn careful(x: u32) -> Result<u32, String> {
        match WORLD.load(Ordering::SeqCst) {
            0 => Err("no world".into()),
            world => Ok(x + world),
        }
    }
    let _order = ORDER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    WORLD.store(1, Ordering::SeqCst);
    let pipeline = |g: &Graph| Ok(g.add(below::node(g.add(careful::node(g.value(1))))));
    let bench = Bench::in_memory();
    check(&bench, pipeline, &[], expect!["below careful"]);
    WORLD.store(0, Ordering::SeqCst);
    let run = check(&bench, pipeline, &["careful"], expect!["!careful"]);
    assert_eq!(run.counts().failed, 1);
    assert_eq!(*check(&bench, pipeline, &[], expect![""]).find::<u32>("below").unwrap(), 20);
}

#[test]
fn of_a_map_all_elements_are_executed_and_stay_what_they_are_then() {
    let _order = ORDER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    WORLD.store(1, Ordering::SeqCst);
    let pipeline = |n: u32| move |g: &Graph| Ok(g.add(fetch::map(g.value((0..n).collect::<Vec<_>>()))));
    let bench = Bench::in_memory();
    let sum = |run: &mamo::Run| run.find::<mamo::List<u32>>("fetch").unwrap().iter().map(|x| *x).sum::<u32>();
    assert_eq!(sum(&check(&bench, pipeline(2), &[], expect!["fetch[0] fetch[1]"])), 3);
    WORLD.store(11, Ordering::SeqCst);
    assert_eq!(sum(&check(&bench, pipeline(2), &["fetch"], expect!["@fetch fetch[0] fetch[1]"])), 23);
    // An element more: the others stay what they were forced to be.
    assert_eq!(sum(&check(&bench, pipeline(3), &[], expect!["fetch[2]"])), 36);
}

#[test]
fn of_a_reduce_all_combinations_are_executed() {
    let _order = ORDER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let pipeline = |g: &Graph| Ok(g.add(larger::reduce(g.value(vec![1, 5, 2, 7, 3]))));
    let bench = Bench::in_memory();
    check(&bench, pipeline, &[], expect!["larger[0..=4] larger[1..=2] larger[1..=4] larger[3..=4]"]);
    check(&bench, pipeline, &["larger"], expect!["larger[0..=4] larger[1..=2] larger[1..=4] larger[3..=4]"]);
}

#[test]
fn a_plan_says_what_is_forced() {
    let _order = ORDER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let bench = Bench::in_memory();
    let (graph, _) = Graph::build(chain).unwrap();
    bench.engine.run(&graph).unwrap();
    let plan = bench.engine.plan_by(&graph, &[], &Policy::stale().force("fetch")).unwrap();
    let states: Vec<String> = plan.nodes().map(|(node, state)| format!("{node} {state:?}")).collect();
    expect!["value Fresh, fetch Run, below Fresh"].assert_eq(&states.join(", "));
}

#[test]
fn what_cannot_be_forced_is_explained() {
    let engine = Engine::in_memory();
    let pipeline = |g: &Graph| {
        let x = g.add(source::param("x", 1_u32));
        g.target("source", x);
        g.target("below", g.add(below::node(x)));
        g.target("fetch", g.add(fetch::node(x)));
        Ok(())
    };
    let (graph, ()) = Graph::build(pipeline).unwrap();
    let refused = |targets: &[&str], node: &str| {
        let error = engine.run_by(&graph, targets, &Policy::stale().force(node)).err().unwrap();
        (error.kind(), error.to_string())
    };
    let (kind, message) = refused(&[], "source");
    assert_eq!(kind, ErrorKind::NotForced);
    expect!["node `source` cannot be forced: it has no function"].assert_eq(&message);
    let (kind, message) = refused(&["below"], "fetch");
    assert_eq!(kind, ErrorKind::NotForced);
    expect!["node `fetch` cannot be forced: no target needs it"].assert_eq(&message);
    assert_eq!(refused(&[], "fetsch").0, ErrorKind::UnknownName);
}
