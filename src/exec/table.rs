//! Arrays that are indexed by node or slot numbers.

use std::ops::{Index, IndexMut};

/// One `T` for each node of a graph, or each slot of a wave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table<T>(pub(crate) Vec<T>);

impl<T: Clone> Table<T> {
    pub(crate) fn new(len: usize, value: T) -> Self {
        Self(vec![value; len])
    }
}

impl<T> Table<T> {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The numbers of its entries.
    pub(crate) fn numbers(&self) -> std::ops::Range<u32> {
        0..number(self.0.len())
    }
}

/// A table is made with an entry for each number of its kind, and the numbers come from the same graph or plan.
#[expect(clippy::indexing_slicing, reason = "numbers come from the graph or plan that the table was made for")]
impl<T> Index<u32> for Table<T> {
    type Output = T;

    fn index(&self, index: u32) -> &T {
        &self.0[position(index)]
    }
}

#[expect(clippy::indexing_slicing, reason = "numbers come from the graph or plan that the table was made for")]
impl<T> IndexMut<u32> for Table<T> {
    fn index_mut(&mut self, index: u32) -> &mut T {
        &mut self.0[position(index)]
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
