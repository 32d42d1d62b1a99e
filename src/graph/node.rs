//! Handles of nodes.

use crate::graph::NodeId;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering};

/// A node of a graph whose value is a `T`: a handle, freely copied.
///
/// It belongs to the graph that gave it; [`Graph::build`](crate::Graph::build) reports a mix-up.
pub struct Node<T> {
    raw: RawNode,
    marker: PhantomData<fn() -> T>,
}

/// A node whose type has been forgotten.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawNode {
    pub(crate) graph: GraphId,
    pub(crate) id: NodeId,
}

/// Tells the graphs of a process apart, so that a node of another one is noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct GraphId(u32);

impl GraphId {
    /// One that no other graph has.
    pub(crate) fn unused() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        // Numbers only have to differ; nothing is ordered by them.
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl<T> Node<T> {
    pub(crate) fn from_raw(raw: RawNode) -> Self {
        Self { raw, marker: PhantomData }
    }

    #[doc(hidden)]
    pub fn raw(self) -> RawNode {
        self.raw
    }
}

impl<T> Clone for Node<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Node<T> {}

impl<T> PartialEq for Node<T> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl<T> Eq for Node<T> {}

impl<T> Hash for Node<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}

impl<T> fmt::Debug for Node<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({})", self.raw.id.index())
    }
}
