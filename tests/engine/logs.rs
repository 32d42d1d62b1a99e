//! What nodes say is kept with the run, and found again by node and by run.

use crate::support::Bench;
use expect_test::{Expect, expect};
use mamo::{Engine, Graph, NodeCtx, NodeLog, OnFailure, Retry, node, source};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[node]
fn total(ctx: &NodeCtx, list: &[u32]) -> u32 {
    ctx.log(format_args!("{} numbers", list.len()));
    ctx.log("two\nlines");
    list.iter().sum()
}

#[node]
fn silent(x: u32) -> u32 {
    x + 1
}

/// The log without times.
fn text(log: Option<NodeLog>) -> String {
    let Some(log) = log else { return "nothing".to_owned() };
    let mut text = log.node.clone();
    for line in log.lines.iter() {
        text.push_str(&format!("\n{}: {}", line.level, line.text));
    }
    if let Some(failure) = &log.failure {
        text.push_str(&format!("\nfailed: {failure}"));
    }
    for element in &log.elements {
        text.push_str(&format!("\n[{element}]"));
    }
    text
}

#[track_caller]
fn check(engine: &Engine, graph: &Graph, name: &str, expected: Expect) {
    expected.assert_eq(&text(engine.log(graph, name).unwrap()));
}

#[test]
fn a_log_belongs_to_the_run_that_executed_the_node() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |numbers: Vec<u32>| {
        move |g: &Graph| {
            let total = g.add(total::node(g.value(numbers)));
            Ok((total, g.add(silent::node(total))))
        }
    };
    let (graph, _) = Graph::build(pipeline(vec![1, 2])).unwrap();
    {
        let bench = Bench::open(folder.path());
        let (first, (total, silent)) = bench.run(pipeline(vec![1, 2]));
        let said = expect![[r#"
            total
            info: 2 numbers
            info: two
            info: lines"#]];
        said.assert_eq(&text(first.log(total).unwrap()));
        assert_eq!(first.log(silent).unwrap(), None);
        // Nothing is executed, so nothing is said; what was said before is still the newest.
        let (second, (total, _)) = bench.run(pipeline(vec![1, 2]));
        assert_eq!(second.log(total).unwrap(), None);
        said.assert_eq(&text(bench.engine.log(&graph, "total").unwrap()));
        let (_, _) = bench.run(pipeline(vec![1, 2, 3]));
        assert_eq!(first.find_log("total").unwrap().unwrap().lines.iter().next().unwrap().text, "2 numbers");
    }
    let bench = Bench::open(folder.path());
    let log = bench.engine.log(&graph, "total").unwrap().unwrap();
    assert_eq!(log.lines.iter().next().unwrap().text, "3 numbers");
    assert_eq!(bench.engine.log(&graph, "silent").unwrap(), None);
    assert_eq!(bench.engine.log(&graph, "totl").unwrap_err().hint(), Some("did you mean `total`?"));
}

#[node]
fn odd(ctx: &NodeCtx, x: u32) -> Result<u32, String> {
    if x % 2 == 1 {
        ctx.log(format_args!("looking at {x}"));
    }
    if x == 3 { Err("three".into()) } else { Ok(x) }
}

#[test]
fn elements_of_a_map_have_logs_of_their_own() {
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let pipeline = |g: &Graph| Ok(g.add(odd::map(g.value(vec![4, 5, 3, 5]))));
    let (graph, _) = Graph::build(pipeline).unwrap();
    bench.run(pipeline);
    let check = |name: &str, expected| check(&bench.engine, &graph, name, expected);
    check("odd[0]", expect!["nothing"]);
    check(
        "odd[1]",
        expect![[r#"
            odd[1]
            info: looking at 5"#]],
    );
    check(
        "odd[2]",
        expect![[r#"
            odd[2]
            info: looking at 3
            failed: three"#]],
    );
    // Equal elements are one computation, which is called by the first of them.
    check("odd[3]", expect!["nothing"]);
    let mut log = bench.engine.log(&graph, "odd").unwrap().unwrap();
    log.elements.sort();
    assert_eq!((log.elements, log.elements_left_out), (vec!["1".to_owned(), "2".to_owned()], 0));
}

#[test]
fn of_many_elements_some_have_logs_and_the_others_are_counted() {
    #[node]
    fn says(ctx: &NodeCtx, x: u32) -> u32 {
        ctx.log(x);
        x
    }
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| Ok(g.add(says::map(g.value((0..1500).collect::<Vec<u32>>()))));
    let (graph, _) = Graph::build(pipeline).unwrap();
    bench.run(pipeline);
    let log = bench.engine.log(&graph, "says").unwrap().unwrap();
    assert_eq!((log.elements.len(), log.elements_left_out), (1000, 500));
}

#[test]
fn combinations_of_a_reduce_have_logs_as_well() {
    #[node]
    fn add(ctx: &NodeCtx, a: u32, b: u32) -> u32 {
        ctx.log(format_args!("{a} and {b}"));
        a + b
    }
    let bench = Bench::in_memory();
    let (run, sum) = bench.run(|g| Ok(g.add(add::reduce(g.value(vec![1u32, 2])))));
    let log = run.log(sum).unwrap().unwrap();
    let name = format!("add[{}]", log.elements[0]);
    assert_eq!(run.find_log(&name).unwrap().unwrap().lines.iter().next().unwrap().text, "1 and 2");
}

#[test]
fn further_tries_are_in_the_log() {
    static TRIES: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn fetch(ctx: &NodeCtx, x: u32) -> Result<u32, String> {
        ctx.log("connecting");
        if TRIES.fetch_add(1, Ordering::SeqCst) == 0 { Err("busy".into()) } else { Ok(x) }
    }
    let bench = Bench::in_memory();
    let retry = Retry::times(2).backoff(Duration::ZERO);
    let (run, fetch) = bench.run(|g| Ok(g.add(fetch::node(g.value(1)).retry(retry))));
    expect![[r#"
        fetch
        info: connecting
        warn: tried again (1 of 2), since it failed: busy
        info: connecting"#]]
    .assert_eq(&text(run.log(fetch).unwrap()));
}

/// The node's folder was gone at the second try: `files are made by nodes within a run`.
#[test]
fn a_further_try_begins_with_an_empty_folder() {
    static TRIES: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn make(ctx: &NodeCtx, x: u32) -> Result<mamo::Artifact, mamo::BoxError> {
        let out = ctx.output_file("a.txt")?;
        assert!(!out.path().exists());
        std::fs::write(out.path(), x.to_string())?;
        if TRIES.fetch_add(1, Ordering::SeqCst) == 0 { Err("busy".into()) } else { out.finish() }
    }
    #[node]
    fn add(ctx: &NodeCtx, a: u32, b: u32) -> Result<u32, mamo::BoxError> {
        let out = ctx.output_file("a.txt")?;
        assert!(!out.path().exists());
        std::fs::write(out.path(), "")?;
        if TRIES.fetch_add(1, Ordering::SeqCst) == 2 { Err("busy".into()) } else { Ok(a + b) }
    }
    let retry = Retry::times(2).backoff(Duration::ZERO);
    let bench = Bench::in_memory();
    bench.check(|g| Ok(g.add(make::node(g.value(1)).retry(retry))), expect!["make"]).unwrap();
    let sum = bench.run(|g| Ok(g.add(add::reduce(g.value(vec![1u32, 2])).retry(retry))));
    assert_eq!(*sum.0.get(sum.1).unwrap(), 3);
}

#[cfg(unix)]
#[test]
fn what_programs_write_is_in_the_log() {
    #[node]
    fn run(ctx: &NodeCtx, sh: &mamo::Tool) -> Result<String, mamo::BoxError> {
        ctx.command(sh).args(["-c", "echo to stdout; echo to stderr >&2"]).status()?;
        ctx.command(sh).args(["-c", "echo only stdout"]).status()?;
        let output = ctx.command(sh).args(["-c", "echo data"]).output()?;
        Ok(String::from_utf8(output.stdout)?)
    }
    let bench = Bench::in_memory();
    let (done, node) = bench.run(|g| Ok(g.add(run::node(g.add(source::tool("sh"))))));
    expect![[r#"
        run
        info: `sh`: to stderr
        info: `sh`: only stdout"#]]
    .assert_eq(&text(done.log(node).unwrap()));
}

/// The last lines stand beside the failure, for whoever tells of it.
#[test]
fn a_failure_is_told_with_the_end_of_its_log() {
    #[derive(Default)]
    struct Told(Mutex<Vec<String>>);
    impl mamo::Observer for Told {
        fn event(&self, event: &mamo::Event<'_>) {
            if let mamo::Event::NodeFailed { node, log, .. } = event {
                let lines: Vec<&str> = log.iter().map(|line| line.text.as_str()).collect();
                self.0.lock().unwrap().push(format!("{node}: {}", lines.join(", ")));
            }
        }
    }
    #[node]
    fn bad(ctx: &NodeCtx, x: u32) -> Result<u32, String> {
        (0..50).for_each(|n| ctx.log(n));
        Err(x.to_string())
    }
    let told = Arc::new(Told::default());
    let engine = Engine::builder().observer(told.clone()).in_memory();
    let (graph, _) = Graph::build(|g| Ok(g.add(bad::node(g.value(1))))).unwrap();
    engine.run(&graph).unwrap();
    assert_eq!(*told.0.lock().unwrap(), ["bad: 40, 41, 42, 43, 44, 45, 46, 47, 48, 49"]);
}

/// One walker runs both with one context.
#[test]
fn each_node_has_a_log_of_its_own() {
    #[node]
    fn says(ctx: &NodeCtx, x: u32) -> u32 {
        ctx.log(x);
        x
    }
    let engine = Engine::builder().jobs(1).in_memory();
    let nodes = |g: &Graph| Ok(g.gather([1, 2].map(|x| g.group(x).add(says::node(g.value(x))))));
    let (graph, _) = Graph::build(nodes).unwrap();
    let run = engine.run(&graph).unwrap();
    for (name, said) in [("1/says", "info: 1"), ("2/says", "info: 2")] {
        assert_eq!(text(run.find_log(name).unwrap()), format!("{name}\n{said}"));
    }
}

/// They stand in no graph outside the run.
#[test]
fn nodes_of_sub_graphs_have_logs_as_well() {
    #[node]
    fn inner(ctx: &NodeCtx, x: u32) -> Result<u32, String> {
        ctx.log(format_args!("inner {x}"));
        if x > 1 { Err("too much".into()) } else { Ok(x) }
    }
    #[node(expand)]
    fn outer(ctx: &NodeCtx, g: &Graph, x: u32) -> Result<mamo::Node<u32>, mamo::BoxError> {
        ctx.log("outer");
        Ok(g.add(inner::node(g.value(x))))
    }
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let pipeline = |g: &Graph| Ok(g.add(outer::node(g.value(2))));
    let (graph, _) = Graph::build(pipeline).unwrap();
    let (run, _) = bench.run(pipeline);
    let said = "outer/inner\ninfo: inner 2\nfailed: too much";
    assert_eq!(text(run.find_log("outer/inner").unwrap()), said);
    assert_eq!(text(bench.engine.log(&graph, "outer/inner").unwrap()), said);
    assert_eq!(text(bench.engine.log(&graph, "outer").unwrap()), "outer\ninfo: outer");
    let error = bench.engine.replay(&graph, "outer/inner").unwrap_err();
    expect!["cannot replay node `outer/inner`: it is in a sub-graph, which each run makes anew (replay the node that makes it, or run the pipeline)"]
        .assert_eq(&format!("{error} ({})", error.hint().unwrap()));
    // What makes the sub-graph can be replayed; the sub-graph is not run.
    let replay = bench.engine.replay(&graph, "outer").unwrap();
    assert_eq!(replay.ended, mamo::ReplayEnd::Value { len: None, is_as_recorded: None });
    assert!(bench.engine.log(&graph, "outer/inter").is_err());
}
