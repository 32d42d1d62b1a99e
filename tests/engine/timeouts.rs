//! Nodes that take too long have failed from then on; what they give later is dropped.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Engine, Failure, Graph, NodeCtx, OnFailure, Retry, node};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// Gives up when it is asked to, and gives a value all the same.
#[node]
fn obedient(ctx: &NodeCtx, x: u32) -> u32 {
    ctx.log("waits");
    while !ctx.is_stopped() {
        std::thread::yield_now();
    }
    x
}

#[node]
fn next(x: u32) -> u32 {
    x + 1
}

#[node]
fn is_ok(result: &Result<u32, Failure>) -> bool {
    result.is_ok()
}

const SOON: Duration = Duration::from_millis(1);
const NEVER: Duration = Duration::MAX;

fn keep_going() -> Bench {
    Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing))
}

#[test]
fn a_late_value_is_dropped_and_the_node_has_failed() {
    let bench = keep_going();
    let pipeline = |g: &Graph| {
        let late = g.add(obedient::node(g.value(1)).timeout(SOON));
        Ok(g.add(next::node(late)))
    };
    let error = bench.check(pipeline, expect!["!obedient -next"]).unwrap_err();
    expect![
        "node `next` was skipped because node `obedient` failed: timed out after 1ms; `.timeout(..)` says how long it may take"
    ]
    .assert_eq(&error.to_string());
    // Nothing of it is on record.
    bench.check(pipeline, expect!["!obedient -next"]).unwrap_err();
    let (graph, _) = Graph::build(pipeline).unwrap();
    let log = bench.engine.log(&graph, "obedient").unwrap().unwrap();
    let lines: Vec<&str> = log.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["waits", "timed out after 1ms; `.timeout(..)` says how long it may take"]);
    assert!(log.failure.unwrap().starts_with("timed out"));
}

#[test]
fn a_timeout_is_part_of_no_key() {
    let bench = Bench::in_memory();
    let pipeline = |time: Duration| move |g: &Graph| Ok(g.add(next::node(g.value(1)).timeout(time)));
    bench.check(pipeline(NEVER), expect!["next"]).unwrap();
    bench.check(pipeline(Duration::from_secs(3600)), expect![""]).unwrap();
}

/// The node runs until something else has run that needs its failure: told when it returns, both would wait for ever.
#[test]
fn what_does_not_need_the_value_goes_on_while_the_function_still_runs() {
    static HAS_RUN: AtomicBool = AtomicBool::new(false);
    static HAS_WAITED_IN_VAIN: AtomicBool = AtomicBool::new(false);
    #[node]
    fn stubborn(x: u32) -> u32 {
        for _ in 0..20_000_000 {
            if HAS_RUN.load(Ordering::SeqCst) {
                return x;
            }
            std::thread::yield_now();
        }
        HAS_WAITED_IN_VAIN.store(true, Ordering::SeqCst);
        x
    }
    #[node]
    fn after(result: &Result<u32, Failure>) -> bool {
        HAS_RUN.store(true, Ordering::SeqCst);
        result.is_err()
    }
    for policy in [OnFailure::Stop, OnFailure::KeepGoing] {
        HAS_RUN.store(false, Ordering::SeqCst);
        let bench = Bench::with(Engine::builder().on_failure(policy));
        let pipeline = |g: &Graph| {
            let stubborn = g.add(stubborn::node(g.value(1)).timeout(SOON));
            Ok(g.add(after::node(g.settle(stubborn))))
        };
        assert!(bench.check(pipeline, expect!["!stubborn after"]).unwrap());
    }
    assert!(!HAS_WAITED_IN_VAIN.load(Ordering::SeqCst));
}

/// What has not begun by the time of the failure does not run: the long one has, before the short one may.
#[test]
fn a_timeout_stops_the_run_as_any_failure_does() {
    static HAS_BEGUN: AtomicBool = AtomicBool::new(false);
    #[node]
    fn long(ctx: &NodeCtx, x: u32) -> u32 {
        HAS_BEGUN.store(true, Ordering::SeqCst);
        while !ctx.is_stopped() {
            std::thread::yield_now();
        }
        x
    }
    #[node]
    fn gate(ctx: &NodeCtx, x: u32) -> u32 {
        while !HAS_BEGUN.load(Ordering::SeqCst) && !ctx.is_stopped() {
            std::thread::yield_now();
        }
        x
    }
    let bench = Bench::with(Engine::builder().jobs(2).on_failure(OnFailure::Stop));
    let (run, (short, long)) = bench.run(|g| {
        let gate = g.add(gate::node(g.value(1)));
        let short = g.add(obedient::node(gate).name("short").timeout(SOON));
        // It is asked to give up because the run stops: that is no timeout.
        let long = g.add(long::node(g.value(2)).timeout(NEVER));
        Ok((short, long))
    });
    assert!(run.get(short).unwrap_err().to_string().contains("timed out after 1ms"));
    assert_eq!(run.get(long).ok().as_deref(), Some(&2));
}

#[test]
fn elements_of_maps_have_their_time_each() {
    #[node]
    fn some(ctx: &NodeCtx, x: u32) -> u32 {
        while x == 2 && !ctx.is_stopped() {
            std::thread::yield_now();
        }
        x
    }
    #[node]
    fn count(all: &[Result<u32, Failure>]) -> usize {
        all.iter().filter(|one| one.is_ok()).count()
    }
    let bench = keep_going();
    let map = |g: &Graph| g.add(some::map(g.value(vec![1, 2, 3])).timeout(Duration::from_millis(700)));
    let (run, map_of_three) = bench.run(|g| Ok(map(g)));
    expect!["!some[1] some[0] some[2]"].assert_eq(&bench.log.take());
    assert!(run.get(map_of_three).unwrap_err().to_string().starts_with("node `some[1]` failed: timed out after 700ms"));
    // Settled elements have the time of the map that they are of.
    let settled = |g: &Graph| Ok(g.add(count::node(g.settle_each(map(g)))));
    assert_eq!(bench.check(settled, expect!["!settle_each(some)[1] count"]).unwrap(), 2);
}

#[test]
fn combinations_of_a_reduce_have_their_time_each() {
    #[node]
    fn add(ctx: &NodeCtx, a: u32, b: u32) -> u32 {
        while !ctx.is_stopped() {
            std::thread::yield_now();
        }
        a + b
    }
    let bench = keep_going();
    let (run, sum) = bench.run(|g| Ok(g.add(add::reduce(g.value(vec![1u32, 2])).timeout(SOON))));
    assert!(run.get(sum).unwrap_err().to_string().contains("timed out after 1ms"));
}

#[test]
fn each_try_has_its_own_time() {
    static TRIES: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn slow_at_first(ctx: &NodeCtx, x: u32) -> u32 {
        if TRIES.fetch_add(1, Ordering::SeqCst) < 2 {
            while !ctx.is_stopped() {
                std::thread::yield_now();
            }
        }
        assert!(TRIES.load(Ordering::SeqCst) < 3 || !ctx.is_stopped());
        x
    }
    let retry = Retry::times(2).backoff(Duration::ZERO);
    let bench = keep_going();
    let time = Duration::from_millis(700);
    let pipeline = |g: &Graph| Ok(g.add(slow_at_first::node(g.value(7)).timeout(time).retry(retry)));
    assert_eq!(bench.check(pipeline, expect!["slow_at_first"]).unwrap(), 7);
    assert_eq!(TRIES.load(Ordering::SeqCst), 3);
    // A predicate sees the timeout.
    TRIES.store(0, Ordering::SeqCst);
    let picky = retry.when(|message| !message.starts_with("timed out"));
    let bench = keep_going();
    let pipeline = |g: &Graph| Ok(g.add(slow_at_first::node(g.value(8)).timeout(SOON).retry(picky)));
    bench.check(pipeline, expect!["!slow_at_first"]).unwrap_err();
    assert_eq!(TRIES.load(Ordering::SeqCst), 1);
}

/// Without the kill the run would last an hour.
#[cfg(unix)]
#[test]
fn programs_are_killed_when_the_time_is_over() {
    #[node]
    fn sleeps(ctx: &NodeCtx, sleep: &mamo::Tool) -> Result<bool, mamo::BoxError> {
        Ok(ctx.command(sleep).arg("3600").status()?.success())
    }
    let bench = keep_going();
    let (run, node) =
        bench.run(|g| Ok(g.add(sleeps::node(g.add(mamo::source::tool("sleep"))).timeout(Duration::from_millis(20)))));
    assert!(run.get(node).unwrap_err().to_string().contains("timed out after 20ms"));
}

#[test]
fn who_computes_the_same_has_failed_as_well() {
    let bench = keep_going();
    let (run, (one, other)) = bench.run(|g| {
        let one = g.add(obedient::node(g.value(1)).name("one").timeout(SOON));
        let other = g.add(obedient::node(g.value(1)).name("other").timeout(SOON));
        Ok((one, g.add(is_ok::node(g.settle(other)))))
    });
    assert!(run.get(one).is_err() && !*run.get(other).unwrap());
    assert_eq!(run.failures().len(), 2);
}

#[test]
fn only_functions_are_timed() {
    let error = Graph::build(|g| Ok(g.add(mamo::source::file("a.csv").timeout(SOON)))).err().unwrap().to_string();
    assert!(error.contains("`file:a.csv` is to be timed, but it calls no node function"), "{error}");
}

/// The watchdog tells, and an observer's panic there ends the run for the caller to see, as one elsewhere does.
#[test]
fn a_panic_in_an_observer_that_is_told_of_a_timeout_comes_out_of_the_run() {
    struct Bomb;
    impl mamo::Observer for Bomb {
        fn event(&self, event: &mamo::Event<'_>) {
            assert!(!matches!(event, mamo::Event::NodeFailed { .. }), "observer");
        }
    }
    let engine = Engine::builder().jobs(2).observer(std::sync::Arc::new(Bomb)).in_memory();
    let (graph, _) = Graph::build(|g| Ok(g.add(obedient::node(g.value(1)).timeout(SOON)))).unwrap();
    let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| engine.run(&graph).map(|_| ())));
    assert_eq!(run.unwrap_err().downcast_ref::<&str>(), Some(&"observer"));
}

#[test]
fn nodes_of_sub_graphs_have_their_time_as_well() {
    #[node(expand)]
    fn outer(g: &Graph, x: u32) -> Result<mamo::Node<u32>, mamo::BoxError> {
        Ok(g.add(obedient::node(g.value(x)).timeout(SOON)))
    }
    let bench = keep_going();
    let error = bench.check(|g| Ok(g.add(outer::node(g.value(1)))), expect!["!outer !outer/obedient"]).unwrap_err();
    assert!(error.to_string().contains("timed out after 1ms"), "{error}");
}
