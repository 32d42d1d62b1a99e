//! An engine that tells what ran.

use crate::error::Result;
use crate::exec::{Engine, EngineBuilder, Event, Observer, Outcome, Run};
use crate::graph::Graph;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An engine that tells what ran; the [module](crate::testing) has an example.
pub struct Recorder {
    engine: Engine,
    log: Arc<Log>,
}

/// What happened in a run. Nodes are named by their identities, elements of maps as `fit[JFK]`, in the order of the
/// names.
#[non_exhaustive]
pub struct Ran {
    /// The run, with its values.
    pub run: Run,
    happened: Happened,
    fresh: Vec<String>,
}

#[derive(Debug, Default)]
struct Happened {
    executed: Vec<String>,
    cut_off: Vec<String>,
    failed: Vec<String>,
    skipped: Vec<String>,
}

#[derive(Default)]
struct Log(Mutex<Happened>);

impl Recorder {
    /// An engine that forgets everything when it is dropped.
    ///
    /// # Panics
    /// When the system gives no threads.
    pub fn in_memory() -> Self {
        Self::with(Engine::builder())
    }

    /// As [`Recorder::in_memory`], with an engine that is as `builder` says, apart from its observer.
    ///
    /// # Panics
    /// As there.
    pub fn with(builder: EngineBuilder) -> Self {
        let log = Arc::<Log>::default();
        Self { engine: builder.observer(log.clone()).in_memory(), log }
    }

    /// An engine with its store in a folder: for what happens from one program to the next.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub fn open(builder: EngineBuilder, folder: impl AsRef<Path>) -> Result<Self> {
        let log = Arc::<Log>::default();
        Ok(Self { engine: builder.observer(log.clone()).open(folder)?, log })
    }

    /// The engine, for all else that can be asked of it.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Runs all targets.
    ///
    /// # Errors
    /// As [`Engine::run`].
    pub fn run(&self, graph: &Graph) -> Result<Ran> {
        self.run_targets(graph, &[])
    }

    /// Runs some targets, by name.
    ///
    /// # Errors
    /// As [`Engine::run_targets`].
    pub fn run_targets(&self, graph: &Graph, targets: &[&str]) -> Result<Ran> {
        drop(self.log.take());
        let run = self.engine.run_targets(graph, targets)?;
        let fresh = run.outcomes().filter(|(_, outcome)| *outcome == Outcome::Fresh).map(|(node, _)| node);
        let mut fresh: Vec<String> = fresh.collect();
        fresh.sort_unstable();
        Ok(Ran { fresh, happened: self.log.take(), run })
    }
}

impl Ran {
    /// Nodes and elements whose functions were called and gave a value; one that was executed twice stands twice.
    pub fn executed(&self) -> &[String] {
        &self.happened.executed
    }

    /// Nodes that were stale, but whose inputs turned out to be known.
    pub fn cut_off(&self) -> &[String] {
        &self.happened.cut_off
    }

    /// Nodes that were known, sources that were read among them. What only a known node needs is not looked at.
    pub fn fresh(&self) -> &[String] {
        &self.fresh
    }

    /// Nodes, elements and sources that failed.
    pub fn failed(&self) -> &[String] {
        &self.happened.failed
    }

    /// Nodes that were skipped, because something upstream failed.
    pub fn skipped(&self) -> &[String] {
        &self.happened.skipped
    }
}

/// `executed a, b; cut off c`, or `nothing`: to be compared with a text. Fresh nodes are not told.
impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Happened { executed, cut_off, failed, skipped } = &self.happened;
        let kinds = [("executed", executed), ("cut off", cut_off), ("failed", failed), ("skipped", skipped)];
        let parts = kinds.iter().filter(|(_, nodes)| !nodes.is_empty());
        let parts: Vec<String> = parts.map(|(kind, nodes)| format!("{kind} {}", nodes.join(", "))).collect();
        f.pad(&if parts.is_empty() { "nothing".to_owned() } else { parts.join("; ") })
    }
}

impl fmt::Debug for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ran").field("happened", &self.happened).field("fresh", &self.fresh).finish_non_exhaustive()
    }
}

impl Log {
    fn happened(&self) -> MutexGuard<'_, Happened> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// In order: nodes run in any.
    fn take(&self) -> Happened {
        let mut happened = std::mem::take(&mut *self.happened());
        let Happened { executed, cut_off, failed, skipped } = &mut happened;
        [executed, cut_off, failed, skipped].into_iter().for_each(|nodes| nodes.sort_unstable());
        happened
    }
}

impl Observer for Log {
    fn event(&self, event: &Event<'_>) {
        let name = |node: &str, element: Option<&str>| match element {
            Some(element) => format!("{node}[{element}]"),
            None => node.to_owned(),
        };
        match event {
            Event::NodeExecuted { node, element, .. } => self.happened().executed.push(name(node, *element)),
            Event::NodeFailed { node, element, .. } => self.happened().failed.push(name(node, *element)),
            Event::NodeCutOff { node } => self.happened().cut_off.push((*node).to_owned()),
            Event::NodeSkipped { node } => self.happened().skipped.push((*node).to_owned()),
            Event::RunStarted { .. }
            | Event::Planned { .. }
            | Event::MapStarted { .. }
            | Event::NodeRetried { .. }
            | Event::NodeStarted { .. }
            | Event::NodeSaved { .. }
            | Event::Published { .. }
            | Event::Restarted { .. }
            | Event::StoreRepaired { .. }
            | Event::StoreReduced { .. }
            | Event::RunEnded { .. } => {}
        }
    }
}
