//! Of which computations maps and reduces consist, for whoever deletes what nobody needs.

use crate::exec::members::note_members;
use crate::exec::wave::map::MapRun;
use crate::exec::wave::reduce::{ReduceRun, ReducedNode};
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
        self.note(node, content, is_failed, &members, local);
    }

    /// Writes down the combinations of a reduce.
    pub(crate) fn note_combinations(&self, reduce: &ReduceRun, node: NodeId, is_failed: bool, local: &mut Local) {
        let Some(reduced) = self.session.graph.spec(node).and_then(ReducedNode::of) else { return };
        let upstream = reduce.combinations.ids().filter_map(|id| reduce.upstream(id));
        let members: Vec<[u8; 32]> =
            upstream.map(|upstream| *reduced.hashers.content_key(&upstream).as_bytes()).collect();
        self.note(node, &reduce.content, is_failed, &members, local);
    }

    /// What failed has no record under its content, and is known by the node's fingerprint.
    fn note(&self, node: NodeId, content: &ContentKey, is_failed: bool, members: &[[u8; 32]], local: &mut Local) {
        if members.is_empty() {
            return;
        }
        let base = self.ledger.record_key(&self.session.graph, node).filter(|_| is_failed);
        let of = base.as_ref().map_or(content.as_bytes(), |base| base.as_bytes());
        // A store that cannot be read fails the run when it ends.
        let _ = note_members(&*self.session.store, of, RecordKind::Act, members, &mut local.records);
    }
}
