//! The grid that everything is measured on, and its right answer.

/// Layers of a grid; as many nodes read no other as fit into one layer.
const LAYERS: usize = 100;
/// Nodes that a node of the tree reads at most.
pub(crate) const FAN_IN: usize = 10;

const SEED: u64 = 0x9E37_79B9_7F4A_7C15;

/// A grid as flat arrays in topological order: leaves first, the root last.
pub(crate) struct Flat {
    n_leaves: u32,
    /// Where the inputs of each node that is no leaf begin; one more than there are such nodes.
    offsets: Vec<u32>,
    inputs: Vec<u32>,
}

/// Builds a grid of about `nodes` nodes out of whatever `leaf` and `read` make, and gives its root.
///
/// Each node of a layer reads three neighbours of the layer before; a tree joins the last layer.
pub(crate) fn grid<T: Copy>(nodes: usize, leaf: impl FnMut(u64) -> T, mut read: impl FnMut(&[T]) -> T) -> Option<T> {
    let width = (nodes / LAYERS).max(1);
    let mut row: Vec<T> = (0..width as u64).map(leaf).collect();
    for _ in 1..LAYERS {
        let left = row.iter().cycle().skip(width - 1);
        let right = row.iter().cycle().skip(1);
        let neighbours = left.zip(&row).zip(right);
        row = neighbours.map(|((left, middle), right)| read(&[*left, *middle, *right])).collect();
    }
    while row.len() > 1 {
        row = row.chunks(FAN_IN).map(&mut read).collect();
    }
    row.first().copied()
}

/// The value of a leaf.
pub(crate) fn leaf_value(leaf: u64) -> u64 {
    step(SEED, leaf)
}

/// The function of every other node: what it makes of its inputs.
pub(crate) fn node_value(inputs: impl IntoIterator<Item = u64>) -> u64 {
    inputs.into_iter().fold(SEED, step)
}

/// What the root of a grid must come to.
pub(crate) fn answer(nodes: usize) -> Option<u64> {
    grid(nodes, leaf_value, |inputs| node_value(inputs.iter().copied()))
}

impl Flat {
    /// The grid of about `nodes` nodes.
    pub(crate) fn grid(nodes: usize) -> Self {
        let mut flat = Self { n_leaves: 0, offsets: vec![0], inputs: Vec::new() };
        let mut n_leaves = 0;
        let leaf = |leaf: u64| {
            n_leaves += 1;
            leaf as u32
        };
        let width = (nodes / LAYERS).max(1) as u32;
        grid(nodes, leaf, |inputs| {
            flat.inputs.extend_from_slice(inputs);
            flat.offsets.push(flat.inputs.len() as u32);
            width + flat.offsets.len() as u32 - 2
        });
        flat.n_leaves = n_leaves;
        flat
    }

    /// Number of all nodes.
    pub(crate) fn len(&self) -> usize {
        self.n_leaves as usize + self.offsets.len() - 1
    }

    /// Numbers of the leaves.
    pub(crate) fn leaves(&self) -> std::ops::Range<u32> {
        0..self.n_leaves
    }

    /// Inputs of each node that is no leaf, in topological order.
    pub(crate) fn readers(&self) -> impl Iterator<Item = &[u32]> {
        let ends = self.offsets.iter().skip(1);
        self.offsets.iter().zip(ends).map(|(start, end)| self.range(*start, *end))
    }

    /// Inputs of the node with this number among those that are no leaves.
    pub(crate) fn inputs(&self, reader: u32) -> &[u32] {
        let at = |index: usize| self.offsets.get(index).copied().unwrap_or_default();
        self.range(at(reader as usize), at(reader as usize + 1))
    }

    fn range(&self, start: u32, end: u32) -> &[u32] {
        self.inputs.get(start as usize..end as usize).unwrap_or_default()
    }
}

fn step(hash: u64, input: u64) -> u64 {
    (hash ^ input).wrapping_mul(0xBF58_476D_1CE4_E5B9).rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_grid_comes_to_the_same_as_plain_evaluation() {
        let flat = Flat::grid(3_000);
        let mut values: Vec<u64> = flat.leaves().map(|leaf| leaf_value(leaf.into())).collect();
        for reader in 0..(flat.len() - values.len()) as u32 {
            values.push(node_value(flat.inputs(reader).iter().map(|input| values[*input as usize])));
        }
        assert_eq!(values.last().copied(), answer(3_000));
        // Three layers of the tree: 30, 3, 1.
        assert_eq!(flat.len(), 3_000 + 3 + 1);
    }
}
