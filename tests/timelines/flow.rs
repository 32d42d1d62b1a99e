//! What flows through the graphs, and the functions that it flows through.

use mamo::{Failure, List, node};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What flows through the graphs: a number that follows from the leaves, and which throws of which dice are in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) base: u64,
    /// The throw of each die upstream.
    pub(crate) throws: BTreeMap<u64, u64>,
    /// Whether two different throws of one die met: the run mixed values that never were together.
    pub(crate) is_mixed: bool,
    /// Makes the value large enough to be a blob, so that it can be evicted.
    pub(crate) padding: Vec<u8>,
}

pub(crate) fn flow(base: u64, inputs: &[&Flow]) -> Flow {
    let mut throws = BTreeMap::new();
    let mut is_mixed = false;
    for input in inputs {
        is_mixed |= input.is_mixed;
        for (die, throw) in &input.throws {
            is_mixed |= *throws.entry(*die).or_insert(*throw) != *throw;
        }
    }
    Flow { base, throws, is_mixed, padding: vec![1; 1100] }
}

pub(crate) fn mixed(code: u64, inputs: &[u64]) -> u64 {
    inputs
        .iter()
        .fold(code.wrapping_mul(0x9E37_79B9_7F4A_7C15), |sum, input| (sum ^ input).rotate_left(7).wrapping_mul(5))
        % 1000
}

pub(crate) static THROWS: AtomicU64 = AtomicU64::new(1);

#[node]
pub(crate) fn mix(code: u64, a: &Flow, b: &Flow) -> Flow {
    flow(mixed(code, &[a.base, b.base]), &[a, b])
}

/// Gives the same for many inputs, so that what is below is cut off.
#[node]
pub(crate) fn coarse(code: u64, a: &Flow, b: &Flow) -> Flow {
    let _ = code;
    flow((a.base / 400) + (b.base / 400), &[])
}

/// Gives something else each time.
#[node]
pub(crate) fn throw(code: u64, a: &Flow, b: &Flow) -> Flow {
    let mut thrown = flow(mixed(code, &[a.base, b.base]), &[a, b]);
    thrown.throws.insert(code, THROWS.fetch_add(1, Ordering::SeqCst));
    thrown
}

#[node]
pub(crate) fn leaf(value: u64) -> Flow {
    flow(value, &[])
}

#[node]
pub(crate) fn list(a: &Flow, b: &Flow) -> Vec<Flow> {
    vec![a.clone(), b.clone(), a.clone()]
}

#[node]
pub(crate) fn touch(a: &Flow, code: u64) -> Flow {
    flow(mixed(code, &[a.base]), &[a])
}

#[node]
pub(crate) fn merge(all: &List<Flow>) -> Flow {
    let all: Vec<Arc<Flow>> = all.iter().collect();
    let flows: Vec<&Flow> = all.iter().map(|one| &**one).collect();
    let bases: Vec<u64> = flows.iter().map(|one| one.base).collect();
    flow(mixed(0, &bases), &flows)
}

/// This code fails.
pub(crate) const BROKEN: u64 = 3;
/// Stands for the number of a failure.
pub(crate) const FAILED: u64 = 777;

#[node]
pub(crate) fn fragile(code: u64, a: &Flow, b: &Flow) -> Result<Flow, String> {
    if code == BROKEN { Err("broken".to_owned()) } else { Ok(flow(mixed(code, &[a.base, b.base]), &[a, b])) }
}

/// Goes on with whatever became of `a`.
#[node]
pub(crate) fn settled(code: u64, a: &Result<Flow, Failure>, b: &Flow) -> Flow {
    match a {
        Ok(a) => flow(mixed(code, &[a.base, b.base]), &[a, b]),
        Err(_) => flow(mixed(code, &[FAILED, b.base]), &[b]),
    }
}
