//! Random timelines in which changes of code are accepted and taken back.

use crate::flow::mixed;
use crate::random::cases;
use mamo::store::MemoryStore;
use mamo::{Engine, ErrorKind, Graph, Node, Remark, Spec, node};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Mix = fn(Node<u64>, Node<u64>) -> Spec<u64>;

/// Versions of one function; the last two give the same.
const MIXES: [fn() -> Mix; 4] = {
    fn zero() -> Mix {
        #[node(version = 0)]
        fn mix(a: u64, b: u64) -> u64 {
            mixed(0, &[a, b])
        }
        mix::node
    }
    fn one() -> Mix {
        #[node(version = 1)]
        fn mix(a: u64, b: u64) -> u64 {
            mixed(1, &[a, b])
        }
        mix::node
    }
    fn two() -> Mix {
        #[node(version = 2)]
        fn mix(a: u64, b: u64) -> u64 {
            mixed(2, &[a, b])
        }
        mix::node
    }
    fn two_again() -> Mix {
        #[node(version = 3)]
        fn mix(a: u64, b: u64) -> u64 {
            mixed(2, &[a, b])
        }
        mix::node
    }
    [zero, one, two, two_again]
};

fn value_of(code: usize, a: u64, b: u64) -> u64 {
    mixed(code.min(2) as u64, &[a, b])
}

/// Leaves, then nodes that read two earlier ones.
#[derive(Clone, Debug)]
struct Shape {
    n_leaves: usize,
    nodes: Vec<(usize, usize)>,
    /// Which of the nodes are barriers.
    barriers: Vec<bool>,
}

#[derive(Clone, Debug)]
struct State {
    leaves: Vec<u64>,
    codes: Vec<usize>,
}

#[derive(Clone, Debug)]
enum Edit {
    Leaf(usize, u64),
    Code(usize, usize),
    /// Back to the state before this many edits.
    Revert(usize),
    /// A change of code that is accepted before anything runs.
    Accept(usize, usize),
    Unaccept(usize),
    /// A new process.
    Reopen,
}

fn build(g: &Graph, shape: &Shape, state: &State) -> mamo::Result<Vec<Node<u64>>> {
    let mut nodes: Vec<Node<u64>> = state.leaves.iter().map(|leaf| g.value(*leaf)).collect();
    for (index, ((a, b), code)) in shape.nodes.iter().zip(&state.codes).enumerate() {
        let (a, b) = (nodes[a % nodes.len()], nodes[b % nodes.len()]);
        let spec = MIXES[*code]()(a, b).name(format!("n{index}"));
        let node = g.add(if shape.barriers[index] { spec.barrier() } else { spec });
        g.target(format!("t{index}"), node);
        nodes.push(node);
    }
    Ok(nodes)
}

/// What stands for a fingerprint: a value, or a code with what it reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Value(u64),
    Mix(usize, Box<Key>, Box<Key>),
}

/// What was accepted: the value under a key, and by the name of which node.
#[derive(Default)]
struct Accepted(BTreeMap<Key, (u64, usize)>);

impl Accepted {
    /// The keys and values of all nodes of a graph.
    fn evaluate(&self, shape: &Shape, state: &State) -> Vec<(Key, u64)> {
        let mut seen: Vec<(Key, u64)> = state.leaves.iter().map(|leaf| (Key::Value(*leaf), *leaf)).collect();
        let mut result = Vec::new();
        for (((a, b), code), is_barrier) in shape.nodes.iter().zip(&state.codes).zip(&shape.barriers) {
            let (a, b) = (seen[a % seen.len()].clone(), seen[b % seen.len()].clone());
            let base = Key::Mix(*code, Box::new(a.0), Box::new(b.0));
            let (visible, value) = match self.0.get(&base) {
                Some((value, _)) => (Key::Value(*value), *value),
                None => (base.clone(), value_of(*code, a.1, b.1)),
            };
            let visible = if *is_barrier { Key::Value(value) } else { visible };
            seen.push((visible, value));
            result.push((base, value));
        }
        result
    }
}

fn check(shape: &Shape, first: &State, edits: &[Edit]) -> Result<(), TestCaseError> {
    let store = Arc::new(MemoryStore::new());
    let open = || Engine::builder().jobs(2).with_store(store.clone()).unwrap();
    let mut engine = open();
    let mut accepted = Accepted::default();
    let mut history = vec![first.clone()];
    // Values that each node had with inputs of these values.
    let mut former: BTreeMap<(usize, u64, u64), BTreeSet<u64>> = BTreeMap::new();
    for edit in [Edit::Reopen].iter().chain(edits) {
        let mut state = history.last().unwrap().clone();
        let n = shape.nodes.len();
        let graph = |state: &State| Graph::build(|g| build(g, shape, state)).unwrap();
        match edit {
            Edit::Leaf(leaf, value) => state.leaves[leaf % shape.n_leaves] = *value,
            Edit::Code(node, code) => state.codes[node % n] = *code,
            Edit::Revert(back) => state = history[history.len().saturating_sub(1 + back)].clone(),
            Edit::Reopen => engine = open(),
            Edit::Accept(node, code) => {
                let (node, name) = (node % n, format!("n{}", node % n));
                state.codes[node] = *code;
                let (graph, nodes) = graph(&state);
                let before = accepted.evaluate(shape, &state);
                match engine.accept(&graph, &[&name], &Remark::by("maria")) {
                    Ok(_) => {
                        let value = *engine.run(&graph).unwrap().get(nodes[shape.n_leaves + node]).unwrap();
                        let all: Vec<u64> =
                            state.leaves.iter().copied().chain(before.iter().map(|(_, v)| *v)).collect();
                        let at = shape.n_leaves + node;
                        let inputs = (all[shape.nodes[node].0 % at], all[shape.nodes[node].1 % at]);
                        let had = former.get(&(node, inputs.0, inputs.1)).is_some_and(|had| had.contains(&value));
                        // An equal node may have run a code of this one's after what was accepted for it was taken back.
                        let codes: BTreeSet<usize> = history.iter().map(|state| state.codes[node]).collect();
                        let gives = codes.into_iter().any(|code| value_of(code, inputs.0, inputs.1) == value);
                        prop_assert!(had || gives, "node {} never had {} at its inputs", node, value);
                        accepted.0.insert(before[node].0.clone(), (value, node));
                    }
                    Err(error) => prop_assert_eq!(error.kind(), ErrorKind::NotAccepted),
                }
            }
            Edit::Unaccept(node) => {
                let (node, name) = (node % n, format!("n{}", node % n));
                // Its own at whatever inputs, and at the present ones whatever equal node it was said of.
                let present = accepted.evaluate(shape, &state)[node].0.clone();
                let is_meant = |key: &Key, by: usize| by == node || *key == present;
                let was = accepted.0.iter().any(|(key, (_, by))| is_meant(key, *by));
                let done = engine.unaccept(&graph(&state).0, &[&name], &Remark::by("jo"));
                prop_assert_eq!(done.is_ok(), was, "{:?}", done);
                accepted.0.retain(|key, (_, by)| !is_meant(key, *by));
            }
        }
        history.push(state.clone());
        let (graph, nodes) = graph(&state);
        let run = engine.run(&graph).unwrap();
        let expected = accepted.evaluate(shape, &state);
        let mut all = state.leaves.clone();
        for (index, (_, value)) in expected.iter().enumerate() {
            prop_assert_eq!(*run.get(nodes[shape.n_leaves + index]).unwrap(), *value, "n{} after {:?}", index, edit);
            let (a, b) = shape.nodes[index];
            former.entry((index, all[a % all.len()], all[b % all.len()])).or_default().insert(*value);
            all.push(*value);
        }
        prop_assert_eq!(engine.run(&graph).unwrap().counts().executed, 0, "a second run after {:?}", edit);
    }
    Ok(())
}

fn timeline() -> impl Strategy<Value = (Shape, State, Vec<Edit>)> {
    let node = (0..100usize, 0..100usize, prop::bool::weighted(0.2));
    let shape = (1..3usize, prop::collection::vec(node, 1..7)).prop_map(|(n_leaves, nodes)| {
        let (nodes, barriers) = nodes.into_iter().map(|(a, b, is_barrier)| ((a, b), is_barrier)).unzip();
        Shape { n_leaves, nodes, barriers }
    });
    let edit = prop_oneof![
        3 => (0..100usize, 0..3u64).prop_map(|(leaf, value)| Edit::Leaf(leaf, value)),
        4 => (0..100usize, 0..4usize).prop_map(|(node, code)| Edit::Code(node, code)),
        2 => (1..6usize).prop_map(Edit::Revert),
        5 => (0..100usize, 0..4usize).prop_map(|(node, code)| Edit::Accept(node, code)),
        1 => (0..100usize).prop_map(Edit::Unaccept),
        1 => Just(Edit::Reopen),
    ];
    (shape, prop::collection::vec(edit, 1..25)).prop_flat_map(|(shape, edits)| {
        let codes = prop::collection::vec(0..4usize, shape.nodes.len());
        let state = (prop::collection::vec(0..3u64, shape.n_leaves), codes);
        (Just(shape), state.prop_map(|(leaves, codes)| State { leaves, codes }), Just(edits))
    })
}

proptest! {
    #![proptest_config(cases(200))]

    /// Whatever is accepted, taken back and edited: a node has the value that was accepted at its inputs, or else the
    /// one that its present code gives.
    #[test]
    fn what_is_accepted_holds_for_its_inputs_alone((shape, state, edits) in timeline()) {
        check(&shape, &state, &edits)?;
    }
}
