//! Random layered DAGs, the same on every machine.
//!
//! `n` nodes stand in about sqrt(n) layers of random sizes. Each node below the first layer has an edge from the layer
//! above; three quarters as many further edges are spread over all nodes: 85 % of them from the layer above, 15 % from any
//! layer above. Both ends are uniform in their layers, or, with `Spread::Near`, at most a tenth of a layer apart most of
//! the time: pipelines are like that. Edges that come twice are left out.

/// A small random generator (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spread {
    Uniform,
    Near,
}

/// Edges between nodes `0..n`, from less to more; nodes are numbered layer by layer.
pub fn layered_dag(n: usize, spread: Spread, seed: u64) -> Vec<(usize, usize)> {
    let mut random = Random(seed);
    let n_layers = (n as f64).sqrt().round().max(1.0) as usize;
    let mut layer_of: Vec<usize> = (0..n).map(|_| random.below(n_layers)).collect();
    layer_of.sort_unstable();
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); n_layers];
    for (node, &layer) in layer_of.iter().enumerate() {
        layers[layer].push(node);
    }
    layers.retain(|layer| !layer.is_empty());
    let mut place = vec![(0, 0); n];
    for (layer, nodes) in layers.iter().enumerate() {
        for (position, &node) in nodes.iter().enumerate() {
            place[node] = (layer, position);
        }
    }
    let mut edges = Vec::new();
    let mut pick = |random: &mut Random, node: usize, above: usize| {
        let (layer, position) = place[node];
        let from = &layers[above];
        let at = if spread == Spread::Near && !random.chance(10) {
            let middle = position * from.len() / layers[layer].len();
            let reach = (from.len() / 10).max(1);
            (middle + random.below(2 * reach + 1)).saturating_sub(reach).min(from.len() - 1)
        } else {
            random.below(from.len())
        };
        edges.push((from[at], node));
    };
    for node in layers.iter().skip(1).flatten().copied() {
        pick(&mut random, node, place[node].0 - 1);
    }
    for _ in 0..n * 3 / 4 {
        let node = random.below(n);
        let layer = place[node].0;
        if layer > 0 {
            let above = if random.chance(85) { layer - 1 } else { random.below(layer) };
            pick(&mut random, node, above);
        }
    }
    let mut seen = std::collections::HashSet::new();
    edges.retain(|&edge| seen.insert(edge));
    edges
}
