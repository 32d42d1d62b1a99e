//! How a node stands or came out, with the sign and the colour that pictures show it by.

use crate::exec::{Outcome, PlanState};

/// How a node of a view stands, or came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ViewState {
    /// It failed, or its source cannot be read.
    Failed,
    /// It was skipped: something upstream failed, or the run was stopped.
    Skipped,
    /// A run would execute it.
    Run,
    /// A run would execute it unless it is cut off.
    RunUnlessCutOff,
    /// To be seen once a barrier upstream is known.
    AfterBarrier,
    /// It was executed.
    Executed,
    /// It is stale, but its inputs are known from before.
    CutOff,
    /// It is known.
    Fresh,
    /// Nobody asks for it.
    NotNeeded,
}

impl ViewState {
    /// All states, those that need attention first.
    pub const ALL: [Self; 9] = [
        Self::Failed,
        Self::Skipped,
        Self::Run,
        Self::RunUnlessCutOff,
        Self::AfterBarrier,
        Self::Executed,
        Self::CutOff,
        Self::Fresh,
        Self::NotNeeded,
    ];

    /// Its name, as programs read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Run => "run",
            Self::RunUnlessCutOff => "run_unless_cut_off",
            Self::AfterBarrier => "after_barrier",
            Self::Executed => "executed",
            Self::CutOff => "cut_off",
            Self::Fresh => "fresh",
            Self::NotNeeded => "not_needed",
        }
    }

    /// A sign for it, for those who see no colours.
    pub fn sign(self) -> char {
        match self {
            Self::Failed => '✗',
            Self::Skipped => '⊘',
            Self::Run => '▶',
            Self::RunUnlessCutOff => '▷',
            Self::AfterBarrier => '◇',
            Self::Executed => '●',
            Self::CutOff => '◐',
            Self::Fresh => '✓',
            Self::NotNeeded => '○',
        }
    }

    /// A colour to fill a box with on a light ground, and one for its border: from the palette of Okabe and Ito, which people see
    /// apart whatever their eyes.
    pub(crate) fn colours(self) -> (&'static str, &'static str) {
        match self {
            Self::Failed => ("#f6d5c3", "#d55e00"),
            Self::Skipped => ("#f5e3ee", "#b8588f"),
            Self::Run => ("#fbe6b8", "#c98a00"),
            Self::RunUnlessCutOff => ("#fdf3dc", "#c98a00"),
            Self::AfterBarrier => ("#f7f1e3", "#a08540"),
            Self::Executed => ("#cfe4f3", "#0072b2"),
            Self::CutOff => ("#dcecf0", "#4f93ad"),
            Self::Fresh => ("#d3ebe1", "#00875f"),
            Self::NotNeeded => ("#f3f3f1", "#9a9a95"),
        }
    }
}

impl ViewState {
    /// The same colours on a dark ground.
    pub(crate) fn dark_colours(self) -> (&'static str, &'static str) {
        match self {
            Self::Failed => ("#5a2d17", "#f08a4b"),
            Self::Skipped => ("#4d2b40", "#d58bb6"),
            Self::Run => ("#4d3b10", "#e8b23f"),
            Self::RunUnlessCutOff => ("#3a3220", "#d3a94e"),
            Self::AfterBarrier => ("#35312a", "#c0a56b"),
            Self::Executed => ("#123d58", "#5fb0e4"),
            Self::CutOff => ("#21424e", "#7fbdd4"),
            Self::Fresh => ("#12463a", "#4cc39c"),
            Self::NotNeeded => ("#2f2f2d", "#8f8f8a"),
        }
    }

    /// As people read it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Run => "to run",
            Self::RunUnlessCutOff => "to run unless cut off",
            Self::AfterBarrier => "after a barrier",
            Self::Executed => "executed",
            Self::CutOff => "cut off",
            Self::Fresh => "fresh",
            Self::NotNeeded => "not needed",
        }
    }
}

/// Of what nothing is known.
pub(crate) const PLAIN: (&str, &str) = ("#ffffff", "#6b6b66");

/// The same on a dark ground.
pub(crate) const DARK_PLAIN: (&str, &str) = ("#2b2b29", "#a3a39d");

impl From<PlanState> for ViewState {
    fn from(state: PlanState) -> Self {
        match state {
            PlanState::Fresh => Self::Fresh,
            PlanState::CutOff => Self::CutOff,
            PlanState::Run => Self::Run,
            PlanState::RunUnlessCutOff => Self::RunUnlessCutOff,
            PlanState::AfterBarrier => Self::AfterBarrier,
            PlanState::NotNeeded => Self::NotNeeded,
            PlanState::Failed => Self::Failed,
        }
    }
}

impl From<Outcome> for ViewState {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::NotNeeded => Self::NotNeeded,
            Outcome::Fresh => Self::Fresh,
            Outcome::CutOff => Self::CutOff,
            Outcome::Executed => Self::Executed,
            Outcome::Failed => Self::Failed,
            Outcome::Skipped => Self::Skipped,
        }
    }
}
