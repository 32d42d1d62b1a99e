//! What a node function needs when it is called outside of a run, in tests: files, programs, a log that nobody reads.

use crate::exec::engine::Engine;
use crate::exec::sync::Arc;
use crate::graph::{Draw, Graph, NodeCtx};
use crate::value::{Desk, Log, Owner};
use smallvec::SmallVec;
use std::time::Instant;

/// A surrounding of its own for one call, or several.
///
/// # Panics
/// When the system gives no threads.
pub(crate) fn ctx_outside() -> NodeCtx {
    let engine = Engine::builder().jobs(1).in_memory();
    // An empty graph over an empty store in memory has nothing that could be wrong.
    let graph = Graph::build(|_| Ok(())).map(|(graph, ())| graph).ok();
    let session = graph.as_ref().and_then(Graph::declared).and_then(|graph| engine.inner.session(graph).ok());
    let desk = session.map(|session| Desk::new(Arc::clone(&session.keeper), Owner { node: 0, depth: 0 }));
    NodeCtx {
        function: "outside of a run",
        draw: Draw::default(),
        upstream: SmallVec::new(),
        signals: Arc::default(),
        desk: desk.unwrap_or_default(),
        log: Arc::new(Log::new(Instant::now())),
    }
}
