//! Rounds as an iterator, for programs.

use crate::error::Result;
use crate::exec::engine::Engine;
use crate::exec::run::Run;
use crate::exec::watch::rounds::Rounds;
use crate::graph::Graph;
use std::fmt;
use std::path::PathBuf;

/// Runs a pipeline, and again whenever a source changes; from [`Engine::watch`].
pub struct Watch<P> {
    rounds: Rounds,
    pipeline: P,
    state: State,
}

/// What the next round waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing: it is the first one.
    First,
    /// A change.
    Waiting,
    /// There is none.
    Over,
}

/// One run of a watched pipeline.
#[non_exhaustive]
pub struct Round<H> {
    /// What it gave.
    pub run: Run,
    /// What the pipeline returned this time.
    pub handles: H,
    /// Files that changed since the round before, as the pipeline names them. Empty in the first round, and when the
    /// system lost track.
    pub changed: Vec<PathBuf>,
}

impl Engine {
    /// Runs a pipeline, and again whenever a file changes that the targets read: source files and folders, files that match
    /// patterns, parameter files, programs that are named by their paths. No targets means all.
    ///
    /// The pipeline is called once a round, so what it declares may change. Of a round's own writes, to the store
    /// and to where results are published, nothing is noticed. Changes within a tenth of a second are one.
    ///
    /// The iterator waits in `next`. It ends when the engine is asked to stop, and when the targets read no files. An
    /// error ends it in the first round alone: later ones are told, and it goes on waiting for a change.
    ///
    /// ```no_run
    /// # use mamo::{Artifact, Engine, Graph, Node, node, source};
    /// # #[node]
    /// # fn words(text: &str) -> usize { text.split_whitespace().count() }
    /// let engine = Engine::open(".mamo")?;
    /// let pipeline = |g: &Graph| Ok(g.add(words::node(g.add(source::file("notes.txt")))));
    /// for round in engine.watch(pipeline, &[])? {
    ///     let round = round?;
    ///     println!("{} words", round.run.get(round.handles)?);
    /// }
    /// # Ok::<(), mamo::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the system lets nobody watch. A round gives the errors of [`Graph::build`] and [`Engine::run_targets`], and
    /// those of folders that cannot be watched.
    pub fn watch<H, P: FnMut(&Graph) -> Result<H>>(&self, pipeline: P, targets: &[&str]) -> Result<Watch<P>> {
        Ok(Watch { rounds: Rounds::new(self, targets)?, pipeline, state: State::First })
    }
}

impl<H, P: FnMut(&Graph) -> Result<H>> Iterator for Watch<P> {
    type Item = Result<Round<H>>;

    fn next(&mut self) -> Option<Self::Item> {
        let changed = match self.state {
            State::First => Ok(Some(Vec::new())),
            State::Waiting => self.rounds.wait(),
            State::Over => Ok(None),
        };
        let round = match changed.transpose()? {
            Ok(changed) => self.round(changed),
            Err(error) => Err(error),
        };
        let goes_on = self.rounds.watches_anything() && (round.is_ok() || self.state == State::Waiting);
        self.state = if goes_on { State::Waiting } else { State::Over };
        Some(round)
    }
}

impl<H, P: FnMut(&Graph) -> Result<H>> Watch<P> {
    fn round(&mut self, changed: Vec<PathBuf>) -> Result<Round<H>> {
        let (run, handles) = self.rounds.run(|| Graph::build(&mut self.pipeline))?;
        Ok(Round { run, handles, changed })
    }
}

impl<P> fmt::Debug for Watch<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("state", &self.state).finish_non_exhaustive()
    }
}
