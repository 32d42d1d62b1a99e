//! The end of a reduce: what the whole came to, as the node's own value.

use crate::exec::Outcome;
use crate::exec::clock::Took;
use crate::exec::recorded::are_there;
use crate::exec::sync::{Arc, Ordering, lock};
use crate::exec::wave::claims::Done;
use crate::exec::wave::perform::Product;
use crate::exec::wave::reduce::{ReduceRun, ReducedNode};
use crate::exec::wave::resolve::Pending;
use crate::exec::wave::slots::{Conclusion, Slot};
use crate::exec::wave::walk::{Local, Wave};
use crate::fingerprint::ValueDigest;
use crate::store::Payload;
use crate::value::{Blob, NamedBlob, References, Value, keeping};

impl Wave {
    /// All has been combined, or cannot be.
    pub(crate) fn finish_reduce(&self, reduce: &Arc<ReduceRun>, local: &mut Local) {
        let slot = &self.slots.slots[reduce.slot];
        let Some(spec) = self.session.graph.spec(slot.node) else { return };
        let failure = lock(&reduce.failures).first().map(|(_, failure)| Arc::clone(failure));
        self.note_combinations(reduce, slot.node, failure.is_some(), local);
        if let Some(failure) = failure {
            if self.end_reduce(reduce, slot) {
                lock(&self.end).failed_elements.extend(reduce.take_failures());
                self.fail(reduce.slot, slot, Arc::clone(&failure), local);
                self.tell_later(&reduce.content, Done::Failed(failure), local);
            }
            return;
        }
        let Some(node) = ReducedNode::of(spec) else { return };
        let Some(digest) = reduce.combinations[reduce.root].digest.get().copied() else { return };
        let value = lock(&reduce.combinations[reduce.root].state).value.clone();
        let is_again = reduce.expected.is_some();
        let is_kept = self.keeps(reduce.slot, spec, is_again, value.is_some());
        let payload = self.combined_payload(reduce, reduce.root, &node);
        let product = payload.and_then(|payload| self.whole(value, digest, payload, is_kept));
        let Some(product) = product else { return self.make_again(reduce, &[reduce.root], None, local) };
        if !self.end_reduce(reduce, slot) {
            return;
        }
        let ReduceRun { slot: index, content, is_tainted, expected, .. } = **reduce;
        let cost_ns = reduce.cost_ns.load(Ordering::Acquire);
        let is_executed = reduce.counts().executed > 0;
        let outcome = if is_executed { Outcome::Executed } else { Outcome::CutOff };
        if !is_executed {
            self.session.tell_cut_off(slot.node);
        }
        let pending = Pending { index, slot, spec, content, is_tainted, expected };
        self.conclude_reduce(&pending, product, cost_ns, outcome, local);
        reduce.release(reduce.root);
    }

    /// What the whole came to, as the node's own; nothing when its bytes are lost.
    fn whole(&self, value: Option<Value>, digest: ValueDigest, payload: Payload, is_kept: bool) -> Option<Product> {
        let is_lost = || !are_there(&*self.session.store, &payload).unwrap_or(true);
        if payload.is_absent() || (value.is_none() && is_lost()) {
            return None;
        }
        if is_kept {
            return Some(Product { value, digest, payload, unsaved: None, blobs: Vec::new() });
        }
        let (name, len, blob) = match payload {
            Payload::Inline(bytes) => {
                let bytes = Blob::Memory(bytes);
                (bytes.digest(), bytes.len(), Some(bytes))
            }
            Payload::Blob { digest, len } => {
                let bytes = self.session.blob(&digest, len);
                (digest, len, bytes.and_then(|bytes| keeping(&self.session.keeper, || Blob::of(&bytes)).ok()))
            }
            Payload::Absent { .. } => return None,
        };
        let payload = Payload::Absent { digest: name, len };
        // What the bytes name was written down with them.
        let unsaved = blob.map(|blob| NamedBlob { digest: name, blob, references: References::default() });
        Some(Product { value, digest, payload, unsaved, blobs: Vec::new() })
    }

    /// Notes that a reduce is over; whether it was not before.
    pub(crate) fn end_reduce(&self, reduce: &ReduceRun, slot: &Slot) -> bool {
        if reduce.is_over.swap(true, Ordering::Relaxed) {
            return false;
        }
        let counts = reduce.counts();
        let mut maps = lock(&self.maps);
        let removed = maps.reducing.remove(&reduce.slot);
        maps.done.push((slot.node, counts));
        drop(maps);
        drop(removed);
        true
    }

    pub(crate) fn conclude_reduce(
        &self,
        pending: &Pending<'_>,
        product: Product,
        cost_ns: u64,
        outcome: Outcome,
        local: &mut Local,
    ) {
        let is_read_back = product.value.is_none();
        let known = self.record_execution(pending, product, Took { compute_ns: cost_ns, save_ns: 0 }, local);
        if is_read_back {
            // An earlier record may say that nobody has the bytes.
            self.hand_over(local);
            self.session.recorder.flush();
        }
        let done = Done::Value { value: known.value, payload: known.payload.clone() };
        self.conclude(pending.index, pending.slot, Conclusion::Known(known), outcome, local);
        self.tell_later(&pending.content, done, local);
    }
}
