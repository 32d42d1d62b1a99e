//! Computations of a wave that several nodes or elements may need and whose values are not all saved.

use crate::exec::ledger::Ledger;
use crate::exec::planning::{Class, Planned};
use crate::exec::sync::{Mutex, lock};
use crate::exec::wave::slots::{Conclusion, SlotId, Slots};
use crate::exec::wave::walk::is_saved;
use crate::fingerprint::{ContentKey, DigestMap, SpecDigest, ValueDigest};
use crate::graph::{Declared, NodeId, NodeSpec};
use crate::value::Value;
use smallvec::SmallVec;

/// Who may need a computation that somebody else makes.
///
/// What is saved is found by its content; what is not would be gone by the time when the second one asks.
#[derive(Default)]
pub(crate) struct Twins(DigestMap<SpecDigest, Askers>);

/// Nodes and elements of one function with equal parameters.
#[derive(Default)]
struct Askers {
    /// Maps, and nodes that read what is not known yet: what they will compute is anybody's guess.
    n_open: u32,
    /// The other nodes, by what they compute.
    closed: DigestMap<ContentKey, u32>,
    transient: Mutex<Transient>,
}

/// Transient values, which have no bytes.
#[derive(Default)]
struct Transient {
    values: DigestMap<ContentKey, Value>,
    /// Slots that are not concluded; with the last one the values go.
    left: u32,
}

impl Twins {
    /// Who takes part in the wave, or waits for a barrier.
    pub(crate) fn new(graph: &Declared, ledger: &Ledger, planned: &Planned, slots: &Slots) -> Self {
        let spec_of = |slot: SlotId| graph.spec(slots.slots[slot].node);
        let mut askers: DigestMap<SpecDigest, Askers> = DigestMap::default();
        // Most graphs have no such node, and those that have some have few.
        for slot in slots.stale() {
            let Some(spec) = spec_of(slot) else { continue };
            if is_lost_after_use(graph, ledger, slots, slot) {
                askers.entry(spec.hashers.digest).or_default();
            }
        }
        if askers.is_empty() {
            return Self::default();
        }
        for slot in slots.stale() {
            let Some(spec) = spec_of(slot) else { continue };
            if let Some(askers) = askers.get_mut(&spec.hashers.digest) {
                match content_of(graph, slots, slot, spec) {
                    Some(content) => *askers.closed.entry(content).or_default() += 1,
                    None => askers.n_open += 1,
                }
                lock(&askers.transient).left += 1;
            }
        }
        let is_deferred = |node: &NodeId| planned.classes[*node] == Class::Deferred;
        let deferred = || planned.classes.ids().filter(is_deferred).filter_map(|node| graph.spec(node));
        let maps = slots.stale().filter_map(spec_of).chain(deferred());
        let elements = maps.filter_map(|spec| spec.element.as_ref()).map(|hashers| hashers.digest);
        for digest in elements.chain(deferred().map(|spec| spec.hashers.digest)) {
            if let Some(askers) = askers.get_mut(&digest) {
                askers.n_open += 1;
            }
        }
        Self(askers)
    }

    /// Whether somebody else may need what is computed here.
    pub(crate) fn is_shared(&self, spec: &SpecDigest, content: &ContentKey) -> bool {
        self.of(spec).is_some_and(|askers| {
            let n_equal = askers.closed.get(content).copied().unwrap_or(0);
            // Whoever computes it is counted too.
            askers.n_open + n_equal > 1
        })
    }

    /// Keeps a transient value for those who compute the same.
    pub(crate) fn keep(&self, spec: &SpecDigest, content: &ContentKey, value: &Value) {
        if self.is_shared(spec, content)
            && let Some(askers) = self.of(spec)
        {
            lock(&askers.transient).values.insert(*content, value.clone());
        }
    }

    /// The transient value that somebody else made.
    pub(crate) fn value(&self, spec: &SpecDigest, content: &ContentKey) -> Option<Value> {
        lock(&self.of(spec)?.transient).values.get(content).cloned()
    }

    /// A slot has come out.
    pub(crate) fn leave(&self, spec: &SpecDigest) {
        if let Some(askers) = self.of(spec) {
            let mut transient = lock(&askers.transient);
            transient.left = transient.left.saturating_sub(1);
            let values = if transient.left == 0 { std::mem::take(&mut transient.values) } else { DigestMap::default() };
            drop(transient);
            // The user's code, which runs under no lock.
            drop(values);
        }
    }

    fn of(&self, spec: &SpecDigest) -> Option<&Askers> {
        // Asked for each slot of the wave.
        if self.0.is_empty() { None } else { self.0.get(spec) }
    }
}

/// Whether the value of a slot cannot be read back when its readers are done.
fn is_lost_after_use(graph: &Declared, ledger: &Ledger, slots: &Slots, slot: SlotId) -> bool {
    let node = slots.slots[slot].node;
    let is_transient = graph.spec(node).is_some_and(NodeSpec::is_transient);
    let is_saved_as_target = ledger.is_target(node) && !ledger.is_wanted(node) && !is_transient;
    !is_saved(graph, node) && !is_saved_as_target
}

/// What a slot computes, if its inputs are known before the wave begins.
fn content_of(graph: &Declared, slots: &Slots, slot: SlotId, spec: &NodeSpec) -> Option<ContentKey> {
    let mut upstream: SmallVec<[ValueDigest; 4]> = SmallVec::new();
    for input in graph.inputs(slots.slots[slot].node) {
        match slots.get(*input)?.conclusion.get()? {
            Conclusion::Known(known) => upstream.push(known.value),
            Conclusion::Failed(_) | Conclusion::Skipped(_) => return None,
        }
    }
    Some(spec.hashers.content_key(&upstream))
}
