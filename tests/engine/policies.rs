//! What a failure does to the rest of a run: stop now, finish what runs, keep going.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Engine, Event, Graph, Node, NodeCtx, Observer, OnFailure, node};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// The tests of this file share what their nodes wait for.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
static IS_RUNNING: AtomicBool = AtomicBool::new(false);
static HAS_FAILED: AtomicBool = AtomicBool::new(false);

/// Fails once the other node runs.
#[node]
fn bad(x: u32) -> Result<u32, String> {
    while !IS_RUNNING.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
    Err(x.to_string())
}

/// Runs until it is asked to give up, or a while longer than the other one.
#[node]
fn long(ctx: &NodeCtx, x: u32) -> Result<u32, String> {
    IS_RUNNING.store(true, Ordering::SeqCst);
    let mut turns = 0;
    while turns < 10_000 {
        if ctx.is_stopped() {
            return Err("gave up".into());
        }
        // Nobody is asked to give up before the failure has been told.
        turns += u32::from(HAS_FAILED.load(Ordering::SeqCst));
        std::thread::yield_now();
    }
    Ok(x)
}

#[node]
fn next(x: u32) -> u32 {
    x + 1
}

/// Notes that a node failed.
struct Failed;

impl Observer for Failed {
    fn event(&self, event: &Event<'_>) {
        if let Event::NodeFailed { node: "bad", .. } = event {
            HAS_FAILED.store(true, Ordering::SeqCst);
        }
    }
}

/// How the nodes came out under a policy, and whether a further run executes `long` again.
fn outcomes(policy: OnFailure) -> (String, bool) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    IS_RUNNING.store(false, Ordering::SeqCst);
    HAS_FAILED.store(false, Ordering::SeqCst);
    let pipeline = |g: &Graph| -> mamo::Result<Node<u32>> {
        g.add(bad::node(g.value(1)));
        Ok(g.add(next::node(g.add(long::node(g.value(2))))))
    };
    let store = tempfile::tempdir().unwrap();
    let (graph, _) = Graph::build(pipeline).unwrap();
    let engine = Engine::builder().jobs(2).on_failure(policy).observer(Arc::new(Failed)).open(store.path()).unwrap();
    let run = engine.run(&graph).unwrap();
    let outcomes = run.outcomes().filter(|(node, _)| !node.starts_with("value"));
    let outcomes: Vec<String> = outcomes.map(|(node, outcome)| format!("{node} {outcome}")).collect();
    assert!(!run.is_complete());
    let plan = engine.plan(&graph, &[]).unwrap();
    let is_kept = plan.nodes().any(|(node, state)| node == "long" && state == mamo::PlanState::Fresh);
    (outcomes.join(", "), is_kept)
}

#[test]
fn stop_now_asks_running_nodes_to_give_up() {
    assert_eq!(outcomes(OnFailure::Stop), ("bad failed, long failed, next skipped".to_owned(), false));
}

#[test]
fn finish_running_keeps_what_runs_and_starts_no_more() {
    assert_eq!(outcomes(OnFailure::FinishRunning), ("bad failed, long executed, next skipped".to_owned(), true));
}

#[test]
fn keep_going_runs_all_that_does_not_depend_on_the_failure() {
    let (outcomes, _) = outcomes(OnFailure::KeepGoing);
    assert_eq!(outcomes, "bad failed, long executed, next executed");
}

/// A program that a node runs is killed: without that, the run would last an hour.
#[cfg(unix)]
#[test]
fn stop_now_kills_programs() {
    static IS_STARTED: AtomicBool = AtomicBool::new(false);
    #[node]
    fn sleeps(ctx: &NodeCtx, sleep: &mamo::Tool) -> Result<bool, mamo::BoxError> {
        IS_STARTED.store(true, Ordering::SeqCst);
        Ok(ctx.command(sleep).arg("3600").status()?.success())
    }
    #[node]
    fn bad_later(x: u32) -> Result<u32, String> {
        while !IS_STARTED.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        Err(x.to_string())
    }
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::Stop));
    let (run, node) = bench.run(|g| {
        g.add(bad_later::node(g.value(1)));
        Ok(g.add(sleeps::node(g.add(mamo::source::tool("sleep")))))
    });
    expect!["!bad_later !sleeps"].assert_eq(&bench.log.take());
    assert!(run.get(node).unwrap_err().to_string().contains("the run was stopped"));
}
