//! Chooses where edges pass a group's border.
//!
//! Edges of one box share a port: of an edge's two boxes, the one with more edges across that side of the border decides.
//! When a side would have more than [`MOST_PORTS`] ports, all edges to the same neighbour of the group share one.

use crate::viz::layout::graph::{BoxId, EdgeId};
use crate::viz::layout::nest::chains::{Chains, End, PieceId};
use crate::viz::layout::nest::tree::{LevelId, Span};
use crate::viz::layout::problem::{Item, ItemId, Kind, Problem};
use crate::viz::layout::table::Table;
use std::collections::{HashMap, HashSet};

/// More ports than this on one side of a group become trunks.
const MOST_PORTS: usize = 40;

/// What a port is for: edges that agree on it share the port.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Box(BoxId),
    /// Everything to or from this item of the level that contains both ends.
    Trunk(LevelId, ItemId),
}

/// Adds the ports of a level to its problem, and enters them for the pieces that pass them.
pub(crate) fn add_ports(
    level: LevelId,
    chains: &Chains,
    spans: &Table<EdgeId, Span>,
    problem: &mut Problem,
    ports: &mut Table<PieceId, Option<ItemId>>,
) {
    for side in [Kind::TopPort, Kind::BottomPort] {
        let here = |id: &PieceId| {
            let piece = &chains.pieces[*id];
            if side == Kind::TopPort { piece.from == End::Border } else { piece.to == End::Border }
        };
        let pieces: Vec<PieceId> = chains.by_level[level].iter().copied().filter(here).collect();
        let keys = keys(&pieces, side, chains, spans);
        let mut known = HashMap::new();
        for (&id, &key) in pieces.iter().zip(&keys) {
            let port = *known.entry(key).or_insert_with(|| problem.items.push(Item::port(side)));
            ports[id] = Some(port);
        }
    }
}

fn keys(pieces: &[PieceId], side: Kind, chains: &Chains, spans: &Table<EdgeId, Span>) -> Vec<Key> {
    let mut n_edges: HashMap<BoxId, usize> = HashMap::new();
    for &id in pieces {
        let piece = &chains.pieces[id];
        *n_edges.entry(piece.source).or_default() += 1;
        *n_edges.entry(piece.target).or_default() += 1;
    }
    let box_key = |id: PieceId| {
        let piece = &chains.pieces[id];
        let (inner, outer) =
            if side == Kind::TopPort { (piece.target, piece.source) } else { (piece.source, piece.target) };
        Key::Box(if n_edges.get(&inner) >= n_edges.get(&outer) { inner } else { outer })
    };
    let keys: Vec<Key> = pieces.iter().map(|&id| box_key(id)).collect();
    if keys.iter().collect::<HashSet<_>>().len() <= MOST_PORTS {
        return keys;
    }
    let trunk_key = |id: PieceId| {
        let span = &spans[chains.pieces[id].edge];
        Key::Trunk(span.level, if side == Kind::TopPort { span.from } else { span.to })
    };
    pieces.iter().map(|&id| trunk_key(id)).collect()
}
