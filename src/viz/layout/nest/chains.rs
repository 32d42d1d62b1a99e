//! Cuts edges into pieces at the borders of the groups that they cross.

use crate::viz::layout::graph::{BoxId, EdgeId, Graph};
use crate::viz::layout::nest::tree::{LevelId, Span, Tree};
use crate::viz::layout::problem::ItemId;
use crate::viz::layout::table::{Id, Lists, Table, ids};

ids! {
    /// The number of a piece: those of an edge follow each other in the direction of layout.
    pub(crate) struct PieceId;
}

/// The pieces of all edges.
pub(crate) struct Chains {
    pub(crate) pieces: Table<PieceId, Piece>,
    pub(crate) by_level: Lists<LevelId, PieceId>,
    ends: Table<EdgeId, usize>,
}

/// The part of an edge that lies in one level.
#[derive(Clone, Copy)]
pub(crate) struct Piece {
    pub(crate) level: LevelId,
    pub(crate) from: End,
    pub(crate) to: End,
    /// The boxes that the whole edge joins, in the direction of layout.
    pub(crate) source: BoxId,
    pub(crate) target: BoxId,
    pub(crate) edge: EdgeId,
}

/// Where a piece begins or ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// A box of the level.
    Box(ItemId),
    /// A port of a group of the level; the neighbouring piece is inside.
    Group(LevelId),
    /// A port of the level itself; the neighbouring piece is outside.
    Border,
}

impl Chains {
    pub(crate) fn new(graph: &Graph, tree: &Tree, spans: &Table<EdgeId, Span>) -> Self {
        let mut pieces = Table::default();
        let mut ends = Table::default();
        let mut inwards = Vec::new();
        for (edge, &ends_of_edge) in graph.edges.pairs() {
            let span = &spans[edge];
            let (source, target) = span.ends(ends_of_edge);
            let piece = |level, from, to| Piece { level, from, to, source, target, edge };
            let mut from = End::Box(tree.item_of_box[source]);
            for level in tree.levels_inside(source, span.level) {
                pieces.push(piece(level, from, End::Border));
                from = End::Group(level);
            }
            let mut to = End::Box(tree.item_of_box[target]);
            inwards.clear();
            for level in tree.levels_inside(target, span.level) {
                inwards.push(piece(level, End::Border, to));
                to = End::Group(level);
            }
            if !span.is_loop {
                pieces.push(piece(span.level, from, to));
            }
            for &inward in inwards.iter().rev() {
                pieces.push(inward);
            }
            ends.push(pieces.len());
        }
        let by_level = Lists::collect(tree.n_levels(), pieces.pairs().map(|(id, piece)| (piece.level, id)));
        Self { pieces, by_level, ends }
    }

    /// The pieces of an edge; a loop has none.
    pub(crate) fn of(&self, edge: EdgeId) -> impl Iterator<Item = PieceId> {
        let start = edge.position().checked_sub(1).map_or(0, |before| self.ends[EdgeId::from_position(before)]);
        (start..self.ends[edge]).map(PieceId::from_position)
    }
}

impl PieceId {
    /// The piece of the same edge before this one, which must not be the first.
    pub(crate) fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The piece of the same edge after this one, which must not be the last.
    pub(crate) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}
