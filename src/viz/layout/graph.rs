//! What is laid out: boxes with sizes, groups of them, and edges between boxes.

use crate::viz::layout::picture::Size;
use crate::viz::layout::table::{Id, Table, ids};

ids! {
    /// The number of a box in its [`Graph`], in the order they were added.
    pub struct BoxId;
    /// The number of a group in its [`Graph`], in the order they were added.
    pub struct GroupId;
    /// The number of an edge in its [`Graph`], in the order they were added.
    pub struct EdgeId;
}

impl BoxId {
    /// Its number, from 0.
    pub fn index(self) -> usize {
        self.position()
    }
}

impl GroupId {
    /// Its number, from 0.
    pub fn index(self) -> usize {
        self.position()
    }
}

impl EdgeId {
    /// Its number, from 0.
    pub fn index(self) -> usize {
        self.position()
    }
}

/// Boxes, groups and edges, in the order that the picture follows where it has the choice.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub(crate) boxes: Table<BoxId, Size>,
    pub(crate) groups: Table<GroupId, Group>,
    pub(crate) edges: Table<EdgeId, Edge>,
    /// Boxes and groups in the order they were added, each with the group that it is in.
    pub(crate) children: Vec<(Option<GroupId>, Child)>,
}

/// Space between a group's border and what is in it, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Above its content; a title stands there.
    pub top: f64,
    /// To the right of its content.
    pub right: f64,
    /// Below its content.
    pub bottom: f64,
    /// To the left of its content.
    pub left: f64,
    /// The least size of the whole group: its title fits.
    pub least: Size,
}

impl Default for Frame {
    fn default() -> Self {
        Self { top: 32.0, right: 16.0, bottom: 16.0, left: 16.0, least: Size { width: 0.0, height: 0.0 } }
    }
}

/// An edge as it was added.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) from: BoxId,
    pub(crate) to: BoxId,
}

/// A group as it was added.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) frame: Frame,
}

/// What a group, or the picture, is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Child {
    Box(BoxId),
    Group(GroupId),
}

impl Graph {
    /// A graph without boxes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a group, inside `parent` or at the top.
    ///
    /// # Panics
    ///
    /// If `parent` is not of this graph.
    pub fn add_group(&mut self, parent: Option<GroupId>, frame: Frame) -> GroupId {
        self.check_group(parent);
        let frame = Frame {
            top: length(frame.top),
            right: length(frame.right),
            bottom: length(frame.bottom),
            left: length(frame.left),
            least: frame.least.sane(),
        };
        let id = self.groups.push(Group { frame });
        self.children.push((parent, Child::Group(id)));
        id
    }

    /// Adds a box, inside `parent` or at the top. Lengths that are negative or no number count as 0.
    ///
    /// # Panics
    ///
    /// If `parent` is not of this graph.
    pub fn add_box(&mut self, parent: Option<GroupId>, size: Size) -> BoxId {
        self.check_group(parent);
        let id = self.boxes.push(size.sane());
        self.children.push((parent, Child::Box(id)));
        id
    }

    /// Adds an edge. Cycles, loops and several edges between the same boxes are allowed.
    ///
    /// # Panics
    ///
    /// If one of the boxes is not of this graph.
    pub fn add_edge(&mut self, from: BoxId, to: BoxId) -> EdgeId {
        assert!(from.max(to).position() < self.boxes.len(), "the boxes of an edge must be of the same graph");
        self.edges.push(Edge { from, to })
    }

    /// How many boxes there are.
    pub fn n_boxes(&self) -> usize {
        self.boxes.len()
    }

    /// How many groups there are.
    pub fn n_groups(&self) -> usize {
        self.groups.len()
    }

    /// How many edges there are.
    pub fn n_edges(&self) -> usize {
        self.edges.len()
    }

    fn check_group(&self, group: Option<GroupId>) {
        assert!(group.is_none_or(|id| id.position() < self.groups.len()), "a parent must be of the same graph");
    }
}

/// A length that can be added up.
pub(crate) fn length(value: f64) -> f64 {
    if value.is_finite() { value.max(0.0) } else { 0.0 }
}
