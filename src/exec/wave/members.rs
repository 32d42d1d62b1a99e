//! Of which computations maps and reduces consist, for whoever deletes what nobody needs.

use crate::exec::Counts;
use crate::exec::members::note_members;
use crate::exec::sync::lock;
use crate::exec::wave::map::MapRun;
use crate::exec::wave::reduce::{ReduceRun, ReducedNode};
use crate::exec::wave::slots::{Conclusion, SlotId};
use crate::exec::wave::walk::{Local, Wave};
use crate::fingerprint::ContentKey;
use crate::graph::NodeId;
use crate::store::RecordKind;

impl Wave {
    /// Writes down the elements of a map, also of one that failed: the others are kept.
    pub(crate) fn note_elements(
        &self,
        map: &MapRun,
        node: NodeId,
        content: &ContentKey,
        is_failed: bool,
        local: &mut Local,
    ) {
        let known = map.computations.iter().filter_map(|run| run.known.get());
        let members: Vec<[u8; 32]> = known.map(|known| *known.content.as_bytes()).collect();
        self.note(node, (!is_failed).then_some(content), &members, local);
    }

    /// Writes down the combinations of a reduce.
    pub(crate) fn note_combinations(&self, reduce: &ReduceRun, node: NodeId, is_failed: bool, local: &mut Local) {
        let Some(reduced) = self.session.graph.spec(node).and_then(ReducedNode::of) else { return };
        let upstream = reduce.combinations.ids().filter_map(|id| reduce.upstream(id));
        let members: Vec<[u8; 32]> =
            upstream.map(|upstream| *reduced.hashers.content_key(&upstream).as_bytes()).collect();
        self.note(node, (!is_failed).then_some(&reduce.content), &members, local);
    }

    /// Writes down what maps and reduces came to that had no end: one that failed stops the others, and somebody may have
    /// stopped the run.
    pub(crate) fn note_unfinished(&self) {
        let mut local = Local::default();
        let maps = lock(&self.maps);
        let is_open = |slot: SlotId, counts: Counts| {
            let is_known = matches!(self.slots.slots[slot].conclusion.get(), Some(Conclusion::Known(_)));
            !is_known && counts.executed + counts.cut_off > 0
        };
        for map in maps.running.values().filter(|map| is_open(map.slot, map.counts())) {
            let known = map.computations.iter().filter_map(|run| run.known.get());
            let members: Vec<[u8; 32]> = known.map(|known| *known.content.as_bytes()).collect();
            self.note(self.slots.slots[map.slot].node, None, &members, &mut local);
        }
        for reduce in maps.reducing.values().filter(|reduce| is_open(reduce.slot, reduce.counts())) {
            self.note_combinations(reduce, self.slots.slots[reduce.slot].node, true, &mut local);
        }
        drop(maps);
        self.hand_over(&mut local);
    }

    /// Writes down what was computed from a settled failure: the node has no record by which it could be found.
    pub(crate) fn note_tainted(&self, node: NodeId, content: &ContentKey, local: &mut Local) {
        self.note(node, None, &[*content.as_bytes()], local);
    }

    /// What has no record under its content is known by the node's fingerprint.
    fn note(&self, node: NodeId, content: Option<&ContentKey>, members: &[[u8; 32]], local: &mut Local) {
        let base = self.ledger.record_key(&self.session.graph, node).filter(|_| content.is_none());
        let of = base.as_ref().map(|base| base.as_bytes()).or(content.map(|content| content.as_bytes()));
        let (Some(of), false) = (of, members.is_empty()) else { return };
        // A store that cannot be read fails the run when it ends.
        let _ = note_members(&*self.session.store, of, RecordKind::Act, members, &mut local.records);
    }
}
