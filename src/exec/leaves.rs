//! The sources of a run: looked at in the beginning, again when a file changes, and compared when a run goes on later.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::ledger::Ledger;
use crate::exec::look::Looked;
use crate::exec::session::Session;
use crate::exec::sync::Arc;
use crate::exec::wave::with_causes;
use crate::graph::{Body, NodeId, Source};
use crate::value::{BoxError, Failure};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::collections::BTreeSet;
use std::path::Path;

/// Looks at the sources that some target needs and that were not seen yet. Gives those that cannot be read.
///
/// # Errors
/// When values are made anew that belong to those of an earlier run, and something that run saw is different now: a
/// source that is seen for the first time would be of another moment than the others.
pub(crate) fn look_at_sources(session: &Session, ledger: &mut Ledger, pool: &rayon::ThreadPool) -> Result<Vec<NodeId>> {
    let unseen = sources(session, |node, _| ledger.is_needed(node) && !ledger.leaves.contains_key(&node));
    let is_later = ledger.is_of_the_past && !unseen.is_empty();
    let failed = look_at(session, ledger, pool, unseen.clone());
    if is_later {
        // Afterwards: what changes from now on was not seen by either.
        let unseen: BTreeSet<NodeId> = unseen.into_iter().map(|(node, _)| node).collect();
        let seen = sources(session, |node, source| {
            let is_asked_once = matches!(source, Source::Probe { .. } | Source::External { .. });
            !is_asked_once && !unseen.contains(&node) && ledger.leaves.contains_key(&node)
        });
        for (node, looked) in look(session, pool, seen) {
            let before = ledger.leaves.get(&node).and_then(|before| before.as_ref().ok());
            if before.map(|before| before.digest) != looked.ok().map(|now| now.digest) {
                return Err(changed_since(&session.graph.identity(node)));
            }
        }
    }
    Ok(failed)
}

/// Looks again at the sources that read one of these files. Gives those that cannot be read.
pub(crate) fn look_again(
    session: &Session,
    ledger: &mut Ledger,
    pool: &rayon::ThreadPool,
    changed: &[&Path],
) -> Vec<NodeId> {
    session.looker.forget(changed);
    // Probes may cost money: asked once a run, and again only by the next one.
    let sources = sources(session, |node, source| ledger.is_needed(node) && !matches!(source, Source::Probe { .. }));
    look_at(session, ledger, pool, sources)
}

fn sources(session: &Session, is_meant: impl Fn(NodeId, &Source) -> bool) -> Vec<(NodeId, Arc<Source>)> {
    let graph = &session.graph;
    let nodes = graph.node_ids().filter_map(|node| match graph.spec(node).map(|spec| &spec.body) {
        Some(Body::Source(source)) => Some((node, source)),
        Some(_) | None => None,
    });
    nodes.filter(|(node, source)| is_meant(*node, source)).map(|(node, source)| (node, Arc::clone(source))).collect()
}

fn look(
    session: &Session,
    pool: &rayon::ThreadPool,
    sources: Vec<(NodeId, Arc<Source>)>,
) -> Vec<(NodeId, std::result::Result<Looked, BoxError>)> {
    pool.install(|| sources.into_par_iter().map(|(node, source)| (node, session.looker.look(&source))).collect())
}

/// Looks at these sources and notes what they are. Gives those that cannot be read.
fn look_at(
    session: &Session,
    ledger: &mut Ledger,
    pool: &rayon::ThreadPool,
    sources: Vec<(NodeId, Arc<Source>)>,
) -> Vec<NodeId> {
    let graph = &session.graph;
    let mut failed = Vec::new();
    for (node, looked) in look(session, pool, sources) {
        let looked = looked.map_err(|error| {
            let message = with_causes(&*error);
            let identity = graph.identity(node);
            session.tell_failed(&identity, None, &message);
            Arc::new(Failure::new(identity, message))
        });
        match &looked {
            Ok(_) => ledger.take_back(node),
            Err(failure) => {
                ledger.fail(graph, node, Arc::clone(failure));
                failed.push(node);
            }
        }
        ledger.leaves.insert(node, looked);
    }
    session.sources.replace(ledger.leaves.values().flatten().map(|looked| looked.value.clone()).collect());
    failed
}

/// Values that are made anew would not go with those that were handed out.
pub(crate) fn changed_since(what: &str) -> Error {
    let message = format!("`{what}` has changed since the run, so values that go with those of the run cannot be made");
    Error::new(ErrorKind::NoValue, message).with_hint("run again")
}
