//! Finds fans: many small pieces of a problem that hang on the same hubs.

use crate::viz::layout::options::Options;
use crate::viz::layout::problem::{ItemId, Link, Problem};
use crate::viz::layout::sets::Sets;
use crate::viz::layout::table::{Lists, Table};
use std::collections::BTreeMap;

/// Links on one side that make an item a hub.
pub(crate) const HUB_LINKS: usize = 12;
/// Pieces that make a fan.
pub(crate) const LEAST_CELLS: usize = 16;
/// Items of a piece, at most.
const MOST_ITEMS: usize = 24;
/// Hubs of a piece, at most.
const MOST_HUBS: usize = 8;

/// Pieces that hang on the same hubs.
pub(crate) struct Fan {
    /// The items of each piece.
    pub(crate) cells: Vec<Vec<ItemId>>,
    pub(crate) hubs: Vec<Hub>,
    /// Whether each piece is a single item: then each has links with all hubs.
    pub(crate) is_simple: bool,
}

/// A place where links of a fan begin or end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hub {
    pub(crate) item: ItemId,
    pub(crate) end: HubEnd,
    /// The bits of the link's offset at the hub.
    offset: u64,
}

/// Which end of its links a hub is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum HubEnd {
    Source,
    Target,
}

impl Hub {
    pub(crate) fn source_of(link: &Link) -> Self {
        Self { item: link.from, end: HubEnd::Source, offset: link.from_offset.to_bits() }
    }

    pub(crate) fn target_of(link: &Link) -> Self {
        Self { item: link.to, end: HubEnd::Target, offset: link.to_offset.to_bits() }
    }

    /// Where links leave or enter the hub: to the right of its centre.
    pub(crate) fn offset(self) -> f64 {
        f64::from_bits(self.offset)
    }
}

/// The fans of a problem, in the order of their first items.
pub(crate) fn fans(problem: &Problem, options: &Options) -> Vec<Fan> {
    let is_hub = hubs(problem);
    if !is_hub.iter().any(|&hub| hub) {
        return Vec::new();
    }
    let n_items = problem.items.len();
    let is_member = |item: ItemId| !is_hub[item] && !problem.items[item].is_port();
    let mut sets = Sets::new(n_items);
    for link in problem.links.iter().filter(|link| is_member(link.from) && is_member(link.to)) {
        sets.join(link.from, link.to);
    }
    let roots: Table<ItemId, ItemId> = problem.items.ids().map(|item| sets.first(item)).collect();
    let pieces = Lists::collect(n_items, roots.pairs().map(|(item, &root)| (root, item)));
    let mut fits: Table<ItemId, bool> =
        problem.items.ids().map(|item| roots[item] == item && is_member(item)).collect();
    let mut hubs_of: Table<ItemId, Vec<Hub>> = Table::new(n_items, Vec::new());
    for link in problem.links.iter() {
        match (is_member(link.from), is_member(link.to)) {
            (false, true) if is_hub[link.from] => hubs_of[roots[link.to]].push(Hub::source_of(link)),
            (true, false) if is_hub[link.to] => hubs_of[roots[link.from]].push(Hub::target_of(link)),
            (false, true) => fits[roots[link.to]] = false,
            (true, false) => fits[roots[link.from]] = false,
            (true, true) | (false, false) => {}
        }
    }
    let mut alike: BTreeMap<(&[Hub], usize), Vec<Vec<ItemId>>> = BTreeMap::new();
    for hubs in hubs_of.iter_mut() {
        hubs.sort_unstable();
        hubs.dedup();
    }
    for (root, hubs) in hubs_of.pairs() {
        let fits = fits[root] && (1..=MOST_HUBS).contains(&hubs.len()) && pieces[root].len() <= MOST_ITEMS;
        if fits {
            alike.entry((hubs, pieces[root].len())).or_default().push(pieces[root].to_vec());
        }
    }
    let is_wide = |cells: &[Vec<ItemId>]| {
        let width = |item: &ItemId| problem.items[*item].size.width + options.box_gap;
        let widths = cells.iter().map(|cell| cell.iter().map(width).fold(0.0, f64::max));
        cells.len() >= LEAST_CELLS && widths.sum::<f64>() > options.wrap_width
    };
    let mut fans: Vec<Fan> = alike
        .into_iter()
        .filter(|(_, cells)| is_wide(cells))
        .map(|((hubs, n_items), cells)| Fan { cells, hubs: hubs.to_vec(), is_simple: n_items == 1 })
        .collect();
    fans.sort_by_key(|fan| fan.cells.first().and_then(|cell| cell.first().copied()));
    fans
}

fn hubs(problem: &Problem) -> Table<ItemId, bool> {
    let mut n_links: Table<ItemId, (usize, usize)> = Table::new(problem.items.len(), (0, 0));
    for link in problem.links.iter() {
        n_links[link.from].0 += 1;
        n_links[link.to].1 += 1;
    }
    n_links.iter().map(|&(out, into)| out.max(into) >= HUB_LINKS).collect()
}
