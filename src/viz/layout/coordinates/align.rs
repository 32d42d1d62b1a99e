//! Aligns vertices with median neighbours into blocks.

use crate::viz::layout::layers::{Arc, RowId, SegmentId, VertexId};
use crate::viz::layout::order::Order;
use crate::viz::layout::table::{Id, Lists, Table};

/// One of the four ways: where layers begin, and where a layer begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) from_the_bottom: bool,
    pub(crate) from_the_right: bool,
}

/// Vertices that stand above each other.
pub(crate) struct Blocks {
    /// The first vertex of a vertex's block.
    pub(crate) root: Table<VertexId, VertexId>,
    /// The next vertex of its block; after the last one, the first.
    pub(crate) next: Table<VertexId, VertexId>,
    /// How far a vertex's centre is from that of its root, in the direction of the way.
    pub(crate) shift: Table<VertexId, f64>,
}

/// The segments of each vertex, sorted by the places of their other ends.
pub(crate) struct Neighbours {
    pub(crate) up: Lists<VertexId, Arc>,
    pub(crate) down: Lists<VertexId, Arc>,
}

impl Way {
    pub(crate) const ALL: [Self; 4] = [
        Self { from_the_bottom: false, from_the_right: false },
        Self { from_the_bottom: false, from_the_right: true },
        Self { from_the_bottom: true, from_the_right: false },
        Self { from_the_bottom: true, from_the_right: true },
    ];

    /// The layers in this way's order.
    pub(crate) fn rows(self, order: &Order<'_>) -> impl Iterator<Item = RowId> + Clone {
        let n_rows = order.rows.len();
        (0..n_rows).map(move |row| RowId::from_position(if self.from_the_bottom { n_rows - 1 - row } else { row }))
    }

    /// The vertex at a place of a layer, in this way's order.
    pub(crate) fn at(self, order: &Order<'_>, row: RowId, place: usize) -> Option<VertexId> {
        let vertices = &order.rows[row];
        let place = if self.from_the_right { vertices.len().checked_sub(1 + place)? } else { place };
        vertices.get(place).copied()
    }

    /// The place of a vertex in its layer, in this way's order.
    pub(crate) fn place(self, order: &Order<'_>, vertex: VertexId) -> usize {
        let place = usize::try_from(order.index[vertex]).unwrap_or(0);
        if self.from_the_right { order.rows[order.layers.row_of[vertex]].len() - 1 - place } else { place }
    }

    /// The vertex before `vertex` in its layer, in this way's order.
    pub(crate) fn before(self, order: &Order<'_>, vertex: VertexId) -> Option<VertexId> {
        let place = self.place(order, vertex).checked_sub(1)?;
        self.at(order, order.layers.row_of[vertex], place)
    }
}

impl Neighbours {
    pub(crate) fn new(order: &Order<'_>) -> Self {
        let (mut up, mut down) = (order.layers.up.clone(), order.layers.down.clone());
        for vertex in order.index.ids() {
            up[vertex].sort_unstable_by_key(|arc| (order.index[arc.other], arc.place, arc.segment));
            down[vertex].sort_unstable_by_key(|arc| (order.index[arc.other], arc.place, arc.segment));
        }
        Self { up, down }
    }
}

/// Aligns each vertex with a median neighbour in the layer before it, where no block is crossed.
pub(crate) fn align(order: &Order<'_>, neighbours: &Neighbours, marked: &Table<SegmentId, bool>, way: Way) -> Blocks {
    let n_vertices = order.index.len();
    let mut blocks = Blocks {
        root: order.index.ids().collect(),
        next: order.index.ids().collect(),
        shift: Table::new(n_vertices, 0.0),
    };
    for row in way.rows(order) {
        let mut free_from = 0;
        for place in 0..order.rows[row].len() {
            let Some(vertex) = way.at(order, row, place) else { continue };
            let arcs = if way.from_the_bottom { &neighbours.down[vertex] } else { &neighbours.up[vertex] };
            for arc in medians(arcs, way) {
                let other = way.place(order, arc.other);
                if blocks.next[vertex] != vertex || marked[arc.segment] || other < free_from {
                    continue;
                }
                let segment = &order.layers.segments[arc.segment];
                let step = if way.from_the_bottom {
                    segment.lower_offset - segment.upper_offset
                } else {
                    segment.upper_offset - segment.lower_offset
                };
                blocks.next[arc.other] = vertex;
                blocks.root[vertex] = blocks.root[arc.other];
                blocks.next[vertex] = blocks.root[vertex];
                blocks.shift[vertex] = blocks.shift[arc.other] + if way.from_the_right { -step } else { step };
                free_from = other + 1;
            }
        }
    }
    blocks
}

/// The median, or both of them, the first in the way's order first.
fn medians(arcs: &[Arc], way: Way) -> impl Iterator<Item = Arc> {
    let (low, high) = (arcs.len().saturating_sub(1) / 2, arcs.len() / 2);
    let (first, second) = if way.from_the_right { (high, low) } else { (low, high) };
    let first_arc = arcs.get(first).copied();
    let second_arc = arcs.get(second).copied().filter(|_| first != second);
    first_arc.into_iter().chain(second_arc)
}
