//! Moves what straight segments connect as one, so that a part that stands far off comes nearer without bending.

use crate::viz::layout::coordinates::compact::Apart;
use crate::viz::layout::layers::VertexId;
use crate::viz::layout::order::Order;
use crate::viz::layout::table::{Id, Lists, Table, ids, position};

/// Segments this close to vertical are straight.
const STRAIGHT: f64 = 0.01;

ids! {
    /// The number of a cluster: vertices that straight segments connect.
    pub(crate) struct ClusterId;
}

/// Moves each cluster to the median of what its other segments lead to, as far as there is room; returns whether anything
/// moved much. `x` must keep `apart`, and does so afterwards.
pub(crate) fn pull_together(order: &Order<'_>, apart: &Apart<'_>, x: &mut Table<VertexId, f64>) -> bool {
    let clusters = Clusters::new(order, x);
    let mut wishes: Vec<(ClusterId, f64, f64)> = Vec::new();
    let mut near = Vec::new();
    for id in clusters.ids() {
        let wish = clusters.wish(order, x, id, &mut near);
        if wish.abs() > 1.0 {
            let left = clusters.members[id].iter().map(|&vertex| x[vertex]).fold(f64::INFINITY, f64::min);
            wishes.push((id, wish, left));
        }
    }
    // Who moves to the left does so from the left, so that each makes room for the next.
    wishes.sort_by(|a, b| {
        let key = |&(_, wish, left): &(ClusterId, f64, f64)| if wish < 0.0 { left } else { -left };
        (a.1 > 0.0).cmp(&(b.1 > 0.0)).then(key(a).total_cmp(&key(b)))
    });
    let mut moved = false;
    for (id, ..) in wishes {
        // What moved before may have changed it.
        let wish = clusters.wish(order, x, id, &mut near);
        let by = clusters.room(order, apart, x, id, wish);
        moved |= by.abs() > 4.0;
        for &vertex in &clusters.members[id] {
            x[vertex] += by;
        }
    }
    moved
}

/// All clusters.
pub(crate) struct Clusters {
    pub(crate) of: Table<VertexId, ClusterId>,
    pub(crate) members: Lists<ClusterId, VertexId>,
}

impl Clusters {
    /// What straight segments connect.
    pub(crate) fn new(order: &Order<'_>, x: &Table<VertexId, f64>) -> Self {
        Self::connected(order, x, |_, _| true)
    }

    /// Straight runs of cuts; each item by itself.
    pub(crate) fn runs(order: &Order<'_>, x: &Table<VertexId, f64>) -> Self {
        Self::connected(order, x, |upper, lower| order.layers.is_cut(upper) && order.layers.is_cut(lower))
    }

    fn connected(
        order: &Order<'_>,
        x: &Table<VertexId, f64>,
        may_connect: impl Fn(VertexId, VertexId) -> bool,
    ) -> Self {
        let layers = order.layers;
        let mut of = Table::new(x.len(), None);
        let mut n_clusters = 0;
        let mut stack = Vec::new();
        for vertex in x.ids() {
            if of[vertex].is_some() {
                continue;
            }
            let id = ClusterId::from_position(n_clusters);
            n_clusters += 1;
            of[vertex] = Some(id);
            stack.push(vertex);
            while let Some(vertex) = stack.pop() {
                for arc in layers.up[vertex].iter().chain(&layers.down[vertex]) {
                    let segment = &layers.segments[arc.segment];
                    let bend = x[segment.upper] + segment.upper_offset - x[segment.lower] - segment.lower_offset;
                    let connects = bend.abs() < STRAIGHT && may_connect(segment.upper, segment.lower);
                    if connects && of[arc.other].is_none() {
                        of[arc.other] = Some(id);
                        stack.push(arc.other);
                    }
                }
            }
        }
        let of: Table<VertexId, ClusterId> = of.iter().map(|id| id.unwrap_or_default()).collect();
        let members = Lists::collect(n_clusters, of.pairs().map(|(vertex, &id)| (id, vertex)));
        Self { of, members }
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ClusterId> + use<> {
        (0..self.members.len()).map(ClusterId::from_position)
    }

    /// How far a cluster wants to move: 0 if it is among the medians.
    fn wish(&self, order: &Order<'_>, x: &Table<VertexId, f64>, id: ClusterId, near: &mut Vec<f64>) -> f64 {
        let layers = order.layers;
        near.clear();
        for &vertex in &self.members[id] {
            for arc in layers.up[vertex].iter().chain(&layers.down[vertex]) {
                if self.of[arc.other] == id {
                    continue;
                }
                let segment = &layers.segments[arc.segment];
                let bend = x[segment.upper] + segment.upper_offset - x[segment.lower] - segment.lower_offset;
                near.push(if arc.other == segment.upper { bend } else { -bend });
            }
        }
        near.sort_unstable_by(f64::total_cmp);
        let low = near.get(near.len().saturating_sub(1) / 2).copied().unwrap_or(0.0);
        let high = near.get(near.len() / 2).copied().unwrap_or(0.0);
        0.0_f64.clamp(low, high)
    }

    /// As much of a move as others leave room for.
    fn room(&self, order: &Order<'_>, apart: &Apart<'_>, x: &Table<VertexId, f64>, id: ClusterId, wish: f64) -> f64 {
        let mut room = wish.abs();
        for &vertex in &self.members[id] {
            let row = &order.rows[order.layers.row_of[vertex]];
            let index = position(order.index[vertex]);
            let next = if wish < 0.0 { index.checked_sub(1) } else { index.checked_add(1) };
            let Some(&other) = next.and_then(|next| row.get(next)) else { continue };
            if self.of[other] == id {
                continue;
            }
            let free = if wish < 0.0 {
                x[vertex] - x[other] - apart(other, vertex)
            } else {
                x[other] - x[vertex] - apart(vertex, other)
            };
            room = room.min(free.max(0.0));
        }
        room.copysign(wish)
    }
}
