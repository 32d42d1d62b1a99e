//! Which nodes have to be executed for the sake of lost bytes.

use crate::error::Result;
use crate::exec::ledger::{Known, Ledger};
use crate::exec::recorded::{are_there, output_part, payload_of_value};
use crate::exec::store_error::store_error;
use crate::fingerprint::Fingerprint;
use crate::graph::{Body, Declared, NodeId};
use crate::store::{Deep, Key, Payload, RecordKind, Store};
use std::collections::{BTreeMap, BTreeSet};

/// Nodes that must be executed for the sake of `wanted`: those of its known inputs whose bytes are gone, and so on up.
///
/// # Errors
/// When the store cannot be asked.
pub(crate) fn close_over_lost(
    graph: &Declared,
    ledger: &Ledger,
    store: &dyn Store,
    wanted: impl IntoIterator<Item = NodeId>,
) -> Result<BTreeSet<NodeId>> {
    let mut level: Vec<NodeId> = wanted.into_iter().collect();
    let mut lost: BTreeSet<NodeId> = level.iter().copied().collect();
    let mut seen = lost.clone();
    while !level.is_empty() {
        let inputs = level.iter().flat_map(|node| graph.inputs(*node));
        let inputs: Vec<NodeId> = inputs.copied().filter(|input| seen.insert(*input)).collect();
        level = lost_of(graph, ledger, store, inputs)?;
        lost.extend(&level);
    }
    Ok(lost)
}

/// Those of some nodes whose values are known and whose bytes are gone.
fn lost_of(graph: &Declared, ledger: &Ledger, store: &dyn Store, nodes: Vec<NodeId>) -> Result<Vec<NodeId>> {
    let mut lost = Vec::new();
    let mut known: Vec<(NodeId, Known)> = Vec::new();
    let mut asked: Vec<(NodeId, Fingerprint)> = Vec::new();
    // Which output of a node is meant, for those that are asked for one.
    let mut outputs: BTreeMap<NodeId, BTreeSet<u32>> = BTreeMap::new();
    for node in nodes {
        let Some(spec) = graph.spec(node) else { continue };
        if matches!(spec.body, Body::Source(_)) || ledger.present_value(graph, node).is_some() {
            continue;
        }
        let producer = graph.producer(node);
        if let Body::Output { output, .. } = spec.body {
            let is_first = !outputs.contains_key(&producer);
            outputs.entry(producer).or_default().insert(output);
            if !is_first {
                continue;
            }
        }
        let Some(base) = ledger.record_key(graph, producer) else { continue };
        match ledger.known(producer, &base) {
            Some(found) => known.push((producer, found.clone())),
            None => asked.push((producer, base)),
        }
    }
    let keys: Vec<Key> = asked.iter().map(|(_, base)| Key::new(RecordKind::Deep, base.as_bytes())).collect();
    let answers = store.get_many(&keys).map_err(store_error)?;
    for ((node, _), answer) in asked.into_iter().zip(answers) {
        known.extend(answer.as_deref().and_then(Deep::read).map(|deep| (node, Known::of(deep))));
    }
    for (node, Known { value, content, payload, .. }) in known {
        let is_there = match payload_of_value(store, &value, content.as_ref(), payload.as_deref())? {
            Some(payload) => are_there(store, &payload)? && has_outputs(store, payload, outputs.get(&node))?,
            None => false,
        };
        if !is_there {
            lost.push(node);
        }
    }
    Ok(lost)
}

/// Whether the bytes of some outputs are there, which `manifest` lists.
fn has_outputs(store: &dyn Store, manifest: Payload, outputs: Option<&BTreeSet<u32>>) -> Result<bool> {
    let Some(outputs) = outputs else { return Ok(true) };
    let bytes = match manifest {
        Payload::Inline(bytes) => Some(bytes),
        Payload::Blob { digest, .. } => store.get_blob(&digest).map_err(store_error)?,
        Payload::Absent { .. } => None,
    };
    let Some(bytes) = bytes else { return Ok(false) };
    for output in outputs {
        match output_part(&bytes, *output) {
            Some((_, payload)) if are_there(store, &payload)? => {}
            Some(_) | None => return Ok(false),
        }
    }
    Ok(true)
}
