//! Solves a problem: folds its fans, lays out each connected part by itself, and packs the parts.

use crate::viz::layout::curve::Pen;
use crate::viz::layout::layered;
use crate::viz::layout::options::Options;
use crate::viz::layout::pack::{Shelves, pack};
use crate::viz::layout::picture::{Curves, Point, Size};
use crate::viz::layout::problem::{Item, ItemId, Kind, LinkId, Problem, Solution};
use crate::viz::layout::sets::Sets;
use crate::viz::layout::table::{Id, Lists, Table, ids};
use crate::viz::layout::wrap::Folded;

ids! {
    /// The number of a connected part.
    struct PartId;
}

/// Solves any problem.
pub(crate) fn arrange(problem: &Problem, options: &Options) -> Solution {
    match Folded::new(problem, options) {
        Some(folded) => folded.unfold(&arrange_parts(&folded.problem, options)),
        None => arrange_parts(problem, options),
    }
}

/// Solves a problem without folding fans.
///
/// Parts with ports form one part together, so that what comes in at the top and goes out at the bottom has a free way;
/// the other parts stand to its right.
pub(crate) fn arrange_parts(problem: &Problem, options: &Options) -> Solution {
    let (part_of_item, n_parts) = parts(problem);
    if n_parts == 1 {
        return layered::solve(problem, options);
    }
    let items = Lists::collect(n_parts, part_of_item.pairs().map(|(item, &part)| (part, item)));
    let links = Lists::collect(n_parts, problem.links.pairs().map(|(id, link)| (part_of_item[link.from], id)));
    let mut position: Table<ItemId, ItemId> = Table::new(problem.items.len(), ItemId::default());
    let mut link_position: Table<LinkId, LinkId> = Table::new(problem.links.len(), LinkId::default());
    let mut with_ports = None;
    let mut sizes: Table<PartId, Size> = Table::default();
    let mut solutions: Table<PartId, Option<Solution>> = Table::default();
    for part in (0..n_parts).map(PartId::from_position) {
        if let &[item] = &items[part] {
            let item = problem.items[item];
            if item.is_port() {
                with_ports = Some(part);
            }
            sizes.push(item.size);
            solutions.push(None);
            continue;
        }
        let mut inner = Problem::default();
        for &item in &items[part] {
            position[item] = inner.items.push(problem.items[item]);
        }
        for &id in &links[part] {
            let mut link = problem.links[id];
            (link.from, link.to) = (position[link.from], position[link.to]);
            link_position[id] = inner.links.push(link);
        }
        if inner.items.iter().any(|item| item.is_port()) {
            with_ports = Some(part);
        }
        let solution = layered::solve(&inner, options);
        sizes.push(solution.size);
        solutions.push(Some(solution));
    }
    let (size, corners) = stand(&sizes, with_ports, options);
    let mut places = Table::new(problem.items.len(), Point::default());
    for (id, item) in problem.items.pairs() {
        let part = part_of_item[id];
        let inner = solutions[part].as_ref().map_or(Point::default(), |solution| solution.places[position[id]]);
        places[id] = border(inner.moved(corners[part]), *item, size);
    }
    let mut curves = Curves::new();
    let mut pen = Pen::default();
    for (id, link) in problem.links.pairs() {
        let part = part_of_item[link.from];
        pen.clear();
        if let Some(solution) = &solutions[part] {
            pen.append(solution.curves.of(link_position[id]), corners[part]);
        }
        if problem.items[link.to].kind == Kind::BottomPort {
            pen.line_to(places[link.to]);
        }
        curves.push(pen.points());
    }
    let crossings = solutions.iter().flatten().map(|solution| solution.crossings).sum();
    Solution { size, places, curves, crossings }
}

/// Ports stand on the borders of the whole, not on those of their part.
fn border(place: Point, item: Item, size: Size) -> Point {
    match item.kind {
        Kind::Body => place,
        Kind::TopPort => Point { x: place.x, y: 0.0 },
        Kind::BottomPort => Point { x: place.x, y: size.height },
    }
}

/// The size of all parts together, and the corner of each.
fn stand(sizes: &Table<PartId, Size>, with_ports: Option<PartId>, options: &Options) -> (Size, Table<PartId, Point>) {
    let mut corners = Table::new(sizes.len(), Point::default());
    let others: Vec<PartId> = sizes.ids().filter(|&part| Some(part) != with_ports).collect();
    let first = with_ports.map_or(Size::default(), |part| sizes[part]);
    let left = with_ports.map_or(0.0, |_| first.width + options.part_gap);
    let free: Vec<Size> = others.iter().map(|&part| sizes[part]).collect();
    let shelves = Shelves {
        part_gap: options.part_gap,
        small_gap: options.box_gap,
        aspect: options.aspect,
        left,
        height: first.height,
    };
    let (packed, places) = pack(&free, &shelves);
    for (&part, &place) in others.iter().zip(&places) {
        corners[part] = place.moved(Point { x: left, y: 0.0 });
    }
    let width = if packed.width > 0.0 { left + packed.width } else { first.width };
    (Size { width, height: first.height.max(packed.height) }, corners)
}

/// The connected part of each item, numbered by their first items; all ports are in one part.
fn parts(problem: &Problem) -> (Table<ItemId, PartId>, usize) {
    let mut sets = Sets::new(problem.items.len());
    let mut first_port = None;
    for (id, item) in problem.items.pairs() {
        if item.is_port() {
            sets.join(*first_port.get_or_insert(id), id);
        }
    }
    for link in problem.links.iter() {
        sets.join(link.from, link.to);
    }
    let mut n_parts = 0;
    let mut part_of_item = Table::new(problem.items.len(), PartId::default());
    for id in problem.items.ids() {
        let root = sets.first(id);
        if root == id {
            part_of_item[id] = PartId::from_position(n_parts);
            n_parts += 1;
        } else {
            part_of_item[id] = part_of_item[root];
        }
    }
    (part_of_item, n_parts)
}
