//! Leaves local optima: shakes a few neighbouring layers, sifts them, and goes back if that was no better. Iterated local
//! search (Lourenço, Martin, Stützle 2003), with a random generator that is the same for every graph.

use crate::viz::layout::crossings::Counter;
use crate::viz::layout::layers::{RowId, VertexId};
use crate::viz::layout::order::sift::{Scratch, sift_row};
use crate::viz::layout::order::state::Order;
use crate::viz::layout::table::{Id, real};

/// Layers that are shaken at once.
const WINDOW: usize = 3;
/// Times that a window and its neighbours are sifted, at most.
const SIFTS: usize = 6;
/// Times that all windows are shaken by all strengths without a gain.
const ROUNDS_IN_VAIN: usize = 4;
/// Places that a vertex may be shaken by, from the least to the most.
const STRENGTHS: [f64; 4] = [3.0, 5.0, 2.0, 8.0];

/// Shakes and sifts until that took `most_work`, or no window has been better for a whole
/// round; how many crossings that saves.
pub(crate) fn kick(order: &mut Order<'_>, most_work: usize, reach: usize) -> u64 {
    let n_rows = order.rows.len();
    let mut search = Search {
        random: Random(0),
        scratch: Scratch::default(),
        counter: Counter::default(),
        ends: Vec::new(),
        saved_rows: Vec::new(),
        shaken: Vec::new(),
        reach,
    };
    let mut saved = 0;
    let mut in_vain = 0;
    for round in 0.. {
        let strength = STRENGTHS.iter().cycle().nth(round % STRENGTHS.len()).copied().unwrap_or(1.0);
        for first in 0..n_rows {
            if search.scratch.work > most_work || in_vain > STRENGTHS.len() * n_rows * ROUNDS_IN_VAIN {
                return saved;
            }
            let gain = search.shake(order, first, strength);
            saved += gain;
            in_vain = if gain > 0 { 0 } else { in_vain + 1 };
        }
        if n_rows == 0 {
            break;
        }
    }
    saved
}

struct Search {
    random: Random,
    scratch: Scratch,
    counter: Counter,
    ends: Vec<u32>,
    /// The vertices of layers as they were.
    saved_rows: Vec<VertexId>,
    shaken: Vec<(f64, VertexId)>,
    reach: usize,
}

impl Search {
    /// Shakes and sifts the layers from `first` on; how many crossings that saves.
    fn shake(&mut self, order: &mut Order<'_>, first: usize, strength: f64) -> u64 {
        let n_rows = order.rows.len();
        let rows = |first: usize, last: usize| (first..last.min(n_rows)).map(RowId::from_position);
        let (sifted_first, sifted_last) = (first.saturating_sub(1), (first + WINDOW + 1).min(n_rows));
        // Everything that may change is between these layers.
        let (counted_first, counted_last) = (first.saturating_sub(2), sifted_last);
        let before: u64 = rows(counted_first, counted_last).map(|row| self.crossings(order, row)).sum();
        if before == 0 {
            self.scratch.work += WINDOW;
            return 0;
        }
        self.saved_rows.clear();
        for row in rows(sifted_first, sifted_last) {
            self.saved_rows.extend_from_slice(&order.rows[row]);
        }
        for row in rows(first, first + WINDOW) {
            self.shake_row(order, row, strength);
        }
        let mut after: u64 = rows(counted_first, counted_last).map(|row| self.crossings(order, row)).sum();
        for sift in 0..SIFTS {
            let mut gain = 0;
            for position in 0..sifted_last - sifted_first {
                let down = sift % 2 == 0;
                let row = if down { sifted_first + position } else { sifted_last - 1 - position };
                gain += sift_row(order, RowId::from_position(row), self.reach, &mut self.scratch);
            }
            after -= gain;
            if gain == 0 {
                break;
            }
        }
        if after < before {
            return before - after;
        }
        let mut old = self.saved_rows.as_slice();
        for row in rows(sifted_first, sifted_last) {
            let Some((vertices, rest)) = old.split_at_checked(order.rows[row].len()) else { break };
            order.rows[row].copy_from_slice(vertices);
            order.renumber(row);
            old = rest;
        }
        0
    }

    fn shake_row(&mut self, order: &mut Order<'_>, row: RowId, strength: f64) {
        self.shaken.clear();
        for (position, &vertex) in order.rows[row].iter().enumerate() {
            self.shaken.push((real(position) + self.random.next() * strength, vertex));
        }
        self.shaken.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (slot, &(_, vertex)) in order.rows[row].iter_mut().zip(&self.shaken) {
            *slot = vertex;
        }
        order.renumber(row);
    }

    fn crossings(&mut self, order: &Order<'_>, row: RowId) -> u64 {
        order.crossings_below(row, &mut self.counter, &mut self.ends)
    }
}

/// Numbers from 0 to 1 (splitmix64, after Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        f64::from(u32::try_from(mixed >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }
}
