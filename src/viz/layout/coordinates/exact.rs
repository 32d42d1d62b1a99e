//! The least sum of horizontal lengths, by the network simplex: the auxiliary graph of Gansner, Koutsofios, North and Vo
//! (1993), with clusters instead of vertices.
//!
//! What the alignment has made straight stays straight; clusters of it are the nodes. Between neighbours in a layer there
//! is an arc without weight whose length keeps them apart. A segment between two clusters is a node to the left of both
//! with an arc to each; one of the two is as short as it can be, so that the other's length is the segment's.

use crate::viz::layout::coordinates::clusters::{ClusterId, Clusters};
use crate::viz::layout::coordinates::compact::Apart;
use crate::viz::layout::layers::VertexId;
use crate::viz::layout::network::{Arc, Network};
use crate::viz::layout::order::Order;
use crate::viz::layout::simplex::shorten;
use crate::viz::layout::table::Table;
use std::collections::BTreeMap;

/// Segments between clusters, at most; with more it would take too long.
const MOST_SEGMENTS: usize = 3_000;
/// Nodes and arcs that the simplex may look at.
const MOST_WORK: usize = 20_000_000;
/// Steps in a pixel.
const STEPS: f64 = 4.0;

/// Moves clusters so that segments between them are shortest together; `x` must keep `apart`, and does so afterwards up
/// to a step.
pub(crate) fn shorten_exactly(order: &Order<'_>, apart: &Apart<'_>, x: &mut Table<VertexId, f64>) {
    let layers = order.layers;
    let clusters = Clusters::runs(order, x);
    let bends = || layers.segments.iter().filter(|segment| clusters.of[segment.upper] != clusters.of[segment.lower]);
    if bends().count() > MOST_SEGMENTS {
        return;
    }
    // Clusters, then a node for each segment between two of them.
    let start = |id: ClusterId| clusters.members[id].first().map_or(0.0, |&vertex| x[vertex]);
    let mut places: Table<ClusterId, i64> = clusters.ids().map(|id| steps(start(id))).collect();
    let mut arcs = Table::default();
    for (&(tail, head), &length) in &distances(order, apart, x, &clusters) {
        let length = length.min(places[head] - places[tail]);
        arcs.push(Arc { tail, head, weight: 0, length });
    }
    for segment in bends() {
        let end = |vertex: VertexId, offset: f64| {
            let cluster = clusters.of[vertex];
            (cluster, steps(x[vertex] - start(cluster) + offset))
        };
        let (upper, upper_shift) = end(segment.upper, segment.upper_offset);
        let (lower, lower_shift) = end(segment.lower, segment.lower_offset);
        // Only the difference matters, and lengths must not be negative.
        let least = upper_shift.max(lower_shift);
        let (upper_length, lower_length) = (least - upper_shift, least - lower_shift);
        let node = places.push((places[upper] - upper_length).min(places[lower] - lower_length));
        let weight = if layers.is_cut(segment.upper) && layers.is_cut(segment.lower) { 4 } else { 1 };
        arcs.push(Arc { tail: node, head: upper, weight, length: upper_length });
        arcs.push(Arc { tail: node, head: lower, weight, length: lower_length });
    }
    let before = places.clone();
    shorten(&Network::new(places.len(), arcs), &mut places, MOST_WORK);
    for id in clusters.ids() {
        let by = pixels(places[id] - before[id]);
        for &vertex in &clusters.members[id] {
            x[vertex] += by;
        }
    }
}

/// How far apart clusters keep that are neighbours in a layer, left and right.
fn distances(
    order: &Order<'_>,
    apart: &Apart<'_>,
    x: &Table<VertexId, f64>,
    clusters: &Clusters,
) -> BTreeMap<(ClusterId, ClusterId), i64> {
    let mut distances = BTreeMap::new();
    let start = |id: ClusterId| clusters.members[id].first().map_or(0.0, |&vertex| x[vertex]);
    for row in order.row_ids() {
        for pair in order.rows[row].windows(2) {
            let &[left, right] = pair else { continue };
            let ids = (clusters.of[left], clusters.of[right]);
            if ids.0 == ids.1 {
                continue;
            }
            let shift = (x[left] - start(ids.0)) - (x[right] - start(ids.1));
            let distance = steps(apart(left, right) + shift + 0.5 / STEPS);
            let entry = distances.entry(ids).or_insert(distance);
            *entry = distance.max(*entry);
        }
    }
    distances
}

/// A length in whole steps.
#[expect(clippy::as_conversions, reason = "there is no other way; pictures are far below 2^53 steps wide")]
fn steps(length: f64) -> i64 {
    (length * STEPS).round() as i64
}

#[expect(clippy::as_conversions, reason = "there is no other way; pictures are far below 2^53 steps wide")]
fn pixels(steps: i64) -> f64 {
    steps as f64 / STEPS
}
