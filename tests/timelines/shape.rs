//! Graphs and their edits, and what their nodes must come to.

use crate::flow::{BROKEN, FAILED, Flow, coarse, fragile, leaf, list, merge, mix, mixed, settled, throw, touch};
use crate::narrow::with_resources;
use mamo::{Graph, Node, Persist, Spec};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum What {
    Mix,
    Coarse,
    Throw,
    Map,
    Fragile,
    Settled,
}

#[derive(Clone, Debug)]
pub(crate) struct NodeShape {
    pub(crate) what: What,
    pub(crate) a: usize,
    pub(crate) b: usize,
    pub(crate) persist: Persist,
    pub(crate) is_barrier: bool,
}

/// A graph: leaves, then nodes that read two earlier ones.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) leaves: usize,
    pub(crate) nodes: Vec<NodeShape>,
}

/// What the user edits: values of leaves and versions of code.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    pub(crate) leaves: Vec<u64>,
    pub(crate) codes: Vec<u64>,
}

#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Leaf(usize, u64),
    Code(usize, u64),
    /// Back to the state before this many edits.
    Revert(usize),
    /// Bytes of every n-th blob vanish.
    Evict(u8),
    Nothing,
}

pub(crate) fn build(g: &Graph, shape: &Shape, state: &State) -> mamo::Result<Vec<Node<Flow>>> {
    let mut nodes: Vec<Node<Flow>> = Vec::new();
    for (index, value) in state.leaves.iter().enumerate() {
        nodes.push(g.add(leaf::node(g.value(*value)).name(format!("leaf{index}"))));
    }
    for (index, (node, code)) in shape.nodes.iter().zip(&state.codes).enumerate() {
        let g = g.group(index);
        let (a, b) = (nodes[node.a % nodes.len()], nodes[node.b % nodes.len()]);
        // Dice differ by their codes; other nodes may be equal.
        let code = if node.what == What::Throw { *code * 100 + index as u64 } else { *code };
        let position = usize::try_from(code).unwrap();
        let code = g.value(code);
        let spec: Spec<Flow> = match node.what {
            What::Mix => mix::node(code, a, b),
            What::Coarse => coarse::node(code, a, b),
            What::Throw => throw::node(code, a, b),
            What::Map => {
                let map = touch::map(g.add(list::node(a, b)), code);
                merge::node(g.add(with_resources(index + 1, map)))
            }
            What::Fragile => fragile::node(code, a, b),
            What::Settled => settled::node(code, g.settle(a), b),
        };
        let spec = with_resources(index + position, spec.persist(node.persist));
        nodes.push(g.add(if node.is_barrier { spec.barrier() } else { spec }));
    }
    let n = nodes.len();
    g.target("last", nodes[n - 1]);
    g.target("middle", nodes[n / 2]);
    Ok(nodes)
}

/// The numbers that all nodes must have; none for those that fail or are skipped.
pub(crate) fn oracle(shape: &Shape, state: &State) -> Vec<Option<u64>> {
    let mut values: Vec<Option<u64>> = state.leaves.iter().copied().map(Some).collect();
    for (index, (node, code)) in shape.nodes.iter().zip(&state.codes).enumerate() {
        let a = values[node.a % values.len()].or((node.what == What::Settled).then_some(FAILED));
        let b = values[node.b % values.len()];
        let value = |a: u64, b: u64| match node.what {
            What::Mix | What::Settled => Some(mixed(*code, &[a, b])),
            What::Coarse => Some(a / 400 + b / 400),
            What::Throw => Some(mixed(*code * 100 + index as u64, &[a, b])),
            What::Map => Some(mixed(0, &[mixed(*code, &[a]), mixed(*code, &[b]), mixed(*code, &[a])])),
            What::Fragile => (*code != BROKEN).then(|| mixed(*code, &[a, b])),
        };
        values.push(a.zip(b).and_then(|(a, b)| value(a, b)));
    }
    values
}
