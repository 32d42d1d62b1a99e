//! Gives each item its layer so that links are short: network simplex, or for large problems longest paths that are then
//! tightened.

use crate::viz::layout::network::{Arc, Network};
use crate::viz::layout::problem::{ItemId, Kind, Problem};
use crate::viz::layout::rank::tighten;
use crate::viz::layout::sets::Sets;
use crate::viz::layout::simplex::shorten;
use crate::viz::layout::table::{Id, Table, number};

/// The network simplex takes problems up to this many items and links, and gives up after so much work that its part of
/// the time stays small; what it has then is a valid ranking.
const MOST_FOR_SIMPLEX: usize = 30_000;
/// Items and arcs that the simplex may look at.
const MOST_WORK: usize = 3_000_000;

/// The layer of each item, from 0. Links lead at least one layer down; ports have the first and the last layer.
pub(crate) fn ranks(problem: &Problem) -> Table<ItemId, u32> {
    let network = Network::between_bodies(problem);
    let mut ranks = network.longest_paths();
    tighten::tighten(&network, &mut ranks);
    if problem.items.len() + network.arcs.len() <= MOST_FOR_SIMPLEX {
        shorten(&network, &mut ranks, MOST_WORK);
    }
    tighten::balance(&network, &mut ranks);
    with_ports(problem, &network, &ranks)
}

impl Network<ItemId> {
    fn between_bodies(problem: &Problem) -> Self {
        let n_items = problem.items.len();
        let mut pairs: Vec<(ItemId, ItemId)> = problem
            .links
            .iter()
            .filter(|link| !problem.items[link.from].is_port() && !problem.items[link.to].is_port())
            .map(|link| (link.from, link.to))
            .collect();
        pairs.sort_unstable();
        let arcs = pairs
            .chunk_by(|a, b| a == b)
            .filter_map(|same| same.first().map(|&(tail, head)| (tail, head, number(same.len()))))
            .map(|(tail, head, weight)| Arc { tail, head, weight: i64::from(weight), length: 1 })
            .collect();
        Self::new(n_items, arcs)
    }

    /// The least layer of each item, by Kahn's order.
    fn longest_paths(&self) -> Table<ItemId, i64> {
        let n_items = self.n_nodes();
        let mut ranks = Table::new(n_items, 0);
        let mut n_waiting: Table<ItemId, usize> =
            (0..n_items).map(|item| self.into[ItemId::from_position(item)].len()).collect();
        let mut ready: Vec<ItemId> = n_waiting.pairs().filter(|&(_, &n)| n == 0).map(|(item, _)| item).collect();
        while let Some(item) = ready.pop() {
            for &arc in &self.out[item] {
                let head = self.arcs[arc].head;
                ranks[head] = ranks[head].max(ranks[item] + 1);
                n_waiting[head] -= 1;
                if n_waiting[head] == 0 {
                    ready.push(head);
                }
            }
        }
        ranks
    }

    /// The layers that an item may have while all others keep theirs; no bound where it has no arcs.
    pub(crate) fn room(&self, item: ItemId, ranks: &Table<ItemId, i64>) -> (Option<i64>, Option<i64>) {
        let low = self.into[item].iter().map(|&arc| ranks[self.arcs[arc].tail] + self.arcs[arc].length).max();
        let high = self.out[item].iter().map(|&arc| ranks[self.arcs[arc].head] - self.arcs[arc].length).min();
        (low, high)
    }
}

/// Lets each connected part begin at the top, or end at the bottom if it has bottom ports alone; then adds the ports.
fn with_ports(problem: &Problem, network: &Network<ItemId>, ranks: &Table<ItemId, i64>) -> Table<ItemId, u32> {
    let mut sets = Sets::new(problem.items.len());
    for arc in network.arcs.iter() {
        sets.join(arc.tail, arc.head);
    }
    let roots: Table<ItemId, ItemId> = problem.items.ids().map(|item| sets.first(item)).collect();
    let mut parts = Table::new(problem.items.len(), Part { low: i64::MAX, high: i64::MIN, top: false, bottom: false });
    for (item, &root) in roots.pairs() {
        let part = &mut parts[root];
        part.low = part.low.min(ranks[item]);
        part.high = part.high.max(ranks[item]);
    }
    for link in problem.links.iter() {
        parts[roots[link.to]].top |= problem.items[link.from].kind == Kind::TopPort;
        parts[roots[link.from]].bottom |= problem.items[link.to].kind == Kind::BottomPort;
    }
    let bodies = || problem.items.pairs().filter(|(_, item)| !item.is_port());
    let height = bodies().map(|(item, _)| parts[roots[item]].high - parts[roots[item]].low).max().unwrap_or(-1);
    let first = i64::from(problem.items.iter().any(|item| item.kind == Kind::TopPort));
    let rank = |item: ItemId, kind: Kind| match kind {
        Kind::TopPort => 0,
        Kind::BottomPort => first + height + 1,
        Kind::Body => {
            let part = parts[roots[item]];
            let shift = if part.bottom && !part.top { height - part.high } else { -part.low };
            first + ranks[item] + shift
        }
    };
    problem.items.pairs().map(|(id, item)| u32::try_from(rank(id, item.kind)).unwrap_or(0)).collect()
}

/// A connected part of the bodies.
#[derive(Clone, Copy)]
struct Part {
    low: i64,
    high: i64,
    /// Whether a top port, or a bottom port, has a link to it.
    top: bool,
    bottom: bool,
}
