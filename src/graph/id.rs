//! Ids of nodes and specs: their positions in a graph, each of a type of its own so that they are not mixed up.

use crate::value::Owner;

/// A node of a graph, or one output of a node that has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(u32);

/// A spec of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SpecId(u32);

/// What a node is: its spec, or its constant, told apart by the highest bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KindId(u32);

const CONSTANT: u32 = 1 << 31;

impl NodeId {
    /// Stands where there is none because of a mistake, which was noted: the graph is never finished.
    pub(crate) const MISTAKEN: Self = Self(0);

    pub(crate) fn from_index(index: usize) -> Self {
        Self(to_u32(index))
    }

    pub(crate) fn index(self) -> usize {
        to_usize(self.0)
    }

    /// The first `count` nodes of a graph.
    pub(crate) fn first(count: usize) -> impl DoubleEndedIterator<Item = Self> {
        (0..to_u32(count)).map(Self)
    }

    /// The node that was added `offset` nodes later.
    pub(crate) fn after(self, offset: u32) -> Self {
        Self(self.0 + offset)
    }

    /// As it goes into keys.
    pub(crate) fn to_le_bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }
}

impl NodeId {
    /// Values know their node by numbers, not what a node is.
    pub(crate) fn as_owner(self, depth: u32) -> Owner {
        Owner { node: self.0, depth }
    }

    /// The node that owns a value, in the graph that is `depth` expansions deep; nothing when it is of another one.
    pub(crate) fn of_owner(owner: Owner, depth: u32) -> Option<Self> {
        (owner.depth == depth).then_some(Self(owner.node))
    }
}

impl SpecId {
    /// As [`NodeId::MISTAKEN`].
    pub(crate) const MISTAKEN: Self = Self(0);

    pub(crate) fn from_index(index: usize) -> Self {
        Self(to_u32(index))
    }

    pub(crate) fn index(self) -> usize {
        to_usize(self.0)
    }
}

impl KindId {
    pub(crate) fn constant(index: usize) -> Self {
        Self(to_u32(index) | CONSTANT)
    }

    /// The spec, or else the index of the constant.
    pub(crate) fn spec(self) -> Result<SpecId, usize> {
        if self.0 & CONSTANT == 0 { Ok(SpecId(self.0)) } else { Err(to_usize(self.0 & !CONSTANT)) }
    }
}

impl From<SpecId> for KindId {
    fn from(spec: SpecId) -> Self {
        Self(spec.0)
    }
}

/// mamo needs at least 32 bits of address space, as rayon and fjall do.
pub(crate) fn to_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Graphs have fewer than 2^32 nodes.
fn to_u32(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
