//! Failures, panics and stops: what did finish is kept, and the next run tries again.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Engine, Failure, Graph, List, Node, OnFailure, node, source};
use std::sync::atomic::{AtomicBool, Ordering};

#[node]
fn good(x: u32) -> u32 {
    x + 1
}

static IS_BROKEN: AtomicBool = AtomicBool::new(true);

#[node]
fn flaky(x: u32) -> Result<u32, String> {
    if IS_BROKEN.load(Ordering::SeqCst) { Err(format!("no luck with {x}")) } else { Ok(x) }
}

#[node]
fn panics(x: u32) -> u32 {
    assert!(x > 100, "too small: {x}");
    x
}

#[node]
fn join(a: u32, b: u32) -> u32 {
    a + b
}

#[test]
fn a_failure_skips_what_is_below_it_and_the_next_run_tries_again() {
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let pipeline = |g: &Graph| {
        let good = g.add(good::node(g.value(1)));
        let flaky = g.add(flaky::node(g.value(2)));
        Ok(g.add(join::node(good, flaky)))
    };
    let error = bench.check(pipeline, expect!["!flaky -join good"]).unwrap_err();
    assert_eq!(error.to_string(), "node `join` was skipped because node `flaky` failed: no luck with 2");
    bench.check(pipeline, expect!["!flaky -join"]).unwrap_err();
    IS_BROKEN.store(false, Ordering::SeqCst);
    assert_eq!(bench.check(pipeline, expect!["flaky join"]).unwrap(), 4);
}

#[test]
fn a_panic_fails_its_node() {
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let (run, node) = bench.run(|g| Ok(g.add(panics::node(g.value(3)))));
    assert_eq!(run.get(node).unwrap_err().to_string(), "node `panics` failed: panicked: too small: 3");
    assert_eq!(run.counts().failed, 1);
    assert!(!run.is_complete());
}

#[node]
fn always(x: u32) -> Result<u32, String> {
    if x == 0 { Err("zero".into()) } else { Ok(x) }
}

#[node]
fn count_failures(all: &[Result<u32, Failure>]) -> usize {
    all.iter().filter(|one| one.is_err()).count()
}

#[test]
fn a_settled_failure_is_a_value_and_stops_nothing() {
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| {
        let nodes: Vec<Node<u32>> = (0..3).map(|x| g.group(x).add(always::node(g.value(x)))).collect();
        let settled: Vec<Node<Result<u32, Failure>>> = nodes.into_iter().map(|node| g.settle(node)).collect();
        let all: Node<List<Result<u32, Failure>>> = g.gather(settled);
        Ok(g.add(count_failures::node(all)))
    };
    let first = expect!["!0/always 1/always 2/always count_failures gather settle(1/always) settle(2/always)"];
    assert_eq!(bench.check(pipeline, first).unwrap(), 1);
    // What comes from a settled failure is tried again, and cut off by its content.
    let second = expect!["!0/always ~count_failures ~gather"];
    assert_eq!(bench.check(pipeline, second).unwrap(), 1);
}

#[test]
fn a_missing_file_fails_its_node_by_name() {
    #[node]
    fn read(text: &str) -> usize {
        text.len()
    }
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let (run, (read, other)) = bench.run(|g| {
        let read = g.add(read::node(g.add(source::file("no/such/file.txt"))));
        Ok((read, g.add(good::node(g.value(7)))))
    });
    let message = run.get(read).unwrap_err().to_string();
    assert!(message.contains("node `file:no/such/file.txt` failed"), "{message}");
    assert!(!message.contains('\n'), "{message}");
    assert_eq!(*run.get(other).unwrap(), 8);
}

#[test]
fn what_finished_before_a_stop_is_kept() {
    #[node]
    fn stop_here(ctx: &mamo::NodeCtx, x: u32) -> Result<u32, String> {
        STOPPER.get().unwrap().stop();
        if ctx.is_stopped() { Ok(x) } else { Err("not told to stop".into()) }
    }
    static STOPPER: std::sync::OnceLock<mamo::Stopper> = std::sync::OnceLock::new();
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |g: &Graph| {
        let first = g.add(good::node(g.value(1)));
        Ok(g.add(good::node(g.add(stop_here::node(first))).name("last")))
    };
    {
        let bench = Bench::open(folder.path());
        STOPPER.set(bench.engine.stopper()).unwrap();
        let (run, last) = bench.run(pipeline);
        assert!(run.is_stopped());
        assert_eq!(run.get(last).unwrap_err().kind(), mamo::ErrorKind::Stopped);
        expect!["-last good stop_here"].assert_eq(&bench.log.take());
    }
    let bench = Bench::open(folder.path());
    bench.check(pipeline, expect!["last"]).unwrap();
}

#[test]
fn a_value_that_cannot_be_encoded_is_an_error_of_its_node() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Odd(#[serde(serialize_with = "refuse")] u32);
    fn refuse<S: serde::Serializer>(_: &u32, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("this one has no bytes"))
    }
    #[node]
    fn odd(x: u32) -> Odd {
        Odd(x)
    }
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let (run, (odd, good)) = bench.run(|g| Ok((g.add(odd::node(g.value(1))), g.add(good::node(g.value(1))))));
    let message = run.get(odd).err().unwrap().to_string();
    assert!(message.starts_with("node `odd` failed: cannot encode"), "{message}");
    assert!(message.contains("this one has no bytes"), "{message}");
    assert_eq!(*run.get(good).unwrap(), 2);
}

#[test]
fn an_unknown_target_is_an_error_with_a_hint() {
    let (graph, _) = Graph::build(|g| {
        let good = g.add(good::node(g.value(1)));
        g.target("report", good);
        Ok(())
    })
    .unwrap();
    let error = Engine::in_memory().run_targets(&graph, &["raport"]).err().unwrap();
    assert_eq!(error.kind(), mamo::ErrorKind::UnknownName);
    assert_eq!(error.hint(), Some("did you mean `report`?"));
}

#[test]
fn mistakes_are_reported_together_with_both_places() {
    let (_, stranger) = Graph::build(|g| Ok(g.value(1))).unwrap();
    let error = Graph::build(|g| {
        g.add(good::node(g.value(1)));
        g.add(good::node(g.value(2)));
        g.add(good::node(stranger).name(""));
        Ok(())
    });
    let message = error.err().unwrap().to_string();
    assert!(message.contains("two nodes are called `good`"), "{message}");
    assert_eq!(message.matches("failures.rs").count(), 4, "{message}");
    assert!(message.contains("another graph") && message.contains("empty name"), "{message}");
}

#[test]
fn a_run_within_a_node_is_refused() {
    #[node]
    fn inner(x: u32) -> Result<u32, mamo::Error> {
        let (graph, node) = Graph::build(|g| Ok(g.add(good::node(g.value(x)))))?;
        Ok(*Engine::in_memory().run(&graph)?.get(node)?)
    }
    let bench = Bench::in_memory();
    let (run, node) = bench.run(|g| Ok(g.add(inner::node(g.value(1)))));
    let message = run.get(node).unwrap_err().to_string();
    assert!(message.contains("a run was started from within a node"), "{message}");
}

/// Below a barrier nothing can be planned until it is known; one that failed was executed again and again.
#[test]
fn a_barrier_that_fails_ends_the_run() {
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let pipeline = |g: &Graph| Ok(g.add(good::node(g.add(always::node(g.value(0)).barrier()))));
    bench.check(pipeline, expect!["!always -good"]).unwrap_err();
}
