//! Solves the levels from the inside out, and puts the picture together from the outside in.

use crate::viz::layout::arrange::arrange;
use crate::viz::layout::curve::Pen;
use crate::viz::layout::graph::{BoxId, Child, EdgeId, Frame, Graph};
use crate::viz::layout::nest::chains::{Chains, End, PieceId};
use crate::viz::layout::nest::ports::add_ports;
use crate::viz::layout::nest::tree::{LevelId, Span, Tree};
use crate::viz::layout::options::{Direction, Options};
use crate::viz::layout::picture::{Curves, Picture, Point, Rect, Size};
use crate::viz::layout::problem::{Item, ItemId, Link, LinkId, Problem, Solution};
use crate::viz::layout::table::{Table, real};
use std::collections::HashMap;

/// How far a loop reaches out of its box.
const LOOP: f64 = 18.0;

/// Lays out a graph.
pub fn lay_out(graph: &Graph, options: &Options) -> Picture {
    let tree = Tree::new(graph);
    let spans = tree.spans(graph);
    let chains = Chains::new(graph, &tree, &spans);
    let mut levels = Levels {
        graph,
        tree: &tree,
        options,
        spans: &spans,
        chains: &chains,
        has_loop: Table::new(graph.boxes.len(), false),
        solutions: Table::new(tree.n_levels(), None),
        sizes: Table::new(tree.n_levels(), Size::default()),
        content: Table::new(tree.n_levels(), Point::default()),
        ports: Table::new(chains.pieces.len(), None),
        links: Table::new(chains.pieces.len(), LinkId::default()),
    };
    for (id, edge) in graph.edges.pairs() {
        levels.has_loop[edge.from] |= spans[id].is_loop;
    }
    for level in tree.parents.ids().rev() {
        levels.solve(level);
    }
    levels.picture()
}

/// The levels, solved or to be solved. All is as if edges led down; at the end, a picture to the right is turned.
struct Levels<'a> {
    graph: &'a Graph,
    tree: &'a Tree,
    options: &'a Options,
    spans: &'a Table<EdgeId, Span>,
    chains: &'a Chains,
    has_loop: Table<BoxId, bool>,
    solutions: Table<LevelId, Option<Solution>>,
    /// With their frames.
    sizes: Table<LevelId, Size>,
    /// Where the content begins, from the corner of the group.
    content: Table<LevelId, Point>,
    /// The port of its own level by which a piece comes in or goes out.
    ports: Table<PieceId, Option<ItemId>>,
    /// The link of its level that a piece is part of.
    links: Table<PieceId, LinkId>,
}

impl Levels<'_> {
    fn solve(&mut self, level: LevelId) {
        let mut problem = Problem::default();
        for &child in &self.tree.children[level] {
            let size = match child {
                Child::Box(id) => self.room_of(id),
                Child::Group(id) => self.sizes[LevelId::inside(id)],
            };
            problem.items.push(Item::body(size));
        }
        add_ports(level, self.chains, self.spans, &mut problem, &mut self.ports);
        self.add_links(level, &mut problem);
        let solution = arrange(&problem, self.options);
        let frame = self.frame(level);
        let width = (frame.left + solution.size.width + frame.right).max(frame.least.width);
        let height = (frame.top + solution.size.height + frame.bottom).max(frame.least.height);
        let slack = width - (frame.left + solution.size.width + frame.right);
        self.sizes[level] = Size { width, height };
        self.content[level] = Point { x: frame.left + slack / 2.0, y: frame.top };
        self.solutions[level] = Some(solution);
    }

    fn add_links(&mut self, level: LevelId, problem: &mut Problem) {
        let mut known = HashMap::new();
        for &id in &self.chains.by_level[level] {
            let piece = &self.chains.pieces[id];
            let (from, from_port) = self.end(piece.from, id, id.previous());
            let (to, to_port) = self.end(piece.to, id, id.next());
            let link = known.entry((from, from_port, to, to_port)).or_insert_with(|| {
                let from_offset = self.offset(piece.from, from_port);
                let to_offset = self.offset(piece.to, to_port);
                problem.links.push(Link { from, to, from_offset, to_offset })
            });
            self.links[id] = *link;
        }
    }

    /// The item at an end of a piece, and if it is a group, the port there.
    fn end(&self, end: End, piece: PieceId, neighbour: PieceId) -> (ItemId, Option<ItemId>) {
        match end {
            End::Box(item) => (item, None),
            End::Group(inner) => (self.tree.item_of_level[inner], self.ports[neighbour]),
            End::Border => (self.ports[piece].unwrap_or_default(), None),
        }
    }

    /// How far a port is to the right of its group's centre.
    fn offset(&self, end: End, port: Option<ItemId>) -> f64 {
        let (End::Group(inner), Some(port)) = (end, port) else { return 0.0 };
        let Some(solution) = &self.solutions[inner] else { return 0.0 };
        self.content[inner].x + solution.places[port].x - self.sizes[inner].width / 2.0
    }

    /// The size of a box, with room for loops at its sides.
    fn room_of(&self, id: BoxId) -> Size {
        let size = self.turned_size(self.graph.boxes[id]);
        if self.has_loop[id] { Size { width: size.width + 2.0 * LOOP, height: size.height } } else { size }
    }

    fn turned_size(&self, size: Size) -> Size {
        match self.options.direction {
            Direction::Down => size,
            Direction::Right => size.transposed(),
        }
    }

    fn frame(&self, level: LevelId) -> Frame {
        let frame = self.tree.frames[level];
        match self.options.direction {
            Direction::Down => frame,
            Direction::Right => Frame {
                top: frame.left,
                right: frame.bottom,
                bottom: frame.right,
                left: frame.top,
                least: frame.least.transposed(),
            },
        }
    }

    fn picture(&self) -> Picture {
        let margin = Point { x: self.options.margin, y: self.options.margin };
        let mut boxes = Table::new(self.graph.boxes.len(), Rect::default());
        let mut groups = Table::new(self.graph.groups.len(), Rect::default());
        // Where the content of each level begins.
        let mut origins = Table::new(self.tree.n_levels(), margin);
        let mut crossings = 0;
        for (level, solution) in self.solutions.pairs() {
            let Some(solution) = solution else { continue };
            crossings += solution.crossings;
            let origin = origins[level];
            for (&child, &place) in self.tree.children[level].iter().zip(solution.places.iter()) {
                let corner = place.moved(origin);
                match child {
                    Child::Box(id) => {
                        let size = self.turned_size(self.graph.boxes[id]);
                        let inset = if self.has_loop[id] { LOOP } else { 0.0 };
                        boxes[id] = Rect::new(corner.moved(Point { x: inset, y: 0.0 }), size);
                    }
                    Child::Group(id) => {
                        let inner = LevelId::inside(id);
                        groups[id] = Rect::new(corner, self.sizes[inner]);
                        origins[inner] = corner.moved(self.content[inner]);
                    }
                }
            }
        }
        let edges = self.curves(&origins, &boxes);
        let inner = self.sizes[LevelId::OUTERMOST];
        let size = Size { width: inner.width + 2.0 * margin.x, height: inner.height + 2.0 * margin.y };
        let mut picture = Picture { size, boxes, groups, edges, crossings };
        if self.options.direction == Direction::Right {
            picture.transpose();
        }
        picture
    }

    fn curves(&self, origins: &Table<LevelId, Point>, boxes: &Table<BoxId, Rect>) -> Curves<EdgeId> {
        let mut curves = Curves::new();
        let mut pen = Pen::default();
        let mut n_loops: HashMap<BoxId, usize> = HashMap::new();
        for (id, edge) in self.graph.edges.pairs() {
            pen.clear();
            for piece in self.chains.of(id) {
                let level = self.chains.pieces[piece].level;
                if let Some(solution) = &self.solutions[level] {
                    pen.append(solution.curves.of(self.links[piece]), origins[level]);
                }
            }
            if self.spans[id].is_loop {
                let before = n_loops.entry(edge.from).or_default();
                curves.push(&loop_curve(boxes[edge.from], *before));
                *before += 1;
                continue;
            }
            if self.spans[id].turned {
                pen.reverse();
            }
            curves.push(pen.points());
        }
        curves
    }
}

/// Out of the right side of a box and back; each further one is a little smaller.
fn loop_curve(rect: Rect, n_before: usize) -> [Point; 4] {
    let shrink = 1.0 / (1.0 + 0.3 * real(n_before));
    let (right, middle) = (rect.x + rect.width, rect.y + rect.height / 2.0);
    let (reach, half) = (LOOP * shrink * 4.0 / 3.0, rect.height.min(2.0 * LOOP) / 3.0 * shrink);
    [(0.0, -half), (reach, -half), (reach, half), (0.0, half)].map(|(x, y)| Point { x: right + x, y: middle + y })
}

impl Picture {
    /// Top to bottom becomes left to right.
    fn transpose(&mut self) {
        self.size = self.size.transposed();
        for rect in self.boxes.iter_mut().chain(self.groups.iter_mut()) {
            *rect = rect.transposed();
        }
        for point in self.edges.points_mut() {
            *point = point.transposed();
        }
    }
}
