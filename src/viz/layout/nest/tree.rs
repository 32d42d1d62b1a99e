//! Which level contains which, and how edges lie in that tree.

use crate::viz::layout::cycles::links_to_turn;
use crate::viz::layout::graph::{BoxId, Child, Edge, EdgeId, Frame, Graph, GroupId};
use crate::viz::layout::picture::Size;
use crate::viz::layout::problem::ItemId;
use crate::viz::layout::table::{Id, Lists, Table, ids};

ids! {
    /// A level of nesting: 0 is the whole picture, the others are groups.
    pub(crate) struct LevelId;
}

/// The levels of a graph. A level's items are its children in the order they were added.
pub(crate) struct Tree {
    /// Of each level; the outermost is its own.
    pub(crate) parents: Table<LevelId, LevelId>,
    pub(crate) depths: Table<LevelId, usize>,
    pub(crate) children: Lists<LevelId, Child>,
    pub(crate) frames: Table<LevelId, Frame>,
    pub(crate) level_of_box: Table<BoxId, LevelId>,
    pub(crate) item_of_box: Table<BoxId, ItemId>,
    pub(crate) item_of_level: Table<LevelId, ItemId>,
}

/// How an edge lies in the tree of levels.
#[derive(Clone, Copy)]
pub(crate) struct Span {
    /// The innermost level that contains both ends.
    pub(crate) level: LevelId,
    /// The items of that level that contain the ends, in the direction of layout.
    pub(crate) from: ItemId,
    pub(crate) to: ItemId,
    /// Whether it is laid out the other way round, because it is on a cycle.
    pub(crate) turned: bool,
    /// Whether both ends are the same box; such an edge is not laid out.
    pub(crate) is_loop: bool,
}

impl LevelId {
    pub(crate) const OUTERMOST: Self = Self(0);

    /// The level inside a group.
    pub(crate) fn inside(group: GroupId) -> Self {
        Self::from_position(group.position() + 1)
    }
}

impl Tree {
    pub(crate) fn new(graph: &Graph) -> Self {
        let level_of = |group: Option<GroupId>| group.map_or(LevelId::OUTERMOST, LevelId::inside);
        let n_levels = graph.groups.len() + 1;
        let children = graph.children.iter().map(|&(parent, child)| (level_of(parent), child));
        let no_frame = Frame { top: 0.0, right: 0.0, bottom: 0.0, left: 0.0, least: Size::default() };
        let mut tree = Self {
            parents: Table::new(n_levels, LevelId::OUTERMOST),
            depths: Table::new(n_levels, 0),
            children: Lists::collect(n_levels, children.clone()),
            frames: Table::new(n_levels, no_frame),
            level_of_box: Table::new(graph.boxes.len(), LevelId::OUTERMOST),
            item_of_box: Table::new(graph.boxes.len(), ItemId::default()),
            item_of_level: Table::new(n_levels, ItemId::default()),
        };
        let mut n_items = Table::new(n_levels, 0);
        for (parent, child) in children {
            let item = ItemId::from_position(n_items[parent]);
            n_items[parent] += 1;
            match child {
                Child::Box(id) => {
                    tree.level_of_box[id] = parent;
                    tree.item_of_box[id] = item;
                }
                Child::Group(id) => {
                    let level = LevelId::inside(id);
                    tree.parents[level] = parent;
                    tree.depths[level] = tree.depths[parent] + 1;
                    tree.frames[level] = graph.groups[id].frame;
                    tree.item_of_level[level] = item;
                }
            }
        }
        tree
    }

    pub(crate) fn n_levels(&self) -> usize {
        self.parents.len()
    }

    /// The levels that contain a box, from the innermost one to the last one inside `outer`.
    pub(crate) fn levels_inside(&self, id: BoxId, outer: LevelId) -> impl Iterator<Item = LevelId> {
        let mut level = self.level_of_box[id];
        std::iter::from_fn(move || {
            let inner = level;
            level = self.parents[level];
            (inner != outer).then_some(inner)
        })
    }

    /// How each edge of `graph` lies in this tree; no level has a cycle when the turned ones are taken the other way.
    pub(crate) fn spans(&self, graph: &Graph) -> Table<EdgeId, Span> {
        let mut spans: Table<EdgeId, Span> = graph.edges.iter().map(|&edge| self.span(edge)).collect();
        let by_level = Lists::collect(self.n_levels(), spans.pairs().map(|(id, span)| (span.level, id)));
        for level in self.parents.ids() {
            let edges: Vec<EdgeId> = by_level[level].iter().copied().filter(|&id| !spans[id].is_loop).collect();
            let links = edges.iter().map(|&id| (spans[id].from, spans[id].to)).collect();
            let turned = links_to_turn(self.children[level].len(), &links);
            for (&id, &turned) in edges.iter().zip(turned.iter()) {
                let span = &mut spans[id];
                if turned {
                    std::mem::swap(&mut span.from, &mut span.to);
                }
                span.turned = turned;
            }
        }
        spans
    }

    fn span(&self, edge: Edge) -> Span {
        let start = |id: BoxId| (self.level_of_box[id], self.item_of_box[id]);
        let up = |(level, _): (LevelId, ItemId)| (self.parents[level], self.item_of_level[level]);
        let (mut from, mut to) = (start(edge.from), start(edge.to));
        while from.0 != to.0 {
            let (depth_from, depth_to) = (self.depths[from.0], self.depths[to.0]);
            if depth_from >= depth_to {
                from = up(from);
            }
            if depth_to >= depth_from {
                to = up(to);
            }
        }
        Span { level: from.0, from: from.1, to: to.1, turned: false, is_loop: edge.from == edge.to }
    }
}

impl Span {
    /// The ends in the direction of layout.
    pub(crate) fn ends(&self, edge: Edge) -> (BoxId, BoxId) {
        if self.turned { (edge.to, edge.from) } else { (edge.from, edge.to) }
    }
}

/// Lists are filled in after they are made.
impl Default for Child {
    fn default() -> Self {
        Self::Box(BoxId::default())
    }
}
