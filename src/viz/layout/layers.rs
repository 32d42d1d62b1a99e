//! The layered graph: each link is cut at every layer that it crosses, by a vertex without size.
//!
//! Long links from one place share their cuts as far as they go, if they are [`TRUNK`] or more, and so do long links to one
//! place: a parameter that many nodes read, or what gathers many results, has one trunk instead of a bundle of lines.
//!
//! So that memory stays linear, there are at most [`CUTS`] cuts for each item and link. When that does not do, the longest
//! links are not cut at all: they run down the side of the picture, in a lane that several of them share one after the
//! other.

use crate::viz::layout::problem::{ItemId, Link, LinkId, Problem};
use crate::viz::layout::table::{Id, Lists, Table, ids, number, position};
use std::collections::BTreeMap;

/// Cuts for each item and link, at most.
const CUTS: usize = 4;

/// Long links that share their cuts.
const TRUNK: usize = 3;

ids! {
    /// An item, with the same number, or a cut of a link.
    pub(crate) struct VertexId;
    /// The number of a layer, from the top.
    pub(crate) struct RowId;
    /// The part of a link between two neighbouring layers.
    pub(crate) struct SegmentId;
}

/// Vertices in layers, and the segments between neighbouring layers.
pub(crate) struct Layers {
    pub(crate) n_items: usize,
    pub(crate) row_of: Table<VertexId, RowId>,
    pub(crate) width: Table<VertexId, f64>,
    pub(crate) n_rows: usize,
    pub(crate) segments: Table<SegmentId, Segment>,
    /// The segments of a vertex to the layer above.
    pub(crate) up: Lists<VertexId, Arc>,
    /// The segments of a vertex to the layer below.
    pub(crate) down: Lists<VertexId, Arc>,
    /// How many places there are at the top and the bottom of a vertex where segments begin, if more than one.
    pub(crate) n_places: Lists<VertexId, Sides>,
    /// How each link runs.
    pub(crate) routes: Table<LinkId, Route>,
    /// Cuts that follow each other from layer to layer: the first one, and how many.
    pub(crate) chains: Vec<(VertexId, u32)>,
}

/// Part of a link between two neighbouring layers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) upper: VertexId,
    pub(crate) lower: VertexId,
    /// Where it begins and ends: to the right of the vertices' centres.
    pub(crate) upper_offset: f64,
    pub(crate) lower_offset: f64,
}

/// A segment as one of its vertices sees it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Arc {
    pub(crate) other: VertexId,
    /// Which of the places of `other` the segment uses, from the left.
    pub(crate) place: u32,
    pub(crate) segment: SegmentId,
}

/// Numbers of places on the two sides of a vertex.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sides {
    pub(crate) top: u32,
    pub(crate) bottom: u32,
}

/// How a link runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Route {
    /// Through so many cuts from the first one, which have numbers in a row.
    Cuts { first: VertexId, count: u32 },
    /// Down the side.
    Side,
}

impl Layers {
    pub(crate) fn new(problem: &Problem, ranks: &Table<ItemId, u32>) -> Self {
        let n_items = problem.items.len();
        let longest = longest_to_cut(problem, ranks);
        let places = Places::new(problem, ranks, longest);
        let mut draft = Draft {
            places: &places,
            row_of: ranks.iter().map(|&rank| RowId(rank)).collect(),
            segments: Table::default(),
            ends: Vec::new(),
            chains: Vec::new(),
        };
        let mut trunks = Trunks::new(problem, ranks, longest);
        let mut routes = Table::default();
        for link in problem.links.iter() {
            let (top, bottom) = (ranks[link.from], ranks[link.to]);
            let span = bottom.saturating_sub(top);
            if span == 0 || span > longest {
                routes.push(Route::Side);
                continue;
            }
            let from = (vertex(link.from), link.from_offset);
            let to = (vertex(link.to), link.to_offset);
            let mut first = VertexId::default();
            if span == 1 {
                draft.join(from, to);
            } else if let Some(trunk) = trunks.of(link) {
                first = trunk.pass(&mut draft, from, to, top + 1..bottom);
            } else {
                first = draft.chain(top + 1..bottom);
                draft.join(from, (first, 0.0));
                draft.join((draft.last_cut(), 0.0), to);
            }
            routes.push(Route::Cuts { first, count: span - 1 });
        }
        let Draft { row_of, segments, ends, chains, .. } = draft;
        let n_vertices = row_of.len();
        let arcs = || ends.iter().map(|&(upper_place, lower_place, id)| (segments[id], upper_place, lower_place, id));
        let up = Lists::collect(
            n_vertices,
            arcs().map(|(segment, place, _, id): (Segment, u32, u32, SegmentId)| {
                (segment.lower, Arc { other: segment.upper, place, segment: id })
            }),
        );
        let down = Lists::collect(
            n_vertices,
            arcs().map(|(segment, _, place, id)| (segment.upper, Arc { other: segment.lower, place, segment: id })),
        );
        let width = problem.items.iter().map(|item| item.size.width).chain(std::iter::repeat(0.0)).take(n_vertices);
        Self {
            n_items,
            width: width.collect(),
            n_rows: row_of.iter().map(|row| position(row.0) + 1).max().unwrap_or(0),
            row_of,
            segments,
            up,
            down,
            n_places: places.counts(n_vertices),
            routes,
            chains,
        }
    }

    pub(crate) fn is_cut(&self, vertex: VertexId) -> bool {
        vertex.position() >= self.n_items
    }

    pub(crate) fn n_vertices(&self) -> usize {
        self.row_of.len()
    }
}

/// The layered graph as it grows.
struct Draft<'a> {
    places: &'a Places,
    row_of: Table<VertexId, RowId>,
    segments: Table<SegmentId, Segment>,
    /// The places of each segment at its two ends.
    ends: Vec<(u32, u32, SegmentId)>,
    chains: Vec<(VertexId, u32)>,
}

impl Draft<'_> {
    /// A segment between two vertices, each with the offset there.
    fn join(&mut self, (upper, upper_offset): (VertexId, f64), (lower, lower_offset): (VertexId, f64)) {
        let id = self.segments.push(Segment { upper, lower, upper_offset, lower_offset });
        let upper_place = self.places.find(&self.places.bottom, upper, upper_offset);
        let lower_place = self.places.find(&self.places.top, lower, lower_offset);
        self.ends.push((upper_place, lower_place, id));
    }

    /// Cuts in the layers `rows`, of which there is one at least, with segments between them; the first one.
    fn chain(&mut self, rows: std::ops::Range<u32>) -> VertexId {
        let first = VertexId::from_position(self.row_of.len());
        self.chains.push((first, rows.end - rows.start));
        for row in rows.clone() {
            let cut = self.row_of.push(RowId(row));
            if row > rows.start {
                self.join((VertexId(cut.0 - 1), 0.0), (cut, 0.0));
            }
        }
        first
    }

    fn last_cut(&self) -> VertexId {
        VertexId::from_position(self.row_of.len() - 1)
    }
}

/// Cuts that long links share.
#[derive(Clone, Copy)]
struct Trunk {
    /// Its layers, from the first one to the one after the last.
    top: u32,
    bottom: u32,
    /// Whether the links begin at the same place; if not, they end at the same place.
    from_one: bool,
    /// Its cut at the top, once there is one.
    first: Option<VertexId>,
}

impl Trunk {
    /// Lets a link through the cuts of `rows`; the first of them.
    fn pass(
        &mut self,
        draft: &mut Draft<'_>,
        from: (VertexId, f64),
        to: (VertexId, f64),
        rows: std::ops::Range<u32>,
    ) -> VertexId {
        let first = *self.first.get_or_insert_with(|| {
            let first = draft.chain(self.top..self.bottom);
            if self.from_one {
                draft.join(from, (first, 0.0));
            } else {
                draft.join((draft.last_cut(), 0.0), to);
            }
            first
        });
        let cut = |row: u32| VertexId(first.0 + (row - self.top));
        if self.from_one {
            draft.join((cut(rows.end - 1), 0.0), to);
        } else {
            draft.join(from, (cut(rows.start), 0.0));
        }
        cut(rows.start)
    }
}

/// The trunks of a problem, by the places that they begin or end at.
struct Trunks {
    from: BTreeMap<(ItemId, u64), Trunk>,
    to: BTreeMap<(ItemId, u64), Trunk>,
}

impl Trunks {
    fn new(problem: &Problem, ranks: &Table<ItemId, u32>, longest: u32) -> Self {
        let mut from: BTreeMap<_, (usize, u32)> = BTreeMap::new();
        let mut to: BTreeMap<_, (usize, u32)> = BTreeMap::new();
        let span = |link: &Link| ranks[link.to].saturating_sub(ranks[link.from]);
        let long = || problem.links.iter().filter(|link| (2..=longest).contains(&span(link)));
        for link in long() {
            let (n_links, lowest) = from.entry(from_place(link)).or_insert((0, 0));
            *n_links += 1;
            *lowest = (*lowest).max(ranks[link.to]);
        }
        from.retain(|_, (n_links, _)| *n_links >= TRUNK);
        for link in long().filter(|link| !from.contains_key(&from_place(link))) {
            let (n_links, highest) = to.entry(to_place(link)).or_insert((0, u32::MAX));
            *n_links += 1;
            *highest = (*highest).min(ranks[link.from]);
        }
        to.retain(|_, (n_links, _)| *n_links >= TRUNK);
        let below = |(&(item, offset), &(_, bottom)): (&(ItemId, u64), &(usize, u32))| {
            ((item, offset), Trunk { top: ranks[item] + 1, bottom, from_one: true, first: None })
        };
        let above = |(&(item, offset), &(_, top)): (&(ItemId, u64), &(usize, u32))| {
            ((item, offset), Trunk { top: top + 1, bottom: ranks[item], from_one: false, first: None })
        };
        Self { from: from.iter().map(below).collect(), to: to.iter().map(above).collect() }
    }

    /// The trunk of a link: that of its begin, if there is one.
    fn of(&mut self, link: &Link) -> Option<&mut Trunk> {
        self.from.get_mut(&from_place(link)).or_else(|| self.to.get_mut(&to_place(link)))
    }
}

fn from_place(link: &Link) -> (ItemId, u64) {
    (link.from, link.from_offset.to_bits())
}

fn to_place(link: &Link) -> (ItemId, u64) {
    (link.to, link.to_offset.to_bits())
}

/// An item as a vertex.
pub(crate) fn vertex(item: ItemId) -> VertexId {
    VertexId::from_position(item.position())
}

/// The layers that a link may span when links up to that length are cut.
fn longest_to_cut(problem: &Problem, ranks: &Table<ItemId, u32>) -> u32 {
    let mut spans: Vec<u32> =
        problem.links.iter().map(|link| ranks[link.to].saturating_sub(ranks[link.from])).collect();
    spans.sort_unstable();
    let most = CUTS * (problem.items.len() + problem.links.len());
    let mut n_cuts = 0;
    for same in spans.chunk_by(|a, b| a == b) {
        let Some(&span) = same.first() else { continue };
        n_cuts += same.len() * position(span.saturating_sub(1));
        if n_cuts > most {
            return span - 1;
        }
    }
    u32::MAX
}

/// Where links begin and end on items where that is not the centre alone.
struct Places {
    top: Lists<VertexId, f64>,
    bottom: Lists<VertexId, f64>,
}

impl Places {
    fn new(problem: &Problem, ranks: &Table<ItemId, u32>, longest: u32) -> Self {
        let n_items = problem.items.len();
        let mut apart = Table::new(n_items, (false, false));
        let links = || problem.links.iter().filter(|link| ranks[link.to].saturating_sub(ranks[link.from]) <= longest);
        for link in links() {
            apart[link.to].0 |= link.to_offset != 0.0;
            apart[link.from].1 |= link.from_offset != 0.0;
        }
        let top = links().filter(|link| apart[link.to].0).map(|link| (vertex(link.to), link.to_offset));
        let bottom = links().filter(|link| apart[link.from].1).map(|link| (vertex(link.from), link.from_offset));
        let mut places = Self { top: Lists::collect(n_items, top), bottom: Lists::collect(n_items, bottom) };
        for item in (0..n_items).map(VertexId::from_position) {
            places.top[item].sort_unstable_by(f64::total_cmp);
            places.bottom[item].sort_unstable_by(f64::total_cmp);
        }
        places
    }

    /// The place of an offset among those of its side.
    fn find(&self, side: &Lists<VertexId, f64>, vertex: VertexId, offset: f64) -> u32 {
        if vertex.position() >= side.len() {
            return 0;
        }
        number(side[vertex].partition_point(|&other| other < offset))
    }

    /// The numbers of places of the vertices that have more than one on a side.
    fn counts(&self, n_vertices: usize) -> Lists<VertexId, Sides> {
        let items = (0..self.top.len()).map(VertexId::from_position);
        let counts = items.map(|item| {
            let count = |side: &Lists<VertexId, f64>| number(side[item].len().max(1));
            (item, Sides { top: count(&self.top), bottom: count(&self.bottom) })
        });
        Lists::collect(n_vertices, counts.filter(|(_, sides)| sides.top > 1 || sides.bottom > 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viz::layout::picture::Size;
    use crate::viz::layout::problem::Item;

    /// From each item of a long chain to one far below: uncut links instead of a million cuts.
    #[test]
    fn cuts_are_linear_in_links() {
        let n = 2_000;
        let mut problem = Problem::default();
        for _ in 0..n {
            problem.items.push(Item::body(Size::default()));
        }
        for number in 1..n {
            let (item, far) = (number - 1, (number + 1_000).min(n - 1));
            for to in [number, far].map(ItemId::from_position) {
                let item = ItemId::from_position(item);
                problem.links.push(Link { from: item, to, from_offset: 0.0, to_offset: 0.0 });
            }
        }
        let layers = Layers::new(&problem, &(0..n).map(number).collect());
        assert!(layers.n_vertices() <= n + CUTS * 3 * n);
        assert!(layers.routes.iter().any(|route| matches!(route, Route::Side)));
    }

    /// A hub with a link to every second item of a chain: one trunk, not one line of cuts for each.
    #[test]
    fn links_from_one_place_share_their_cuts() {
        let mut problem = Problem::default();
        for _ in 0..20 {
            problem.items.push(Item::body(Size::default()));
        }
        let mut link = |from: usize, to: usize| {
            let (from, to) = (ItemId::from_position(from), ItemId::from_position(to));
            problem.links.push(Link { from, to, from_offset: 0.0, to_offset: 0.0 });
        };
        (1..20).for_each(|item| link(item - 1, item));
        (4..20).step_by(2).for_each(|item| link(0, item));
        let layers = Layers::new(&problem, &(0..20).map(number).collect());
        assert_eq!(layers.n_vertices(), 20 + 17);
        assert_eq!(layers.chains.len(), 1);
    }
}
