//! What a run gave.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Counts, Outcome};
use crate::graph::Node;
use crate::value::Failure;
use std::sync::Arc;
use std::time::Duration;

/// What a run gave: outcomes of all nodes, and values when asked.
pub struct Run {
    pub(crate) counts: Counts,
    pub(crate) elements: Counts,
    pub(crate) restarts: u32,
    pub(crate) took: Duration,
    pub(crate) saved: Duration,
    pub(crate) failures: Vec<Failure>,
    pub(crate) is_stopped: bool,
    pub(crate) targets: Vec<String>,
}

impl Run {
    /// The value of a node, read from the store if need be.
    ///
    /// # Errors
    /// When the node failed, was skipped, or is of another graph.
    pub fn get<T: Send + Sync + 'static>(&self, _node: Node<T>) -> Result<Arc<T>> {
        Err(Error::new(ErrorKind::NoValue, "not there yet"))
    }

    /// The value of a target or node, by name.
    ///
    /// # Errors
    /// As [`Run::get`], and when there is no such name or its value is no `T`.
    pub fn find<T: Send + Sync + 'static>(&self, _name: &str) -> Result<Arc<T>> {
        Err(Error::new(ErrorKind::NoValue, "not there yet"))
    }

    /// How each node came out, by identity, in the order of the graph.
    pub fn outcomes(&self) -> impl Iterator<Item = (String, Outcome)> + '_ {
        std::iter::empty()
    }

    /// How many nodes came out how.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How many elements of maps came out how.
    pub fn elements(&self) -> Counts {
        self.elements
    }

    /// How often the run started over.
    pub fn restarts(&self) -> u32 {
        self.restarts
    }

    /// How long the run took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// How much longer it would have taken without what was known already.
    pub fn time_saved(&self) -> Duration {
        self.saved
    }

    /// Nodes that failed, with what they said.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Whether all targets have values.
    pub fn is_complete(&self) -> bool {
        self.failures.is_empty() && !self.is_stopped
    }

    /// Whether the run was stopped from outside before it was done.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// Names of the targets of this run.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(String::as_str)
    }
}
