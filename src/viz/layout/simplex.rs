//! The network simplex of Gansner, Koutsofios, North and Vo (1993), "A technique for drawing directed graphs": the
//! placement with the least total length of arcs.
//!
//! A spanning tree of tight arcs stands for a placement. A tree arc whose cut has more weight backwards than forwards is
//! exchanged for the arc with the least slack backwards across that cut. Nodes are numbered in postorder of the tree, so
//! that a subtree is a range of numbers and its nodes lie side by side.

use crate::viz::layout::network::{Arc, ArcId, Network};
use crate::viz::layout::sets::Sets;
use crate::viz::layout::table::{Id, Table, ids, position};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Tree arcs to choose from at each pivot.
const CHOICES: usize = 24;

ids! {
    /// The number of a node in postorder of the tree.
    struct Visit;
}

/// Makes the arcs as cheap as they can be together; `places` must be valid. Stops after `most_work`, with what is best
/// then, or leaves `places` as they are if that is no better: a bound on time that does not depend on the machine.
pub(crate) fn shorten<I: Id + Ord + Default>(network: &Network<I>, places: &mut Table<I, i64>, most_work: usize) {
    let joined = connected(network, places);
    let mut tree = Tree::new(&joined, places);
    tree.pivot_until_done(most_work);
    if network.cost(&tree.places) < network.cost(places) {
        *places = tree.places;
    }
}

/// The network with arcs of no weight between its parts, which do not bind, because parts may move as a whole.
fn connected<I: Id + Ord + Default>(network: &Network<I>, places: &Table<I, i64>) -> Network<I> {
    let mut sets = Sets::new(network.n_nodes());
    let mut arcs = network.arcs.clone();
    for arc in network.arcs.iter() {
        sets.join(arc.tail, arc.head);
    }
    let first = I::default();
    for node in places.ids() {
        if sets.first(node) != sets.first(first) {
            sets.join(first, node);
            arcs.push(Arc { tail: first, head: node, weight: 0, length: places[node] - places[first] });
        }
    }
    Network::new(network.n_nodes(), arcs)
}

struct Tree<'a, I> {
    network: &'a Network<I>,
    places: Table<I, i64>,
    /// The tree arc to the parent; none for the root.
    parent_arc: Table<I, Option<ArcId>>,
    first_child: Table<I, Option<I>>,
    next: Table<I, Option<I>>,
    previous: Table<I, Option<I>>,
    /// The least and the last number in the subtree of an node; the last is its own.
    low: Table<I, u32>,
    last: Table<I, u32>,
    by_visit: Table<Visit, I>,
    /// Weight of arcs out of the subtree of an node less that of arcs into it.
    surplus: Table<I, i64>,
    work: usize,
}

impl<'a, I: Id + Ord + Default> Tree<'a, I> {
    fn new(network: &'a Network<I>, places: &Table<I, i64>) -> Self {
        let n_nodes = network.n_nodes();
        let mut tree = Self {
            network,
            places: places.clone(),
            parent_arc: Table::new(n_nodes, None),
            first_child: Table::new(n_nodes, None),
            next: Table::new(n_nodes, None),
            previous: Table::new(n_nodes, None),
            low: Table::new(n_nodes, 0),
            last: Table::new(n_nodes, 0),
            by_visit: Table::new(n_nodes, I::default()),
            surplus: Table::new(n_nodes, 0),
            work: 0,
        };
        if n_nodes > 0 {
            tree.grow(I::default());
            tree.number_from(I::default(), 0);
            tree.add_up();
        }
        tree
    }

    /// Grows the tree from `root` by the arc with the least slack, and moves the tree so that the arc becomes tight.
    ///
    /// Places of nodes in the tree are less by `shift` until the end; that is cheaper than to move the whole tree.
    fn grow(&mut self, root: I) {
        let mut in_tree = Table::new(self.places.len(), false);
        let mut shift = 0;
        let mut heaps = Heaps::default();
        in_tree[root] = true;
        heaps.add(root, self.network, &self.places, &in_tree);
        while let Some((slack, arc, leads_out)) = heaps.pop(shift, self.network, &in_tree) {
            shift += if leads_out { slack } else { -slack };
            let Arc { tail, head, .. } = self.network.arcs[arc];
            let (inner, outer) = if leads_out { (tail, head) } else { (head, tail) };
            self.places[outer] -= shift;
            in_tree[outer] = true;
            self.parent_arc[outer] = Some(arc);
            self.adopt(outer, inner);
            heaps.add(outer, self.network, &self.places, &in_tree);
        }
        for place in self.places.iter_mut() {
            *place += shift;
        }
    }

    /// Numbers the subtree of `top` in postorder, from `first`.
    fn number_from(&mut self, top: I, first: u32) {
        let mut number = first;
        let mut node = top;
        self.low[node] = number;
        loop {
            while let Some(child) = self.first_child[node] {
                node = child;
                self.low[node] = number;
            }
            loop {
                self.last[node] = number;
                self.by_visit[Visit(number)] = node;
                number += 1;
                if node == top {
                    self.work += position(number - first);
                    return;
                }
                if let Some(next) = self.next[node] {
                    node = next;
                    self.low[node] = number;
                    break;
                }
                let Some(parent) = self.parent(node) else { return };
                node = parent;
            }
        }
    }

    /// The surplus of each subtree: arcs within it cancel out.
    fn add_up(&mut self) {
        for node in self.by_visit.iter().copied() {
            self.surplus[node] += self.network.pull(node);
            if let Some(parent) = self.parent(node) {
                self.surplus[parent] += self.surplus[node];
            }
        }
    }

    fn pivot_until_done(&mut self, most_work: usize) {
        let mut next = 0;
        while self.work < most_work {
            let Some(child) = self.leaving(&mut next) else { return };
            let Some((arc, slack)) = self.entering(child) else { return };
            self.exchange(child, arc, slack);
        }
    }

    /// The node above which to cut: the least cut value among the first few negative ones after `next`.
    fn leaving(&mut self, next: &mut usize) -> Option<I> {
        let n_nodes = self.places.len();
        let mut best: Option<(i64, I)> = None;
        let mut n_found = 0;
        for _ in 0..n_nodes {
            let node = I::from_position(*next);
            *next = if *next + 1 < n_nodes { *next + 1 } else { 0 };
            self.work += 1;
            let Some(value) = self.cut_value(node) else { continue };
            if value >= 0 {
                continue;
            }
            if best.is_none_or(|(least, _)| value < least) {
                best = Some((value, node));
            }
            n_found += 1;
            if n_found == CHOICES {
                break;
            }
        }
        best.map(|(_, node)| node)
    }

    /// What one layer more for the arc above `node` costs; negative if it saves.
    fn cut_value(&self, node: I) -> Option<i64> {
        let arc = self.parent_arc[node]?;
        let surplus = self.surplus[node];
        Some(if self.network.arcs[arc].tail == node { surplus } else { -surplus })
    }

    /// The arc with the least slack that crosses the cut above `child` against the arc there.
    fn entering(&mut self, child: I) -> Option<(ArcId, i64)> {
        let child_is_tail = self.parent_arc[child].is_some_and(|arc| self.network.arcs[arc].tail == child);
        let mut best: Option<(i64, ArcId)> = None;
        for number in self.low[child]..=self.last[child] {
            let node = self.by_visit[Visit(number)];
            let arcs = if child_is_tail { &self.network.into[node] } else { &self.network.out[node] };
            self.work += 1 + arcs.len();
            for &id in arcs {
                let Arc { tail, head, .. } = self.network.arcs[id];
                let other = if child_is_tail { tail } else { head };
                let slack = self.network.slack(id, &self.places);
                if !self.contains(child, other) && best.is_none_or(|(least, _)| slack < least) {
                    best = Some((slack, id));
                }
            }
        }
        best.map(|(slack, id)| (id, slack))
    }

    /// Takes the arc above `child` out of the tree and `arc` in.
    fn exchange(&mut self, child: I, arc: ArcId, slack: i64) {
        let Some(old_parent) = self.parent(child) else { return };
        let Arc { tail, head, .. } = self.network.arcs[arc];
        let arc_leads_out = self.contains(child, tail);
        let (inner, outer) = if arc_leads_out { (tail, head) } else { (head, tail) };
        self.shift(child, if arc_leads_out { slack } else { -slack });

        // Subtrees between the old and the new place lose or gain what is below `child`.
        let moved = self.surplus[child];
        let mut ancestor = old_parent;
        while !self.contains(ancestor, outer) {
            self.surplus[ancestor] -= moved;
            let Some(parent) = self.parent(ancestor) else { break };
            ancestor = parent;
        }
        let common = ancestor;
        let mut gaining = outer;
        while gaining != common {
            self.surplus[gaining] += moved;
            let Some(parent) = self.parent(gaining) else { break };
            gaining = parent;
        }

        // The path from `inner` to `child` turns round.
        let (mut node, mut new_parent, mut new_arc) = (inner, outer, arc);
        let mut below = 0;
        loop {
            let (above, above_arc) = (self.parent(node), self.parent_arc[node]);
            let own = self.surplus[node];
            self.surplus[node] = moved - below;
            below = own;
            self.abandon(node);
            self.parent_arc[node] = Some(new_arc);
            self.adopt(node, new_parent);
            let (Some(above), Some(above_arc)) = (above, above_arc) else { break };
            if node == child {
                break;
            }
            (new_parent, new_arc, node) = (node, above_arc, above);
        }
        self.number_from(common, self.low[common]);
    }

    /// Moves the subtree of `node` by `layers`, or everything else the other way, whichever is less.
    fn shift(&mut self, node: I, layers: i64) {
        if layers == 0 {
            return;
        }
        let (low, last) = (position(self.low[node]), position(self.last[node]) + 1);
        let (before, rest) = self.by_visit.as_slice().split_at(low);
        let (inside, after) = rest.split_at(last - low);
        if 2 * inside.len() <= self.places.len() {
            for &member in inside {
                self.places[member] += layers;
            }
        } else {
            for &member in before.iter().chain(after) {
                self.places[member] -= layers;
            }
        }
    }

    fn contains(&self, top: I, node: I) -> bool {
        (self.low[top]..=self.last[top]).contains(&self.last[node])
    }

    fn parent(&self, node: I) -> Option<I> {
        let Arc { tail, head, .. } = self.network.arcs[self.parent_arc[node]?];
        Some(if tail == node { head } else { tail })
    }

    /// Makes `node` the first child of `parent`.
    fn adopt(&mut self, node: I, parent: I) {
        let sibling = self.first_child[parent];
        self.next[node] = sibling;
        self.previous[node] = None;
        if let Some(sibling) = sibling {
            self.previous[sibling] = Some(node);
        }
        self.first_child[parent] = Some(node);
    }

    /// Takes `node` out of its parent's children.
    fn abandon(&mut self, node: I) {
        let (previous, next) = (self.previous[node], self.next[node]);
        if let Some(next) = next {
            self.previous[next] = previous;
        }
        match (previous, self.parent(node)) {
            (Some(previous), _) => self.next[previous] = next,
            (None, Some(parent)) => self.first_child[parent] = next,
            (None, None) => {}
        }
    }
}

/// Arcs that lead out of the growing tree and into it, by slack up to the tree's shift.
#[derive(Default)]
struct Heaps {
    out: BinaryHeap<Reverse<(i64, ArcId)>>,
    into: BinaryHeap<Reverse<(i64, ArcId)>>,
}

impl Heaps {
    /// Adds the arcs of an node that has just joined the tree.
    fn add<I: Id>(&mut self, node: I, network: &Network<I>, places: &Table<I, i64>, in_tree: &Table<I, bool>) {
        let slack = |id: ArcId| network.slack(id, places);
        self.out.extend(
            network.out[node].iter().filter(|&&id| !in_tree[network.arcs[id].head]).map(|&id| Reverse((slack(id), id))),
        );
        self.into.extend(
            network.into[node]
                .iter()
                .filter(|&&id| !in_tree[network.arcs[id].tail])
                .map(|&id| Reverse((slack(id), id))),
        );
    }

    /// The arc with the least slack, that slack, and whether the arc leads out of the tree.
    fn pop<I: Id>(&mut self, shift: i64, network: &Network<I>, in_tree: &Table<I, bool>) -> Option<(i64, ArcId, bool)> {
        while self.out.peek().is_some_and(|Reverse((_, id))| in_tree[network.arcs[*id].head]) {
            self.out.pop();
        }
        while self.into.peek().is_some_and(|Reverse((_, id))| in_tree[network.arcs[*id].tail]) {
            self.into.pop();
        }
        let out = self.out.peek().map(|Reverse((key, id))| (key - shift, *id, true));
        let into = self.into.peek().map(|Reverse((key, id))| (key + shift, *id, false));
        match (out, into) {
            (Some(out), Some(into)) => Some(if out.0 <= into.0 { out } else { into }),
            (out, into) => out.or(into),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::layout::problem::ItemId;
    use proptest::prelude::*;

    type Arcs = Vec<(usize, usize, i64, i64)>;

    fn network(n: usize, arcs: &Arcs) -> Network<ItemId> {
        let arcs = arcs.iter().filter(|(a, b, ..)| a != b).map(|&(a, b, weight, length)| Arc {
            tail: ItemId::from_position(a.min(b)),
            head: ItemId::from_position(a.max(b)),
            weight,
            length,
        });
        Network::new(n, arcs.collect())
    }

    /// Places in the order of numbers, which no arc leads against.
    fn valid(network: &Network<ItemId>) -> Table<ItemId, i64> {
        let mut places = Table::new(network.n_nodes(), 0);
        for node in places.ids() {
            let least = |&arc: &ArcId| places[network.arcs[arc].tail] + network.arcs[arc].length;
            places[node] = network.into[node].iter().map(least).max().unwrap_or(0);
        }
        places
    }

    /// The least cost of all placements on 0..=most.
    fn brute_force(network: &Network<ItemId>, most: i64) -> i64 {
        let n = network.n_nodes();
        let mut places: Table<ItemId, i64> = Table::new(n, 0);
        let mut least = i64::MAX;
        loop {
            if network.arcs.pairs().all(|(id, _)| network.slack(id, &places) >= 0) {
                least = least.min(network.cost(&places));
            }
            let Some(node) = places.ids().find(|&node| places[node] < most) else { return least };
            places[node] += 1;
            for before in 0..node.position() {
                places[ItemId::from_position(before)] = 0;
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn cost_is_the_least_there_is(
            n in 1_usize..6,
            arcs in prop::collection::vec((0_usize..6, 0_usize..6, 0_i64..4, 0_i64..3), 0..10),
        ) {
            let arcs: Arcs = arcs.into_iter().map(|(a, b, w, l)| (a % n, b % n, w, l)).collect();
            let network = network(n, &arcs);
            let mut places = valid(&network);
            let most = places.iter().copied().max().unwrap_or(0).max(4);
            shorten(&network, &mut places, 1_000_000);
            prop_assert!(network.arcs.pairs().all(|(id, _)| network.slack(id, &places) >= 0));
            prop_assert_eq!(network.cost(&places), brute_force(&network, most.min(6)).min(network.cost(&places)));
        }

        /// What pivots keep up to date is what a fresh count gives.
        #[test]
        fn pivots_keep_numbers_and_surplus(
            arcs in prop::collection::vec((0_usize..40, 0_usize..40, 0_i64..4, 0_i64..5), 0..120),
        ) {
            let network = network(40, &arcs);
            let places = valid(&network);
            let joined = connected(&network, &places);
            let mut tree = Tree::new(&joined, &places);
            tree.pivot_until_done(1_000_000);
            let surplus = tree.surplus.clone();
            let last = tree.last.clone();
            tree.surplus = Table::new(40, 0);
            tree.number_from(ItemId::default(), 0);
            tree.add_up();
            prop_assert_eq!(surplus.as_slice(), tree.surplus.as_slice());
            prop_assert_eq!(last.as_slice(), tree.last.as_slice());
            prop_assert!(tree.places.ids().all(|node| tree.cut_value(node).is_none_or(|value| value >= 0)));
        }

        /// With a bound on work, places are no worse than before.
        #[test]
        fn a_bound_on_work_keeps_places_valid(
            arcs in prop::collection::vec((0_usize..60, 0_usize..60, 0_i64..4, 0_i64..5), 0..150),
            work in 0_usize..5_000,
        ) {
            let network = network(60, &arcs);
            let mut places = valid(&network);
            let before = network.cost(&places);
            shorten(&network, &mut places, work);
            prop_assert!(network.arcs.pairs().all(|(id, _)| network.slack(id, &places) >= 0));
            prop_assert!(network.cost(&places) <= before);
        }
    }
}
