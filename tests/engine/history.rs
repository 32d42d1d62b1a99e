//! What runs leave behind: runs of one pipeline share what did not change.

use mamo::store::{MemoryStore, RecordKind, Store};
use mamo::{Engine, Graph, node, source};
use std::sync::Arc;

#[node]
fn next(x: u32) -> u32 {
    x + 1
}

#[test]
fn runs_share_what_did_not_change() {
    let store = Arc::new(MemoryStore::new());
    let engine = Engine::builder().with_store(store.clone()).unwrap();
    let counts = |x: u32| {
        let pipeline = |g: &Graph| {
            let many = g.numbered("many");
            let x = g.add(source::param("x", x));
            // Three chunks of nodes that do not depend on the parameter come first.
            let fixed: Vec<_> = (0..3000).map(|n| many.value(n)).collect();
            let last = g.add(next::node(x));
            g.target("list", g.gather(fixed));
            g.target("last", last);
            Ok(())
        };
        let (graph, ()) = Graph::build(pipeline).unwrap();
        engine.run(&graph).unwrap();
        [RecordKind::Run, RecordKind::Plan, RecordKind::Chunk].map(|kind| store.scan(kind, None, 1000).unwrap().len())
    };
    assert_eq!(counts(1), [1, 1, 3]);
    assert_eq!(counts(1), [2, 1, 3]);
    assert_eq!(counts(2), [3, 2, 5], "the chunks with the parameter and with what reads it are new");
}
