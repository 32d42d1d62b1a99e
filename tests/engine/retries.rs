//! Nodes that fail are tried again in the same run.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Engine, Event, Graph, Observer, OnFailure, Retry, node};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const AT_ONCE: Retry = Retry::times(2).backoff(Duration::ZERO);

#[node]
fn total(list: &[u32]) -> u32 {
    list.iter().sum()
}

#[test]
fn a_node_that_succeeds_at_last_is_executed_once_and_known_from_then_on() {
    static TRIES: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn fetch(x: u32) -> Result<u32, String> {
        match TRIES.fetch_add(1, Ordering::SeqCst) {
            0 => Err("busy".into()),
            1 => panic!("broken pipe"),
            _ => Ok(x + 1),
        }
    }
    let bench = Bench::in_memory();
    let fetched = |retry: Option<Retry>| {
        move |g: &Graph| {
            let fetch = fetch::node(g.value(1));
            Ok(g.add(match retry {
                Some(retry) => fetch.retry(retry),
                None => fetch,
            }))
        }
    };
    assert_eq!(bench.check(fetched(Some(AT_ONCE)), expect!["fetch"]).unwrap(), 2);
    assert_eq!(TRIES.load(Ordering::SeqCst), 3);
    // How often it may be tried is no part of its key.
    assert_eq!(bench.check(fetched(None), expect![""]).unwrap(), 2);
}

#[test]
fn what_fails_each_time_fails_with_its_last_message() {
    static TRIES: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn fetch(_x: u32) -> Result<u32, String> {
        Err(format!("try {}", TRIES.fetch_add(1, Ordering::SeqCst)))
    }
    for (retry, message, tries) in [
        (AT_ONCE, "node `fetch` failed: try 2", 3),
        (AT_ONCE.when(|message| message != "try 1"), "node `fetch` failed: try 1", 2),
        (Retry::times(0), "node `fetch` failed: try 0", 1),
    ] {
        TRIES.store(0, Ordering::SeqCst);
        let bench = Bench::in_memory();
        let error = bench.check(|g| Ok(g.add(fetch::node(g.value(1)).retry(retry))), expect!["!fetch"]).unwrap_err();
        assert_eq!((error.to_string().as_str(), TRIES.load(Ordering::SeqCst)), (message, tries));
    }
}

/// Notes who is tried again, and why.
#[derive(Default)]
struct Retried(Mutex<Vec<String>>);

impl Observer for Retried {
    fn event(&self, event: &Event<'_>) {
        if let Event::NodeRetried { node, element, attempt, of, message, .. } = event {
            let element = element.unwrap_or("-");
            self.0.lock().unwrap().push(format!("{node}[{element}] {attempt}/{of} {message}"));
        }
    }
}

#[test]
fn elements_of_a_map_are_tried_again_one_by_one() {
    static TRIES: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn fetch(x: u32) -> Result<u32, String> {
        if x == 2 && TRIES.fetch_add(1, Ordering::SeqCst) == 0 { Err("busy".into()) } else { Ok(x) }
    }
    let retried = Arc::new(Retried::default());
    let engine = Engine::builder().on_failure(OnFailure::Stop).observer(retried.clone()).in_memory();
    let pipeline = |g: &Graph| Ok(g.add(total::node(g.add(fetch::map(g.value(vec![1, 2, 3])).retry(AT_ONCE)))));
    let (graph, total) = Graph::build(pipeline).unwrap();
    let run = engine.run(&graph).unwrap();
    assert_eq!((*run.get(total).unwrap(), run.elements().executed), (6, 3));
    assert_eq!(*retried.0.lock().unwrap(), ["fetch[1] 1/2 busy"]);
}

/// Without the look at the signals the pause would last a minute.
#[test]
fn a_pause_ends_when_the_run_is_stopped() {
    struct StopAtRetry(Mutex<Option<mamo::Stopper>>);
    impl Observer for StopAtRetry {
        fn event(&self, event: &Event<'_>) {
            if let (Event::NodeRetried { .. }, Some(stopper)) = (event, &*self.0.lock().unwrap()) {
                stopper.stop();
            }
        }
    }
    #[node]
    fn fetch(_x: u32) -> Result<u32, String> {
        Err("busy".into())
    }
    let observer = Arc::new(StopAtRetry(Mutex::default()));
    let engine = Engine::builder().observer(observer.clone()).in_memory();
    *observer.0.lock().unwrap() = Some(engine.stopper());
    let retry = Retry::times(9).backoff(Duration::from_secs(60));
    let (graph, fetch) = Graph::build(|g| Ok(g.add(fetch::node(g.value(1)).retry(retry)))).unwrap();
    let run = engine.run(&graph).unwrap();
    assert!(run.get(fetch).unwrap_err().to_string().contains("busy"));
}

#[test]
fn only_functions_are_tried_again() {
    let error = Graph::build(|g| Ok(g.add(mamo::source::file("a.csv").retry(AT_ONCE))));
    let error = error.err().unwrap().to_string();
    assert!(error.contains("`file:a.csv` is to be tried again, but it calls no node function"), "{error}");
}

#[test]
fn combinations_of_a_reduce_are_tried_again() {
    static TRIES: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn add(a: u32, b: u32) -> Result<u32, String> {
        if TRIES.fetch_add(1, Ordering::SeqCst) == 0 { Err("busy".into()) } else { Ok(a + b) }
    }
    let bench = Bench::in_memory();
    let (run, sum) = bench.run(|g| Ok(g.add(add::reduce(g.value(vec![1u32, 2, 3])).retry(AT_ONCE))));
    assert_eq!((*run.get(sum).unwrap(), TRIES.load(Ordering::SeqCst)), (6, 3));
}
