//! Slots: the nodes that take part in a wave, and how far each has come.

use crate::exec::Outcome;
use crate::exec::ledger::{Known, Ledger};
use crate::exec::planning::{Class, Planned};
use crate::exec::sync::{Arc, AtomicBool, AtomicU8, AtomicU32, Mutex, OnceLock, Ordering, lock};
use crate::exec::table::{Id, Table, number, position};
use crate::graph::{Body, Declared, Kind, NodeId};
use crate::value::{Failure, Value};
use std::ops::Range;

/// A slot of a wave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SlotId(u32);

/// A node in a wave.
pub(crate) struct Slot {
    pub(crate) node: NodeId,
    /// Inputs that are not concluded yet; whoever concludes the last one makes the slot ready.
    pub(crate) pending: AtomicU32,
    /// Stale slots that may still need the value.
    pub(crate) readers: AtomicU32,
    /// Nanoseconds of the longest chain of work from here to a target.
    pub(crate) urgency: u64,
    pub(crate) conclusion: OnceLock<Conclusion>,
    value: Mutex<Option<Value>>,
    outcome: AtomicU8,
    /// Whether its records have been handed over.
    is_published: AtomicBool,
    /// Whether its value is, or was, counted.
    is_counted: AtomicBool,
}

/// How a slot came out.
pub(crate) enum Conclusion {
    Known(Known),
    Failed(Arc<Failure>),
    /// Skipped because of this failure upstream.
    Skipped(Arc<Failure>),
}

/// The slots of a wave, inputs first.
pub(crate) struct Slots {
    pub(crate) slots: Table<SlotId, Slot>,
    slot_of: Table<NodeId, SlotId>,
    /// Stale slots that read slot `i` are `consumers[offsets[i]..offsets[i + 1]]`.
    offsets: Vec<u32>,
    consumers: Vec<SlotId>,
}

const FRESH: u8 = 0;
const CUT_OFF: u8 = 1;
const EXECUTED: u8 = 2;

impl SlotId {
    /// Stands where a node has no slot.
    const NONE: Self = Self(u32::MAX);

    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

impl Id for SlotId {
    fn from_position(position: usize) -> Self {
        Self(number(position))
    }

    fn position(self) -> usize {
        position(self.0)
    }
}

impl Slot {
    fn new(node: NodeId) -> Self {
        Self {
            node,
            pending: AtomicU32::new(0),
            readers: AtomicU32::new(0),
            urgency: 0,
            conclusion: OnceLock::new(),
            value: Mutex::new(None),
            outcome: AtomicU8::new(FRESH),
            is_published: AtomicBool::new(false),
            is_counted: AtomicBool::new(false),
        }
    }

    pub(crate) fn value(&self) -> Option<Value> {
        lock(&self.value).clone()
    }

    pub(crate) fn hold(&self, value: Value) {
        *lock(&self.value) = Some(value);
    }

    /// How it came out, once its records have been handed over.
    pub(crate) fn published(&self) -> Option<&Conclusion> {
        // Acquire: whoever sees it finds the records.
        if self.is_published.load(Ordering::Acquire) { self.conclusion.get() } else { None }
    }

    /// Its records have been handed over.
    pub(crate) fn publish(&self) {
        self.is_published.store(true, Ordering::Release);
    }

    /// How the slot came out; to be asked when the wave is over.
    pub(crate) fn outcome(&self) -> Outcome {
        match self.outcome.load(Ordering::Relaxed) {
            CUT_OFF => Outcome::CutOff,
            EXECUTED => Outcome::Executed,
            _ => Outcome::Fresh,
        }
    }

    pub(crate) fn set_outcome(&self, outcome: Outcome) {
        let byte = match outcome {
            Outcome::CutOff => CUT_OFF,
            Outcome::Executed => EXECUTED,
            // These are told by how the slot is concluded.
            Outcome::Fresh | Outcome::NotNeeded | Outcome::Failed | Outcome::Skipped => FRESH,
        };
        // Read only after all walkers have returned.
        self.outcome.store(byte, Ordering::Relaxed);
    }

    /// Its value is counted.
    pub(crate) fn note_counted(&self) {
        // A hint to look in the table, which has a lock of its own.
        self.is_counted.store(true, Ordering::Relaxed);
    }

    /// Whether its value is, or was, counted.
    pub(crate) fn is_counted(&self) -> bool {
        self.is_counted.load(Ordering::Relaxed)
    }

    /// Lets go of the value unless somebody else has it as well.
    pub(crate) fn release_unused(&self) -> Option<Value> {
        let mut value = lock(&self.value);
        if value.as_ref().is_some_and(Value::is_unused) { value.take() } else { None }
    }

    /// Lets go of the value: nobody in this wave needs it any more.
    pub(crate) fn release(&self) -> Option<Value> {
        lock(&self.value).take()
    }
}

impl Slots {
    /// Slots for everything that the plan looked at; `cost` tells how long a node is thought to take.
    pub(crate) fn new(graph: &Declared, ledger: &Ledger, planned: &mut Planned, cost: impl Fn(NodeId) -> u64) -> Self {
        let mut slot_of = Table::new(graph.len(), SlotId::NONE);
        let mut slots = Vec::new();
        for node in graph.order().forwards() {
            match planned.classes[node] {
                Class::Unseen | Class::Deferred => continue,
                Class::Known | Class::Stale | Class::Failed => {}
            }
            slot_of[node] = SlotId::from_position(slots.len());
            let mut slot = Slot::new(node);
            if planned.classes[node] != Class::Stale {
                slot.conclusion = concluded(graph, ledger, planned, node).into();
            }
            slots.push(slot);
        }
        let mut slots = Table::from(slots);
        let (offsets, consumers) = consumers(graph, &slots, &slot_of);
        for slot in slots.ids().rev() {
            let range = range(&offsets, slot);
            let below = consumers.get(range).unwrap_or_default().iter().map(|consumer| slots[*consumer].urgency).max();
            let own = if slots[slot].conclusion.get().is_none() { cost(slots[slot].node) } else { 0 };
            slots[slot].urgency = below.unwrap_or(0).saturating_add(own);
        }
        Self { slots, slot_of, offsets, consumers }
    }

    /// The slot of an input: inputs of stale nodes always have one.
    pub(crate) fn of(&self, node: NodeId) -> SlotId {
        self.slot_of[node]
    }

    pub(crate) fn get(&self, node: NodeId) -> Option<&Slot> {
        let slot = self.slot_of[node];
        (slot != SlotId::NONE).then(|| &self.slots[slot])
    }

    /// Slots that are not concluded from the beginning; to be asked before the walkers start.
    pub(crate) fn stale(&self) -> impl Iterator<Item = SlotId> {
        self.slots.ids().filter(|slot| self.slots[*slot].conclusion.get().is_none())
    }

    pub(crate) fn consumers(&self, slot: SlotId) -> &[SlotId] {
        self.consumers.get(range(&self.offsets, slot)).unwrap_or_default()
    }
}

fn concluded(graph: &Declared, ledger: &Ledger, planned: &mut Planned, node: NodeId) -> Conclusion {
    if let Some(known) = planned.known.remove(&node) {
        return Conclusion::Known(known);
    }
    if let Some(failure) = ledger.failure(node) {
        return Conclusion::Failed(Arc::clone(failure));
    }
    if let Some(cause) = ledger.barred.get(&node) {
        return Conclusion::Skipped(Arc::clone(cause));
    }
    let leaf = |value| Conclusion::Known(Known { value, content: None, payload: None, is_tainted: false });
    match graph.kind(node) {
        Kind::Constant(constant) => leaf(constant.digest),
        Kind::Spec(spec) => match (&spec.body, ledger.leaves.get(&node)) {
            (Body::Source(_), Some(Ok(looked))) => leaf(looked.digest),
            (_, Some(Err(failure))) => Conclusion::Failed(Arc::clone(failure)),
            _ => Conclusion::Failed(Arc::new(Failure::new(graph.identity(node), "was not looked at".into()))),
        },
    }
}

/// Who reads whom among the stale slots; counts what each waits for.
fn consumers(
    graph: &Declared,
    slots: &Table<SlotId, Slot>,
    slot_of: &Table<NodeId, SlotId>,
) -> (Vec<u32>, Vec<SlotId>) {
    let stale = || slots.ids().filter(|slot| slots[*slot].conclusion.get().is_none());
    let mut offsets = vec![0; slots.len() + 1];
    let mut pending: Table<SlotId, u32> = Table::new(slots.len(), 0);
    for slot in stale() {
        for input in graph.inputs(slots[slot].node) {
            let input = slot_of[*input];
            if let Some(count) = offsets.get_mut(input.position() + 1) {
                *count += 1;
            }
            if slots[input].conclusion.get().is_none() {
                pending[slot] += 1;
            }
        }
    }
    let mut sum = 0;
    for offset in &mut offsets {
        sum += *offset;
        *offset = sum;
    }
    let mut next: Table<SlotId, u32> = offsets.clone().into();
    let mut consumers = vec![SlotId::NONE; position(sum)];
    for slot in stale() {
        for input in graph.inputs(slots[slot].node) {
            let place = &mut next[slot_of[*input]];
            if let Some(consumer) = consumers.get_mut(position(*place)) {
                *consumer = slot;
            }
            *place += 1;
        }
    }
    for slot in slots.ids() {
        let readers = range(&offsets, slot).len();
        slots[slot].readers.store(number(readers), Ordering::Relaxed);
        slots[slot].pending.store(pending[slot], Ordering::Relaxed);
    }
    (offsets, consumers)
}

fn range(offsets: &[u32], slot: SlotId) -> Range<usize> {
    let at = |index: usize| offsets.get(index).map_or(0, |offset| position(*offset));
    at(slot.position())..at(slot.position() + 1)
}
