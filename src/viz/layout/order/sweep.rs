//! One sweep over the layers: each is sorted by where the neighbours in the layer before it stand.

use crate::viz::layout::layers::{RowId, VertexId};
use crate::viz::layout::order::state::{Order, Side};
use crate::viz::layout::table::{number, real};

/// What stands for the places of several neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Middle {
    /// Their mean.
    Barycentre,
    /// The median; between two, nearer to the side where they are denser (Gansner et al. 1993).
    Median,
}

/// Which of vertices with equal measures comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ties {
    Keep,
    Flip,
}

/// Memory of sweeps.
#[derive(Default)]
pub(crate) struct Scratch {
    ends: Vec<u32>,
    movable: Vec<(f64, VertexId)>,
    row: Vec<VertexId>,
}

/// Sorts each layer by its neighbours on `side`: from the top if they are above, else from the bottom.
pub(crate) fn sweep(order: &mut Order<'_>, side: Side, middle: Middle, ties: Ties, scratch: &mut Scratch) {
    match side {
        Side::Above => order.row_ids().for_each(|row| sort(order, row, side, middle, ties, scratch)),
        Side::Below => order.row_ids().rev().for_each(|row| sort(order, row, side, middle, ties, scratch)),
    }
}

/// Sorts one layer; vertices without neighbours on that side keep their place.
fn sort(order: &mut Order<'_>, row: RowId, side: Side, middle: Middle, ties: Ties, scratch: &mut Scratch) {
    let Scratch { ends, movable, row: sorted } = scratch;
    movable.clear();
    for &vertex in &order.rows[row] {
        ends.clear();
        ends.extend(order.ends(vertex, side));
        if !ends.is_empty() {
            movable.push((measure(ends, middle), vertex));
        }
    }
    if ties == Ties::Flip {
        movable.reverse();
    }
    movable.sort_by(|a, b| a.0.total_cmp(&b.0));
    sorted.clear();
    let mut next = movable.iter().map(|&(_, vertex)| vertex);
    for &vertex in &order.rows[row] {
        let is_movable = order.ends(vertex, side).next().is_some();
        sorted.push(if is_movable { next.next().unwrap_or(vertex) } else { vertex });
    }
    order.rows[row].copy_from_slice(sorted);
    order.renumber(row);
}

fn measure(ends: &mut [u32], middle: Middle) -> f64 {
    match (middle, &*ends) {
        (_, &[end]) => f64::from(end),
        (_, &[a, b]) => (f64::from(a) + f64::from(b)) / 2.0,
        (Middle::Barycentre, _) => ends.iter().map(|&end| f64::from(end)).sum::<f64>() / real(ends.len()),
        (Middle::Median, _) => {
            ends.sort_unstable();
            median(ends)
        }
    }
}

/// The weighted median of more than two places that ascend.
fn median(ends: &[u32]) -> f64 {
    let half = ends.len() / 2;
    let at = |position: usize| ends.get(position).copied().map_or(0.0, f64::from);
    if number(ends.len()) % 2 == 1 {
        return at(half);
    }
    let (low, high) = (at(half - 1), at(half));
    let (left, right) = (low - at(0), at(ends.len() - 1) - high);
    if left + right > 0.0 { (low * right + high * left) / (left + right) } else { (low + high) / 2.0 }
}
