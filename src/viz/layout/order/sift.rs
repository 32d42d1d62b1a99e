//! Sifting: each vertex in turn tries every place of its layer, counting both neighbouring layers, and takes the best.

use crate::viz::layout::crossings::excess;
use crate::viz::layout::layers::{RowId, VertexId};
use crate::viz::layout::order::state::{Order, Side};
use crate::viz::layout::table::{Id, Table, ids, number};

/// Crossings for each end of a vertex that it may cost to move on towards a better place.
const LOSS: i64 = 3;

/// Memory of sifting.
#[derive(Default)]
pub(crate) struct Scratch {
    /// For each vertex of the layer its ends above, then its ends below, ascending; in the order of `places`.
    ends: Vec<u32>,
    places: Table<PlaceId, Place>,
    vertices: Vec<VertexId>,
    /// Ends looked at so far: a measure of time that does not depend on the machine.
    pub(crate) work: usize,
}

ids! {
    /// A place in the layer that is being sifted.
    struct PlaceId;
}

/// A vertex and where its ends are: `above..below` and `below..end`.
#[derive(Clone, Copy)]
struct Place {
    vertex: VertexId,
    above: usize,
    below: usize,
    end: usize,
}

/// Sifts all layers once, downwards or upwards, each vertex by at most `reach` places, unless that takes more than
/// `most_work`; how many crossings that saves.
pub(crate) fn sift(order: &mut Order<'_>, from: Side, reach: usize, most_work: usize, scratch: &mut Scratch) -> u64 {
    let rows = order.row_ids();
    let sift_row = |row| if scratch.work < most_work { sift_row(order, row, reach, scratch) } else { 0 };
    match from {
        Side::Above => rows.map(sift_row).sum(),
        Side::Below => rows.rev().map(sift_row).sum(),
    }
}

/// Sifts one layer; how many crossings that saves.
pub(crate) fn sift_row(order: &mut Order<'_>, row: RowId, reach: usize, scratch: &mut Scratch) -> u64 {
    if order.rows[row].len() < 2 {
        return 0;
    }
    scratch.fill(order, row);
    let mut vertices = std::mem::take(&mut scratch.vertices);
    vertices.clear();
    vertices.extend_from_slice(&order.rows[row]);
    let mut saved = 0;
    for &vertex in &vertices {
        let now = PlaceId::from_position(usize::try_from(order.index[vertex]).unwrap_or(0));
        let (gain, to) = scratch.best_place(now, reach);
        if gain > 0 {
            saved += gain;
            scratch.shift(now, to);
            let (first, last) = (now.position().min(to.position()), now.position().max(to.position()));
            for position in first..=last {
                let place = PlaceId::from_position(position);
                order.index[scratch.places[place].vertex] = place.0;
            }
        }
    }
    scratch.vertices = vertices;
    if saved > 0 {
        for (slot, place) in order.rows[row].iter_mut().zip(scratch.places.iter()) {
            *slot = place.vertex;
        }
        order.renumber(row);
    }
    u64::try_from(saved).unwrap_or(0)
}

impl Scratch {
    fn fill(&mut self, order: &Order<'_>, row: RowId) {
        self.ends.clear();
        self.places.clear();
        for &vertex in &order.rows[row] {
            let above = self.ends.len();
            self.ends.extend(order.ends(vertex, Side::Above));
            let below = self.ends.len();
            self.ends.extend(order.ends(vertex, Side::Below));
            if let Some((_, own)) = self.ends.split_at_mut_checked(above) {
                let (above, below) = own.split_at_mut(below - above);
                above.sort_unstable();
                below.sort_unstable();
            }
            self.places.push(Place { vertex, above, below, end: self.ends.len() });
        }
    }

    /// The place within `reach` that saves most crossings, and how many; its own if none saves any.
    fn best_place(&mut self, now: PlaceId, reach: usize) -> (i64, PlaceId) {
        let mut best = (0, now);
        let own = self.places[now];
        let position = now.position();
        let hopeless = -LOSS * i64::from(number(own.end - own.above));
        let mut gain = 0;
        for other in (position.saturating_sub(reach)..position).rev().map(PlaceId::from_position) {
            gain += self.excess(self.places[other], own);
            if gain > best.0 {
                best = (gain, other);
            } else if gain < hopeless {
                break;
            }
        }
        gain = 0;
        let last = self.places.len().min(position.saturating_add(reach + 1));
        for other in (position + 1..last).map(PlaceId::from_position) {
            gain += self.excess(own, self.places[other]);
            if gain > best.0 {
                best = (gain, other);
            } else if gain < hopeless {
                break;
            }
        }
        best
    }

    /// Moves a vertex to another place; those between move up.
    fn shift(&mut self, from: PlaceId, to: PlaceId) {
        let (from, to) = (from.position(), to.position());
        let places = self.places.as_mut_slice();
        if from < to {
            if let Some(between) = places.get_mut(from..=to) {
                between.rotate_left(1);
            }
        } else if let Some(between) = places.get_mut(to..=from) {
            between.rotate_right(1);
        }
    }

    /// See [`excess`]; over both neighbouring layers.
    fn excess(&mut self, left: Place, right: Place) -> i64 {
        self.work += 1 + (left.end - left.above).min(right.end - right.above) / 2;
        let ends = |start: usize, end: usize| self.ends.get(start..end).unwrap_or_default();
        excess(ends(left.above, left.below), ends(right.above, right.below))
            + excess(ends(left.below, left.end), ends(right.below, right.end))
    }
}
