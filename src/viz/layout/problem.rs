//! One level of nesting by itself: items with sizes, ports on its borders, and links that lead down.

use crate::viz::layout::picture::{Curves, Point, Size};
use crate::viz::layout::table::{Lists, Table, ids};

ids! {
    /// The number of an item in its [`Problem`].
    pub(crate) struct ItemId;
    /// The number of a link in its [`Problem`].
    pub(crate) struct LinkId;
}

/// What one level of nesting asks of the layout. Its links make no cycle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Problem {
    pub(crate) items: Table<ItemId, Item>,
    pub(crate) links: Table<LinkId, Link>,
}

/// A box, a group that is laid out already, or a port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) size: Size,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It takes room.
    Body,
    /// A point on the top border, where links come in.
    TopPort,
    /// A point on the bottom border, where links go out.
    BottomPort,
}

/// An edge, or several that run together on this level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) from: ItemId,
    pub(crate) to: ItemId,
    /// Where it leaves `from`: distance to the right of its centre.
    pub(crate) from_offset: f64,
    /// Where it enters `to`: distance to the right of its centre.
    pub(crate) to_offset: f64,
}

/// Where the items of a [`Problem`] stand. The top border is at y = 0, the bottom border at the height.
#[derive(Clone, Debug)]
pub(crate) struct Solution {
    pub(crate) size: Size,
    /// The top left corner of bodies, the place of ports.
    pub(crate) places: Table<ItemId, Point>,
    pub(crate) curves: Curves<LinkId>,
    pub(crate) crossings: u64,
}

impl Problem {
    /// Whether links make no cycle (Kahn's algorithm).
    pub(crate) fn is_acyclic(&self) -> bool {
        let out = Lists::collect(self.items.len(), self.links.iter().map(|link| (link.from, link.to)));
        let mut n_waiting = Table::new(self.items.len(), 0);
        for link in self.links.iter() {
            n_waiting[link.to] += 1;
        }
        let mut ready: Vec<ItemId> = n_waiting.pairs().filter(|&(_, &n)| n == 0).map(|(item, _)| item).collect();
        let mut n_done = 0;
        while let Some(item) = ready.pop() {
            n_done += 1;
            for &to in &out[item] {
                n_waiting[to] -= 1;
                if n_waiting[to] == 0 {
                    ready.push(to);
                }
            }
        }
        n_done == self.items.len()
    }
}

impl Item {
    pub(crate) fn body(size: Size) -> Self {
        Self { kind: Kind::Body, size }
    }

    pub(crate) fn port(kind: Kind) -> Self {
        Self { kind, size: Size::default() }
    }

    pub(crate) fn is_port(self) -> bool {
        self.kind != Kind::Body
    }
}
