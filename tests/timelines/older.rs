//! Random timelines in which some runs let older values stand in for stale nodes: those say what they rest on, and no later run is
//! deceived by what they left.

use crate::flow::{Flow, mixed};
use crate::minimum::{Counter, Minimum};
use crate::narrow::narrow;
use crate::random::{Trouble, cases, edit, shape};
use crate::shape::{Edit, NodeShape, Shape, State, What, build, oracle};
use crate::store::Forgetful;
use mamo::store::{MemoryStore, Store};
use mamo::{Graph, Node, Observer, Policy, Run};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// An edit, and the runs that follow: first perhaps one of so many levels, then perhaps one of everything.
#[derive(Clone, Debug)]
struct Step {
    edit: Edit,
    levels: Option<usize>,
    is_brought_up: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (edit(true), prop::option::weighted(0.7, 0..4usize), any::<bool>());
    let step = step.prop_map(|(edit, levels, is_brought_up)| Step { edit, levels, is_brought_up });
    prop::collection::vec(step, 1..10)
}

fn timeline() -> impl Strategy<Value = (Shape, State, Vec<Step>)> {
    (shape(Trouble::None), steps()).prop_flat_map(|(shape, steps)| {
        let leaves = prop::collection::vec(0..1000u64, shape.leaves);
        let codes = prop::collection::vec(0..4u64, shape.nodes.len());
        let state = (leaves, codes).prop_map(|(leaves, codes)| State { leaves, codes });
        (Just(shape), state, Just(steps))
    })
}

fn apply(edit: &Edit, history: &mut Vec<State>, store: &Forgetful) {
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
    history.push(state);
}

/// Every node that the targets read is what its code makes of what it reads, unless an older value stands in for it.
fn hangs_together(run: &Run, shape: &Shape, state: &State, nodes: &[Node<Flow>]) -> Result<usize, TestCaseError> {
    let older: BTreeSet<String> = run.older_values().map(|(node, _)| node).collect();
    let n_leaves = state.leaves.len();
    let mut open = vec![nodes.len() - 1, nodes.len() / 2];
    let mut seen = BTreeSet::new();
    while let Some(index) = open.pop() {
        if !seen.insert(index) {
            continue;
        }
        let Some(own) = index.checked_sub(n_leaves) else {
            if !older.contains(&format!("leaf{index}")) {
                prop_assert_eq!(run.get(nodes[index]).unwrap().base, state.leaves[index]);
            }
            continue;
        };
        if older.iter().any(|name| name.starts_with(&format!("{own}/"))) {
            continue;
        }
        let NodeShape { what, a, b, .. } = &shape.nodes[own];
        let inputs = [a % index, b % index];
        let [a, b] = inputs.map(|input| run.get(nodes[input]).unwrap().base);
        let expected = if *what == What::Coarse { a / 400 + b / 400 } else { mixed(state.codes[own], &[a, b]) };
        prop_assert_eq!(run.get(nodes[index]).unwrap().base, expected, "node {}", own);
        open.extend(inputs);
    }
    Ok(older.len())
}

fn check(shape: &Shape, first: &State, steps: &[Step]) -> Result<(), TestCaseError> {
    let store = Arc::new(Forgetful { inner: MemoryStore::new(), known: Mutex::default() });
    let counter = Arc::new(Counter::default());
    let engine = narrow(2)
        .observer(Arc::clone(&counter) as Arc<dyn Observer>)
        .with_store(Arc::clone(&store) as Arc<dyn Store>)
        .unwrap();
    let is_kept = !steps.iter().any(|step| matches!(step.edit, Edit::Evict(_)));
    let mut minimum = Minimum::default();
    let mut history = vec![first.clone()];
    for Step { edit, levels, is_brought_up } in steps {
        apply(edit, &mut history, &store);
        let state = history.last().unwrap().clone();
        let (graph, nodes) = Graph::build(|g| build(g, shape, &state)).unwrap();
        if let Some(levels) = levels {
            let policy = Policy::stale().depth(*levels);
            let run = engine.run_by(&graph, &[], &policy).unwrap();
            prop_assert!(run.is_complete());
            hangs_together(&run, shape, &state, &nodes)?;
            // What was executed may be what a stale node computes, which then needs no older value: but that ends.
            let mut again = (0..=nodes.len()).map(|_| engine.run_by(&graph, &[], &policy).unwrap().counts().executed);
            prop_assert!(again.any(|executed| executed == 0));
        }
        if *is_brought_up {
            counter.0.store(0, Ordering::SeqCst);
            let run = engine.run(&graph).unwrap();
            prop_assert_eq!(run.older_values().count(), 0);
            if is_kept {
                prop_assert!(counter.0.load(Ordering::SeqCst) <= minimum.count(shape, &state));
            }
            let expected = oracle(shape, &state);
            for target in [nodes.len() - 1, nodes.len() / 2] {
                prop_assert_eq!(Some(run.get(nodes[target]).unwrap().base), expected[target]);
            }
            prop_assert_eq!(engine.run(&graph).unwrap().counts().executed, 0);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn older_values_stand_in_for_one_run_alone((shape, state, steps) in timeline()) {
        check(&shape, &state, &steps)?;
    }
}
