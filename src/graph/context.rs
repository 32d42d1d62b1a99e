//! What a running node may ask: its seed, its name, whether to stop.

use crate::fingerprint::{ValueDigest, seed_of};
use smallvec::SmallVec;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a node function gets when its first parameter is `ctx: &NodeCtx`.
#[derive(Debug)]
pub struct NodeCtx {
    pub(crate) function: &'static str,
    pub(crate) trial: u32,
    pub(crate) upstream: SmallVec<[ValueDigest; 4]>,
    pub(crate) signals: Arc<Signals>,
}

/// What a run tells its nodes.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    stopped: AtomicBool,
    /// Signals of the engine, to which every run listens.
    outer: Option<Arc<Self>>,
}

impl NodeCtx {
    /// A seed for the node's random numbers.
    ///
    /// It follows from the function and from the values of the node's inputs: it is the same in every run, whatever
    /// the node is called and in whichever order nodes run, and differs between nodes with different inputs.
    pub fn seed(&self) -> u64 {
        seed_of(self.function, self.trial, &self.upstream)
    }

    /// Whether the run was asked to stop: a long node may give up with an error.
    pub fn is_stopped(&self) -> bool {
        self.signals.is_stopped()
    }
}

impl Signals {
    /// Asks the run to start nothing more.
    pub(crate) fn stop(&self) {
        // Nothing else is published with the flag, so no access needs to be ordered by it.
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Signals that are given when `outer` ones are, and on their own.
    pub(crate) fn within(outer: &Arc<Self>) -> Self {
        Self { stopped: AtomicBool::new(false), outer: Some(Arc::clone(outer)) }
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.outer.as_ref().is_some_and(|outer| outer.is_stopped()) || self.stopped.load(Ordering::Relaxed)
    }
}
