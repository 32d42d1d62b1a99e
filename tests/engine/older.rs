//! Runs that are not to bring everything up to date: older values stand in for stale nodes.

use crate::support::{Bench, Log};
use expect_test::{Expect, expect};
use mamo::store::MemoryStore;
use mamo::{Bytes, Engine, Gc, Graph, List, Node, Persist, Policy, Run, node};
use std::sync::Arc;

#[node]
fn fetch(x: u32) -> u32 {
    x + 1
}

#[node]
fn clean(x: u32, by: u32) -> u32 {
    x * by
}

#[node]
fn report(x: u32) -> String {
    format!("{x}")
}

/// `fetch` reads a parameter, `clean` another, and `report` what comes out.
fn chain(x: u32, by: u32) -> impl Fn(&Graph) -> mamo::Result<Node<String>> {
    move |g| {
        // Values that take less time than saving them are not kept unless somebody says so.
        let fetched = g.add(fetch::node(g.value(x)).persist(Persist::Always));
        let cleaned = g.add(clean::node(fetched, g.value(by)).persist(Persist::Always));
        Ok(g.add(report::node(cleaned)))
    }
}

/// An engine in memory forgets which runs there were.
fn with_history() -> Bench {
    let log = Arc::new(Log::default());
    let builder = Engine::builder().jobs(2).observer(log.clone());
    Bench { engine: builder.with_store(Arc::new(MemoryStore::new())).unwrap(), log }
}

/// What ran, and which nodes kept older values.
#[track_caller]
fn check<H>(
    bench: &Bench,
    pipeline: impl Fn(&Graph) -> mamo::Result<H>,
    policy: &Policy,
    expected: Expect,
) -> (Run, H) {
    let (graph, handle) = Graph::build(pipeline).unwrap();
    let plan = bench.engine.plan_by(&graph, &[], policy).unwrap();
    let planned: Vec<String> = plan.older_values().map(|(node, _)| node.to_owned()).collect();
    let run = bench.engine.run_by(&graph, &[], policy).unwrap();
    let older: Vec<String> = run.older_values().map(|(node, _)| node).collect();
    assert_eq!(planned, older);
    expected.assert_eq(&format!("{} | {}", bench.last(), older.join(" ")));
    (run, handle)
}

#[test]
fn what_has_a_value_keeps_it_whatever_changed() {
    let folder = tempfile::tempdir().unwrap();
    let value = |(run, node): (Run, Node<String>)| (*run.get(node).unwrap()).clone();
    {
        let bench = Bench::open(folder.path());
        let missing = Policy::stale().missing_only();
        assert_eq!(value(check(&bench, chain(1, 10), &missing, expect!["clean fetch report | "])), "20");
        assert_eq!(value(check(&bench, chain(2, 10), &missing, expect![" | report"])), "20");
        assert_eq!(value(check(&bench, chain(2, 10), &Policy::stale(), expect!["clean fetch report | "])), "30");
    }
    let bench = Bench::open(folder.path());
    let missing = Policy::stale().missing_only();
    assert_eq!(value(check(&bench, chain(5, 10), &missing, expect![" | report"])), "30");
    // What is on record for what there is now needs no older value, and going back neither.
    assert_eq!(value(check(&bench, chain(1, 10), &missing, expect![" | "])), "20");
}

#[test]
fn what_has_no_value_is_executed_on_older_ones_and_recorded_for_those() {
    let bench = with_history();
    let with = |x: u32| {
        move |g: &Graph| {
            let fetched = g.add(fetch::node(g.value(x)));
            g.target("fetch", fetched);
            let cleaned = g.add(clean::node(fetched, g.value(10)));
            let node = g.add(report::node(cleaned));
            g.target("report", node);
            Ok(node)
        }
    };
    let first = |g: &Graph| Ok(g.add(fetch::node(g.value(1))));
    check(&bench, first, &Policy::stale(), expect!["fetch | "]);
    let missing = Policy::stale().missing_only();
    let (run, node) = check(&bench, with(2), &missing, expect!["clean report | fetch"]);
    assert_eq!(*run.get(node).unwrap(), "20");
    // Nobody takes it for what the present inputs give.
    let (run, node) = check(&bench, with(2), &Policy::stale(), expect!["clean fetch report | "]);
    assert_eq!(*run.get(node).unwrap(), "30");
    // What was computed from the older value is what that value gives.
    let (run, node) = check(&bench, with(1), &Policy::stale(), expect!["~clean ~report | "]);
    assert_eq!(*run.get(node).unwrap(), "20");
}

#[test]
fn a_depth_brings_so_many_levels_up_to_date() {
    let run = |depth: usize, expected: Expect| {
        let bench = with_history();
        check(&bench, chain(1, 10), &Policy::stale(), expect!["clean fetch report | "]);
        let (run, node) = check(&bench, chain(2, 20), &Policy::stale().depth(depth), expected);
        (*run.get(node).unwrap()).clone()
    };
    assert_eq!(run(0, expect!["~report | clean"]), "20");
    // Nothing that it reads changed, so it is cut off.
    assert_eq!(run(1, expect!["~report | clean"]), "20");
    assert_eq!(run(2, expect!["clean report | fetch"]), "40");
    assert_eq!(run(3, expect!["clean fetch report | "]), "60");
}

#[test]
fn a_forced_node_does_not_keep_an_older_value() {
    let bench = with_history();
    check(&bench, chain(1, 10), &Policy::stale(), expect!["clean fetch report | "]);
    let policy = Policy::stale().missing_only().force("clean");
    let (run, node) = check(&bench, chain(1, 20), &policy, expect!["clean | report"]);
    assert_eq!(*run.get(node).unwrap(), "20");
}

#[test]
fn a_value_of_another_type_is_none() {
    #[node]
    fn wide(x: u32) -> u64 {
        u64::from(x)
    }
    let bench = with_history();
    check(&bench, |g: &Graph| Ok(g.add(fetch::node(g.value(1)).name("it"))), &Policy::stale(), expect!["it | "]);
    let policy = Policy::stale().missing_only();
    check(&bench, |g: &Graph| Ok(g.add(wide::node(g.value(1)).name("it"))), &policy, expect!["it | "]);
}

#[test]
fn of_a_map_the_older_list_stays_as_a_whole() {
    let bench = with_history();
    let pipeline = |values: Vec<u32>| move |g: &Graph| Ok(g.add(fetch::map(g.value(values.clone()))));
    let sum = |(run, node): (Run, Node<List<u32>>)| run.get(node).unwrap().iter().map(|x| *x).sum::<u32>();
    let policy = Policy::stale().missing_only();
    check(&bench, pipeline(vec![1, 2]), &Policy::stale(), expect!["fetch[0] fetch[1] | "]);
    assert_eq!(sum(check(&bench, pipeline(vec![1, 2, 3]), &policy, expect![" | fetch"])), 5);
    // Nothing to execute, so it is put together.
    assert_eq!(sum(check(&bench, pipeline(vec![2, 1, 3]), &Policy::stale(), expect!["fetch[2] | "])), 9);
}

#[test]
fn older_values_whose_bytes_are_lost_are_given_up() {
    #[node]
    fn bulk(n: u32) -> Bytes {
        Bytes::from(vec![n.to_le_bytes()[0]; 100_000])
    }
    #[node]
    fn lengths(parts: &List<Bytes>, n: u32) -> u32 {
        parts.iter().map(|part| part.iter().map(|byte| u32::from(*byte)).sum::<u32>()).sum::<u32>() * n
    }
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    let pipeline = |first: u32, n: u32| {
        move |g: &Graph| {
            let parts = g.add(bulk::map(g.value(vec![first, first + 1])));
            Ok(g.add(lengths::node(parts, g.value(n))))
        }
    };
    check(&bench, pipeline(1, 1), &Policy::stale(), expect!["bulk[0] bulk[1] lengths | "]);
    bench.engine.gc(&Gc::default().max_size(60_000)).unwrap();
    let policy = Policy::stale().depth(1);
    let (run, node) = check_run(&bench, pipeline(2, 2), &policy, expect![[r#"bulk[0] bulk[1] lengths | "#]]);
    assert_eq!(*run.get(node).unwrap(), 1_000_000);
}

/// As [`check`], where the plan cannot know what turns out to be lost.
#[track_caller]
fn check_run<H>(
    bench: &Bench,
    pipeline: impl Fn(&Graph) -> mamo::Result<H>,
    policy: &Policy,
    expected: Expect,
) -> (Run, H) {
    let (graph, handle) = Graph::build(pipeline).unwrap();
    let run = bench.engine.run_by(&graph, &[], policy).unwrap();
    let older: Vec<String> = run.older_values().map(|(node, _)| node).collect();
    expected.assert_eq(&format!("{} | {}", bench.last(), older.join(" ")));
    (run, handle)
}

#[test]
fn what_was_never_saved_is_no_older_value_and_what_is_below_a_barrier_keeps_one() {
    let bench = with_history();
    let pipeline = |x: u32, by: u32| {
        move |g: &Graph| {
            let fetched = g.add(fetch::node(g.value(x)).persist(Persist::Never));
            let cleaned = g.add(clean::node(fetched, g.value(by)).barrier().persist(Persist::Always));
            Ok(g.add(report::node(cleaned)))
        }
    };
    check(&bench, pipeline(1, 10), &Policy::stale(), expect!["clean fetch report | "]);
    let policy = Policy::stale().missing_only();
    check(&bench, pipeline(2, 10), &policy, expect![" | clean"]);
    let (run, node) = check(&bench, pipeline(2, 10), &Policy::stale().depth(2), expect!["clean fetch report | "]);
    assert_eq!(*run.get(node).unwrap(), "30");
}

#[test]
fn an_engine_without_records_executes_everything() {
    let engine = Engine::in_memory();
    let (graph, node) = Graph::build(chain(1, 10)).unwrap();
    let run = engine.run_by(&graph, &[], &Policy::stale().missing_only()).unwrap();
    assert_eq!((run.counts().executed, run.get(node).unwrap().as_str()), (3, "20"));
    assert_eq!(run.older_values().count(), 0);
}
