//! Finds links to turn round so that no cycle is left: within strongly connected parts (Tarjan 1972), by the greedy order
//! of Eades, Lin and Smyth (1993), "A fast and effective heuristic for the feedback arc set problem".

use crate::viz::layout::problem::{ItemId, LinkId};
use crate::viz::layout::table::{Id, Lists, Table};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Which of `links`, pairs of two different items, to turn round; pairs may repeat.
pub(crate) fn links_to_turn(n_items: usize, links: &Table<LinkId, (ItemId, ItemId)>) -> Table<LinkId, bool> {
    let out = Lists::collect(n_items, links.iter().map(|&(from, to)| (from, to)));
    let mut turned = Table::new(links.len(), false);
    let (part, n_parts) = strong_parts(n_items, &out);
    if n_parts == n_items {
        return turned;
    }
    let into = Lists::collect(n_items, links.iter().map(|&(from, to)| (to, from)));
    let members = Lists::collect(n_parts, part.pairs().map(|(item, &part)| (part, item)));
    let mut greedy = Greedy {
        part: &part,
        out: &out,
        into: &into,
        left: Table::new(n_items, (0, 0)),
        placed: Table::new(n_items, false),
        rank: Table::new(n_items, 0),
    };
    for id in (0..n_parts).map(ItemId::from_position) {
        if members[id].len() > 1 {
            greedy.order(&members[id]);
        }
    }
    for (link, &(from, to)) in links.pairs() {
        turned[link] = part[from] == part[to] && greedy.rank[from] > greedy.rank[to];
    }
    turned
}

/// The strongly connected part of each item, and how many there are.
fn strong_parts(n_items: usize, out: &Lists<ItemId, ItemId>) -> (Table<ItemId, ItemId>, usize) {
    let mut search = Search {
        part: Table::new(n_items, None),
        number: Table::new(n_items, 0),
        low: Table::new(n_items, 0),
        open: Vec::new(),
        n_seen: 0,
        n_parts: 0,
    };
    for item in search.part.ids() {
        if search.number[item] == 0 {
            search.visit(item, out);
        }
    }
    let part = search.part.iter().map(|part| part.unwrap_or_default()).collect();
    (part, search.n_parts)
}

struct Search {
    part: Table<ItemId, Option<ItemId>>,
    /// When an item was first seen, from 1; 0 if it was not.
    number: Table<ItemId, u32>,
    low: Table<ItemId, u32>,
    open: Vec<ItemId>,
    n_seen: u32,
    n_parts: usize,
}

impl Search {
    fn visit(&mut self, start: ItemId, out: &Lists<ItemId, ItemId>) {
        let mut stack = vec![(start, out[start].iter())];
        self.see(start);
        while let Some((item, next)) = stack.last_mut() {
            let item = *item;
            if let Some(&to) = next.next() {
                if self.number[to] == 0 {
                    self.see(to);
                    stack.push((to, out[to].iter()));
                } else if self.part[to].is_none() {
                    self.low[item] = self.low[item].min(self.number[to]);
                }
                continue;
            }
            stack.pop();
            if let Some(&(above, _)) = stack.last() {
                self.low[above] = self.low[above].min(self.low[item]);
            }
            if self.low[item] == self.number[item] {
                self.close(item);
            }
        }
    }

    fn see(&mut self, item: ItemId) {
        self.n_seen += 1;
        self.number[item] = self.n_seen;
        self.low[item] = self.n_seen;
        self.open.push(item);
    }

    /// Everything that is open since `first` is one part.
    fn close(&mut self, first: ItemId) {
        let part = ItemId::from_position(self.n_parts);
        self.n_parts += 1;
        while let Some(item) = self.open.pop() {
            self.part[item] = Some(part);
            if item == first {
                break;
            }
        }
    }
}

/// Ranks the items of a part so that few links lead backwards.
struct Greedy<'a> {
    part: &'a Table<ItemId, ItemId>,
    out: &'a Lists<ItemId, ItemId>,
    into: &'a Lists<ItemId, ItemId>,
    /// How many links out and in an item has within its part, to items that are not placed.
    left: Table<ItemId, (usize, usize)>,
    placed: Table<ItemId, bool>,
    rank: Table<ItemId, u32>,
}

impl Greedy<'_> {
    /// Sinks go last, sources first, and if there are neither, the item with the most links out over links in goes first.
    /// The first in input order wins ties.
    fn order(&mut self, members: &[ItemId]) {
        let Some(&first) = members.first() else { return };
        let (part, out, into) = (self.part, self.out, self.into);
        let here = |item: &&ItemId| part[**item] == part[first];
        let mut by_surplus = BTreeSet::new();
        let mut ends = BTreeSet::new();
        for &item in members {
            self.left[item] = (out[item].iter().filter(here).count(), into[item].iter().filter(here).count());
            by_surplus.insert((surplus(self.left[item]), item));
        }
        let (mut low, mut high) = (0, u32::MAX);
        while let Some(item) = ends.pop_first().or_else(|| by_surplus.first().map(|&(_, item)| item)) {
            by_surplus.remove(&(surplus(self.left[item]), item));
            self.placed[item] = true;
            if self.left[item].0 == 0 {
                self.rank[item] = high;
                high -= 1;
            } else {
                self.rank[item] = low;
                low += 1;
            }
            for (lists, from_placed) in [(out, true), (into, false)] {
                for &other in lists[item].iter().filter(here) {
                    if self.placed[other] {
                        continue;
                    }
                    by_surplus.remove(&(surplus(self.left[other]), other));
                    let (outs, ins) = &mut self.left[other];
                    if from_placed {
                        *ins -= 1;
                    } else {
                        *outs -= 1;
                    }
                    if *outs == 0 || *ins == 0 {
                        ends.insert(other);
                    }
                    by_surplus.insert((surplus(self.left[other]), other));
                }
            }
        }
    }
}

fn surplus((outs, ins): (usize, usize)) -> Reverse<i64> {
    let signed = |count| i64::try_from(count).unwrap_or(i64::MAX);
    Reverse(signed(outs) - signed(ins))
}
