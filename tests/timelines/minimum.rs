//! How much is executed, and how little would do.

use crate::shape::{Shape, State, oracle};
use mamo::{Event, Observer};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts executions, to be compared with the least that is possible.
#[derive(Default)]
pub(crate) struct Counter(pub(crate) AtomicUsize);

impl Observer for Counter {
    fn event(&self, event: &Event<'_>) {
        if matches!(event, Event::NodeExecuted { .. }) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// The least that has to be executed: what the targets need, whose way is new and whose inputs are new.
#[derive(Default)]
pub(crate) struct Minimum {
    pub(crate) ways: BTreeSet<u64>,
    pub(crate) computations: BTreeSet<(u8, u64, u64, u64)>,
}

impl Minimum {
    pub(crate) fn count(&mut self, shape: &Shape, state: &State) -> usize {
        let values = oracle(shape, state);
        let mut ways: Vec<u64> = state.leaves.iter().map(|leaf| leaf.wrapping_mul(31).wrapping_add(1)).collect();
        for (node, code) in shape.nodes.iter().zip(&state.codes) {
            let n = ways.len();
            let (a, b) = (ways[node.a % n], ways[node.b % n]);
            let what = node.what as u64 + 1;
            ways.push(
                what.wrapping_mul(0xD6E8_FEB8_6659_FD93)
                    .wrapping_add(*code)
                    .wrapping_mul(0xA076_1D64_78BD_642F)
                    .wrapping_add(a)
                    .rotate_left(17)
                    .wrapping_mul(0xE703_7ED1_A0B4_28DB)
                    .wrapping_add(b)
                    .rotate_left(29)
                    .wrapping_mul(0x8EBC_6AF0_9C88_C6E3),
            );
        }
        let mut stack = vec![ways.len() - 1, ways.len() / 2];
        let mut needed = BTreeSet::new();
        while let Some(node) = stack.pop() {
            if self.ways.contains(&ways[node]) || !needed.insert(node) {
                continue;
            }
            if let Some(shape_of) = node.checked_sub(shape.leaves).map(|index| &shape.nodes[index]) {
                stack.extend([shape_of.a % node, shape_of.b % node]);
            }
        }
        let mut executed = 0;
        for node in needed {
            let computation = match node.checked_sub(shape.leaves) {
                None => (9, state.leaves[node], 0, 0),
                Some(index) => {
                    let shape_of = &shape.nodes[index];
                    let of = |input: usize| values[input % node].unwrap();
                    (shape_of.what as u8, state.codes[index], of(shape_of.a), of(shape_of.b))
                }
            };
            executed += usize::from(self.computations.insert(computation));
            self.ways.insert(ways[node]);
        }
        executed
    }
}
