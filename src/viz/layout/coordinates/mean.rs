//! Makes one x of the four that a vertex gets.

use crate::viz::layout::coordinates::align::{Neighbours, Way, align};
use crate::viz::layout::coordinates::clusters::pull_together;
use crate::viz::layout::coordinates::compact::{Apart, compact};
use crate::viz::layout::coordinates::conflicts::conflicts;
use crate::viz::layout::coordinates::exact::shorten_exactly;
use crate::viz::layout::coordinates::settle::{centre_ends, settle};
use crate::viz::layout::layers::VertexId;
use crate::viz::layout::order::Order;
use crate::viz::layout::table::Table;

/// How often everything moves together, at most.
const ROUNDS: usize = 12;

/// The x of each vertex's centre, from 0 at the leftmost edge, and the width of all. Neighbours in a layer keep `apart`.
pub(crate) fn coordinates(order: &Order<'_>, apart: &Apart<'_>) -> (Table<VertexId, f64>, f64) {
    let neighbours = Neighbours::new(order);
    let marked = conflicts(order);
    let mut four = Way::ALL.map(|way| {
        let blocks = align(order, &neighbours, &marked, way);
        let mut x = compact(order, &blocks, way, apart);
        if way.from_the_right {
            x.iter_mut().for_each(|x| *x = -*x);
        }
        x
    });
    bring_together(order, &mut four);
    let mut x = middle(&four);
    keep_apart(order, apart, &mut x);
    for _ in 0..ROUNDS {
        let moved = pull_together(order, apart, &mut x);
        settle(order, apart, &mut x);
        if !moved {
            break;
        }
    }
    shorten_exactly(order, apart, &mut x);
    keep_apart(order, apart, &mut x);
    settle(order, apart, &mut x);
    centre_ends(order, apart, &mut x);
    keep_apart(order, apart, &mut x);
    let (left, right) = extent(order, &x);
    x.iter_mut().for_each(|x| *x -= left);
    (x, (right - left).max(0.0))
}

/// Moves each result to the narrowest one: to its left edge what was placed leftmost, to its right edge the others.
fn bring_together(order: &Order<'_>, four: &mut [Table<VertexId, f64>; 4]) {
    let extents = four.each_ref().map(|x| extent(order, x));
    let narrowest = extents.iter().copied().min_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)));
    let Some(narrowest) = narrowest else { return };
    for ((x, way), extent) in four.iter_mut().zip(Way::ALL).zip(extents) {
        let by = if way.from_the_right { narrowest.1 - extent.1 } else { narrowest.0 - extent.0 };
        x.iter_mut().for_each(|x| *x += by);
    }
}

/// The leftmost and the rightmost edge.
fn extent(order: &Order<'_>, x: &Table<VertexId, f64>) -> (f64, f64) {
    let halves = order.layers.width.iter().map(|width| width / 2.0);
    let edges = x.iter().zip(halves).map(|(x, half)| (x - half, x + half));
    let (left, right) =
        edges.fold((f64::INFINITY, f64::NEG_INFINITY), |(left, right), edge| (left.min(edge.0), right.max(edge.1)));
    if left.is_finite() { (left, right) } else { (0.0, 0.0) }
}

/// The mean of the two middle ones; it keeps order and distances, as each of the four does.
fn middle(four: &[Table<VertexId, f64>; 4]) -> Table<VertexId, f64> {
    let [a, b, c, d] = four;
    let together = a.iter().zip(b.iter()).zip(c.iter().zip(d.iter()));
    together
        .map(|((&a, &b), (&c, &d))| {
            let mut all = [a, b, c, d];
            all.sort_unstable_by(f64::total_cmp);
            let [_, low, high, _] = all;
            (low + high) / 2.0
        })
        .collect()
}

/// Rounding must not let boxes overlap.
fn keep_apart(order: &Order<'_>, apart: &Apart<'_>, x: &mut Table<VertexId, f64>) {
    for row in order.row_ids() {
        for pair in order.rows[row].windows(2) {
            let &[left, right] = pair else { continue };
            x[right] = x[right].max(x[left] + apart(left, right));
        }
    }
}
