//! Runs a timeline and compares every run with the oracle.

use crate::minimum::{Counter, Minimum};
use crate::narrow::narrow;
use crate::shape::{Edit, Shape, State, What, build, oracle};
use crate::store::Forgetful;
use mamo::store::{MemoryStore, Store};
use mamo::{Graph, Observer, OnFailure, Outcome, Persist};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

pub(crate) fn check(shape: &Shape, first: &State, edits: &[Edit], jobs: usize) -> Result<(), TestCaseError> {
    let store = Arc::new(Forgetful { inner: MemoryStore::new(), known: Mutex::default() });
    let counter = Arc::new(Counter::default());
    let engine = narrow(jobs)
        .on_failure(OnFailure::KeepGoing)
        .observer(Arc::clone(&counter) as Arc<dyn Observer>)
        .with_store(Arc::clone(&store) as Arc<dyn Store>)
        .unwrap();
    let is_deterministic = shape.nodes.iter().all(|node| matches!(node.what, What::Mix | What::Coarse));
    let is_plain = is_deterministic
        && shape.nodes.iter().all(|node| node.persist != Persist::Never)
        && !edits.iter().any(|edit| matches!(edit, Edit::Evict(_)));
    let mut minimum = Minimum::default();
    let mut history = vec![first.clone()];
    for edit in std::iter::once(&Edit::Nothing).chain(edits) {
        let mut state = history.last().unwrap().clone();
        match edit {
            Edit::Leaf(index, value) => {
                let n = state.leaves.len();
                state.leaves[index % n] = *value;
            }
            Edit::Code(index, code) => {
                let n = state.codes.len();
                state.codes[index % n] = *code;
            }
            Edit::Revert(back) => state = history[history.len().saturating_sub(1 + back)].clone(),
            Edit::Evict(every) => store.forget(*every),
            Edit::Nothing => {}
        }
        history.push(state.clone());
        let (graph, nodes) = Graph::build(|g| build(g, shape, &state)).unwrap();
        counter.0.store(0, Ordering::SeqCst);
        let run = engine.run(&graph).unwrap();
        let executed = counter.0.load(Ordering::SeqCst);
        let counts = run.counts();
        let sum = [Outcome::NotNeeded, Outcome::Fresh, Outcome::CutOff, Outcome::Executed, Outcome::Failed];
        let sum: u64 = sum.iter().map(|outcome| counts.of(*outcome)).sum();
        prop_assert_eq!(sum + counts.skipped, counts.nodes, "{:?}", counts);
        // Within a run nothing is computed twice, also what is not kept.
        if is_plain || (is_deterministic && history.len() == 2) {
            prop_assert_eq!(executed, minimum.count(shape, &state), "executions after {:?}", edit);
        }
        let expected = oracle(shape, &state);
        let n = nodes.len();
        let targets = [n - 1, n / 2];
        prop_assert_eq!(run.is_complete(), targets.iter().all(|target| expected[*target].is_some()));
        let values = targets.map(|target| run.get(nodes[target]).ok());
        let mut throws: BTreeMap<u64, u64> = BTreeMap::new();
        for (target, value) in targets.iter().zip(&values) {
            let base = value.as_ref().map(|value| value.base);
            prop_assert_eq!(base, expected[*target], "target {} after {:?}", target, edit);
            let Some(value) = value else { continue };
            prop_assert!(!value.is_mixed, "two throws of one die in target {} after {:?}", target, edit);
            for (die, throw) in &value.throws {
                let first = *throws.entry(*die).or_insert(*throw);
                prop_assert_eq!(first, *throw, "targets disagree about die {} after {:?}", die, edit);
            }
        }
        // Also nodes that are no targets have values. What was not kept, or is lost, is made again when it is asked for,
        // and what is asked for afterwards goes with it: when nothing more is made, all belongs together.
        let mut is_settled = is_plain;
        for _ in 0..=2 * n {
            if is_settled {
                break;
            }
            counter.0.store(0, Ordering::SeqCst);
            let mut throws: BTreeMap<u64, u64> = BTreeMap::new();
            let mut differs = None;
            for node in (0..n).rev() {
                let value = run.get(nodes[node]).ok();
                let base = value.as_ref().map(|value| value.base);
                prop_assert_eq!(base, expected[node], "node {} after {:?}", node, edit);
                let Some(value) = value else { continue };
                prop_assert!(!value.is_mixed, "two throws of one die in node {} after {:?}", node, edit);
                for (die, throw) in &value.throws {
                    if throws.entry(*die).or_insert(*throw) != throw {
                        differs = Some(*die);
                    }
                }
            }
            is_settled = counter.0.load(Ordering::SeqCst) == 0;
            prop_assert!(!is_settled || differs.is_none(), "nodes disagree about die {:?} after {:?}", differs, edit);
        }
        prop_assert!(is_settled, "values are made again and again after {:?}", edit);
        // Asking again changes nothing.
        let again = engine.run(&graph).unwrap();
        // What failed is tried again, and so is everything that was made of a failure.
        if expected.iter().all(Option::is_some) {
            prop_assert_eq!(again.counts().executed, 0, "a second run after {:?}", edit);
        }
    }
    Ok(())
}
