//! Values on their way: how many bytes they are together, and which are let go of when they are too many.
//!
//! Counted are encoded forms: nobody knows what a value takes in memory. Values that are saved are read back when somebody
//! needs them; the others are written to the run's own file first.

use crate::exec::ledger::Known;
use crate::exec::references::note_references;
use crate::exec::sync::{Arc, AtomicBool, AtomicU64, Mutex, Ordering, lock};
use crate::exec::wave::perform::encode_result;
use crate::exec::wave::slots::{Conclusion, Slot, SlotId};
use crate::exec::wave::walk::Wave;
use crate::fingerprint::BlobDigest;
use crate::graph::NodeId;
use crate::store::{Batch, Payload};
use std::collections::BTreeMap;

/// Bytes of the values that slots hold.
pub(crate) struct Budget {
    /// Bytes for values and for what running bodies take.
    pub(crate) limit: u64,
    held: Arc<AtomicU64>,
    /// Held at most, by now.
    most: AtomicU64,
    values: Mutex<BTreeMap<SlotId, Counted>>,
    /// Whether somebody lets go of values just now: a second one would let go of more than need be. No lock, since values are
    /// encoded, written and dropped meanwhile.
    is_relieving: AtomicBool,
}

/// Lets the next one let go of values.
struct Relieving<'a>(&'a AtomicBool);

/// A value that is counted, or was.
#[derive(Clone, Copy, Default)]
struct Counted {
    len: u64,
    is_here: bool,
}

/// Smaller values are not counted: a lock for each would cost more than they do.
pub(crate) const LEAST_COUNTED: u64 = 4096;

impl Budget {
    pub(crate) fn new(limit: u64) -> Self {
        let (held, most) = (Arc::default(), AtomicU64::new(0));
        Self { limit, held, most, values: Mutex::default(), is_relieving: AtomicBool::new(false) }
    }

    /// Bytes held at present, for others to look at.
    pub(crate) fn held(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.held)
    }

    /// Bytes that were held at most.
    pub(crate) fn most(&self) -> u64 {
        self.most.load(Ordering::Relaxed)
    }

    /// Whether there is no room for `more`.
    pub(crate) fn is_over(&self, more: u64) -> bool {
        // A sum to go by; nothing else is read on the strength of it.
        self.held.load(Ordering::Relaxed).saturating_add(more) > self.limit
    }

    /// What a value was counted with: while it is here it takes room already.
    fn counted(&self, slot: SlotId) -> Option<Counted> {
        lock(&self.values).get(&slot).copied()
    }

    fn add(&self, slot: SlotId, len: u64) {
        let mut values = lock(&self.values);
        let counted = values.entry(slot).or_default();
        if !counted.is_here {
            *counted = Counted { len: 0, is_here: true };
        }
        counted.len = counted.len.saturating_add(len);
        // Under the lock, so that what is taken away was added before.
        let held = self.held.fetch_add(len, Ordering::Relaxed).saturating_add(len);
        self.most.fetch_max(held, Ordering::Relaxed);
    }

    fn remove(&self, slot: SlotId) {
        let mut values = lock(&self.values);
        if let Some(counted) = values.get_mut(&slot).filter(|counted| counted.is_here) {
            counted.is_here = false;
            self.held.fetch_sub(counted.len, Ordering::Relaxed);
        }
    }

    /// Slots whose values are here.
    fn here(&self) -> Vec<SlotId> {
        lock(&self.values).iter().filter(|(_, counted)| counted.is_here).map(|(slot, _)| *slot).collect()
    }
}

impl Drop for Relieving<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Wave {
    /// A slot holds a value, or a part of one, of this length.
    pub(crate) fn count(&self, index: SlotId, len: u64) {
        if len >= LEAST_COUNTED {
            self.slots.slots[index].note_counted();
            self.budget.add(index, len);
        }
    }

    /// A slot has let go of its value.
    pub(crate) fn uncount(&self, index: SlotId) {
        if self.slots.slots[index].is_counted() {
            self.budget.remove(index);
        }
    }

    /// Bytes that a node's inputs and its result are thought to take, beside those that are counted; nothing as long as no
    /// large value is in sight. Sources and constants are there for the whole run anyway.
    pub(crate) fn estimate(&self, node: NodeId) -> u64 {
        if !self.session.costs.has_counted() {
            return 0;
        }
        let mean = |node: NodeId| {
            let spec = self.session.graph.spec_id(node);
            spec.and_then(|spec| self.session.costs.mean_len(spec)).unwrap_or(0)
        };
        let inputs = self.session.graph.inputs(node).iter().map(|input| {
            let Some(slot) = self.slots.get(*input) else { return 0 };
            match slot.is_counted().then(|| self.budget.counted(self.slots.of(*input))).flatten() {
                Some(Counted { is_here: true, .. }) => 0,
                Some(Counted { len, .. }) => len,
                None => mean(*input),
            }
        });
        let all = inputs.fold(mean(node), u64::saturating_add);
        // A part of the budget that is worth waiting for, in steps, so that few different needs wait in few lines.
        let step = (self.budget.limit / 64).max(LEAST_COUNTED);
        let rounded = all.checked_next_multiple_of(step).unwrap_or(u64::MAX).min(self.budget.limit);
        if all < step { 0 } else { rounded }
    }

    /// Makes room for `more`: lets go of what is needed last, but not of what `node` is about to read.
    pub(crate) fn relieve(&self, more: u64, node: Option<NodeId>) {
        if !self.budget.is_over(more) {
            return;
        }
        // Nothing is handed over with the flag; what is counted stands under a lock of its own.
        if self.budget.is_relieving.swap(true, Ordering::Relaxed) {
            return;
        }
        let _alone = Relieving(&self.budget.is_relieving);
        let inputs = node.map_or(&[][..], |node| self.session.graph.inputs(node));
        let mut here = self.budget.here();
        here.sort_by_key(|slot| self.slots.slots[*slot].urgency);
        for index in here {
            if !self.budget.is_over(more) {
                return;
            }
            let slot = &self.slots.slots[index];
            if !inputs.contains(&slot.node) && self.can_be_read_back(slot) {
                // One that somebody reads just now takes its memory all the same.
                let Some(value) = slot.release_unused() else { continue };
                self.budget.remove(index);
                drop(value);
            }
        }
    }

    /// Whether a slot's value will be found without it; writes it down if need be.
    fn can_be_read_back(&self, slot: &Slot) -> bool {
        let Some(Conclusion::Known(known)) = slot.published() else { return false };
        // What outlives the wave is not looked for anywhere else.
        !self.outlives_wave(slot.node)
            && match self.payload(known) {
                Some(Payload::Absent { digest, .. }) => self.spill(slot, known, digest),
                Some(Payload::Inline(_) | Payload::Blob { .. }) => true,
                None => false,
            }
    }

    /// Writes a value that is not saved to the run's own file.
    fn spill(&self, slot: &Slot, known: &Known, digest: BlobDigest) -> bool {
        let absent = Payload::Absent { digest, len: 0 };
        if self.session.spill.has(&absent) {
            return true;
        }
        let (Some(spec), Some(value)) = (self.session.graph.spec(slot.node), slot.value()) else { return false };
        let Ok(encoded) = encode_result(&self.session, spec, &value) else { return false };
        // A type that is not encoded twice in the same way stays in memory.
        let is_same = encoded.bytes.digest() == digest && !known.is_tainted;
        if !is_same {
            return false;
        }
        let mut records = Batch::default();
        note_references(&digest, &encoded.references, &mut records);
        self.session.recorder.add(&mut records, &[]);
        self.session.spill.put_aside(digest, encoded.bytes)
    }
}

#[cfg(test)]
mod tests {
    use crate::exec::{Engine, OnFailure};
    use crate::graph::{Graph, Node, Persist};
    use crate::node;
    use crate::value::List;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Bytes of a large value.
    const SIZE: usize = 1 << 16;

    static MADE: AtomicU32 = AtomicU32::new(0);

    #[node(krate = crate)]
    fn large(x: u8) -> Vec<u8> {
        MADE.fetch_add(1, Ordering::SeqCst);
        vec![x; SIZE]
    }

    #[node(krate = crate)]
    fn next(before: &[u8], other: &[u8], number: u8) -> Vec<u8> {
        MADE.fetch_add(1, Ordering::SeqCst);
        let mut next: Vec<u8> = before.iter().zip(other).map(|(a, b)| a.wrapping_mul(3).wrapping_add(*b)).collect();
        next[0] = number;
        next
    }

    #[node(krate = crate)]
    fn sum(list: &[u8]) -> u32 {
        list.iter().map(|byte| u32::from(*byte)).sum()
    }

    #[node(krate = crate)]
    fn total(sums: &[u32]) -> u32 {
        sums.iter().fold(0, |all, sum| all.wrapping_add(*sum))
    }

    /// Layers of large values, each read by two of the next one: all of a layer are needed before the next one is done.
    fn layers(g: &Graph, persist: Persist) -> Node<u32> {
        const WIDTH: usize = 12;
        let many = g.numbered("many");
        let mut layer: Vec<Node<Vec<u8>>> =
            (0..12).map(|x| many.add(large::node(many.value(x)).persist(persist))).collect();
        for row in 1..4 {
            let next = (0..12).zip(&layer).map(|(number, before)| {
                let far = layer[(usize::from(number) + WIDTH / 2) % WIDTH];
                many.add(next::node(*before, far, many.value(number + 50 * row)).persist(persist))
            });
            layer = next.collect();
        }
        let sums: Vec<Node<u32>> = layer.into_iter().map(|list| many.add(sum::node(list))).collect();
        g.add(total::node(g.gather(sums)))
    }

    /// A list of large values that two nodes read, and a map over it that goes along.
    fn lists(g: &Graph) -> Node<u32> {
        let list = g.add(large::map(g.value((0..24).collect::<Vec<u8>>())));
        let again = g.add(large_again::map(list));
        let sums = [
            g.add(total_of::node(list)),
            g.add(total_of::node(again).name("again")),
            g.add(total_of::node(list).name("x")),
        ];
        g.add(total::node(g.gather(sums)))
    }

    #[node(krate = crate)]
    fn large_again(list: &[u8]) -> Vec<u8> {
        MADE.fetch_add(1, Ordering::SeqCst);
        list.iter().map(|byte| byte + 100).collect()
    }

    #[node(krate = crate)]
    fn total_of(list: &List<Vec<u8>>) -> u32 {
        list.iter().flat_map(|bytes| bytes.to_vec()).map(u32::from).sum()
    }

    /// The answer, how much was held at most, and how many large values were made.
    fn check(pipeline: impl Fn(&Graph) -> Node<u32>, limit: u64) -> (u32, u64, u32) {
        MADE.store(0, Ordering::SeqCst);
        let engine = Engine::builder().jobs(2).memory_limit(limit).on_failure(OnFailure::KeepGoing).in_memory();
        let (graph, total) = Graph::build(|g| Ok(pipeline(g))).unwrap();
        let run = engine.run(&graph).unwrap();
        let most = run.session().held_most.load(Ordering::SeqCst);
        (*run.get(total).unwrap(), most, MADE.load(Ordering::SeqCst))
    }

    #[test]
    fn values_on_their_way_stay_within_the_budget_and_nothing_is_made_twice() {
        let size = u64::try_from(SIZE).unwrap();
        let (answer, most, made) = check(|g| layers(g, Persist::Auto), u64::MAX);
        assert_eq!(made, 36 + 12);
        assert!(most > 10 * size, "{most}");
        for persist in [Persist::Auto, Persist::Never] {
            // Each of two walkers may have made one more when it is noticed.
            let (same, most, made) = check(|g| layers(g, persist), 4 * size);
            assert_eq!((same, made), (answer, 36 + 12), "{persist:?}");
            assert!(most <= 7 * size, "{persist:?} {most}");
            // Less than a single node reads.
            let (same, most, made) = check(|g| layers(g, persist), size / 2);
            assert_eq!((same, made), (answer, 36 + 12), "{persist:?}");
            assert!(most <= 4 * size, "{persist:?} {most}");
        }
        let (answer, most, made) = check(lists, u64::MAX);
        assert_eq!(made, 48);
        assert!(most > 20 * size, "{most}");
        let (same, most, made) = check(lists, 4 * size);
        assert_eq!((same, made), (answer, 48));
        assert!(most <= 7 * size, "{most}");
    }
}
