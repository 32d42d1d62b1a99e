//! Random timelines.

use crate::shape::{Edit, NodeShape, Shape, State, What};
use mamo::Persist;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// What can happen in a timeline.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Trouble {
    None,
    Dice,
    Failures,
}

pub(crate) fn what(trouble: Trouble) -> BoxedStrategy<What> {
    let calm = prop_oneof![Just(What::Mix), Just(What::Coarse)];
    match trouble {
        Trouble::None => calm.boxed(),
        Trouble::Dice => prop_oneof![5 => calm, 3 => Just(What::Throw), 2 => Just(What::Map)].boxed(),
        Trouble::Failures => {
            let dice = prop_oneof![Just(What::Throw), Just(What::Map)];
            prop_oneof![4 => calm, 3 => dice, 2 => Just(What::Fragile), 2 => Just(What::Settled)].boxed()
        }
    }
}

pub(crate) fn shape(trouble: Trouble) -> impl Strategy<Value = Shape> {
    let (persist, is_barrier) = match trouble {
        Trouble::None => (Just(Persist::Always).boxed(), 0.0),
        Trouble::Dice | Trouble::Failures => {
            (prop_oneof![3 => Just(Persist::Always), 1 => Just(Persist::Never)].boxed(), 0.15)
        }
    };
    let node = (what(trouble), 0..100usize, 0..100usize, persist, prop::bool::weighted(is_barrier))
        .prop_map(|(what, a, b, persist, is_barrier)| NodeShape { what, a, b, persist, is_barrier });
    (1..4usize, prop::collection::vec(node, 1..12)).prop_map(|(leaves, nodes)| Shape { leaves, nodes })
}

pub(crate) fn edit(with_eviction: bool) -> impl Strategy<Value = Edit> {
    let evict = if with_eviction { 3 } else { 0 };
    prop_oneof![
        4 => (0..100usize, 0..1000u64).prop_map(|(leaf, value)| Edit::Leaf(leaf, value)),
        4 => (0..100usize, 0..4u64).prop_map(|(node, code)| Edit::Code(node, code)),
        2 => (0..6usize).prop_map(Edit::Revert),
        evict => (1..4u8).prop_map(Edit::Evict),
        1 => Just(Edit::Nothing),
    ]
}

pub(crate) fn timeline(trouble: Trouble) -> impl Strategy<Value = (Shape, State, Vec<Edit>)> {
    (shape(trouble), prop::collection::vec(edit(trouble != Trouble::None), 1..10)).prop_flat_map(|(shape, edits)| {
        let state =
            (prop::collection::vec(0..1000u64, shape.leaves), prop::collection::vec(0..4u64, shape.nodes.len()))
                .prop_map(|(leaves, codes)| State { leaves, codes });
        (Just(shape), state, Just(edits))
    })
}

pub(crate) fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("MAMO_TEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(default);
    // The usual number of cases is the same everywhere; who asks for more gets new ones each time.
    let rng_seed = if cases == default { RngSeed::Fixed(1) } else { RngSeed::Random };
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}
