//! Solves a problem by layers: ranks, order, x, y, and the curves of links.

use crate::viz::layout::coordinates::coordinates;
use crate::viz::layout::curve::Pen;
use crate::viz::layout::layers::{Layers, Route, RowId, VertexId, vertex};
use crate::viz::layout::options::Options;
use crate::viz::layout::order::{Order, best_order};
use crate::viz::layout::picture::{Curves, Point, Size};
use crate::viz::layout::problem::{Link, LinkId, Problem, Solution};
use crate::viz::layout::rank::ranks;
use crate::viz::layout::table::{Id, Table, position, real};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Lanes at the side, at most; then links share them.
const MOST_LANES: usize = 24;
/// How much higher a gap becomes for each pixel that a segment goes sideways in it.
const SLOPE: f64 = 0.08;
/// Gaps grow to at most so many times the distance of layers.
const MOST_GAP: f64 = 2.5;

/// Solves a problem; its items should be connected, or have ports.
pub(crate) fn solve(problem: &Problem, options: &Options) -> Solution {
    let layers = Layers::new(problem, &ranks(problem));
    let (order, crossings) = best_order(&layers);
    let apart = |left: VertexId, right: VertexId| {
        let thin = |vertex: VertexId| layers.width[vertex] == 0.0;
        let gap = if thin(left) || thin(right) { options.edge_gap } else { options.box_gap };
        (layers.width[left] + layers.width[right]) / 2.0 + gap
    };
    let (x, width) = coordinates(&order, &apart);
    let drawing = Drawing { problem, layers: &layers, rows: rows(problem, &order, &x, options), x, width, options };
    drawing.solution(crossings)
}

/// Top and bottom of each layer.
fn rows(problem: &Problem, order: &Order<'_>, x: &Table<VertexId, f64>, options: &Options) -> Table<RowId, Row> {
    let mut rows = Table::new(order.rows.len(), Row { top: 0.0, bottom: 0.0 });
    let mut sideways: Table<RowId, f64> = Table::new(order.rows.len(), 0.0);
    for (id, item) in problem.items.pairs() {
        let row = &mut rows[order.layers.row_of[vertex(id)]];
        row.bottom = row.bottom.max(item.size.height);
    }
    for segment in order.layers.segments.iter() {
        let distance = (x[segment.upper] + segment.upper_offset - x[segment.lower] - segment.lower_offset).abs();
        let row = order.layers.row_of[segment.upper];
        sideways[row] = sideways[row].max(distance);
    }
    let mut top = 0.0;
    for id in order.row_ids() {
        let height = rows[id].bottom;
        rows[id] = Row { top, bottom: top + height };
        // Next to a border, only what edges need to spread.
        let below = RowId::from_position(id.position() + 1);
        let is_last = below.position() < rows.len() && rows[below].bottom == 0.0;
        let least = if height == 0.0 || is_last { options.layer_gap * 0.4 } else { options.layer_gap };
        let gap = (options.layer_gap * 0.5 + sideways[id] * SLOPE).max(least);
        top += height + gap.min(options.layer_gap * MOST_GAP);
    }
    rows
}

#[derive(Clone, Copy)]
struct Row {
    top: f64,
    bottom: f64,
}

/// Everything has its place; what is left are the curves.
struct Drawing<'a> {
    problem: &'a Problem,
    layers: &'a Layers,
    rows: Table<RowId, Row>,
    x: Table<VertexId, f64>,
    width: f64,
    options: &'a Options,
}

impl Drawing<'_> {
    fn solution(&self, crossings: u64) -> Solution {
        let places = self.problem.items.pairs().map(|(id, item)| {
            let row = self.rows[self.layers.row_of[vertex(id)]];
            let y = (row.top + row.bottom - item.size.height) / 2.0;
            Point { x: self.x[vertex(id)] - item.size.width / 2.0, y }
        });
        let (lanes, n_lanes) = self.lanes();
        let mut curves = Curves::new();
        let mut pen = Pen::default();
        for (id, link) in self.problem.links.pairs() {
            pen.clear();
            match self.layers.routes[id] {
                Route::Cuts { first, count } => self.draw_cuts(link, first, count, &mut pen),
                Route::Side => self.draw_side(link, lanes[id], &mut pen),
            }
            curves.push(pen.points());
        }
        let width = self.width + real(n_lanes) * self.options.edge_gap;
        let height = self.rows.iter().next_back().map_or(0.0, |row| row.bottom);
        Solution { size: Size { width, height }, places: places.collect(), curves, crossings }
    }

    fn draw_cuts(&self, link: &Link, first: VertexId, count: u32, pen: &mut Pen) {
        self.leave(link, pen);
        for number in 0..position(count) {
            let cut = VertexId::from_position(first.position() + number);
            let (x, row) = (self.x[cut], self.rows[self.layers.row_of[cut]]);
            pen.bend_to(Point { x, y: row.top });
            pen.line_to(Point { x, y: row.bottom });
        }
        self.enter(link, pen);
    }

    /// Sideways under the first layer, down in the lane, and back above the last layer.
    fn draw_side(&self, link: &Link, lane: usize, pen: &mut Pen) {
        let x = self.width + real(lane + 1) * self.options.edge_gap;
        let row = |item, by: fn(usize) -> usize| {
            let row = by(self.layers.row_of[vertex(item)].position());
            self.rows[RowId::from_position(row.min(self.rows.len() - 1))]
        };
        self.leave(link, pen);
        pen.bend_to(Point { x, y: row(link.from, |row| row + 1).top });
        pen.line_to(Point { x, y: row(link.to, |row| row.saturating_sub(1)).bottom });
        self.enter(link, pen);
    }

    /// From the first item's bottom to that of its layer.
    fn leave(&self, link: &Link, pen: &mut Pen) {
        let x = self.x[vertex(link.from)] + link.from_offset;
        let row = self.rows[self.layers.row_of[vertex(link.from)]];
        let inset = (row.bottom - row.top - self.problem.items[link.from].size.height) / 2.0;
        pen.line_to(Point { x, y: row.bottom - inset });
        pen.line_to(Point { x, y: row.bottom });
    }

    /// Across the last gap and to the second item's top.
    fn enter(&self, link: &Link, pen: &mut Pen) {
        let x = self.x[vertex(link.to)] + link.to_offset;
        let row = self.rows[self.layers.row_of[vertex(link.to)]];
        let inset = (row.bottom - row.top - self.problem.items[link.to].size.height) / 2.0;
        pen.bend_to(Point { x, y: row.top });
        pen.line_to(Point { x, y: row.top + inset });
    }

    /// A lane for each link that runs down the side, and how many lanes there are: a lane is free again below a link.
    fn lanes(&self) -> (Table<LinkId, usize>, usize) {
        let mut lanes = Table::new(self.problem.links.len(), 0);
        let row = |item| self.layers.row_of[vertex(item)];
        let is_side = |id: &LinkId| matches!(self.layers.routes[*id], Route::Side);
        let mut links: Vec<LinkId> = self.problem.links.ids().filter(is_side).collect();
        links.sort_by_key(|&id| row(self.problem.links[id].from));
        let mut busy: BinaryHeap<Reverse<(RowId, usize)>> = BinaryHeap::new();
        for id in links {
            let link = &self.problem.links[id];
            let n_lanes = busy.len();
            let free = busy.peek().is_some_and(|&Reverse((until, _))| until <= row(link.from));
            let lane =
                if free || n_lanes == MOST_LANES { busy.pop().map_or(0, |Reverse((_, lane))| lane) } else { n_lanes };
            lanes[id] = lane;
            busy.push(Reverse((row(link.to), lane)));
        }
        (lanes, busy.len())
    }
}
