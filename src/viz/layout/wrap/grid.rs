//! Cells in rows, with lanes between pairs of columns for the links of lower rows.

use crate::viz::layout::curve::Pen;
use crate::viz::layout::options::Options;
use crate::viz::layout::picture::{Point, Size};
use crate::viz::layout::table::real;

/// Where the cells of a block stand, and where its trunks come in and go out.
pub(crate) struct Grid {
    pub(crate) size: Size,
    cells: Vec<Cell>,
    n_in: usize,
    n_out: usize,
    /// The x of the lanes of each pair of columns: of the first trunk.
    lanes: Vec<f64>,
    rows: Vec<(f64, f64)>,
    lane_gap: f64,
}

#[derive(Clone, Copy)]
struct Cell {
    corner: Point,
    row: usize,
    column: usize,
}

/// A side of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    In,
    Out,
}

impl Grid {
    /// Stands `sizes` in rows, as many as give the block the aspect, with `n_in` trunks above and `n_out` below.
    pub(crate) fn new(sizes: &[Size], n_in: usize, n_out: usize, options: &Options) -> Self {
        let width = sizes.iter().map(|size| size.width).fold(0.0, f64::max);
        let lane_gap = options.edge_gap;
        let pair_gap = (real(n_in + n_out + 1) * lane_gap).max(options.box_gap);
        let row_gap = if n_in + n_out > 0 { options.layer_gap * 0.8 } else { options.box_gap };
        let left = |column: usize| {
            real(column) * width + real(column.div_ceil(2)) * pair_gap + real(column / 2) * options.box_gap
        };
        let heights = |n_columns: usize| -> Vec<f64> {
            let height = |row: &[Size]| row.iter().map(|size| size.height).fold(0.0, f64::max);
            sizes.chunks(n_columns).map(height).collect()
        };
        let whole_height = |heights: &[f64]| heights.iter().sum::<f64>() + real(heights.len() - 1) * row_gap;
        let right = |n_columns: usize| left(n_columns - 1) + width;
        // The more columns, the wider and the less high: look for the border by halves.
        let most = sizes.len().max(1);
        let (mut low, mut high) = (1, most);
        while low < high {
            let middle = low.midpoint(high);
            if right(middle) >= options.aspect * whole_height(&heights(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        // An even number, so that each lane is between two columns.
        let n_columns = if low < most { low.next_multiple_of(2).min(most) } else { most };
        let band = options.layer_gap * 1.25;
        let mut y = if n_in > 0 { band } else { 0.0 };
        let mut rows = Vec::new();
        for height in heights(n_columns) {
            rows.push((y, y + height));
            y += height + row_gap;
        }
        let bottom = rows.last().map_or(0.0, |row| row.1);
        let cell = |(position, size): (usize, &Size)| {
            let (row, column) = (position / n_columns, position % n_columns);
            let top = rows.get(row).map_or(0.0, |row| row.0);
            Cell { corner: Point { x: left(column) + (width - size.width) / 2.0, y: top }, row, column }
        };
        let lanes_width = real((n_in + n_out).saturating_sub(1)) * lane_gap;
        Self {
            size: Size { width: right(n_columns), height: bottom + if n_out > 0 { band } else { 0.0 } },
            cells: sizes.iter().enumerate().map(cell).collect(),
            n_in,
            n_out,
            lanes: (0..n_columns.div_ceil(2))
                .map(|pair| left(2 * pair) + width + (pair_gap - lanes_width) / 2.0)
                .collect(),
            rows,
            lane_gap,
        }
    }

    /// The top left corner of a cell.
    pub(crate) fn corner(&self, cell: usize) -> Point {
        self.cells.get(cell).map_or(Point::default(), |cell| cell.corner)
    }

    /// Where a trunk passes the border of the block: to the right of the block's centre.
    pub(crate) fn trunk(&self, flow: Flow, trunk: usize) -> f64 {
        let n_trunks = if flow == Flow::In { self.n_in } else { self.n_out };
        (real(trunk) - real(n_trunks.saturating_sub(1)) / 2.0) * self.lane_gap * 2.0
    }

    /// Draws from a trunk to `x`, from the left of a cell, on its top.
    pub(crate) fn draw_in(&self, trunk: usize, cell: usize, x: f64, pen: &mut Pen) {
        let Some(&Cell { corner, row, column }) = self.cells.get(cell) else { return };
        pen.line_to(Point { x: self.size.width / 2.0 + self.trunk(Flow::In, trunk), y: 0.0 });
        if let Some(&(_, above)) = row.checked_sub(1).and_then(|above| self.rows.get(above)) {
            let lane = self.lane(column, trunk);
            pen.bend_to(Point { x: lane, y: self.rows.first().map_or(0.0, |row| row.0) });
            pen.line_to(Point { x: lane, y: above });
        }
        pen.bend_to(Point { x: corner.x + x, y: corner.y });
    }

    /// Draws from `x`, from the left of a cell, on its bottom to a trunk; `height` is the cell's.
    pub(crate) fn draw_out(&self, trunk: usize, cell: usize, x: f64, height: f64, pen: &mut Pen) {
        let Some(&Cell { corner, row, column }) = self.cells.get(cell) else { return };
        let row_bottom = self.rows.get(row).map_or(0.0, |row| row.1);
        pen.line_to(Point { x: corner.x + x, y: corner.y + height });
        pen.line_to(Point { x: corner.x + x, y: row_bottom });
        if let Some(&(below, _)) = self.rows.get(row + 1) {
            let lane = self.lane(column, self.n_in + trunk);
            pen.bend_to(Point { x: lane, y: below });
            pen.line_to(Point { x: lane, y: self.rows.last().map_or(0.0, |row| row.1) });
        }
        pen.bend_to(Point { x: self.size.width / 2.0 + self.trunk(Flow::Out, trunk), y: self.size.height });
    }

    fn lane(&self, column: usize, trunk: usize) -> f64 {
        self.lanes.get(column / 2).map_or(0.0, |lane| lane + real(trunk) * self.lane_gap)
    }
}
