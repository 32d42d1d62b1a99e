//! What a run would do, told without doing it.

/// What a run would do.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) states: Vec<(String, PlanState)>,
}

/// What a run would do with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlanState {
    /// Nothing: it is known.
    Fresh,
    /// Nothing: stale, but its inputs are known from before.
    CutOff,
    /// Execute it.
    Run,
    /// Execute it, unless what runs upstream gives what it gave before.
    RunUnlessCutOff,
    /// To be seen once a barrier upstream is known.
    AfterBarrier,
    /// Nothing: nobody asks.
    NotNeeded,
    /// Nothing: the source is not there.
    Failed,
}

impl Plan {
    /// The nodes with their states, in the order of the graph.
    pub fn nodes(&self) -> impl Iterator<Item = (&str, PlanState)> {
        self.states.iter().map(|(node, state)| (node.as_str(), *state))
    }

    /// Number of nodes in a state.
    pub fn count(&self, state: PlanState) -> usize {
        self.states.iter().filter(|(_, s)| *s == state).count()
    }
}
