//! Places blocks side by side: the horizontal compaction of Brandes and Köpf (2001), as corrected in the erratum.

use crate::viz::layout::coordinates::align::{Blocks, Way};
use crate::viz::layout::layers::{RowId, VertexId};
use crate::viz::layout::order::Order;
use crate::viz::layout::table::{Id, Table};

/// The distance that the centres of two neighbours of a layer keep at least.
pub(crate) type Apart<'a> = dyn Fn(VertexId, VertexId) -> f64 + 'a;

/// The x of each vertex, in the direction of the way.
pub(crate) fn compact(order: &Order<'_>, blocks: &Blocks, way: Way, apart: &Apart<'_>) -> Table<VertexId, f64> {
    let n_vertices = order.index.len();
    let mut classes = Classes {
        order,
        blocks,
        way,
        apart,
        sink: order.index.ids().collect(),
        x: Table::new(n_vertices, 0.0),
        placed: Table::new(n_vertices, false),
    };
    let mut stack = Vec::new();
    for vertex in order.index.ids() {
        if blocks.root[vertex] == vertex && !classes.placed[vertex] {
            classes.place(vertex, &mut stack);
        }
    }
    let shift = classes.shifts();
    order.index.ids().map(|vertex| classes.x_of(vertex) + shift[classes.sink_of(vertex)]).collect()
}

/// Blocks in classes: those of a class are placed against each other, and then each class against the others.
struct Classes<'a> {
    order: &'a Order<'a>,
    blocks: &'a Blocks,
    way: Way,
    apart: &'a Apart<'a>,
    /// The block that stands for the class of a block.
    sink: Table<VertexId, VertexId>,
    /// Of the centre of a block's root.
    x: Table<VertexId, f64>,
    placed: Table<VertexId, bool>,
}

impl Classes<'_> {
    /// Places a block, after all that stand before it; `stack` replaces recursion.
    fn place(&mut self, block: VertexId, stack: &mut Vec<(VertexId, VertexId)>) {
        stack.push((block, block));
        while let Some(top) = stack.last_mut() {
            let (block, vertex) = *top;
            if let Some(before) = self.way.before(self.order, vertex) {
                let other = self.blocks.root[before];
                if !self.placed[other] {
                    stack.push((other, other));
                    continue;
                }
                if self.sink[block] == block {
                    self.sink[block] = self.sink[other];
                }
                if self.sink[block] == self.sink[other] {
                    let least = self.x_of(before) + (self.apart)(before, vertex) - self.blocks.shift[vertex];
                    self.x[block] = self.x[block].max(least);
                }
            }
            top.1 = self.blocks.next[vertex];
            if top.1 == block {
                self.placed[block] = true;
                stack.pop();
            }
        }
    }

    /// How far each class moves, so that it stands against the class after it.
    fn shifts(&self) -> Table<VertexId, f64> {
        let mut shifts: Table<VertexId, f64> = Table::new(self.x.len(), f64::INFINITY);
        let rows: Table<RowId, RowId> = self.way.rows(self.order).collect();
        for first_row in rows.ids() {
            let Some(first) = self.way.at(self.order, rows[first_row], 0) else { continue };
            if self.sink_of(first) != first {
                continue;
            }
            if shifts[first].is_infinite() {
                shifts[first] = 0.0;
            }
            let mut row = first_row.position();
            let mut place = 0;
            // Along the border of the class, from block to block downwards.
            while let Some(mut vertex) = self.way.at(self.order, rows[RowId::from_position(row)], place) {
                if self.sink_of(vertex) != first {
                    break;
                }
                while self.blocks.next[vertex] != self.blocks.root[vertex] {
                    vertex = self.blocks.next[vertex];
                    row += 1;
                    if let Some(before) = self.way.before(self.order, vertex) {
                        let room = self.x_of(vertex) - self.x_of(before) - (self.apart)(before, vertex);
                        let other = self.sink_of(before);
                        shifts[other] = shifts[other].min(shifts[first] + room);
                    }
                }
                place = self.way.place(self.order, vertex) + 1;
            }
        }
        for shift in shifts.iter_mut() {
            if shift.is_infinite() {
                *shift = 0.0;
            }
        }
        shifts
    }

    fn x_of(&self, vertex: VertexId) -> f64 {
        self.x[self.blocks.root[vertex]] + self.blocks.shift[vertex]
    }

    fn sink_of(&self, vertex: VertexId) -> VertexId {
        self.sink[self.blocks.root[vertex]]
    }
}
