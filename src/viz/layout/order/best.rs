//! Tries several first orders, improves each, and keeps the best.

use crate::viz::layout::layers::{Layers, VertexId};
use crate::viz::layout::order::kick::kick;
use crate::viz::layout::order::sift::{self, sift};
use crate::viz::layout::order::state::{Order, Side};
use crate::viz::layout::order::sweep::{self, Middle, Ties, sweep};
use crate::viz::layout::table::{Id, Table, number};

/// Sweeps without a new best before a start is given up.
const PATIENCE: usize = 6;

/// Sweeps after sifting, at most.
const SWEEPS_AGAIN: usize = 8;
/// Sifting goes on while a round saves more than this part of what the first one saved.
const WORTH: u64 = 20;

/// How hard to try, by the size of the problem: bounds on time that do not depend on the machine.
struct Effort {
    n_starts: usize,
    n_sweeps: usize,
    n_sifts: usize,
    /// Places that a vertex may sift at once.
    reach: usize,
    /// How often to sweep and sift again.
    n_rounds: usize,
    /// Ends to look at while sifting.
    sift_work: usize,
    /// Ends to look at while leaving local optima.
    kick_work: usize,
}

impl Effort {
    fn new(layers: &Layers) -> Self {
        let n_vertices = layers.n_vertices().max(1);
        // Sifting takes about as many steps as vertices times reach.
        let reach = (4_000_000 / n_vertices).clamp(24, 1_000);
        let sift_work = 20_000_000 + 1_000 * n_vertices;
        let kick_work = 3_000 * n_vertices;
        let start =
            |n_starts, n_sweeps| Self { n_starts, n_sweeps, n_sifts: 12, reach, sift_work, n_rounds: 1, kick_work };
        match n_vertices {
            ..6_000 => Self { n_rounds: 2, kick_work: kick_work.min(6_000_000), ..start(3, 40) },
            6_000..25_000 => Self { kick_work: 1_400_000, ..start(2, 32) },
            25_000.. => Self { n_sifts: 3, n_rounds: 0, kick_work: 6_000_000, ..start(1, 14) },
        }
    }
}

/// The best order found.
pub(crate) fn best_order(layers: &Layers) -> (Order<'_>, u64) {
    let effort = Effort::new(layers);
    let mut best: Option<(Order<'_>, u64)> = None;
    for start in [from_the_top, as_given, from_the_bottom].into_iter().take(effort.n_starts) {
        let vertices = start(layers);
        let mut order = Order::new(layers, vertices.iter().copied());
        let crossings = sweep_until_tired(&mut order, effort.n_sweeps);
        if best.as_ref().is_none_or(|&(_, least)| crossings < least) {
            best = Some((order, crossings));
        }
        if crossings == 0 {
            break;
        }
    }
    let Some((mut best, mut least)) = best else { return (Order::new(layers, std::iter::empty()), 0) };
    least -= sift_until_tired(&mut best, &effort);
    let mut order = best.clone();
    for _ in 0..effort.n_rounds {
        if least == 0 {
            break;
        }
        let crossings = sweep_until_tired(&mut order, SWEEPS_AGAIN);
        let crossings = crossings - sift_until_tired(&mut order, &effort);
        if crossings < least {
            least = crossings;
            best.copy_from(&order);
        }
    }
    least -= kick(&mut best, effort.kick_work, effort.reach);
    (best, least)
}

/// Sweeps until that has been in vain for a while; leaves the best order found, and returns its crossings.
fn sweep_until_tired(order: &mut Order<'_>, n_sweeps: usize) -> u64 {
    let mut least = u64::MAX;
    let mut best = order.clone();
    let mut scratch = sweep::Scratch::default();
    let mut n_in_vain = 0;
    for round in 0..n_sweeps {
        if n_in_vain == PATIENCE || least == 0 {
            break;
        }
        let side = if round % 2 == 0 { Side::Above } else { Side::Below };
        let middle = if round % 8 < 4 { Middle::Barycentre } else { Middle::Median };
        let ties = if round % 4 < 2 { Ties::Keep } else { Ties::Flip };
        sweep(order, side, middle, ties, &mut scratch);
        let now = order.crossings();
        n_in_vain += 1;
        if now < least {
            least = now;
            best.copy_from(order);
            n_in_vain = 0;
        }
    }
    order.copy_from(&best);
    least
}

/// Sifts until that saves little; how many crossings it saves in all.
fn sift_until_tired(order: &mut Order<'_>, effort: &Effort) -> u64 {
    let mut scratch = sift::Scratch::default();
    let mut saved = 0;
    let mut first = 0;
    for round in 0..effort.n_sifts {
        let side = if round % 2 == 0 { Side::Above } else { Side::Below };
        let now = sift(order, side, effort.reach, effort.sift_work, &mut scratch);
        saved += now;
        if round == 0 {
            first = now;
        }
        if now * WORTH <= first {
            break;
        }
    }
    saved
}

/// Each item in the order of layers and input, followed by everything below it, depth first.
fn from_the_top(layers: &Layers) -> Vec<VertexId> {
    depth_first(layers, Side::Below)
}

/// The same from the bottom.
fn from_the_bottom(layers: &Layers) -> Vec<VertexId> {
    depth_first(layers, Side::Above)
}

/// The input order; cuts stand where the items do from which their links come.
fn as_given(layers: &Layers) -> Vec<VertexId> {
    let mut key: Table<VertexId, u32> = (0..layers.n_vertices()).map(number).collect();
    // Cuts of a link have ascending numbers, from the top.
    for vertex in key.ids() {
        if let (true, Some(arc)) = (layers.is_cut(vertex), layers.up[vertex].first()) {
            key[vertex] = key[arc.other];
        }
    }
    let mut vertices: Vec<VertexId> = key.ids().collect();
    vertices.sort_by_key(|&vertex| key[vertex]);
    vertices
}

fn depth_first(layers: &Layers, side: Side) -> Vec<VertexId> {
    let n_vertices = layers.n_vertices();
    let mut seen = Table::new(n_vertices, false);
    let mut vertices = Vec::with_capacity(n_vertices);
    let mut starts: Vec<VertexId> = (0..layers.n_items).map(VertexId::from_position).collect();
    match side {
        Side::Below => starts.sort_by_key(|&vertex| layers.row_of[vertex]),
        Side::Above => starts.sort_by_key(|&vertex| std::cmp::Reverse(layers.row_of[vertex])),
    }
    let cuts = (layers.n_items..n_vertices).map(VertexId::from_position);
    let mut stack = Vec::new();
    for start in starts.into_iter().chain(cuts) {
        stack.push(start);
        while let Some(vertex) = stack.pop() {
            if std::mem::replace(&mut seen[vertex], true) {
                continue;
            }
            vertices.push(vertex);
            let arcs = match side {
                Side::Below => &layers.down[vertex],
                Side::Above => &layers.up[vertex],
            };
            stack.extend(arcs.iter().rev().map(|arc| arc.other).filter(|&other| !seen[other]));
        }
    }
    vertices
}
