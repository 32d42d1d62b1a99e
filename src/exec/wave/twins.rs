//! Equal nodes of a wave whose values are not all saved: one makes the value, the others take it from there.

use crate::exec::ledger::Ledger;
use crate::exec::sync::{Arc, Mutex, lock};
use crate::exec::wave::slots::{SlotId, Slots};
use crate::exec::wave::walk::is_saved;
use crate::fingerprint::Fingerprint;
use crate::graph::{Declared, NodeSpec};
use crate::value::Value;
use std::collections::{BTreeMap, HashMap};

/// Groups of slots that are equal, where the values of some are not saved.
///
/// What is saved is found by its content; a value that is not would be gone by the time when the second node asks.
/// Nodes that turn out to be equal only by what they read are not grouped.
#[derive(Default)]
pub(crate) struct Twins(HashMap<SlotId, Arc<Group>>);

struct Group {
    /// Whether one of the nodes is saved, so that the value of any of them has to be.
    is_saved: bool,
    state: Mutex<State>,
}

struct State {
    value: Option<Value>,
    /// Nodes that do not have the value yet.
    left: usize,
}

impl Twins {
    /// Groups the slots that are to be made.
    pub(crate) fn new(graph: &Declared, ledger: &Ledger, slots: &Slots) -> Self {
        let stale = || slots.stale().filter_map(|slot| Some((slot, ledger.record_key(graph, slots.slots[slot].node)?)));
        let is_saved = |slot: SlotId| {
            let node = slots.slots[slot].node;
            let is_transient = graph.spec(node).is_some_and(NodeSpec::is_transient);
            is_saved(graph, node) || (ledger.is_target(node) && !ledger.is_wanted(node) && !is_transient)
        };
        // Most graphs have no such node, and those that have some have few.
        let mut members: BTreeMap<Fingerprint, Vec<SlotId>> =
            stale().filter(|(slot, _)| !is_saved(*slot)).map(|(_, fingerprint)| (fingerprint, Vec::new())).collect();
        if members.is_empty() {
            return Self::default();
        }
        for (slot, fingerprint) in stale() {
            if let Some(members) = members.get_mut(&fingerprint) {
                members.push(slot);
            }
        }
        let mut groups = HashMap::new();
        for members in members.into_values().filter(|members| members.len() > 1) {
            let state = Mutex::new(State { value: None, left: members.len() });
            let group = Arc::new(Group { is_saved: members.iter().any(|slot| is_saved(*slot)), state });
            groups.extend(members.into_iter().map(|slot| (slot, Arc::clone(&group))));
        }
        Self(groups)
    }

    /// Whether a node that is equal to this one is saved.
    pub(crate) fn is_saved(&self, slot: SlotId) -> bool {
        self.of(slot).is_some_and(|group| group.is_saved)
    }

    /// Keeps the value that a slot made for those equal to it.
    pub(crate) fn keep(&self, slot: SlotId, value: &Value) {
        if let Some(group) = self.of(slot) {
            lock(&group.state).value = Some(value.clone());
        }
    }

    /// The value that an equal slot made.
    pub(crate) fn value(&self, slot: SlotId) -> Option<Value> {
        lock(&self.of(slot)?.state).value.clone()
    }

    /// The slot has come out: when all of its group have, the value is let go.
    pub(crate) fn leave(&self, slot: SlotId) {
        if let Some(group) = self.of(slot) {
            let mut state = lock(&group.state);
            state.left -= 1;
            let value = if state.left == 0 { state.value.take() } else { None };
            drop(state);
            drop(value);
        }
    }

    fn of(&self, slot: SlotId) -> Option<&Group> {
        // Asked for each slot of the wave.
        if self.0.is_empty() { None } else { self.0.get(&slot).map(|group| &**group) }
    }
}
