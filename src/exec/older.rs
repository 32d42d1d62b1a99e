//! Older values that stand in for stale nodes, in runs that are not to bring everything up to date.
//!
//! Such a node is known by its older value for the run, so what is below it is recorded for what it read: nothing stands under a
//! fingerprint of the present code that the present code did not give.

use crate::error::Result;
use crate::exec::ledger::{Known, Ledger};
use crate::exec::past::{Past, PastRun};
use crate::exec::recorded::{act_of, are_there, deep_of, payload_of_value, record};
use crate::exec::sync::Arc;
use crate::fingerprint::{DigestMap, Fingerprint, SpecKey, ValueDigest};
use crate::graph::{Body, Declared, Kind, NodeId, NodeSpec};
use crate::store::{Deep, Key, RecordKind, Store};
use std::collections::{BTreeSet, HashMap};
use std::time::SystemTime;

/// What former runs knew nodes by, by name: newest first.
type Former = HashMap<String, Vec<(PastRun, Fingerprint)>>;

/// Which nodes may keep an older value in a run, and which do.
#[derive(Clone)]
pub(crate) struct Older {
    nodes: BTreeSet<NodeId>,
    former: Option<Arc<Former>>,
    /// When the runs ended in which the older values were known, by what their nodes are now.
    since: DigestMap<Fingerprint, SystemTime>,
    /// What has no older value, or one whose bytes turned out to be lost.
    without: BTreeSet<Fingerprint>,
}

impl Older {
    /// These nodes keep older values when they are stale.
    pub(crate) fn of(nodes: BTreeSet<NodeId>) -> Self {
        Self { nodes, former: None, since: DigestMap::default(), without: BTreeSet::new() }
    }

    /// The older value of a node that a run would execute; nothing when it would not, or there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn stand_in(
        &mut self,
        store: &dyn Store,
        graph: &Declared,
        ledger: &Ledger,
        node: NodeId,
        base: &Fingerprint,
    ) -> Result<Option<Known>> {
        let Some(spec) = graph.spec(node).filter(|spec| self.may_keep(node, spec, base)) else { return Ok(None) };
        if ledger.known(node, base).is_some() || !is_stale(store, graph, ledger, node, base)? {
            return Ok(None);
        }
        let found = match SpecKey::from_bytes(&spec.key) {
            Some(own) => self.newest(store, &graph.identity(node), &own)?,
            None => None,
        };
        let Some((run, known)) = found else {
            self.without.insert(*base);
            return Ok(None);
        };
        self.since.insert(*base, run.ended_at());
        Ok(Some(known))
    }

    /// Gives a node's older value up, because its bytes are lost: it is executed like others that have none.
    pub(crate) fn give_up(&mut self, base: &Fingerprint) -> bool {
        let had_one = self.since.remove(base).is_some();
        if had_one {
            self.without.insert(*base);
        }
        had_one
    }

    /// The end of the run whose value stands in for what a node is now; nothing when none does.
    pub(crate) fn since(&self, base: &Fingerprint) -> Option<SystemTime> {
        self.since.get(base).copied()
    }

    fn may_keep(&self, node: NodeId, spec: &NodeSpec, base: &Fingerprint) -> bool {
        self.nodes.contains(&node)
            && matches!(spec.body, Body::Function { .. })
            && !spec.is_transient()
            && !self.without.contains(base)
    }

    /// The newest value of a type on record whose bytes are there.
    fn newest(&mut self, store: &dyn Store, node: &str, own: &SpecKey) -> Result<Option<(PastRun, Known)>> {
        let former = match &self.former {
            Some(former) => Arc::clone(former),
            None => Arc::clone(self.former.insert(Arc::new(Past::read(store)?.by_name()?))),
        };
        for (run, fingerprint) in former.get(node).into_iter().flatten() {
            let Some(deep) = deep_of(store, fingerprint)? else { continue };
            if is_alike(store, &deep, own)? && has_bytes(store, &deep)? {
                return Ok(Some((*run, Known::of(deep))));
            }
        }
        Ok(None)
    }
}

/// Whether a run would execute a node, as far as that can be told before anything upstream of it runs.
fn is_stale(store: &dyn Store, graph: &Declared, ledger: &Ledger, node: NodeId, base: &Fingerprint) -> Result<bool> {
    if deep_of(store, base)?.is_some() {
        return Ok(false);
    }
    let Some(spec) = graph.spec(node) else { return Ok(false) };
    let mut upstream = Vec::new();
    for input in graph.inputs(node) {
        match value_of(store, graph, ledger, *input)? {
            Some(value) => upstream.push(value),
            None => return Ok(true),
        }
    }
    Ok(act_of(store, &spec.hashers.content_key(&upstream))?.is_none())
}

/// The value of an upstream node; nothing when it is not known before something runs.
fn value_of(store: &dyn Store, graph: &Declared, ledger: &Ledger, node: NodeId) -> Result<Option<ValueDigest>> {
    if let Kind::Constant(constant) = graph.kind(node) {
        return Ok(Some(constant.digest));
    }
    if let Some(looked) = ledger.leaves.get(&node) {
        return Ok(looked.as_ref().ok().map(|looked| looked.digest));
    }
    if let Some(value) = ledger.root_of(node) {
        return Ok(Some(value));
    }
    let Some(base) = ledger.record_key(graph, node) else { return Ok(None) };
    match ledger.known(node, &base) {
        Some(known) => Ok(Some(known.value)),
        None => Ok(deep_of(store, &base)?.map(|deep| deep.value)),
    }
}

/// Whether a value on record can be read as what a node gives now: it came from a node of the same kind, and is of the same type.
fn is_alike(store: &dyn Store, deep: &Deep, own: &SpecKey) -> Result<bool> {
    let bytes = record(store, Key::new(RecordKind::Spec, deep.spec.as_bytes()))?;
    Ok(bytes
        .and_then(|bytes| SpecKey::from_bytes(&bytes))
        .is_some_and(|former| former.kind == own.kind && former.results == own.results))
}

fn has_bytes(store: &dyn Store, deep: &Deep) -> Result<bool> {
    let payload = payload_of_value(store, &deep.value, Some(&deep.content), deep.own.as_ref())?;
    payload.map_or(Ok(false), |payload| are_there(store, &payload))
}
