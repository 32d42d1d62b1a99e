//! One blake3 fingerprint a node over flat arrays: the least that names every node by what it depends on.

use crate::Result;
use crate::graph::{FAN_IN, Flat, leaf_value};
use crate::measure::timed;
use crate::subjects::{Figure, Readings};
use std::hint::black_box;

const CODE_VERSION: [u8; 32] = [7; 32];

/// Fingerprints a grid: the code version, then the fingerprints of the inputs.
pub(super) fn pass(nodes: usize) -> Result<Readings> {
    let flat = Flat::grid(nodes);
    let mut fingerprints: Vec<[u8; 32]> = Vec::with_capacity(flat.len());
    let ((), ns) = timed(|| {
        fingerprints.extend(flat.leaves().map(|leaf| *blake3::hash(&leaf_value(leaf.into()).to_le_bytes()).as_bytes()));
        let mut parts = [CODE_VERSION; 1 + FAN_IN];
        for inputs in flat.readers() {
            for (part, input) in parts.iter_mut().skip(1).zip(inputs) {
                *part = fingerprints.get(*input as usize).copied().unwrap_or_default();
            }
            let bytes = parts.get(..=inputs.len()).unwrap_or_default().as_flattened();
            fingerprints.push(*blake3::hash(bytes).as_bytes());
        }
    });
    black_box(fingerprints.last());
    Ok(vec![(Figure::Run, ns / flat.len() as f64)])
}
