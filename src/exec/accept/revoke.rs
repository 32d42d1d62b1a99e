//! Taking acceptances back: the present code is executed again.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::accept::log::{Acceptance, Entry, Remark, Said, entries, write_entries};
use crate::exec::drive::make_plan;
use crate::exec::leaves::look_at_sources;
use crate::exec::ledger::Ledger;
use crate::exec::session::Session;
use crate::exec::sync::lock;
use crate::fingerprint::{Fingerprint, ValueDigest};
use crate::graph::NodeId;
use crate::store::{Batch, Key, RecordKind};

/// Whose acceptances are taken back.
#[derive(Debug)]
pub(crate) enum Named {
    /// Those of a node.
    Node(NodeId),
    /// Those under a name that no node has, and what is said when there are none either.
    Former(String, Error),
}

impl Named {
    pub(crate) fn node(&self) -> Option<NodeId> {
        match self {
            Self::Node(node) => Some(*node),
            Self::Former(..) => None,
        }
    }
}

/// Takes acceptances of nodes back, whatever inputs they were for: the present code is executed again.
///
/// # Errors
/// When a node has none.
pub(crate) fn revoke(
    session: &Session,
    mut ledger: Ledger,
    pool: &rayon::ThreadPool,
    named: Vec<Named>,
    remark: &Remark,
) -> Result<Vec<Acceptance>> {
    look_at_sources(session, &mut ledger, pool)?;
    make_plan(session, &mut ledger)?;
    let store = &*session.store;
    let graph = &session.graph;
    let is_meant = |named: &Named, base: &Fingerprint, entry: &Entry| match named {
        Named::Node(node) => entry.node == graph.identity(*node) || ledger.record_key(graph, *node) == Some(*base),
        Named::Former(name, _) => entry.node == *name,
    };
    let mut found = vec![false; named.len()];
    let mut revoked = Vec::new();
    let mut batch = Batch::default();
    let mut roots = lock(&session.roots).clone();
    for (base, mut entries) in entries(store)? {
        let in_force = || entries.iter().filter(|entry| entry.revoked.is_none());
        let mut is_changed = false;
        for (named, found) in named.iter().zip(&mut found) {
            let is_one = in_force().any(|entry| is_meant(named, &base, entry));
            *found |= is_one;
            is_changed |= is_one;
        }
        if !is_changed {
            continue;
        }
        // Nodes with one fingerprint have one value, so all that was said of it is taken back.
        for entry in entries.iter_mut().filter(|entry| entry.revoked.is_none()) {
            entry.revoked = Some(Said::now(session, remark));
            revoked.push(entry.acceptance());
            // Lost bytes may have been made again since, by the present code: that value stays.
            if roots.get(&base) == Some(&ValueDigest::from_bytes(entry.value)) {
                roots.remove(&base);
                batch.remove(Key::new(RecordKind::Root, base.as_bytes()));
                batch.remove(Key::new(RecordKind::Deep, base.as_bytes()));
            }
        }
        batch.put(Key::new(RecordKind::Accept, base.as_bytes()), |out| write_entries(&entries, out));
    }
    if let Some((named, _)) = named.into_iter().zip(found).find(|(_, found)| !found) {
        return Err(match named {
            Named::Node(node) => {
                let message = format!("no change of the code of node `{}` is accepted", graph.identity(node));
                Error::new(ErrorKind::NotAccepted, message).with_node(graph.identity(node))
            }
            Named::Former(_, unknown) => unknown,
        });
    }
    session.recorder.add(&mut batch, &[]);
    session.recorder.sync()?;
    *lock(&session.roots) = roots;
    Ok(revoked)
}
