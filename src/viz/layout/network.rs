//! Nodes on a line, and arcs that want to be short.

use crate::viz::layout::table::{Id, Lists, Table, ids};

ids! {
    /// The number of an arc in its [`Network`].
    pub(crate) struct ArcId;
}

/// Its head comes at least `length` after its tail; each unit more costs `weight`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arc<I> {
    pub(crate) tail: I,
    pub(crate) head: I,
    pub(crate) weight: i64,
    pub(crate) length: i64,
}

/// Arcs, and those out of and into each node.
pub(crate) struct Network<I> {
    pub(crate) arcs: Table<ArcId, Arc<I>>,
    pub(crate) out: Lists<I, ArcId>,
    pub(crate) into: Lists<I, ArcId>,
}

impl<I: Id> Network<I> {
    pub(crate) fn new(n_nodes: usize, arcs: Table<ArcId, Arc<I>>) -> Self {
        let out = Lists::collect(n_nodes, arcs.pairs().map(|(id, arc)| (arc.tail, id)));
        let into = Lists::collect(n_nodes, arcs.pairs().map(|(id, arc)| (arc.head, id)));
        Self { arcs, out, into }
    }

    pub(crate) fn n_nodes(&self) -> usize {
        self.out.len()
    }

    /// The weight of the arcs out of a node less that of the arcs into it.
    pub(crate) fn pull(&self, node: I) -> i64 {
        let weight = |arcs: &[ArcId]| arcs.iter().map(|&arc| self.arcs[arc].weight).sum::<i64>();
        weight(&self.out[node]) - weight(&self.into[node])
    }

    /// How much longer an arc is than it must be.
    pub(crate) fn slack(&self, id: ArcId, places: &Table<I, i64>) -> i64 {
        let arc = &self.arcs[id];
        places[arc.head] - places[arc.tail] - arc.length
    }

    /// What all arcs cost together.
    pub(crate) fn cost(&self, places: &Table<I, i64>) -> i64 {
        self.arcs.pairs().map(|(id, arc)| arc.weight * self.slack(id, places)).sum()
    }
}
