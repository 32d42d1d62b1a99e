//! The engine: a store, threads, and how to go about failures.

use crate::error::Result;
use crate::exec::{Observer, Plan, Run};
use crate::graph::{Graph, Signals};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Runs graphs and keeps what they give.
pub struct Engine {
    stopper: Stopper,
}

/// What to do when a node fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnFailure {
    /// Start nothing more, and ask the running nodes to give up.
    #[default]
    Stop,
    /// Start nothing more, and let the running nodes finish.
    FinishRunning,
    /// Run everything that does not depend on what failed.
    KeepGoing,
}

/// Asks runs of an engine to stop; may be used from another thread or a signal handler's thread.
#[derive(Clone, Debug)]
pub struct Stopper {
    pub(crate) signals: Arc<Signals>,
}

/// How an engine is to be.
pub struct EngineBuilder {
    _private: (),
}

impl Stopper {
    /// Nothing more is started; what runs is finished and kept.
    pub fn stop(&self) {
        self.signals.stop();
    }
}

impl EngineBuilder {
    /// Number of nodes that run at once; as many as the machine has processors when not said.
    pub fn jobs(self, _jobs: usize) -> Self {
        self
    }

    /// What to do when a node fails.
    pub fn on_failure(self, _policy: OnFailure) -> Self {
        self
    }

    /// Who is told what happens.
    pub fn observer(self, _observer: Arc<dyn Observer>) -> Self {
        self
    }

    /// How long to wait for a store that another process holds; not at all when not said.
    pub fn wait(self, _time: Duration) -> Self {
        self
    }

    /// An engine with its store in a folder, made if need be.
    ///
    /// # Errors
    /// When the store is held by another process, has another format, or cannot be made.
    pub fn open(self, _folder: impl AsRef<Path>) -> Result<Engine> {
        Ok(Engine { stopper: Stopper { signals: Arc::default() } })
    }

    /// An engine that forgets everything when it is dropped.
    pub fn in_memory(self) -> Engine {
        Engine { stopper: Stopper { signals: Arc::default() } }
    }
}

impl Engine {
    /// Says how an engine is to be.
    pub fn builder() -> EngineBuilder {
        EngineBuilder { _private: () }
    }

    /// An engine with its store in a folder, made if need be.
    ///
    /// # Errors
    /// When the store is held by another process, has another format, or cannot be made.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        Self::builder().open(folder)
    }

    /// An engine that forgets everything when it is dropped.
    pub fn in_memory() -> Self {
        Self::builder().in_memory()
    }

    /// Asks runs of this engine to stop.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Brings all targets up to date.
    ///
    /// # Errors
    /// When the engine cannot do its work. A node that fails is no error here: the [`Run`] tells.
    pub fn run(&self, graph: &Graph) -> Result<Run> {
        self.run_targets(graph, &[])
    }

    /// Brings some targets up to date, by name: declared targets or identities of nodes. None means all.
    ///
    /// # Errors
    /// As [`Engine::run`], and when there is no target or node of a name.
    pub fn run_targets(&self, _graph: &Graph, _targets: &[&str]) -> Result<Run> {
        Ok(Run {
            counts: Default::default(),
            elements: Default::default(),
            restarts: 0,
            took: Duration::ZERO,
            saved: Duration::ZERO,
            failures: vec![],
            is_stopped: false,
            targets: vec![],
        })
    }

    /// Says what a run would do.
    ///
    /// # Errors
    /// As [`Engine::run_targets`].
    pub fn plan(&self, _graph: &Graph, _targets: &[&str]) -> Result<Plan> {
        Ok(Plan { states: vec![] })
    }
}
