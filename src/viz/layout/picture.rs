//! What comes out: a rectangle for every box and group, a curve for every edge.

use crate::viz::layout::graph::{BoxId, EdgeId, GroupId, length};
use crate::viz::layout::table::{Id, Table};

/// A point, in pixels; y grows downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// Width and height, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Size {
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// A rectangle, in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// Its left edge.
    pub x: f64,
    /// Its top edge.
    pub y: f64,
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// Where everything stands.
#[derive(Clone, Debug)]
pub struct Picture {
    pub(crate) size: Size,
    pub(crate) boxes: Table<BoxId, Rect>,
    pub(crate) groups: Table<GroupId, Rect>,
    pub(crate) edges: Curves<EdgeId>,
    pub(crate) crossings: u64,
}

impl Picture {
    /// Width and height of the whole picture, margins included.
    pub fn size(&self) -> Size {
        self.size
    }

    /// The rectangle of each box, in the order of [`BoxId`].
    pub fn boxes(&self) -> &[Rect] {
        self.boxes.as_slice()
    }

    /// The rectangle of each group, in the order of [`GroupId`].
    pub fn groups(&self) -> &[Rect] {
        self.groups.as_slice()
    }

    /// The rectangle of a box.
    pub fn rect_of(&self, id: BoxId) -> Rect {
        self.boxes[id]
    }

    /// The rectangle of a group.
    pub fn rect_of_group(&self, id: GroupId) -> Rect {
        self.groups[id]
    }

    /// The curve of an edge from its first to its second box: a start, then three points (two control points and an end)
    /// for each cubic Bézier piece.
    pub fn curve_of(&self, id: EdgeId) -> &[Point] {
        self.edges.of(id)
    }

    /// The curve of each edge, in the order of [`EdgeId`]; see [`Self::curve_of`].
    pub fn curves(&self) -> impl ExactSizeIterator<Item = &[Point]> {
        (0..self.edges.len()).map(|position| self.edges.of(EdgeId::from_position(position)))
    }

    /// How often edges cross between neighbouring layers: edges that the layers hold as one count once.
    pub fn crossings(&self) -> u64 {
        self.crossings
    }
}

impl Size {
    pub(crate) fn sane(self) -> Self {
        Self { width: length(self.width), height: length(self.height) }
    }

    pub(crate) fn transposed(self) -> Self {
        Self { width: self.height, height: self.width }
    }
}

impl Point {
    pub(crate) fn transposed(self) -> Self {
        Self { x: self.y, y: self.x }
    }

    pub(crate) fn moved(self, by: Self) -> Self {
        Self { x: self.x + by.x, y: self.y + by.y }
    }
}

impl Rect {
    pub(crate) fn new(corner: Point, size: Size) -> Self {
        Self { x: corner.x, y: corner.y, width: size.width, height: size.height }
    }

    pub(crate) fn transposed(self) -> Self {
        Self { x: self.y, y: self.x, width: self.height, height: self.width }
    }
}

/// Curves one after the other, in one allocation.
#[derive(Clone, Debug)]
pub(crate) struct Curves<I> {
    points: Vec<Point>,
    ends: Table<I, usize>,
}

impl<I: Id> Curves<I> {
    pub(crate) fn new() -> Self {
        Self { points: Vec::new(), ends: Table::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn of(&self, id: I) -> &[Point] {
        let start = id.position().checked_sub(1).map_or(0, |before| self.ends[I::from_position(before)]);
        self.points.get(start..self.ends[id]).unwrap_or_default()
    }

    /// The next curve.
    pub(crate) fn push(&mut self, curve: &[Point]) {
        self.points.extend_from_slice(curve);
        self.ends.push(self.points.len());
    }

    pub(crate) fn points_mut(&mut self) -> &mut [Point] {
        &mut self.points
    }
}
