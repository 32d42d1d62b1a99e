//! Why a node ran, or would: what changed since it was something else.

use crate::accept::{bench, up};
use expect_test::{Expect, expect};
use mamo::store::MemoryStore;
use mamo::{Change, Graph, Remark, node, source};
use std::sync::Arc;

#[node]
fn down(x: u32) -> u32 {
    x * 10
}

fn graph(version: usize, x: u32) -> Graph {
    let pipeline = |g: &Graph| {
        let x = g.add(source::param("x", x));
        g.target("down", g.add(down::node(g.add(up(version)(x)))));
        Ok(())
    };
    Graph::build(pipeline).unwrap().0
}

fn changes(store: &Arc<MemoryStore>, graph: &Graph, node: &str) -> String {
    let why = bench(store).engine.why(graph, node).unwrap();
    let mut text = format!("{:?}{}", why.state, if why.since.is_none() { ", never before" } else { "" });
    for cause in &why.causes {
        let change = match &cause.change {
            Change::Code { items, .. } => {
                let items = items.iter().map(|item| format!("{} {:?} {:?}", item.name, item.from, item.to));
                format!("code [{}]", items.collect::<Vec<_>>().join(", "))
            }
            other => format!("{other:?}"),
        };
        text.push_str(&format!("\n{}: {change}", cause.node));
    }
    if let Some(accepted) = why.accepted {
        text.push_str(&format!("\naccepted by {}", accepted.remark.who));
    }
    text
}

#[track_caller]
fn check(store: &Arc<MemoryStore>, graph: &Graph, node: &str, expected: Expect) {
    expected.assert_eq(&changes(store, graph, node));
}

#[test]
fn causes_are_named_before_the_run_and_after_it() {
    let store = Arc::new(MemoryStore::new());
    let run = |graph: &Graph| bench(&store).engine.run(graph).unwrap();
    check(&store, &graph(1, 1), "down", expect!["RunUnlessCutOff, never before"]);
    run(&graph(1, 1));
    check(&store, &graph(1, 1), "down", expect!["Fresh, never before"]);
    let changed = expect![[r#"
        RunUnlessCutOff
        up: code [version Some("1") Some("2")]"#]];
    check(&store, &graph(2, 1), "down", changed);
    run(&graph(2, 1));
    // It has run; why it did can still be asked, also by another process.
    let changed = expect![[r#"
        Fresh
        up: code [version Some("1") Some("2")]"#]];
    check(&store, &graph(2, 1), "down", changed);
    let changed = expect![[r#"
        RunUnlessCutOff
        param:x: Value
        up: code [version Some("2") Some("3")]"#]];
    check(&store, &graph(3, 5), "down", changed);
    check(
        &store,
        &graph(2, 1),
        "up",
        expect![[r#"
        Fresh
        up: code [version Some("1") Some("2")]"#]],
    );
}

#[test]
fn other_changes_have_names_of_their_own() {
    fn typed() -> Graph {
        #[node(version = 1)]
        fn up(y: u32) -> u64 {
            u64::from(y) + 1
        }
        Graph::build(|g| Ok(g.add(up::node(g.add(source::param("x", 1_u32)))))).unwrap().0
    }
    fn elsewhere() -> Graph {
        mod other {
            #[mamo::node(version = 1)]
            pub(super) fn up(x: u32) -> u32 {
                x + 1
            }
        }
        Graph::build(|g| Ok(g.add(other::up::node(g.add(source::param("z", 1_u32)))))).unwrap().0
    }
    let store = Arc::new(MemoryStore::new());
    bench(&store).engine.run(&graph(1, 1)).unwrap();
    check(
        &store,
        &typed(),
        "up",
        expect![[r#"
            Run
            up: Function { from: "engine::accept::up", to: "engine::why::up" }
            up: Parameters
            up: ResultType"#]],
    );
    let changes = changes(&store, &elsewhere(), "up");
    assert!(changes.starts_with("Run\nparam:z: New\nup: Function {"), "{changes}");
}

#[test]
fn what_was_accepted_is_said() {
    let store = Arc::new(MemoryStore::new());
    bench(&store).engine.run(&graph(1, 1)).unwrap();
    bench(&store).engine.accept(&graph(2, 1), &["up"], &Remark::by("maria")).unwrap();
    check(
        &store,
        &graph(2, 1),
        "up",
        expect![[r#"
            Fresh
            up: code [version Some("1") Some("2")]
            accepted by maria"#]],
    );
    check(
        &store,
        &graph(2, 7),
        "up",
        expect![[r#"
        Run
        param:x: Value
        up: code [version Some("1") Some("2")]"#]],
    );
}
