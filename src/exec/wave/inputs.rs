//! Values of the nodes that a slot reads: from memory, from the ledger, or read back from the store.

use crate::exec::ledger::Known;
use crate::exec::recorded::payload_of_value;
use crate::exec::sync::Ordering;
use crate::exec::wave::perform::guarded;
use crate::exec::wave::resolve::{Halt, mixed_up};
use crate::exec::wave::slots::{Conclusion, Slot};
use crate::exec::wave::walk::Wave;
use crate::fingerprint::ValueDigest;
use crate::graph::{Kind, NodeId};
use crate::store::Payload;
use crate::value::{Made, NamedBlob, Part, Value, keeping};
use smallvec::SmallVec;

impl Wave {
    /// Value digests of a node's inputs, all of which are known.
    pub(crate) fn upstream_values(&self, node: NodeId) -> impl Iterator<Item = ValueDigest> {
        self.values_of(self.session.graph.inputs(node))
    }

    /// Value digests of nodes, all of which are known.
    pub(crate) fn values_of(&self, nodes: &[NodeId]) -> impl Iterator<Item = ValueDigest> {
        nodes.iter().filter_map(|input| match self.slots.get(*input).and_then(|slot| slot.conclusion.get()) {
            Some(Conclusion::Known(known)) => Some(known.value),
            Some(Conclusion::Failed(_) | Conclusion::Skipped(_)) | None => None,
        })
    }

    /// Whether one of a node's inputs comes from a settled failure.
    pub(crate) fn has_tainted_input(&self, node: NodeId) -> bool {
        self.session.graph.inputs(node).iter().any(|input| {
            matches!(
                self.slots.get(*input).and_then(|slot| slot.conclusion.get()),
                Some(Conclusion::Known(known)) if known.is_tainted
            )
        })
    }

    pub(crate) fn obtain_all(&self, nodes: &[NodeId]) -> Result<SmallVec<[Value; 4]>, Halt> {
        nodes.iter().map(|node| self.obtain(*node)).collect()
    }

    /// The value of a concluded input: from memory, or read back.
    pub(crate) fn obtain(&self, node: NodeId) -> Result<Value, Halt> {
        if let Kind::Constant(constant) = self.session.graph.kind(node) {
            return Ok(constant.value.clone());
        }
        if let Some(Ok(looked)) = self.ledger.leaves.get(&node) {
            return Ok(looked.value.clone());
        }
        let Some(slot) = self.slots.get(node) else { return Err(mixed_up()) };
        if let Some(value) = slot.value() {
            return Ok(value);
        }
        let Some(Conclusion::Known(known)) = slot.conclusion.get() else { return Err(mixed_up()) };
        if let Some(value) = self.ledger.value(node, &known.value) {
            return Ok(value);
        }
        let Some(payload) = self.payload(known) else { return Err(Halt::Needs(node)) };
        let Some(value) = self.session.load(node, &known.value, &payload)? else { return Err(Halt::Needs(node)) };
        if slot.readers.load(Ordering::Acquire) > 1 {
            slot.hold(value.clone());
            self.uncount(self.slots.of(node));
            self.count(self.slots.of(node), payload.len());
        }
        Ok(value)
    }

    /// The encoded forms of concluded inputs, without reading what is saved.
    pub(crate) fn parts(&self, nodes: &[NodeId]) -> Result<(Vec<Made>, Vec<NamedBlob>), Halt> {
        let mut blobs = Vec::new();
        let mut made = Vec::with_capacity(nodes.len());
        self.session.recorder.flush();
        for node in nodes {
            let slot = self.slots.get(*node);
            let payload = match slot.and_then(|slot| slot.conclusion.get()) {
                Some(Conclusion::Known(known)) => self.payload(known),
                Some(Conclusion::Failed(_) | Conclusion::Skipped(_)) | None => None,
            };
            let value = slot.and_then(Slot::value);
            let part = match payload {
                Some(Payload::Inline(bytes)) => Part::new(bytes, &mut blobs),
                Some(Payload::Blob { digest, len }) => Part::Blob { digest: *digest.as_bytes(), len },
                Some(Payload::Absent { .. }) | None => {
                    let value = self.obtain(*node)?;
                    let Some(value_type) = self.session.graph.value_type(*node) else { return Err(mixed_up()) };
                    let encoded = guarded(&self.session, || {
                        keeping(&self.session.keeper, || Ok(value_type.encode(value.as_any())?))
                    })?;
                    made.push(Made { value: Some(value), part: encoded.into_part(&mut blobs) });
                    continue;
                }
            };
            made.push(Made { value, part });
        }
        Ok((made, blobs))
    }

    /// Where the bytes of a known value are.
    pub(crate) fn payload(&self, known: &Known) -> Option<Payload> {
        let find = || {
            let Known { value, content, payload, .. } = known;
            payload_of_value(&*self.session.store, value, content.as_ref(), payload.as_deref()).ok().flatten()
        };
        find().or_else(|| {
            self.session.recorder.flush();
            find()
        })
    }
}
