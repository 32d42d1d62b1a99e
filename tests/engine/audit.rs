//! Executing what is on record once more: what is found, what is left out, and that nothing changes by it.

use crate::accept::up;
use crate::support::Bench;
use expect_test::{Expect, expect};
use mamo::store::{MemoryStore, RecordKind, Store};
use mamo::{
    Audit, AuditReport, Engine, ErrorKind, Graph, NodeCtx, Persist, Remark, Retry, Verdict, field, node, source,
};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

static DICE: AtomicU32 = AtomicU32::new(1000);

fn throw() -> u32 {
    DICE.fetch_add(1, Ordering::SeqCst)
}

#[node]
fn noise(x: u32) -> u32 {
    x + throw()
}

#[node]
fn calm(ctx: &NodeCtx, x: u32) -> u64 {
    ctx.seed() % u64::from(x + 2)
}

#[node]
fn double(x: u64) -> u64 {
    x * 2
}

/// The nodes of the sample with `=`, `!` for another value or `x` for a failure, those left out with their reasons.
fn shown(report: &AuditReport) -> String {
    let mut lines: Vec<String> = report
        .audited
        .iter()
        .map(|one| match &one.verdict {
            Verdict::Same => format!("={}", one.name()),
            Verdict::Other(value) => {
                assert_ne!(*value, one.recorded);
                format!("!{}", one.name())
            }
            Verdict::Failed(message) => format!("x{}: {message}", one.name()),
            _ => "?".to_owned(),
        })
        .collect();
    lines.extend(report.left_out.iter().map(|left_out| format!("-{}: {}", left_out.node, left_out.reason)));
    lines.join("\n")
}

#[track_caller]
fn check(engine: &Engine, graph: &Graph, audit: &Audit, expected: Expect) -> AuditReport {
    let report = engine.audit(graph, audit).unwrap();
    expected.assert_eq(&shown(&report));
    report
}

/// All that is on record of values.
fn records(store: &MemoryStore) -> Vec<Vec<u8>> {
    let kinds = [RecordKind::Act, RecordKind::Deep, RecordKind::Root, RecordKind::Run, RecordKind::Cost];
    kinds.into_iter().flat_map(|kind| store.scan(kind, None, 1000).unwrap()).map(|(_, bytes)| bytes).collect()
}

#[test]
fn nodes_that_give_another_value_are_named_and_nothing_on_record_changes() {
    let store = Arc::new(MemoryStore::new());
    let engine = Engine::builder().jobs(2).with_store(store.clone()).unwrap();
    let (graph, (noise, quiet)) = Graph::build(|g| {
        let x = g.add(source::param("x", 7));
        Ok((g.add(noise::node(x)), g.add(double::node(g.add(calm::node(x))))))
    })
    .unwrap();
    let all = Audit::all();
    let unknown = check(
        &engine,
        &graph,
        &all,
        expect![[r#"
            -noise: it has not been executed with its present code and inputs
            -calm: it has not been executed with its present code and inputs
            -double: its input `calm` has no value yet"#]],
    );
    assert_eq!((unknown.computations, unknown.unstable().count()), (0, 0));
    let run = engine.run(&graph).unwrap();
    let values = (run.get(noise).unwrap(), run.get(quiet).unwrap());
    let before = records(&store);
    let report = check(
        &engine,
        &graph,
        &all,
        expect![[r#"
            !noise
            =calm
            =double"#]],
    );
    assert_eq!((report.computations, report.unstable().count()), (3, 1));
    assert!(records(&store) == before);
    let run = engine.run(&graph).unwrap();
    assert_eq!((run.get(noise).unwrap(), run.get(quiet).unwrap(), run.counts().executed), (values.0, values.1, 0));
}

#[test]
fn elements_and_combinations_are_computations_of_their_own() {
    #[node]
    fn odd_ones(x: u32) -> u32 {
        if x % 2 == 1 { x + throw() } else { x }
    }
    #[node]
    fn largest(a: u32, b: u32) -> u32 {
        a.max(b)
    }
    #[node]
    fn joined(a: &str, b: &str) -> String {
        format!("{a}{b}{}", if a.is_empty() { throw() } else { 0 })
    }
    let engine = Engine::in_memory();
    let (graph, _) = Graph::build(|g| {
        let odd = g.add(odd_ones::map(g.value(vec![1, 2, 3, 2])));
        g.target("largest", g.add(largest::reduce_or(g.value(0), odd)));
        let words = ["", "b", "c"].map(str::to_owned).to_vec();
        g.target("joined", g.add(joined::reduce(g.value(words))));
        Ok(())
    })
    .unwrap();
    engine.run(&graph).unwrap();
    let report = engine.audit(&graph, &Audit::all()).unwrap();
    let text = shown(&report);
    let of = |node: &str| text.lines().filter(|line| line[1..].starts_with(node)).collect::<Vec<_>>();
    assert_eq!(of("odd_ones"), ["!odd_ones[0]", "=odd_ones[1]", "!odd_ones[2]"], "equal elements are one");
    assert_eq!(of("largest").len(), 3);
    assert!(of("largest").iter().all(|line| line.starts_with('=')));
    assert_eq!(of("joined").iter().filter(|line| line.starts_with("!joined[0..=")).count(), 1, "{text}");
    assert_eq!(report.computations, 8);
    assert_eq!(report.left_out, []);
}

#[test]
fn everything_that_nodes_read_is_there_once_more() {
    #[derive(Serialize, Deserialize)]
    struct Config {
        rate: u32,
    }
    #[node(outputs(low, high))]
    fn split(numbers: &[u32]) -> (Vec<u32>, Vec<u32>) {
        numbers.iter().partition(|n| **n < 10)
    }
    #[node]
    fn scaled(#[key] key: usize, x: u32, rate: u32, extra: Option<&u32>) -> u32 {
        u32::try_from(key).unwrap() + x * rate + extra.copied().unwrap_or(0)
    }
    #[node]
    fn pair(a: &u32, b: &u32) -> u32 {
        a * b
    }
    #[node]
    fn written(ctx: &NodeCtx, text: &std::path::Path) -> Result<mamo::Artifact, mamo::BoxError> {
        let out = ctx.output_file("copy.txt")?;
        std::fs::write(out.path(), std::fs::read_to_string(text)? + "!")?;
        out.finish()
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    std::fs::write(&file, "text").unwrap();
    let engine = Engine::open(folder.path().join("store")).unwrap();
    let (graph, _) = Graph::build(|g| {
        let config = g.add(source::param("config", Config { rate: 3 }));
        let (low, high) = g.add(split::node(g.value(vec![1, 20, 2])));
        let rate = g.add(config.field(field!(Config, rate)));
        let scaled = g.add(scaled::map(low, rate, None));
        g.target("pairs", g.add(pair::zip_map(scaled, low)));
        g.target("more", g.add(scaled::map(high, rate, Some(g.value(1))).name("more").trials(2)));
        g.target("written", g.add(written::node(g.add(written::node(g.add(source::file(&file))).name("first")))));
        Ok(())
    })
    .unwrap();
    engine.run(&graph).unwrap();
    check(
        &engine,
        &graph,
        &Audit::all(),
        expect![[r#"
            =split
            =scaled[0]
            =scaled[1]
            =pair[0]
            =pair[1]
            =more.trial0[0]
            =more.trial1[0]
            =first
            =written"#]],
    );
}

#[test]
fn what_cannot_be_executed_alone_is_left_out_with_the_reason() {
    struct Connection;
    #[node(transient)]
    fn connect() -> Connection {
        Connection
    }
    #[node]
    fn fetch(_connection: &Connection) -> u32 {
        1
    }
    let bench = Bench::in_memory();
    let (graph, _) = Graph::build(|g| {
        let passing = g.add(noise::node(g.value(1)).persist(Persist::Never).name("passing"));
        g.target("after", g.add(noise::node(passing).name("after")));
        g.target("fetch", g.add(fetch::node(g.add(connect::node()))));
        Ok(())
    })
    .unwrap();
    bench.engine.run(&graph).unwrap();
    bench.log.take();
    check(
        &bench.engine,
        &graph,
        &Audit::all(),
        expect![[r#"
            !passing
            -connect: its value is never saved, so there is nothing to compare
            -fetch: the value of its input `connect` is never saved
            -after: the value of its input `passing` was not kept"#]],
    );
    assert_eq!(bench.log.take(), "", "no run is told of");
}

#[test]
fn accepted_values_and_lost_bytes_are_left_out() {
    #[node]
    fn large(x: u32) -> Vec<u32> {
        vec![x; 1 << 20]
    }
    #[node]
    fn count(large: &[u32]) -> usize {
        large.len()
    }
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(folder.path()).unwrap();
    let graph = |version| {
        Graph::build(|g| {
            let x = g.value(1);
            g.target("up", g.add(up(version)(x)));
            g.target("count", g.add(count::node(g.add(large::node(x)))));
            Ok(())
        })
        .unwrap()
        .0
    };
    engine.run(&graph(1)).unwrap();
    assert_eq!(crate::lost::lose_files(folder.path()), 1);
    engine.accept(&graph(2), &["up"], &Remark::by("me")).unwrap();
    check(
        &engine,
        &graph(2),
        &Audit::all(),
        expect![[r#"
            =large
            -up: its value was made by other code, which was accepted
            -count: bytes of its input `large` are lost"#]],
    );
}

#[test]
fn failures_are_told_and_flaky_nodes_are_tried_again() {
    static FAILS: AtomicBool = AtomicBool::new(false);
    #[node]
    fn breaks(x: u32) -> Result<u32, String> {
        if FAILS.load(Ordering::SeqCst) { Err("out of order".into()) } else { Ok(x) }
    }
    #[node]
    fn flaky(x: u32) -> Result<u32, String> {
        static TRIES: AtomicU32 = AtomicU32::new(0);
        if TRIES.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) { Err("not yet".into()) } else { Ok(x) }
    }
    let engine = Engine::in_memory();
    let (graph, _) = Graph::build(|g| {
        let flaky = flaky::node(g.value(2)).retry(Retry::times(1).backoff(std::time::Duration::ZERO));
        Ok((g.add(breaks::node(g.value(1))), g.add(flaky)))
    })
    .unwrap();
    engine.run(&graph).unwrap();
    FAILS.store(true, Ordering::SeqCst);
    check(
        &engine,
        &graph,
        &Audit::all(),
        expect![[r#"
            xbreaks: out of order
            =flaky"#]],
    );
}

#[test]
fn a_sample_is_what_was_asked_for() {
    static RAN: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    #[node]
    fn noted(x: u32) -> u32 {
        RAN.lock().unwrap().push(x);
        x
    }
    let engine = Engine::builder().jobs(1).in_memory();
    let (graph, _) = Graph::build(|g| {
        let list = g.add(noted::map(g.value((0..50).collect::<Vec<u32>>())));
        g.target("one", g.add(noted::node(g.value(100)).name("one")));
        g.target("list", list);
        Ok(())
    })
    .unwrap();
    engine.run(&graph).unwrap();
    let ran = |audit: Audit| {
        RAN.lock().unwrap().clear();
        let report = engine.audit(&graph, &audit).unwrap();
        let ran = std::mem::take(&mut *RAN.lock().unwrap());
        assert_eq!(ran.len(), report.audited.len(), "nothing upstream is executed");
        ran
    };
    let five = ran(Audit::count(5));
    assert!(five.len() == 5 && five.contains(&100), "{five:?}");
    assert_eq!(ran(Audit::count(5)), five);
    assert_ne!(ran(Audit::count(5).seed(1)), five);
    assert_eq!(ran(Audit::share(0.1)).len(), 6);
    assert_eq!(ran(Audit::all().node("one")), [100]);
    assert_eq!(ran(Audit::count(3).node("list")).len(), 3);
    assert_eq!(engine.audit(&graph, &Audit::all().node("lsit")).unwrap_err().kind(), ErrorKind::UnknownName);
    engine.stopper().stop();
    assert_eq!(engine.audit(&graph, &Audit::all()).unwrap_err().kind(), ErrorKind::Stopped);
}

#[test]
fn a_node_that_makes_a_sub_graph_is_left_out() {
    #[node(expand)]
    fn made(g: &Graph, x: u32) -> Result<mamo::Node<u32>, mamo::BoxError> {
        Ok(g.add(noise::node(g.value(x))))
    }
    #[node]
    fn after(x: u32) -> u32 {
        x
    }
    let engine = Engine::in_memory();
    let (graph, _) = Graph::build(|g| Ok(g.add(after::node(g.add(made::node(g.value(1))))))).unwrap();
    engine.run(&graph).unwrap();
    check(
        &engine,
        &graph,
        &Audit::all(),
        expect![[r#"
            =after
            -made: what it executes is a sub-graph, which it makes when it runs"#]],
    );
}
