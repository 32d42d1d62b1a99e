//! Ways through nodes that have no records: outputs of others, and values that are never saved.

use crate::exec::ledger::Ledger;
use crate::exec::session::Session;
use crate::exec::sync::lock;
use crate::fingerprint::{Fingerprint, RECIPE};
use crate::graph::{Body, NodeId};
use crate::store::{Batch, Key, RecordKind, RecordReader};

/// Writes down on which nodes one rests that has no record itself, once a run.
///
/// Whoever deletes what nobody needs, or forgets a node, follows records: without this way, a node behind an output would go
/// although its readers stay, and might give another value than they were computed from.
pub(crate) fn note_way(session: &Session, ledger: &Ledger, node: NodeId, records: &mut Batch) {
    let graph = &session.graph;
    // Downstream of one that is known by its value another value is another fingerprint.
    let is_passed = |node: &NodeId| {
        graph.spec(*node).is_some_and(|spec| !matches!(spec.body, Body::Source(_))) && !ledger.is_by_value(*node)
    };
    // The usual case, constants and sources, costs no room.
    if !is_passed(&node) {
        return;
    }
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        let Some(fingerprint) = ledger.fingerprint(node) else { continue };
        if !lock(&session.ways).insert(fingerprint) {
            continue;
        }
        open.extend(graph.inputs(node).iter().filter(|input| !ledger.has_record(graph, **input) && is_passed(input)));
        records.put(Key::new(RecordKind::Way, fingerprint.as_bytes()), |out| {
            out.extend_from_slice(&RECIPE.to_le_bytes());
            let upstream = graph.inputs(node).iter().filter_map(|input| ledger.fingerprint(*input));
            upstream.for_each(|fingerprint| out.extend_from_slice(fingerprint.as_bytes()));
        });
    }
}

/// The nodes on which one rests that has no record itself.
pub(crate) fn read_way(bytes: &[u8]) -> Vec<Fingerprint> {
    let Some(mut reader) = RecordReader::of_recipe(bytes) else { return Vec::new() };
    std::iter::from_fn(|| reader.array()).map(Fingerprint::from_bytes).collect()
}
