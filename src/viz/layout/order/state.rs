//! An order of all layers, and how often segments cross in it.

use crate::viz::layout::crossings::Counter;
use crate::viz::layout::layers::{Arc, Layers, RowId, VertexId};
use crate::viz::layout::table::{Id, Lists, Table};

/// The vertices of each layer from left to right.
#[derive(Clone)]
pub(crate) struct Order<'a> {
    pub(crate) layers: &'a Layers,
    pub(crate) rows: Lists<RowId, VertexId>,
    /// The place of each vertex in its layer.
    pub(crate) index: Table<VertexId, u32>,
    /// The number of its first place at the top, among those of its layer; the same as the index if all have one.
    top: Table<VertexId, u32>,
    /// The same for places at the bottom.
    bottom: Table<VertexId, u32>,
}

/// A side of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Above,
    Below,
}

impl<'a> Order<'a> {
    /// The order in which `vertices`, all of them, come.
    pub(crate) fn new(layers: &'a Layers, vertices: impl Iterator<Item = VertexId> + Clone) -> Self {
        let n_vertices = layers.n_vertices();
        let mut order = Self {
            layers,
            rows: Lists::collect(layers.n_rows, vertices.map(|vertex| (layers.row_of[vertex], vertex))),
            index: Table::new(n_vertices, 0),
            top: Table::new(n_vertices, 0),
            bottom: Table::new(n_vertices, 0),
        };
        for row in order.row_ids() {
            order.renumber(row);
        }
        order
    }

    pub(crate) fn row_ids(&self) -> impl DoubleEndedIterator<Item = RowId> + use<> {
        (0..self.rows.len()).map(RowId::from_position)
    }

    /// Takes over the order of `other`, without allocating.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.rows.copy_from(&other.rows);
        self.index.copy_from(&other.index);
        self.top.copy_from(&other.top);
        self.bottom.copy_from(&other.bottom);
    }

    /// Must be called when a layer was reordered.
    pub(crate) fn renumber(&mut self, row: RowId) {
        let (mut index, mut top, mut bottom) = (0, 0, 0);
        for &vertex in &self.rows[row] {
            self.index[vertex] = index;
            self.top[vertex] = top;
            self.bottom[vertex] = bottom;
            let (n_top, n_bottom) = self.n_places(vertex);
            index += 1;
            top += n_top;
            bottom += n_bottom;
        }
    }

    /// The places in the neighbouring layer where the segments of a vertex end.
    pub(crate) fn ends(&self, vertex: VertexId, side: Side) -> impl Iterator<Item = u32> {
        let (arcs, places) = match side {
            Side::Above => (&self.layers.up[vertex], &self.bottom),
            Side::Below => (&self.layers.down[vertex], &self.top),
        };
        arcs.iter().map(move |arc: &Arc| places[arc.other] + arc.place)
    }

    /// How often segments cross in the whole order.
    pub(crate) fn crossings(&self) -> u64 {
        let mut counter = Counter::default();
        let mut ends = Vec::new();
        self.row_ids().map(|row| self.crossings_below(row, &mut counter, &mut ends)).sum()
    }

    /// How often segments cross between a layer and the next one.
    pub(crate) fn crossings_below(&self, row: RowId, counter: &mut Counter, ends: &mut Vec<u32>) -> u64 {
        let below = RowId::from_position(row.position() + 1);
        let Some(&last) = (below.position() < self.rows.len()).then(|| self.rows[below].last()).flatten() else {
            return 0;
        };
        counter.begin(self.top[last] + self.n_places(last).0);
        let mut crossings = 0;
        for &vertex in &self.rows[row] {
            if self.n_places(vertex).1 > 1 {
                crossings += self.add_places(vertex, counter);
                continue;
            }
            ends.clear();
            ends.extend(self.ends(vertex, Side::Below));
            ends.sort_unstable();
            crossings += counter.add(ends);
        }
        crossings
    }

    /// Adds the segments of a vertex from which they leave at several places.
    fn add_places(&self, vertex: VertexId, counter: &mut Counter) -> u64 {
        let begin = |arc: &Arc| self.layers.segments[arc.segment].upper_offset;
        let mut ends: Vec<(f64, u32)> =
            self.layers.down[vertex].iter().map(begin).zip(self.ends(vertex, Side::Below)).collect();
        ends.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let places = ends.chunk_by(|a, b| a.0 == b.0);
        places.map(|place| counter.add(&place.iter().map(|&(_, end)| end).collect::<Vec<_>>())).sum()
    }

    /// How many places there are at the top and at the bottom of a vertex.
    fn n_places(&self, vertex: VertexId) -> (u32, u32) {
        self.layers.n_places[vertex].first().map_or((1, 1), |sides| (sides.top, sides.bottom))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::layout::order::best_order;
    use crate::viz::layout::order::sift::{self, sift};
    use crate::viz::layout::order::sweep::{self, Middle, Ties, sweep};
    use crate::viz::layout::picture::Size;
    use crate::viz::layout::problem::{Item, ItemId, Link, Problem};
    use crate::viz::layout::rank::ranks;
    use proptest::prelude::*;

    /// Links lead from less to more; offsets stand for the ports of groups.
    fn problem(n: usize, pairs: &[(usize, usize, i8, i8)]) -> Problem {
        let mut problem = Problem::default();
        for _ in 0..n {
            problem.items.push(Item::body(Size { width: 50.0, height: 20.0 }));
        }
        for &(a, b, from_offset, to_offset) in pairs.iter().filter(|(a, b, ..)| a != b) {
            problem.links.push(Link {
                from: ItemId::from_position(a.min(b)),
                to: ItemId::from_position(a.max(b)),
                from_offset: f64::from(from_offset),
                to_offset: f64::from(to_offset),
            });
        }
        problem
    }

    /// Compares each two segments between the same layers.
    fn naive(order: &Order<'_>) -> u64 {
        let segments = order.layers.segments.as_slice();
        let ends = |segment: &crate::viz::layout::layers::Segment| {
            ((order.index[segment.upper], segment.upper_offset), (order.index[segment.lower], segment.lower_offset))
        };
        let mut crossings = 0;
        for (n, a) in segments.iter().enumerate() {
            for b in &segments[n + 1..] {
                let (a_ends, b_ends) = (ends(a), ends(b));
                let same_layers = order.layers.row_of[a.upper] == order.layers.row_of[b.upper];
                let crosses =
                    (a_ends.0 < b_ends.0 && a_ends.1 > b_ends.1) || (a_ends.0 > b_ends.0 && a_ends.1 < b_ends.1);
                crossings += u64::from(same_layers && crosses);
            }
        }
        crossings
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn counts_are_those_of_a_naive_count(
            n in 2_usize..30,
            pairs in prop::collection::vec((0_usize..30, 0_usize..30, -1_i8..2, -1_i8..2), 0..90),
        ) {
            let pairs: Vec<_> = pairs.into_iter().map(|(a, b, x, y)| (a % n, b % n, x, y)).collect();
            let problem = problem(n, &pairs);
            let layers = Layers::new(&problem, &ranks(&problem));
            let mut order = Order::new(&layers, (0..layers.n_vertices()).map(VertexId::from_position));
            prop_assert_eq!(order.crossings(), naive(&order));
            sweep(&mut order, Side::Above, Middle::Median, Ties::Flip, &mut sweep::Scratch::default());
            prop_assert_eq!(order.crossings(), naive(&order));
            let before = order.crossings();
            let saved = sift(&mut order, Side::Below, 1_000, usize::MAX, &mut sift::Scratch::default());
            prop_assert_eq!(before - saved, naive(&order));
            let (best, crossings) = best_order(&layers);
            prop_assert_eq!(crossings, naive(&best));
        }
    }
}
