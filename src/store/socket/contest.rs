//! Nodes to which two processes give different values.
//!
//! Two processes that execute a node at the same time write its record one after the other. When the node gave them
//! different values, nodes downstream would stand under the same fingerprints for the one and for the other. So from then on
//! the node is known by its value, like one that gives something else when it is executed again.

use crate::store::{Batch, Deep, Key, RecordKind, Root, Store, StoreError};
use std::collections::HashMap;

/// Makes roots of nodes that a batch records with other values than the store does: together with these records, so that
/// whoever finds the new value finds the root as well.
pub(super) fn root_contested(store: &dyn Store, batch: &mut Batch) -> Result<(), StoreError> {
    let mut nodes: Vec<(Key, Root)> = Vec::new();
    let mut roots: HashMap<[u8; 32], Root> = HashMap::new();
    for (key, bytes) in batch.records() {
        let Some(bytes) = bytes else { continue };
        if key.kind == RecordKind::Deep {
            nodes.extend(value_of(bytes).map(|root| (*key, root)));
        } else if key.kind == RecordKind::Root {
            roots.extend(Root::read(bytes).map(|root| (key.digest, root)));
        }
    }
    let keys: Vec<Key> = nodes.iter().map(|(key, _)| *key).collect();
    for ((key, root), before) in nodes.into_iter().zip(store.get_many(&keys)?) {
        let is_other = before.as_deref().and_then(value_of).is_some_and(|before| before.value != root.value);
        if is_other && roots.get(&key.digest).is_none_or(|said| said.value != root.value) {
            batch.put(Key::new(RecordKind::Root, &key.digest), |out| root.write(out));
        }
    }
    Ok(())
}

/// The value that a node's record says, as a root.
fn value_of(bytes: &[u8]) -> Option<Root> {
    Deep::read(bytes).map(|deep| Root { value: deep.value, run: deep.run })
}
