//! Arrays that are indexed by the ids of boxes, items, vertices, ..: each by those of its own kind alone.

use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// The number of a thing among those of its kind.
pub(crate) trait Id: Copy {
    fn from_position(position: usize) -> Self;

    fn position(self) -> usize;
}

/// Makes newtypes of `u32` that are an [`Id`].
macro_rules! ids {
    ($($(#[$attribute:meta])* $visibility:vis struct $name:ident;)*) => {$(
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility struct $name(u32);

        impl $crate::viz::layout::table::Id for $name {
            #[inline]
            fn from_position(position: usize) -> Self {
                Self($crate::viz::layout::table::number(position))
            }

            #[inline]
            fn position(self) -> usize {
                $crate::viz::layout::table::position(self.0)
            }
        }
    )*};
}

pub(crate) use ids;

/// One `T` for each box, item, vertex, ..: whatever an `I` is the id of.
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
    pub(crate) fn ids(&self) -> impl DoubleEndedIterator<Item = I> + Clone + use<I, T> {
        (0..self.entries.len()).map(I::from_position)
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.entries.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.entries.iter_mut()
    }

    /// Its entries with their ids.
    pub(crate) fn pairs(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + Clone {
        self.entries.iter().enumerate().map(|(position, entry)| (I::from_position(position), entry))
    }

    pub(crate) fn push(&mut self, entry: T) -> I {
        self.entries.push(entry);
        I::from_position(self.entries.len() - 1)
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Takes over the entries of a table of the same length.
    pub(crate) fn copy_from(&mut self, other: &Self)
    where
        T: Copy,
    {
        self.entries.copy_from_slice(&other.entries);
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        &self.entries
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.entries
    }
}

impl<I, T> Default for Table<I, T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<I, T> From<Vec<T>> for Table<I, T> {
    fn from(entries: Vec<T>) -> Self {
        Self { entries, marker: PhantomData }
    }
}

impl<I, T> FromIterator<T> for Table<I, T> {
    fn from_iter<S: IntoIterator<Item = T>>(entries: S) -> Self {
        Vec::from_iter(entries).into()
    }
}

#[expect(clippy::indexing_slicing, reason = "ids come from the graph that the table was made for")]
impl<I: Id, T> Index<I> for Table<I, T> {
    type Output = T;

    #[inline]
    fn index(&self, index: I) -> &T {
        &self.entries[index.position()]
    }
}

#[expect(clippy::indexing_slicing, reason = "ids come from the graph that the table was made for")]
impl<I: Id, T> IndexMut<I> for Table<I, T> {
    #[inline]
    fn index_mut(&mut self, index: I) -> &mut T {
        &mut self.entries[index.position()]
    }
}

/// A list of `T` for each `I`, all of them in one allocation.
#[derive(Clone, Debug)]
pub(crate) struct Lists<I, T> {
    starts: Vec<usize>,
    entries: Vec<T>,
    marker: PhantomData<fn(I)>,
}

impl<I: Id, T: Copy + Default> Lists<I, T> {
    /// Sorts `pairs` into `len` lists, each in the order of `pairs`.
    #[expect(clippy::indexing_slicing, reason = "counting sort over positions below `len`")]
    pub(crate) fn collect(len: usize, pairs: impl Iterator<Item = (I, T)> + Clone) -> Self {
        let mut starts = vec![0; len + 1];
        for (id, _) in pairs.clone() {
            starts[id.position() + 1] += 1;
        }
        for position in 0..len {
            starts[position + 1] += starts[position];
        }
        let mut entries = vec![T::default(); starts[len]];
        let mut next = starts.clone();
        for (id, entry) in pairs {
            let slot = &mut next[id.position()];
            entries[*slot] = entry;
            *slot += 1;
        }
        Self { starts, entries, marker: PhantomData }
    }
}

impl<I: Id, T> Lists<I, T> {
    /// How many lists there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Takes over the entries of lists of the same lengths.
    pub(crate) fn copy_from(&mut self, other: &Self)
    where
        T: Copy,
    {
        self.entries.copy_from_slice(&other.entries);
    }
}

#[expect(clippy::indexing_slicing, reason = "ids come from the graph that the lists were made for")]
impl<I: Id, T> Index<I> for Lists<I, T> {
    type Output = [T];

    #[inline]
    fn index(&self, index: I) -> &[T] {
        let position = index.position();
        &self.entries[self.starts[position]..self.starts[position + 1]]
    }
}

#[expect(clippy::indexing_slicing, reason = "ids come from the graph that the lists were made for")]
impl<I: Id, T> IndexMut<I> for Lists<I, T> {
    #[inline]
    fn index_mut(&mut self, index: I) -> &mut [T] {
        let position = index.position();
        &mut self.entries[self.starts[position]..self.starts[position + 1]]
    }
}

/// A number as a position; mamo needs 32 bits of address space at least.
#[inline]
pub(crate) fn position(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A position as a number; pictures have fewer than 2^32 things of a kind.
#[inline]
pub(crate) fn number(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// A count as a length.
#[inline]
pub(crate) fn real(count: usize) -> f64 {
    f64::from(number(count))
}
