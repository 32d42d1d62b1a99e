//! Chains of maps: a map over a map goes along with it, element by element, instead of waiting for the whole collection.

use crate::exec::recorded::act_of;
use crate::exec::sync::{Arc, Ordering};
use crate::exec::wave::element::MappedNode;
use crate::exec::wave::map::{ComputationId, ElementRun, MapRun};
use crate::exec::wave::perform::{Trouble, guarded};
use crate::exec::wave::queue::{Job, Work};
use crate::exec::wave::slots::{Conclusion, SlotId};
use crate::exec::wave::walk::{Local, Wave};
use crate::fingerprint::ValueDigest;
use crate::graph::{Body, NodeId};
use crate::value::{Bytes, Interrupt, Part, Value};
use smallvec::SmallVec;

/// So many computations are set up ahead of their turn, of all maps together: a long chain of maps over a long list would
/// need memory for each of its elements at once.
const MOST_AHEAD: usize = 1 << 20;

impl Wave {
    /// A map has something to execute: maps over it need not wait for all of it.
    pub(crate) fn start_followers(&self, map: &Arc<MapRun>, local: &mut Local) {
        // Whoever sets it lets the others follow; nothing else depends on it.
        if map.is_stale.swap(true, Ordering::Relaxed) {
            return;
        }
        for consumer in self.slots.consumers(map.slot) {
            self.follow(*consumer, local);
        }
    }

    /// Sets a map going whose inputs are all known but the map that it goes over.
    pub(crate) fn follow(&self, index: SlotId, local: &mut Local) {
        let slot = &self.slots.slots[index];
        let graph = &self.session.graph;
        let Some(node) = graph.spec(slot.node).and_then(MappedNode::of) else { return };
        let Some((list, shared)) = graph.inputs(slot.node).split_first() else { return };
        let is_known = |input: &NodeId| {
            let conclusion = self.slots.get(*input).and_then(|input| input.conclusion.get());
            matches!(conclusion, Some(Conclusion::Known(_)))
        };
        let is_again = self.ledger.forced.contains(&slot.node) || self.expected(slot.node).is_some();
        if slot.conclusion.get().is_some() || is_again || shared.contains(list) || !shared.iter().all(is_known) {
            return;
        }
        let is_one_to_one =
            |node: &NodeId| graph.spec(*node).and_then(MappedNode::of).is_some_and(|node| node.mapping.is_one_to_one);
        if node.mapping.with.is_some() || !is_one_to_one(list) {
            return;
        }
        let Some(above) = self.running(self.slots.of(*list)) else { return };
        let is_above_again = above.inputs.get().is_some_and(|inputs| inputs.expected.is_some());
        // Equal elements are one computation above; with their keys they are several.
        let is_alike = !node.function.function.has_key || above.computations.len() == above.elements.len();
        if is_above_again || !is_alike || !above.is_stale.load(Ordering::Relaxed) {
            return;
        }
        let len = above.computations.len();
        if self.n_ahead.fetch_add(len, Ordering::Relaxed) + len > MOST_AHEAD {
            return;
        }
        // What is lost is asked for when it is the map's turn.
        let Ok(values) = self.obtain_all(shared) else { return };
        let shared_digests: SmallVec<[ValueDigest; 4]> = self.values_of(shared).collect();
        let runs = above.computations.iter().map(|run| ElementRun::new(run.index, None)).collect();
        let names = Arc::clone(&above.names);
        let map = MapRun::new(
            index,
            node.mapping.is_settled,
            names,
            values,
            shared_digests,
            runs,
            Arc::clone(&above.elements),
        );
        let map = Arc::new(map);
        if !self.add_running(&map) {
            return;
        }
        let Some(ready) = above.let_follow(&map) else {
            // The collection has just been made: the map starts when it is its turn.
            return self.remove_running(index);
        };
        self.tell_started(slot.node, map.elements.len(), 0);
        for computation in ready {
            self.push_ahead(&map, computation, local);
        }
    }

    /// An element of a map above has come: goes on with it before further elements of that map are begun.
    pub(crate) fn push_ahead(&self, map: &Arc<MapRun>, computation: ComputationId, local: &mut Local) {
        local.jobs.push(Job { urgency: u64::MAX, work: Work::Element { map: Arc::clone(map), computation } });
    }

    /// Finds out what an element computes that came from the map above; whether it has to be executed here.
    pub(crate) fn meet_element(
        &self,
        map: &Arc<MapRun>,
        node: &MappedNode<'_>,
        computation: ComputationId,
        local: &mut Local,
    ) -> bool {
        let run = &map.computations[computation];
        let Some(item) = run.item() else { return false };
        let known = guarded(&self.session, || {
            node.computation(std::slice::from_ref(&item.part), &map.shared_digests, || Ok(map.names.key(run.index)?))
        });
        let content = match known {
            Ok(known) => {
                let content = known.content;
                // Each element is met once.
                let _ = run.known.set(known);
                content
            }
            Err(Trouble::Interrupted(interrupt)) => {
                self.interrupted(interrupt);
                return false;
            }
            Err(Trouble::Told) => return false,
            Err(Trouble::Failed(message)) => {
                self.element_failed(map, computation, message, local);
                return false;
            }
        };
        let act =
            if self.session.contents.has_act { act_of(&*self.session.store, &content).ok().flatten() } else { None };
        self.take_element(map, computation, act, local)
    }

    /// The element of a map that goes along with the one above it.
    pub(crate) fn item_ahead(&self, map: &MapRun, run: &ElementRun) -> Result<Option<Value>, Trouble> {
        let Some(item) = run.item() else { return Ok(None) };
        if let Some(value) = item.value {
            return Ok(Some(value));
        }
        let graph = &self.session.graph;
        let Some(above) = graph.inputs(self.slots.slots[map.slot].node).first() else { return Ok(None) };
        let Some(Body::Function { function, .. }) = graph.spec(*above).map(|spec| &spec.body) else { return Ok(None) };
        let Some(item_type) = function.mapping.map(|mapping| mapping.element) else { return Ok(None) };
        let bytes = match item.part {
            Part::Inline(bytes) => Bytes::from(bytes),
            Part::Blob { .. } => match self.session.blob(&item.part.digest(), item.part.len()) {
                Some(bytes) => bytes,
                None => return Err(Trouble::Interrupted(Interrupt::Lost { owner: self.session.owner(*above) })),
            },
        };
        let loader = self.session.loader(*above);
        guarded(&self.session, || Ok(Some(item_type.decode(&bytes, &loader)?)))
    }
}
