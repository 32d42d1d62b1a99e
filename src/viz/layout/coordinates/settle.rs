//! Shortens segments after the alignment, which spreads vertices more than they need.
//!
//! Straight runs of cuts move as a whole, within the space that their neighbours leave, until they are between the ends
//! of their link. Items move to the median of their neighbours above and below, or stay if they are among the medians;
//! items that want the same place stand symmetrically about it (isotonic regression by medians, with the pool of adjacent
//! violators of Ayer et al. 1955). Both steps keep the order and the distances within layers, and shorten the sum of
//! horizontal lengths, as the last step of Gansner, Koutsofios, North and Vo (1993) does exactly.

use crate::viz::layout::coordinates::compact::Apart;
use crate::viz::layout::layers::{Arc, RowId, VertexId};
use crate::viz::layout::order::Order;
use crate::viz::layout::table::{Id, Table, position};

/// Rounds of both steps.
const ROUNDS: usize = 2;
/// Cuts this close stand straight above each other.
const STRAIGHT: f64 = 0.01;

/// Shortens segments; `x` must keep `apart`, and does so afterwards.
pub(crate) fn settle(order: &Order<'_>, apart: &Apart<'_>, x: &mut Table<VertexId, f64>) {
    let mut settling = Settling::new(order, apart, x, Goal::Nearest);
    for round in 0..ROUNDS {
        settling.move_runs();
        let rows = order.row_ids();
        if round % 2 == 0 {
            rows.for_each(|row| settling.move_items(row));
        } else {
            rows.rev().for_each(|row| settling.move_items(row));
        }
    }
    settling.move_runs();
}

/// Moves items that have neighbours above alone, or below alone, to the middle of their medians, and nothing else.
pub(crate) fn centre_ends(order: &Order<'_>, apart: &Apart<'_>, x: &mut Table<VertexId, f64>) {
    let mut settling = Settling::new(order, apart, x, Goal::Middle);
    for row in order.row_ids() {
        settling.move_items(row);
    }
}

/// Where an item wants to be if that makes no difference for its segments' lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    /// As near as can be to where it is.
    Nearest,
    Middle,
}

struct Settling<'a, 'x> {
    order: &'a Order<'a>,
    apart: &'a Apart<'a>,
    x: &'x mut Table<VertexId, f64>,
    goal: Goal,
    pool: Pool,
    /// Items between two cuts, with the distance from the first one at least, and where they want to be.
    wishes: Vec<(VertexId, f64, f64)>,
    near: Vec<f64>,
}

impl<'a, 'x> Settling<'a, 'x> {
    fn new(order: &'a Order<'a>, apart: &'a Apart<'a>, x: &'x mut Table<VertexId, f64>, goal: Goal) -> Self {
        Self { order, apart, x, goal, pool: Pool::default(), wishes: Vec::new(), near: Vec::new() }
    }

    fn move_runs(&mut self) {
        for &(first, count) in &self.order.layers.chains {
            let cut = |number: usize| VertexId::from_position(first.position() + number);
            let count = position(count);
            let mut start = 0;
            while start < count {
                let straight = |&end: &usize| (self.x[cut(end)] - self.x[cut(start)]).abs() < STRAIGHT;
                let end = (start + 1..count).take_while(straight).last().unwrap_or(start);
                self.move_run(cut(start), cut(end));
                start = end + 1;
            }
        }
    }

    /// Moves the cuts from `first` to `last` between what is above and below them.
    fn move_run(&mut self, first: VertexId, last: VertexId) {
        let layers = self.order.layers;
        let now = self.x[first];
        let wishes = layers.up[first].iter().chain(&layers.down[last]).map(|arc| self.wish_of(arc));
        let (low, high) =
            wishes.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), wish| (low.min(wish), high.max(wish)));
        if low > high {
            return;
        }
        let wish = now.clamp(low, high);
        if (wish - now).abs() < STRAIGHT {
            return;
        }
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        let run = || (first.position()..=last.position()).map(VertexId::from_position);
        for vertex in run() {
            let (left, right) = self.neighbours(vertex);
            if let Some(left) = left {
                low = low.max(self.x[left] + (self.apart)(left, vertex));
            }
            if let Some(right) = right {
                high = high.min(self.x[right] - (self.apart)(vertex, right));
            }
        }
        // Only towards the wish, if rounding has left no room.
        let to = if wish < now { wish.max(low).min(now) } else { wish.min(high).max(now) };
        for vertex in run() {
            self.x[vertex] = to;
        }
    }

    fn stays(&self, vertex: VertexId) -> bool {
        let layers = self.order.layers;
        match self.goal {
            Goal::Nearest => layers.is_cut(vertex),
            Goal::Middle => !layers.up[vertex].is_empty() && !layers.down[vertex].is_empty(),
        }
    }

    /// Moves the items of a layer; cuts stay.
    fn move_items(&mut self, row: RowId) {
        let order = self.order;
        let mut before = None;
        self.wishes.clear();
        for &vertex in &order.rows[row] {
            if self.stays(vertex) {
                self.place_wishes(before, Some(vertex));
                before = Some(vertex);
                continue;
            }
            let from_first = match self.wishes.last() {
                Some(&(left, distance, _)) => distance + (self.apart)(left, vertex),
                None => 0.0,
            };
            let wish = self.wish(vertex);
            self.wishes.push((vertex, from_first, wish));
        }
        self.place_wishes(before, None);
    }

    /// Places the items of `wishes`, which stand between two cuts.
    fn place_wishes(&mut self, left: Option<VertexId>, right: Option<VertexId>) {
        let (Some(&(first, ..)), Some(&(last, whole, _))) = (self.wishes.first(), self.wishes.last()) else { return };
        let low = left.map_or(f64::NEG_INFINITY, |left| self.x[left] + (self.apart)(left, first));
        let high = right.map_or(f64::INFINITY, |right| self.x[right] - (self.apart)(last, right) - whole).max(low);
        self.pool.clear();
        for &(_, from_first, wish) in &self.wishes {
            self.pool.add(wish - from_first);
        }
        for ((vertex, from_first, _), place) in self.wishes.drain(..).zip(self.pool.places()) {
            self.x[vertex] = place.clamp(low, high) + from_first;
        }
    }

    /// Where an item wants to be, among the medians of its neighbours.
    fn wish(&mut self, vertex: VertexId) -> f64 {
        let layers = self.order.layers;
        let now = self.x[vertex];
        let mut near = std::mem::take(&mut self.near);
        near.clear();
        near.extend(layers.up[vertex].iter().chain(&layers.down[vertex]).map(|arc| self.wish_of(arc)));
        near.sort_unstable_by(f64::total_cmp);
        let low = near.get(near.len().saturating_sub(1) / 2).copied().unwrap_or(now);
        let high = near.get(near.len() / 2).copied().unwrap_or(now);
        self.near = near;
        match self.goal {
            Goal::Nearest => now.clamp(low, high),
            Goal::Middle => (low + high) / 2.0,
        }
    }

    /// Where the near end of a segment would have to be for it to be straight.
    fn wish_of(&self, arc: &Arc) -> f64 {
        let segment = &self.order.layers.segments[arc.segment];
        let offset = segment.upper_offset - segment.lower_offset;
        self.x[arc.other] + if arc.other == segment.upper { offset } else { -offset }
    }

    fn neighbours(&self, vertex: VertexId) -> (Option<VertexId>, Option<VertexId>) {
        let row = &self.order.rows[self.order.layers.row_of[vertex]];
        let index = position(self.order.index[vertex]);
        (index.checked_sub(1).and_then(|left| row.get(left).copied()), row.get(index + 1).copied())
    }
}

/// Places that do not descend, each group of them at the median of what its members want.
#[derive(Default)]
struct Pool {
    groups: Vec<Group>,
    free: Vec<Vec<f64>>,
}

/// Neighbours that stand as close as they may.
struct Group {
    /// Ascending.
    wishes: Vec<f64>,
    place: f64,
}

impl Pool {
    fn clear(&mut self) {
        self.free.extend(self.groups.drain(..).map(|group| group.wishes));
    }

    fn add(&mut self, wish: f64) {
        let mut wishes = self.free.pop().unwrap_or_default();
        wishes.clear();
        wishes.push(wish);
        let mut group = Group { wishes, place: wish };
        while let Some(mut before) = self.groups.pop_if(|before| before.place > group.place) {
            before.take_in(group, &mut self.free);
            group = before;
        }
        self.groups.push(group);
    }

    /// The place of each wish, in the order they were added.
    fn places(&self) -> impl Iterator<Item = f64> {
        self.groups.iter().flat_map(|group| std::iter::repeat_n(group.place, group.wishes.len()))
    }
}

impl Group {
    fn take_in(&mut self, mut other: Self, free: &mut Vec<Vec<f64>>) {
        if self.wishes.len() < other.wishes.len() {
            std::mem::swap(&mut self.wishes, &mut other.wishes);
        }
        for wish in other.wishes.drain(..) {
            let at = self.wishes.partition_point(|&own| own < wish);
            self.wishes.insert(at, wish);
        }
        free.push(other.wishes);
        let at = |position: usize| self.wishes.get(position).copied().unwrap_or(self.place);
        self.place = (at((self.wishes.len() - 1) / 2) + at(self.wishes.len() / 2)) / 2.0;
    }
}
