//! What adding a spec gives back: one handle, or one for each output.

use crate::graph::{Node, RawNode};

/// What [`Graph::add`](crate::Graph::add) gives back for a spec: a [`Node`], or a tuple with one for each output.
pub trait Handle: Copy + Sized {
    /// What the function returns: one value, or a tuple of them.
    type Value;

    /// Number of outputs; 0 for a node with a single, unnamed one.
    #[doc(hidden)]
    const OUTPUTS: u32;

    /// From the node itself; the nodes of its outputs follow it directly.
    #[doc(hidden)]
    fn from_raw(node: RawNode) -> Self;
}

impl<T> Handle for Node<T> {
    type Value = T;

    const OUTPUTS: u32 = 0;

    fn from_raw(node: RawNode) -> Self {
        Self::from_raw(node)
    }
}

macro_rules! tuple {
    ($count:literal: $($name:ident $offset:literal),+) => {
        impl<$($name),+> Handle for ($(Node<$name>,)+) {
            type Value = ($($name,)+);

            const OUTPUTS: u32 = $count;

            fn from_raw(node: RawNode) -> Self {
                ($(Node::<$name>::from_raw(RawNode { graph: node.graph, id: node.id.after($offset) }),)+)
            }
        }
    };
}

tuple!(1: A 1);
tuple!(2: A 1, B 2);
tuple!(3: A 1, B 2, C 3);
tuple!(4: A 1, B 2, C 3, D 4);
tuple!(5: A 1, B 2, C 3, D 4, E 5);
tuple!(6: A 1, B 2, C 3, D 4, E 5, F 6);
tuple!(7: A 1, B 2, C 3, D 4, E 5, F 6, G 7);
tuple!(8: A 1, B 2, C 3, D 4, E 5, F 6, G 7, H 8);
