//! Random timelines of edits, reverts and evictions against an oracle that computes everything anew.
//!
//! A case that fails is printed whole: the graph and the list of edits, to be pasted into a test of its own.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "these are tests throughout"
)]

mod accepting;
mod check;
mod expansions;
mod flow;
mod mappings;
mod minimum;
mod narrow;
mod older;
mod random;
mod reduce;
mod replays;
mod shape;
mod store;

use check::check;
use proptest::prelude::*;
use random::{Trouble, cases, timeline};

proptest! {
    #![proptest_config(cases(200))]

    /// Right answers by the least work.
    #[test]
    fn edits_and_reverts_run_the_least((shape, state, edits) in timeline(Trouble::None)) {
        check(&shape, &state, &edits, 2)?;
    }

    /// What fails, what is skipped for it, and what settles it; also behind barriers, and with lost bytes.
    #[test]
    fn failures_cost_no_other_answer((shape, state, edits) in timeline(Trouble::Failures)) {
        check(&shape, &state, &edits, 2)?;
    }

    /// Dice, maps, lost bytes and values that are not kept: every run hangs together.
    #[test]
    fn unstable_nodes_never_mix((shape, state, edits) in timeline(Trouble::Dice)) {
        check(&shape, &state, &edits, 2)?;
    }
}
