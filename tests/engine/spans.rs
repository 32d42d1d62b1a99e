//! What threads did when: for whom, whatever came of it.

use mamo::{BoxError, Doing, Engine, Graph, Node, NodeCtx, OnFailure, node};
use std::collections::BTreeSet;

#[node]
fn square(n: u32) -> u32 {
    n * n
}

#[node]
fn sum(all: &[u32]) -> u32 {
    all.iter().sum()
}

#[node]
fn odd(n: u32) -> Result<u32, BoxError> {
    if n.is_multiple_of(2) { Err("even".into()) } else { Ok(n) }
}

#[node(expand)]
fn twice(g: &Graph, n: u32) -> Node<u32> {
    g.add(square::node(g.value(n)))
}

#[node(blocking)]
fn waited(_ctx: &NodeCtx, n: u32) -> u32 {
    n
}

fn pipeline(g: &Graph) -> Result<(), mamo::Error> {
    let squares = g.add(square::map(g.value(vec![1, 2, 3])));
    g.target("sum", g.add(sum::node(squares)));
    g.target("twice", g.add(twice::node(g.value(9))));
    g.target("odd", g.add(odd::node(g.value(4))));
    g.target("waited", g.add(waited::node(g.value(5))));
    Ok(())
}

/// What was done for whom, each once.
fn done(run: &mamo::Run) -> BTreeSet<String> {
    let told = |span: mamo::Span| {
        let element = span.element.map(|element| format!("[{element}]")).unwrap_or_default();
        format!("{} {}{element}", span.doing.name(), span.node.unwrap_or_default())
    };
    run.spans().into_iter().filter(|span| !matches!(span.doing, Doing::Encoding | Doing::Loading)).map(told).collect()
}

#[test]
fn every_execution_is_noted_with_its_thread() {
    let (graph, ()) = Graph::build(pipeline).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::builder().jobs(2).timeline().on_failure(OnFailure::KeepGoing).open(folder.path()).unwrap();
    let run = engine.run(&graph).unwrap();
    let expected = [
        "executing square[0]",
        "executing square[1]",
        "executing square[2]",
        "executing sum",
        "executing twice",
        "executing twice/square",
        "executing waited",
        "failing odd",
        "storing ",
    ];
    assert_eq!(done(&run), expected.map(str::to_owned).into());
    let spans = run.spans();
    assert!(spans.is_sorted_by_key(|span| (span.worker, span.start)));
    let waited = spans.iter().find(|span| span.node.as_deref() == Some("waited")).unwrap();
    assert!(waited.worker >= 2, "it has a thread of its own");
    assert!(spans.iter().all(|span| span.start + span.took <= run.took()));
    // What is fresh is not executed.
    let again = engine.run(&graph).unwrap();
    assert!(!done(&again).iter().any(|done| done.starts_with("executing")), "{:?}", done(&again));
    let view = run.view().unwrap();
    let inner: BTreeSet<&str> = view.spans.iter().filter_map(|span| span.part.as_deref()).collect();
    assert_eq!(inner, BTreeSet::from(["0", "1", "2", "square"]));
    let twice = view.nodes.iter().position(|node| node.name == "twice");
    assert!(
        view.spans
            .iter()
            .all(|span| !span.part.as_deref().is_some_and(|part| part.starts_with("sq")) || span.node == twice)
    );
}

#[test]
fn nothing_is_noted_unless_somebody_wants_it() {
    let (graph, ()) = Graph::build(pipeline).unwrap();
    let engine = Engine::builder().on_failure(OnFailure::KeepGoing).in_memory();
    let run = engine.run(&graph).unwrap();
    assert_eq!(run.spans(), []);
    assert!(run.view().unwrap().timeline().contains("nothing was noted in this run"));
}
