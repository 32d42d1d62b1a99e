//! Sets that are joined two by two (union-find with path halving).

use crate::viz::layout::table::{Id, Table};

/// Disjoint sets of all `I` up to a number. The first member of a set stands for it.
pub(crate) struct Sets<I> {
    above: Table<I, I>,
}

impl<I: Id + Ord> Sets<I> {
    /// Each of `len` members by itself.
    pub(crate) fn new(len: usize) -> Self {
        Self { above: (0..len).map(I::from_position).collect() }
    }

    /// The first member of the set that `member` is in.
    pub(crate) fn first(&mut self, mut member: I) -> I {
        while self.above[member] != member {
            let next = self.above[self.above[member]];
            self.above[member] = next;
            member = next;
        }
        member
    }

    /// Makes one set of two.
    pub(crate) fn join(&mut self, a: I, b: I) {
        let (a, b) = (self.first(a), self.first(b));
        self.above[a.max(b)] = a.min(b);
    }
}
