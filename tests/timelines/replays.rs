//! Cases that were found by chance, as they were printed.

use crate::check::check;
use crate::flow::BROKEN;
use crate::shape::{Edit, NodeShape, Shape, State, What};
use mamo::Persist;

/// A case that was found by chance, as it was printed.
#[track_caller]
fn replay(leaves: &[u64], nodes: &[(What, usize, usize, Persist)], codes: &[u64], edits: &[Edit]) {
    let nodes = nodes.iter().map(|(what, a, b, persist)| {
        let (what, a, b, persist) = (*what, *a, *b, *persist);
        NodeShape { what, a, b, persist, is_barrier: false }
    });
    let shape = Shape { leaves: leaves.len(), nodes: nodes.collect() };
    replay_shape(&shape, leaves, codes, edits);
}

#[track_caller]
fn replay_shape(shape: &Shape, leaves: &[u64], codes: &[u64], edits: &[Edit]) {
    let state = State { leaves: leaves.to_vec(), codes: codes.to_vec() };
    for jobs in [1, 2, 2, 2] {
        check(shape, &state, edits, jobs).unwrap();
    }
}

/// A die that is not kept was thrown in an early wave of a run and again in a later one; the target that is the die
/// itself was read from the values of the early wave, while everything else had gone on with the later throw.
#[test]
fn a_value_of_an_earlier_wave_is_not_read_once_its_node_has_diverged() {
    replay(
        &[438, 804, 0],
        &[
            (What::Mix, 60, 19, Persist::Always),
            (What::Mix, 75, 4, Persist::Always),
            (What::Throw, 73, 85, Persist::Always),
            (What::Throw, 40, 64, Persist::Never),
            (What::Throw, 19, 19, Persist::Always),
            (What::Map, 55, 63, Persist::Always),
            (What::Map, 67, 68, Persist::Always),
            (What::Throw, 32, 74, Persist::Always),
            (What::Map, 61, 48, Persist::Always),
        ],
        &[0, 2, 0, 0, 0, 0, 0, 0, 0],
        &[Edit::Evict(1), Edit::Revert(5), Edit::Leaf(47, 962), Edit::Leaf(70, 126), Edit::Nothing],
    );
}

/// Two targets were cut off by values of long ago, whose bytes had been evicted: each was made anew by itself when it
/// was asked for, with two throws of one die.
#[test]
fn lost_targets_that_were_cut_off_are_made_anew_together() {
    replay(
        &[0, 0, 0],
        &[
            (What::Map, 14, 48, Persist::Always),
            (What::Coarse, 91, 57, Persist::Never),
            (What::Throw, 26, 34, Persist::Always),
            (What::Throw, 61, 5, Persist::Always),
            (What::Coarse, 71, 8, Persist::Always),
            (What::Map, 98, 78, Persist::Always),
            (What::Throw, 32, 41, Persist::Always),
            (What::Mix, 77, 71, Persist::Always),
            (What::Throw, 28, 79, Persist::Always),
        ],
        &[0, 1, 0, 0, 0, 0, 0, 0, 0],
        &[Edit::Revert(5), Edit::Evict(1), Edit::Evict(2), Edit::Code(55, 0)],
    );
}

/// Making lost targets anew threw a die, whose new value led a target back to a computation of long ago, whose bytes
/// were lost as well.
#[test]
fn what_a_repair_comes_back_to_may_be_lost_as_well() {
    replay(
        &[215],
        &[
            (What::Mix, 18, 86, Persist::Always),
            (What::Throw, 16, 92, Persist::Always),
            (What::Mix, 12, 78, Persist::Always),
            (What::Mix, 0, 14, Persist::Never),
            (What::Coarse, 74, 10, Persist::Never),
            (What::Throw, 78, 53, Persist::Always),
            (What::Coarse, 68, 50, Persist::Always),
            (What::Map, 51, 66, Persist::Always),
            (What::Throw, 94, 37, Persist::Always),
            (What::Coarse, 46, 25, Persist::Always),
            (What::Coarse, 10, 45, Persist::Never),
        ],
        &[3, 1, 3, 0, 0, 2, 0, 0, 0, 3, 2],
        &[Edit::Code(39, 0), Edit::Evict(2), Edit::Code(78, 2), Edit::Revert(4)],
    );
}

/// The node is new, its computation is not, and the bytes of that are gone.
#[test]
fn what_was_computed_elsewhere_may_be_lost_when_it_is_asked_for() {
    let nodes = [
        (What::Mix, 46, 58, Persist::Always),
        (What::Coarse, 91, 24, Persist::Never),
        (What::Coarse, 43, 87, Persist::Always),
        (What::Throw, 26, 94, Persist::Never),
        (What::Mix, 54, 32, Persist::Always),
        (What::Throw, 32, 99, Persist::Always),
        (What::Throw, 25, 60, Persist::Always),
        (What::Coarse, 8, 19, Persist::Always),
        (What::Mix, 76, 74, Persist::Always),
        (What::Coarse, 42, 6, Persist::Always),
        (What::Mix, 42, 52, Persist::Never),
    ];
    let edits = [Edit::Code(8, 1), Edit::Leaf(32, 693), Edit::Evict(3), Edit::Evict(1), Edit::Leaf(22, 517)];
    replay(&[0, 0], &nodes, &[0; 11], &edits);
}

/// A value that is not kept was computed twice in a run that started over: the first one is nobody's any more.
#[test]
fn a_value_from_before_the_run_started_over_is_not_handed_out() {
    let node = |what, a, b, persist, is_barrier| NodeShape { what, a, b, persist, is_barrier };
    let nodes = vec![
        node(What::Throw, 12, 34, Persist::Never, false),
        node(What::Throw, 94, 96, Persist::Never, true),
        node(What::Map, 78, 41, Persist::Always, true),
        node(What::Mix, 25, 55, Persist::Never, false),
        node(What::Throw, 99, 97, Persist::Always, false),
    ];
    let edits = [Edit::Leaf(26, 146), Edit::Evict(3), Edit::Leaf(39, 372), Edit::Evict(2), Edit::Evict(3)];
    replay_shape(&Shape { leaves: 1, nodes }, &[322], &[0, 0, 2, 0, 1], &edits);
}

/// Every wave skipped the barrier again, and what waited behind it was waited for again.
#[test]
fn a_barrier_that_is_skipped_holds_nobody_up() {
    let node = |what, a, b, is_barrier| NodeShape { what, a, b, persist: Persist::Always, is_barrier };
    let nodes = vec![
        node(What::Fragile, 0, 0, false),
        node(What::Mix, 1, 0, true),
        node(What::Settled, 2, 0, false),
        node(What::Mix, 2, 0, false),
        node(What::Mix, 3, 0, false),
    ];
    replay_shape(&Shape { leaves: 1, nodes }, &[5], &[BROKEN, 0, 0, 0, 0], &[Edit::Code(0, 1), Edit::Code(0, BROKEN)]);
}
