//! Makes a smaller problem of one with fans, and the solution of the whole of the smaller one's.

use crate::viz::layout::arrange::arrange_parts;
use crate::viz::layout::curve::Pen;
use crate::viz::layout::options::Options;
use crate::viz::layout::picture::{Curves, Point, Size};
use crate::viz::layout::problem::{Item, ItemId, Kind, Link, LinkId, Problem, Solution};
use crate::viz::layout::table::{Id, Lists, Table, ids};
use crate::viz::layout::wrap::find::{Fan, Hub, HubEnd, fans};
use crate::viz::layout::wrap::grid::{Flow, Grid};
use std::collections::BTreeMap;

ids! {
    struct BlockId;
}

/// A problem whose fans are folded into blocks.
pub(crate) struct Folded {
    pub(crate) problem: Problem,
    blocks: Table<BlockId, Block>,
    homes: Table<ItemId, Home>,
    courses: Table<LinkId, Course>,
}

/// A fan as one item.
struct Block {
    item: ItemId,
    grid: Grid,
    cells: Vec<Cell>,
}

/// One piece of a fan.
struct Cell {
    size: Size,
    /// None if the cell is a single item.
    solution: Option<Solution>,
}

/// Where an item of the whole problem is.
#[derive(Clone, Copy)]
enum Home {
    /// An item of the folded problem.
    Outside(ItemId),
    /// An item of a cell.
    Cell { block: BlockId, cell: usize, item: ItemId },
}

/// Where a link of the whole problem runs.
#[derive(Clone, Copy)]
enum Course {
    Outside(LinkId),
    Cell {
        block: BlockId,
        cell: usize,
        link: LinkId,
    },
    /// Partly outside, partly along a trunk, and unless the cell is a single item, partly in the cell. `x` is where it
    /// meets the cell, from the left.
    Trunk {
        outside: LinkId,
        block: BlockId,
        flow: Flow,
        trunk: usize,
        cell: usize,
        x: f64,
        inside: Option<LinkId>,
    },
}

impl Folded {
    /// None if there is nothing to fold.
    pub(crate) fn new(problem: &Problem, options: &Options) -> Option<Self> {
        let fans = fans(problem, options);
        if fans.is_empty() {
            return None;
        }
        let mut homes: Table<ItemId, Home> = Table::new(problem.items.len(), Home::Outside(ItemId::default()));
        let mut courses: Table<LinkId, Course> = Table::new(problem.links.len(), Course::Outside(LinkId::default()));
        for (block, fan) in fans.iter().enumerate() {
            for (cell, items) in fan.cells.iter().enumerate() {
                for (position, &item) in items.iter().enumerate() {
                    let item_in_cell = ItemId::from_position(position);
                    homes[item] = Home::Cell { block: BlockId::from_position(block), cell, item: item_in_cell };
                }
            }
        }
        let links = links_of_items(problem);
        let mut blocks = Table::default();
        for (position, fan) in fans.iter().enumerate() {
            let id = BlockId::from_position(position);
            blocks.push(block(problem, options, fan, id, &links, &homes, &mut courses));
        }
        let mut folded = Self { problem: Problem::default(), blocks, homes, courses };
        folded.fold(problem, &fans);
        folded.problem.is_acyclic().then_some(folded)
    }

    /// Fills in the folded problem: blocks come where the first items of their fans did.
    fn fold(&mut self, problem: &Problem, fans: &[Fan]) {
        let mut n_known = 0;
        for (id, item) in problem.items.pairs() {
            match self.homes[id] {
                Home::Outside(_) => self.homes[id] = Home::Outside(self.problem.items.push(*item)),
                Home::Cell { block, .. } if block.position() == n_known => {
                    n_known += 1;
                    let size = self.blocks[block].grid.size;
                    self.blocks[block].item = self.problem.items.push(Item::body(size));
                }
                Home::Cell { .. } => {}
            }
        }
        let mut outside_of_hub: BTreeMap<(BlockId, Hub), LinkId> = BTreeMap::new();
        for (id, link) in problem.links.pairs() {
            match (self.homes[link.from], self.homes[link.to]) {
                (Home::Outside(from), Home::Outside(to)) => {
                    self.courses[id] = Course::Outside(self.problem.links.push(Link { from, to, ..*link }));
                }
                (Home::Outside(hub_item), Home::Cell { block, .. }) => {
                    let hub = Hub::source_of(link);
                    self.fold_link(id, hub, hub_item, block, fans, &mut outside_of_hub);
                }
                (Home::Cell { block, .. }, Home::Outside(hub_item)) => {
                    let hub = Hub::target_of(link);
                    self.fold_link(id, hub, hub_item, block, fans, &mut outside_of_hub);
                }
                (Home::Cell { .. }, Home::Cell { .. }) => {}
            }
        }
    }

    /// Gives a link between a hub and a cell the outside link that the hub has with the block, and its trunk.
    fn fold_link(
        &mut self,
        id: LinkId,
        hub: Hub,
        hub_item: ItemId,
        block_id: BlockId,
        fans: &[Fan],
        outside_of_hub: &mut BTreeMap<(BlockId, Hub), LinkId>,
    ) {
        let Course::Trunk { outside, trunk, flow, .. } = &mut self.courses[id] else { return };
        let block = &self.blocks[block_id];
        *trunk = fans.get(block_id.position()).map_or(0, |fan| fan.trunk(hub));
        let at_block = block.grid.trunk(*flow, *trunk);
        *outside = *outside_of_hub.entry((block_id, hub)).or_insert_with(|| {
            self.problem.links.push(match hub.end {
                HubEnd::Source => {
                    Link { from: hub_item, to: block.item, from_offset: hub.offset(), to_offset: at_block }
                }
                HubEnd::Target => {
                    Link { from: block.item, to: hub_item, from_offset: at_block, to_offset: hub.offset() }
                }
            })
        });
    }

    /// The solution of the whole problem, from that of the folded one.
    pub(crate) fn unfold(&self, solution: &Solution) -> Solution {
        let place = |home: &Home| match *home {
            Home::Outside(item) => solution.places[item],
            Home::Cell { block, cell, item } => {
                let inner = self.cell(block, cell).and_then(|cell| cell.solution.as_ref());
                self.corner(solution, block, cell).moved(inner.map_or(Point::default(), |inner| inner.places[item]))
            }
        };
        let mut curves = Curves::new();
        let mut pen = Pen::default();
        for course in self.courses.iter() {
            pen.clear();
            self.draw(course, solution, &mut pen);
            curves.push(pen.points());
        }
        let inner: u64 = self
            .blocks
            .iter()
            .flat_map(|block| &block.cells)
            .flat_map(|cell| &cell.solution)
            .map(|cell| cell.crossings)
            .sum();
        Solution {
            size: solution.size,
            places: self.homes.iter().map(place).collect(),
            curves,
            crossings: solution.crossings + inner,
        }
    }

    fn draw(&self, course: &Course, solution: &Solution, pen: &mut Pen) {
        match *course {
            Course::Outside(link) => pen.append(solution.curves.of(link), Point::default()),
            Course::Cell { block, cell, link } => self.draw_inside(solution, block, cell, link, pen),
            Course::Trunk { outside, block, flow, trunk, cell, x, inside } => {
                let place = solution.places[self.blocks[block].item];
                let grid = &self.blocks[block].grid;
                let mut along = Pen::default();
                match flow {
                    Flow::In => {
                        pen.append(solution.curves.of(outside), Point::default());
                        grid.draw_in(trunk, cell, x, &mut along);
                        pen.append(along.points(), place);
                        if let Some(link) = inside {
                            self.draw_inside(solution, block, cell, link, pen);
                        }
                    }
                    Flow::Out => {
                        if let Some(link) = inside {
                            self.draw_inside(solution, block, cell, link, pen);
                        }
                        let height = self.cell(block, cell).map_or(0.0, |cell| cell.size.height);
                        grid.draw_out(trunk, cell, x, height, &mut along);
                        pen.append(along.points(), place);
                        pen.append(solution.curves.of(outside), Point::default());
                    }
                }
            }
        }
    }

    fn draw_inside(&self, solution: &Solution, block: BlockId, cell: usize, link: LinkId, pen: &mut Pen) {
        if let Some(inner) = self.cell(block, cell).and_then(|cell| cell.solution.as_ref()) {
            pen.append(inner.curves.of(link), self.corner(solution, block, cell));
        }
    }

    fn cell(&self, block: BlockId, cell: usize) -> Option<&Cell> {
        self.blocks[block].cells.get(cell)
    }

    fn corner(&self, solution: &Solution, block: BlockId, cell: usize) -> Point {
        solution.places[self.blocks[block].item].moved(self.blocks[block].grid.corner(cell))
    }
}

impl Fan {
    /// How many trunks there are on a side. Links of all hubs may run together if each cell has links with all of them.
    fn n_trunks(&self, end: HubEnd) -> usize {
        let n_hubs = self.hubs.iter().filter(|hub| hub.end == end).count();
        if self.is_simple { n_hubs.min(1) } else { n_hubs }
    }

    /// The trunk of a hub among those on its side.
    fn trunk(&self, hub: Hub) -> usize {
        if self.is_simple {
            return 0;
        }
        self.hubs.iter().filter(|other| other.end == hub.end).position(|&other| other == hub).unwrap_or(0)
    }
}

/// The links from and to each item.
fn links_of_items(problem: &Problem) -> Lists<ItemId, LinkId> {
    let ends = problem.links.pairs().flat_map(|(id, link)| [(link.from, id), (link.to, id)]);
    Lists::collect(problem.items.len(), ends)
}

/// Lays out the cells of a fan, and enters where their links run.
fn block(
    problem: &Problem,
    options: &Options,
    fan: &Fan,
    id: BlockId,
    links: &Lists<ItemId, LinkId>,
    homes: &Table<ItemId, Home>,
    courses: &mut Table<LinkId, Course>,
) -> Block {
    let mut cells = Vec::new();
    for (position, items) in fan.cells.iter().enumerate() {
        let mut inner = Inner::new(problem, id, position, items);
        for &link in items.iter().flat_map(|&item| &links[item]) {
            courses[link] = inner.course(problem, link, homes);
        }
        let solution = (items.len() > 1).then(|| arrange_parts(&inner.problem, options));
        for &link in items.iter().flat_map(|&item| &links[item]) {
            if let (Course::Trunk { x, inside: Some(inside), flow, .. }, Some(solution)) =
                (&mut courses[link], &solution)
            {
                let inner_link = inner.problem.links[*inside];
                *x = solution.places[if *flow == Flow::In { inner_link.from } else { inner_link.to }].x;
            }
        }
        let own = items.first().map_or(Size::default(), |&item| problem.items[item].size);
        cells.push(Cell { size: solution.as_ref().map_or(own, |solution| solution.size), solution });
    }
    let sizes: Vec<Size> = cells.iter().map(|cell| cell.size).collect();
    let grid = Grid::new(&sizes, fan.n_trunks(HubEnd::Source), fan.n_trunks(HubEnd::Target), options);
    Block { item: ItemId::default(), grid, cells }
}

/// The problem of one cell; hubs are ports in it.
struct Inner {
    problem: Problem,
    block: BlockId,
    cell: usize,
    n_items: usize,
    ports: BTreeMap<Hub, ItemId>,
    known: BTreeMap<LinkId, LinkId>,
}

impl Inner {
    fn new(problem: &Problem, block: BlockId, cell: usize, items: &[ItemId]) -> Self {
        let items_of_cell = items.iter().map(|&item| problem.items[item]).collect();
        let inner = Problem { items: items_of_cell, links: Table::default() };
        Self { problem: inner, block, cell, n_items: items.len(), ports: BTreeMap::new(), known: BTreeMap::new() }
    }

    fn course(&mut self, problem: &Problem, id: LinkId, homes: &Table<ItemId, Home>) -> Course {
        let link = problem.links[id];
        let (block, cell) = (self.block, self.cell);
        let trunk =
            |flow, x, inside| Course::Trunk { outside: LinkId::default(), block, flow, trunk: 0, cell, x, inside };
        match (homes[link.from], homes[link.to]) {
            (Home::Cell { item: from, .. }, Home::Cell { item: to, .. }) => {
                let links = &mut self.problem.links;
                let link = *self.known.entry(id).or_insert_with(|| links.push(Link { from, to, ..link }));
                Course::Cell { block, cell, link }
            }
            (Home::Outside(_), Home::Cell { item, .. }) => {
                let x = self.problem.items[item].size.width / 2.0 + link.to_offset;
                let hub = Hub::source_of(&link);
                let inside = self.port(hub, Kind::TopPort).map(|port| {
                    self.problem.links.push(Link { from: port, to: item, from_offset: 0.0, to_offset: link.to_offset })
                });
                trunk(Flow::In, x, inside)
            }
            (Home::Cell { item, .. }, Home::Outside(_)) => {
                let x = self.problem.items[item].size.width / 2.0 + link.from_offset;
                let hub = Hub::target_of(&link);
                let inside = self.port(hub, Kind::BottomPort).map(|port| {
                    self.problem.links.push(Link {
                        from: item,
                        to: port,
                        from_offset: link.from_offset,
                        to_offset: 0.0,
                    })
                });
                trunk(Flow::Out, x, inside)
            }
            (Home::Outside(_), Home::Outside(_)) => Course::Outside(LinkId::default()),
        }
    }

    /// The port of a hub; a cell with a single item has none.
    fn port(&mut self, hub: Hub, kind: Kind) -> Option<ItemId> {
        let items = &mut self.problem.items;
        (self.n_items > 1).then(|| *self.ports.entry(hub).or_insert_with(|| items.push(Item::port(kind))))
    }
}
