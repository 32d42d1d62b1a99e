//! Writing down what a slot gave: its computation's record and the alias by which its fingerprint is found.

use crate::exec::Outcome;
use crate::exec::clock::Took;
use crate::exec::ledger::{Known, UNKNOWN};
use crate::exec::recorded::{act_of, are_there};
use crate::exec::references::note_references;
use crate::exec::sync::{Arc, Ordering, lock};
use crate::exec::wave::claims::Done;
use crate::exec::wave::perform::{Product, saved_as};
use crate::exec::wave::resolve::Pending;
use crate::exec::wave::slots::{Conclusion, Slot, SlotId};
use crate::exec::wave::walk::{Local, Wave};
use crate::exec::ways::note_way;
use crate::fingerprint::{ContentKey, ValueDigest};
use crate::graph::{NodeId, NodeSpec, Persist};
use crate::store::{Act, Alias, Key, Payload, RecordKind, Root, Upstream};
use crate::value::{Blob, Encoded, NamedBlob, Value, keeping};
use smallvec::SmallVec;

impl Wave {
    /// What a slot gave, ready to be recorded; `is_again` when it is executed again because somebody needs its bytes.
    pub(crate) fn product(
        &self,
        index: SlotId,
        spec: &NodeSpec,
        is_again: bool,
        value: Option<Value>,
        encoded: Encoded,
    ) -> Product {
        let is_kept = self.keeps(index, spec, is_again, value.is_some());
        Product::new(value, encoded, &spec.schema(), is_kept)
    }

    /// Whether the bytes of what a slot gave are saved.
    pub(crate) fn keeps(&self, index: SlotId, spec: &NodeSpec, is_again: bool, is_at_hand: bool) -> bool {
        let node = self.slots.slots[index].node;
        self.session.graph.entry(node).flags.persist != Persist::Never
            // What is not at hand as a value is read back.
            || !is_at_hand
            || (self.ledger.is_target(node) && !self.ledger.is_wanted(node))
            || is_again
            || spec.results.len() > 1
    }

    /// Whether the bytes of a node's value are there; whether they are lost is asked for targets and what lost them.
    pub(crate) fn has_bytes(&self, node: NodeId, known: &Known) -> bool {
        match self.payload(known) {
            Some(payload) if self.ledger.is_target(node) || self.ledger.forced.contains(&node) => {
                are_there(&*self.session.store, &payload).unwrap_or(true)
            }
            Some(payload) => !payload.is_absent(),
            None => true,
        }
    }

    /// Writes down what an execution gave, and notices when it is not what it gave before.
    pub(crate) fn record_execution(
        &self,
        pending: &Pending<'_>,
        product: Product,
        took: Took,
        local: &mut Local,
    ) -> Known {
        let Pending { slot, spec, content, is_tainted, expected, .. } = *pending;
        let Product { value, digest, payload, unsaved, blobs } = product;
        let len = payload.len();
        let is_shared = self.twins.is_shared(&spec.hashers.digest, &content);
        if let (true, Some(NamedBlob { digest, blob, references })) = (is_shared, unsaved) {
            // Whoever saves the bytes after all finds it.
            note_references(&digest, &references, &mut local.records);
            self.session.spill.put(digest, blob);
        }
        self.session.recorder.keep(blobs, &mut local.records);
        // The first writer wins: a node that gives something else now keeps its own bytes.
        let before = match expected {
            Some(_) => act_of(&*self.session.store, &content).ok().flatten(),
            None => None,
        };
        let is_other = before.is_some_and(|act| act.value != digest);
        let is_own = is_other || payload.is_absent();
        let is_many = self.session.graph.value_type(slot.node).is_none();
        let mut known = Known { value: digest, content: Some(content), payload: None, is_tainted };
        if is_own || is_many {
            known.payload = Some(Arc::new(payload.clone()));
        }
        if !is_other {
            let act = Act::new(digest, payload, took.compute_ns, took.save_ns, self.session.run);
            local.records.put(Key::new(RecordKind::Act, content.as_bytes()), |out| act.write(out));
        }
        if self.is_another(pending, digest) {
            self.diverge(pending, &known, local);
        }
        self.record_alias(pending, &known, is_own, local);
        if let Some(value) = value
            && self.hold(slot, value)
        {
            self.count(pending.index, len);
        }
        known
    }

    /// Saves the bytes of a computation whose maker did not: where they are now, if they are still at hand.
    pub(crate) fn save_spilled(
        &self,
        content: &ContentKey,
        value: &ValueDigest,
        absent: &Payload,
        local: &mut Local,
    ) -> Option<Payload> {
        let Payload::Absent { digest, .. } = absent else { return None };
        let bytes = self.session.spill.get(digest)?;
        let mut blobs = Vec::new();
        let blob = keeping(&self.session.keeper, || Blob::of(&bytes)).ok()?;
        let references = self.session.references(digest);
        let payload = saved_as(NamedBlob { digest: *digest, blob, references }, &mut blobs);
        self.session.recorder.keep(blobs, &mut local.records);
        self.session.recorder.flush();
        // The record of a computation that gave something else before stays.
        if let Some(act) = act_of(&*self.session.store, content).ok().flatten().filter(|act| act.value == *value) {
            let act = Act { payload: payload.clone(), ..act };
            local.records.put(Key::new(RecordKind::Act, content.as_bytes()), |out| act.write(out));
        }
        Some(payload)
    }

    /// Whether a slot gave something else than before, or than those below it take it for: the record of a root may
    /// outlive that of its node.
    pub(crate) fn is_another(&self, pending: &Pending<'_>, value: ValueDigest) -> bool {
        [pending.expected, self.ledger.root_of(pending.slot.node)].into_iter().flatten().any(|before| before != value)
    }

    /// Holds a value as long as somebody in this wave may need it; whether anybody may.
    pub(crate) fn hold(&self, slot: &Slot, value: Value) -> bool {
        // Only those who count the readers down let go of it.
        let is_needed = slot.readers.load(Ordering::Acquire) > 0 || self.outlives_wave(slot.node);
        if is_needed {
            slot.hold(value);
        }
        is_needed
    }

    /// Another value than before: from now on the node is known by its value, and the run starts over.
    pub(crate) fn diverge(&self, pending: &Pending<'_>, known: &Known, local: &mut Local) {
        let node = pending.slot.node;
        let Some(base) = self.ledger.record_key(&self.session.graph, node) else { return };
        if pending.is_tainted {
            // A value that comes from a settled failure says nothing of the node's usual one.
            lock(&self.end).rooted.push((base, known.clone()));
        } else {
            self.session.root(base, known.value);
            let root = Root { value: known.value, run: self.session.run };
            local.records.put(Key::new(RecordKind::Root, base.as_bytes()), |out| root.write(out));
        }
        lock(&self.end).diverged.push(node);
        self.queue.close();
    }

    /// Writes the record by which the node's fingerprint is found; with where its bytes are, when they are its own.
    pub(crate) fn record_alias(&self, pending: &Pending<'_>, known: &Known, is_own: bool, local: &mut Local) {
        let graph = &self.session.graph;
        let Pending { slot, spec, content, .. } = *pending;
        if known.is_tainted {
            return self.note_tainted(slot.node, &content, local);
        }
        let Some(base) = self.ledger.record_key(graph, slot.node) else { return };
        let inputs = graph.inputs(slot.node);
        if inputs.iter().any(|input| self.ledger.fingerprint(*input).is_none()) {
            return;
        }
        let upstream = inputs.iter().map(|input| Upstream {
            fingerprint: self.ledger.fingerprint(*input).unwrap_or(UNKNOWN),
            recorded: self.ledger.has_record(graph, *input),
        });
        let upstream: SmallVec<[Upstream; 4]> = upstream.collect();
        for (input, _) in inputs.iter().zip(&upstream).filter(|(_, upstream)| !upstream.recorded) {
            note_way(&self.session, &self.ledger, *input, &mut local.records);
        }
        let own = known.payload.as_deref().filter(|_| is_own);
        let alias = Alias { content, value: known.value, spec: spec.hashers.digest, run: self.session.run };
        local
            .records
            .put(Key::new(RecordKind::Deep, base.as_bytes()), |out| alias.write(out, upstream.into_iter(), own));
        if self.session.observer.is_some() {
            local.recorded.push(slot.node);
        }
    }

    /// A failure as a value: recorded under its content, never under a fingerprint, so that the next run tries again.
    ///
    /// Others who wait for the same `content` have the same failure in theirs.
    pub(crate) fn settle_failure(
        &self,
        index: SlotId,
        slot: &Slot,
        content: Option<&ContentKey>,
        product: Product,
        local: &mut Local,
    ) {
        self.session.recorder.keep(product.blobs, &mut local.records);
        let payload = Some(Arc::new(product.payload));
        let known = Known { value: product.digest, content: None, payload, is_tainted: true };
        let done = Done::Tainted { value: known.value, payload: known.payload.clone() };
        self.conclude(index, slot, Conclusion::Known(known), Outcome::Executed, local);
        if let Some(content) = content {
            self.tell_later(content, done, local);
        }
    }
}
