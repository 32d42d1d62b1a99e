//! Where node functions may stand, and how they may be called.
#![deny(warnings, missing_docs, unreachable_pub)]

use mamo::{Graph, Node, node};

mod one {
    use mamo::node;

    #[node]
    pub(crate) fn stage(a: u32) -> u32 {
        a + 1
    }

    pub(crate) mod inner {
        use mamo::node;

        #[node]
        pub(in crate::one) fn deep(a: u32) -> u32 {
            a + 2
        }

        #[node]
        pub(super) fn upper(a: u32) -> u32 {
            a + 3
        }
    }

    pub(crate) fn all(g: &mamo::Graph, a: mamo::Node<u32>) -> mamo::Node<u32> {
        g.add(inner::upper::node(g.add(inner::deep::node(a))))
    }
}

mod two {
    use mamo::node;

    #[node]
    pub(crate) fn stage(a: u32) -> u32 {
        a + 2
    }
}

/// A module with the name of a node function.
mod clean {
    pub(crate) fn add(a: u32) -> u32 {
        a + 4
    }
}

#[node(ty = Clean)]
fn clean(a: u32) -> u32 {
    clean::add(a)
}

/// mamo under another name.
mod facade {
    pub(crate) use mamo as engine;
}

#[node(krate = facade::engine)]
fn by_facade(a: u32, b: Option<&str>) -> u32 {
    a + u32::from(b.is_some())
}

macro_rules! stage {
    ($name:ident, $ty:ty, $amount:expr) => {
        #[node]
        fn $name(a: &$ty) -> $ty {
            a + $amount
        }
    };
}

stage!(by_macro, u32, 5);

#[cfg(any())]
#[node]
fn off(a: Missing) {}

#[node]
#[cfg(any())]
fn off(a: Missing) {}

#[node]
#[inline]
#[must_use]
/// Documented below.
const fn early(a: u32) -> u32 {
    a
}

#[node]
fn lifetimes<'a, 'b: 'a>(a: &'a str, b: &'b [u32], c: Option<&'a u32>) -> usize
where
    'b: 'a,
{
    a.len() + b.len() + c.is_some() as usize
}

#[deprecated = "use another"]
#[node]
fn old(a: u32) -> u32 {
    a
}

fn pipeline(g: &Graph) -> mamo::Result<Node<u32>> {
    #[node]
    fn nested(a: u32) -> u32 {
        a
    }
    let a = g.value(1u32);
    let b = {
        #[node]
        fn nested(a: &u32) -> u32 {
            *a
        }
        g.add(nested::node(a))
    };
    let c = g.add(nested::node(b).name("nested again"));
    let stage = g.add(one::stage::node(c));
    let stage = g.add(two::stage::node(stage).name("second"));
    let stage = one::all(g, stage);
    let stage = g.add(Clean::node(stage));
    let stage = g.add(by_facade::node(stage, None));
    let stage = g.add(by_macro::node(stage));
    let stage = g.add(early::node(stage));
    #[allow(deprecated)]
    let stage = g.add(old::node(stage));
    let text = g.value(String::new());
    let rows = g.value(vec![1u32]);
    g.add(lifetimes::node(text, rows, Some(stage)));
    Ok(stage)
}

fn main() {
    assert_eq!(clean(one::stage(1)), 6);
    Graph::build(pipeline).unwrap();
}
