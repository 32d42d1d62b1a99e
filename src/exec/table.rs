//! Arrays that are indexed by the ids of nodes, slots, ..: each by those of its own kind alone.

use crate::graph::{NodeId, SpecId};
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// The number of a thing among those of its kind.
pub(crate) trait Id: Copy {
    fn from_position(position: usize) -> Self;

    fn position(self) -> usize;
}

/// One `T` for each node of a graph, each slot of a wave, ..: whatever an `I` is the id of.
#[derive(Clone, Debug)]
pub(crate) struct Table<I, T> {
    entries: Vec<T>,
    marker: PhantomData<fn(I)>,
}

impl<I: Id, T: Clone> Table<I, T> {
    pub(crate) fn new(len: usize, value: T) -> Self {
        vec![value; len].into()
    }
}

impl<I: Id, T> Table<I, T> {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The ids of its entries.
    pub(crate) fn ids(&self) -> impl DoubleEndedIterator<Item = I> + use<I, T> {
        (0..self.entries.len()).map(I::from_position)
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.entries.iter()
    }
}

impl<I, T> From<Vec<T>> for Table<I, T> {
    fn from(entries: Vec<T>) -> Self {
        Self { entries, marker: PhantomData }
    }
}

/// A table is made with an entry for each id of its kind, and the ids come from the same graph or plan.
#[expect(clippy::indexing_slicing, reason = "ids come from the graph or plan that the table was made for")]
impl<I: Id, T> Index<I> for Table<I, T> {
    type Output = T;

    fn index(&self, index: I) -> &T {
        &self.entries[index.position()]
    }
}

#[expect(clippy::indexing_slicing, reason = "ids come from the graph or plan that the table was made for")]
impl<I: Id, T> IndexMut<I> for Table<I, T> {
    fn index_mut(&mut self, index: I) -> &mut T {
        &mut self.entries[index.position()]
    }
}

impl Id for NodeId {
    fn from_position(position: usize) -> Self {
        Self::from_index(position)
    }

    fn position(self) -> usize {
        self.index()
    }
}

impl Id for SpecId {
    fn from_position(position: usize) -> Self {
        Self::from_index(position)
    }

    fn position(self) -> usize {
        self.index()
    }
}

/// A number as a position; mamo needs 32 bits of address space at least, as rayon and fjall do.
pub(crate) fn position(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A position as a number; graphs have fewer than 2^32 nodes.
pub(crate) fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
