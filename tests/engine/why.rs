//! Why a node ran, or would: what changed since it was something else.

use crate::accept::{bench, up};
use expect_test::{Expect, expect};
use mamo::store::MemoryStore;
use mamo::{Change, Graph, Node, Remark, Spec, node, source};
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
        param:x: Value { from: "1", to: "5" }
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
            up: Parameters { from: ["x"], to: ["y"] }
            up: ResultType { from: "postcard 50108415", to: "postcard 3493bfc0" }"#]],
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
            param:x: Value { from: "1", to: "7" }
            up: code [version Some("1") Some("2")]"#]],
    );
}

/// A run that failed left nothing to compare with; nodes below its barrier were not even known.
#[test]
fn a_run_that_failed_hides_no_change() {
    fn failing(x: u32) -> Graph {
        #[node]
        fn up(x: u32) -> Result<u32, String> {
            Err(format!("no {x}"))
        }
        below(|g| g.add(up::node(g.add(source::param("x", x))).barrier()), 1)
    }
    fn below(up_of: impl FnOnce(&Graph) -> Node<u32>, version: usize) -> Graph {
        Graph::build(|g| Ok(g.add(up(version)(up_of(g)).name("below")))).unwrap().0
    }
    let good = |version| below(|g| g.add(up(1)(g.add(source::param("x", 1))).barrier()), version);
    let store = Arc::new(MemoryStore::new());
    for graph in [good(1), failing(1), good(2)] {
        bench(&store).engine.run(&graph).unwrap();
    }
    check(
        &store,
        &good(2),
        "below",
        expect![[r#"
            Fresh
            below: code [version Some("1") Some("2")]"#]],
    );
}

#[test]
fn other_inputs_are_told_from_inputs_that_changed() {
    #[node]
    fn minus(a: u32, b: u32) -> u32 {
        a - b
    }
    let graph = |a: u32, names: [&str; 2]| {
        let pipeline = |g: &Graph| {
            let all = ["a", "b", "c"].map(|name| g.add(source::param(name, if name == "a" { a } else { 1 })));
            let [left, right] = names.map(|name| all[["a", "b", "c"].iter().position(|known| *known == name).unwrap()]);
            g.target("all", g.gather(all));
            g.target("minus", g.add(minus::node(left, right)));
            Ok(())
        };
        Graph::build(pipeline).unwrap().0
    };
    let store = Arc::new(MemoryStore::new());
    bench(&store).engine.run(&graph(5, ["a", "b"])).unwrap();
    let swapped = expect![[r#"
        Run
        minus: Inputs { removed: [], added: [] }"#]];
    check(&store, &graph(5, ["b", "a"]), "minus", swapped);
    let changed = expect![[r#"
        Run
        param:a: Value { from: "5", to: "7" }"#]];
    check(&store, &graph(7, ["a", "b"]), "minus", changed);
}

#[test]
fn what_was_taken_back_is_a_cause() {
    let store = Arc::new(MemoryStore::new());
    bench(&store).engine.run(&graph(1, 1)).unwrap();
    bench(&store).engine.accept(&graph(2, 1), &["up"], &Remark::by("maria")).unwrap();
    bench(&store).engine.run(&graph(2, 1)).unwrap();
    bench(&store).engine.unaccept(&graph(2, 1), &["up"], &Remark::by("jo")).unwrap();
    let changed = expect![[r#"
        RunUnlessCutOff
        up: Value { from: "b6604fcc", to: "d333f7e6" }"#]];
    check(&store, &graph(2, 1), "down", changed);
}

/// Nothing was said of what a node's code was in a run in which it failed: there is no record of it.
#[test]
fn a_change_of_code_since_a_failure_is_named() {
    fn first() -> fn(Node<u32>) -> Spec<u32> {
        #[node(version = 1)]
        fn brittle(x: u32) -> Result<u32, String> {
            Err(format!("no {x}"))
        }
        brittle::node
    }
    fn second() -> fn(Node<u32>) -> Spec<u32> {
        #[node(version = 2)]
        fn brittle(x: u32) -> Result<u32, String> {
            Ok(x)
        }
        brittle::node
    }
    let graph = |brittle: fn(Node<u32>) -> Spec<u32>| Graph::build(|g| Ok(g.add(brittle(g.value(1))))).unwrap().0;
    let store = Arc::new(MemoryStore::new());
    bench(&store).engine.run(&graph(first())).unwrap();
    let changed = expect![[r#"
        Run
        brittle: code [version Some("1") Some("2")]"#]];
    check(&store, &graph(second()), "brittle", changed);
}
