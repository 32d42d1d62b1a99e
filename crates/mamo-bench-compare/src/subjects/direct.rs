//! Plain evaluation over flat arrays: what the node functions themselves cost.

use crate::Result;
use crate::graph::{Flat, leaf_value, node_value};
use crate::measure::timed;
use crate::subjects::{Figure, Readings, check};

/// Evaluates a grid.
pub(super) fn evaluation(nodes: usize) -> Result<Readings> {
    let flat = Flat::grid(nodes);
    let mut values: Vec<u64> = Vec::with_capacity(flat.len());
    let ((), ns) = timed(|| {
        values.extend(flat.leaves().map(|leaf| leaf_value(leaf.into())));
        for inputs in flat.readers() {
            let inputs = inputs.iter().filter_map(|input| values.get(*input as usize).copied());
            let value = node_value(inputs);
            values.push(value);
        }
    });
    check(nodes, values.last().copied())?;
    Ok(vec![(Figure::Run, ns / flat.len() as f64)])
}
