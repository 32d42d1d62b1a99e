//! Failures, panics and stops: what did finish is kept, and the next run tries again.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Engine, Failure, Graph, List, Node, OnFailure, node, source};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

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
    // With its place, which is that of the `assert!` above.
    let message = run.get(node).unwrap_err().to_string();
    let place =
        message.strip_prefix("node `panics` failed: panicked at ").and_then(|rest| rest.strip_suffix(": too small: 3"));
    let (file, position) = place.unwrap_or_else(|| panic!("{message}")).split_once(".rs:").unwrap();
    assert_eq!((file.ends_with("failures"), position), (true, "23:5"), "{message}");
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

/// They would wait for the run that waits for the node.
#[test]
fn questions_within_a_node_are_refused() {
    static ASKED: Mutex<Option<(Arc<Engine>, Arc<Graph>)>> = Mutex::new(None);
    #[node]
    fn nosy(_x: u32) -> Vec<String> {
        let (engine, graph) = ASKED.lock().unwrap().take().unwrap();
        let by = mamo::Remark::by("nosy");
        let answers = [
            engine.plan(&graph, &[]).map(|_| ()),
            engine.why(&graph, "nosy").map(|_| ()),
            engine.accept_all(&graph, &by).map(|_| ()),
            engine.unaccept(&graph, &["nosy"], &by).map(|_| ()),
        ];
        answers.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect()
    }
    let engine = Arc::new(Engine::in_memory());
    let (graph, node) = Graph::build(|g| Ok(g.add(nosy::node(g.value(1))))).unwrap();
    let graph = Arc::new(graph);
    *ASKED.lock().unwrap() = Some((Arc::clone(&engine), Arc::clone(&graph)));
    let refusals = engine.run(&graph).unwrap().get(node).unwrap();
    assert_eq!(*refusals, ["the engine was asked from within a node"; 4]);
}

/// Below a barrier nothing can be planned until it is known; one that failed was executed again and again.
#[test]
fn a_barrier_that_fails_ends_the_run() {
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let pipeline = |g: &Graph| Ok(g.add(good::node(g.add(always::node(g.value(0)).barrier()))));
    bench.check(pipeline, expect!["!always -good"]).unwrap_err();
}

/// Whether the failing node is the settled one, far above it, a source, or one that waits for a barrier.
#[test]
fn a_settled_failure_stops_nothing_wherever_it_comes_from() {
    #[node]
    fn exists(file: &Result<mamo::Artifact, Failure>) -> bool {
        file.is_ok()
    }
    #[node]
    fn is_ok(result: &Result<u32, Failure>) -> bool {
        result.is_ok()
    }
    #[node(outputs(low, high))]
    fn none(x: u32) -> Result<(u32, u32), String> {
        Err(x.to_string())
    }
    #[node]
    fn bad(x: u32) -> Result<u32, String> {
        Err(x.to_string())
    }
    #[node]
    fn add(a: u32, b: u32) -> u32 {
        a + b
    }
    let pipelines: [fn(&Graph) -> Node<bool>; 4] = [
        |g| g.add(is_ok::node(g.settle(g.add(add::node(g.value(1), g.add(bad::node(g.value(1)))))))),
        |g| g.add(exists::node(g.settle(g.add(source::file("/no/such/file"))))),
        |g| g.add(is_ok::node(g.settle(g.add(none::node(g.value(1))).0))),
        |g| {
            let barrier = g.add(add::node(g.value(1), g.value(2)).barrier().name("barrier"));
            g.add(is_ok::node(g.settle(g.add(add::node(g.add(bad::node(g.value(1))), barrier)))))
        },
    ];
    for policy in [OnFailure::Stop, OnFailure::FinishRunning, OnFailure::KeepGoing] {
        for (case, pipeline) in pipelines.iter().enumerate() {
            let bench = Bench::with(Engine::builder().on_failure(policy));
            for _ in 0..2 {
                let (run, node) = bench.run(|g| {
                    let node = pipeline(g);
                    g.target("end", node);
                    Ok(node)
                });
                assert_eq!(run.get(node).ok().as_deref(), Some(&false), "{policy:?} {case}");
                assert!(run.is_complete() && run.failures().len() == 1, "{policy:?} {case}: every run tries again");
            }
        }
    }
}

/// One reader settles the failure, another does not: a barrier elsewhere makes a second wave, which must not try again.
#[test]
fn a_failed_node_stays_failed_in_its_run() {
    static TRIES: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn flaky(x: u32) -> Result<u32, String> {
        if TRIES.fetch_add(1, Ordering::SeqCst) == 0 { Err("first".into()) } else { Ok(x) }
    }
    #[node]
    fn is_ok(result: &Result<u32, Failure>) -> bool {
        result.is_ok()
    }
    #[node]
    fn next(x: u32) -> u32 {
        x + 1
    }
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let (run, (settled, below)) = bench.run(|g| {
        let flaky = g.add(flaky::node(g.value(1)));
        let behind = g.add(next::node(g.add(next::node(g.value(5)).barrier().name("barrier"))).name("behind"));
        g.target("behind", behind);
        let (settled, below) = (g.add(is_ok::node(g.settle(flaky))), g.add(next::node(flaky)));
        g.target("settled", settled);
        g.target("below", below);
        Ok((settled, below))
    });
    assert_eq!((*run.get(settled).unwrap(), run.get(below).is_ok()), (false, false));
    assert_eq!(TRIES.load(Ordering::SeqCst), 1);
}

/// What a walker has taken already is not started either.
#[test]
fn nothing_more_is_started_after_a_failure() {
    static STARTED: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn bad(x: u32) -> Result<u32, String> {
        STARTED.fetch_add(1, Ordering::SeqCst);
        Err(x.to_string())
    }
    for policy in [OnFailure::Stop, OnFailure::FinishRunning] {
        STARTED.store(0, Ordering::SeqCst);
        let engine = Engine::builder().jobs(1).on_failure(policy).in_memory();
        let (graph, _) = Graph::build(|g| {
            let many = g.numbered("many");
            Ok(g.gather((0..1000).map(|n| many.add(bad::node(g.value(n))))))
        })
        .unwrap();
        engine.run(&graph).unwrap();
        assert_eq!(STARTED.load(Ordering::SeqCst), 1, "{policy:?}");
    }
}

/// The bytes are right and their type refuses them: no run can mend that, so the reader fails, and nothing hangs.
#[test]
fn a_value_that_cannot_be_read_back_fails_its_reader() {
    #[derive(serde::Serialize)]
    struct Odd(u32);
    impl<'de> serde::Deserialize<'de> for Odd {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let number = u32::deserialize(deserializer)?;
            assert!(number != 13, "unlucky");
            if number == 14 { Err(serde::de::Error::custom("no")) } else { Ok(Self(number)) }
        }
    }
    #[node]
    fn odd(x: u32) -> Odd {
        Odd(x)
    }
    #[node]
    fn read(odd: &Odd, plus: u32) -> u32 {
        odd.0 + plus
    }
    let bench = Bench::in_memory();
    for (number, says) in [(13, "unlucky"), (14, "Odd")] {
        let pipeline = |plus: u32| {
            move |g: &Graph| {
                let odd = g.add(odd::node(g.value(number)));
                Ok((odd, g.add(read::node(odd, g.value(plus)))))
            }
        };
        let (run, (_, sum)) = bench.run(pipeline(1));
        assert_eq!(*run.get(sum).unwrap(), number + 1);
        let (run, (odd, sum)) = bench.run(pipeline(2));
        let error = run.get(sum).unwrap_err().to_string();
        assert!(
            error.contains("node `read`") && error.contains("value of node `odd`") && error.contains(says),
            "{error}"
        );
        assert!(run.get(odd).is_err_and(|error| error.to_string().contains(says)));
    }
}

/// An observer's panic ends the run for the caller to see; no walker waits for the one that is gone.
#[test]
fn a_panic_in_an_observer_comes_out_of_the_run() {
    struct Bomb;
    impl mamo::Observer for Bomb {
        fn event(&self, event: &mamo::Event<'_>) {
            assert!(!matches!(event, mamo::Event::NodeExecuted { .. }), "observer");
        }
    }
    #[node]
    fn next(x: u32) -> u32 {
        x + 1
    }
    let engine = Engine::builder().jobs(2).observer(Arc::new(Bomb)).in_memory();
    let (graph, _) = Graph::build(|g| Ok(g.add(next::node(g.value(1))))).unwrap();
    let run = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| engine.run(&graph).map(|_| ())));
    assert_eq!(run.unwrap_err().downcast_ref::<&str>(), Some(&"observer"));
}
