//! Runs one after the other, each when a source has changed since the one before.

use crate::error::Result;
use crate::exec::engine::{Engine, Inner};
use crate::exec::ledger::Ledger;
use crate::exec::look::{Ignored, Sight};
use crate::exec::named::find_targets;
use crate::exec::run::Run;
use crate::exec::sync::Arc;
use crate::exec::watch::events::Events;
use crate::graph::{Body, Graph, Source};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A folder that is filled while it is looked at may take a while to come to rest.
const MOST_LOOKS: usize = 8;

/// Runs one after the other.
pub(crate) struct Rounds {
    engine: Engine,
    targets: Vec<String>,
    events: Events,
    /// Sources that the targets of the last round need.
    sources: Vec<Arc<Source>>,
    ignored: Ignored,
    /// How they looked as the last round began, or when something was told last.
    sight: Sight,
}

impl Rounds {
    /// # Errors
    /// When the system lets nobody watch.
    pub(crate) fn new(engine: &Engine, targets: &[&str]) -> Result<Self> {
        Ok(Self {
            events: Events::new(&engine.inner.bell)?,
            engine: Engine { inner: Arc::clone(&engine.inner) },
            targets: targets.iter().map(|target| (*target).to_owned()).collect(),
            sources: Vec::new(),
            ignored: Ignored::default(),
            sight: Sight::default(),
        })
    }

    /// Builds the graph and runs it; gives what came with the graph as well.
    ///
    /// # Errors
    /// As building and running.
    pub(crate) fn run<H>(&mut self, build: impl FnOnce() -> Result<(Graph, H)>) -> Result<(Run, H)> {
        // What was told before is seen by this round; what is told from here on may not be.
        self.events.forget();
        self.sight = Sight::of(self.sources.iter().map(|source| &**source), &self.ignored);
        let (graph, handles) = build()?;
        (self.sources, self.ignored) = watched(&self.engine.inner, &graph, &names(&self.targets))?;
        self.look()?;
        let targets = names(&self.targets);
        Ok((self.engine.run_targets(&graph, &targets)?, handles))
    }

    /// Whether any file is watched.
    pub(crate) fn watches_anything(&self) -> bool {
        self.events.watches_anything()
    }

    /// Waits until a source changes; gives the files that did. Nothing when the engine was asked to stop.
    ///
    /// # Errors
    /// When a folder cannot be watched.
    pub(crate) fn wait(&mut self) -> Result<Option<Vec<PathBuf>>> {
        let engine = Arc::clone(&self.engine.inner);
        while let Some(heard) = self.events.next(|| engine.is_stopped()) {
            let before = std::mem::take(&mut self.sight);
            self.look()?;
            let named = heard.paths.iter().filter_map(|path| before.file(path).or_else(|| self.sight.file(path)));
            let changed: BTreeSet<&Path> = named.chain(self.sight.since(&before)).collect();
            if heard.has_gaps || !changed.is_empty() {
                return Ok(Some(changed.into_iter().map(Path::to_path_buf).collect()));
            }
        }
        Ok(None)
    }

    /// Looks at the sources, and watches all folders that tell of them.
    fn look(&mut self) -> Result<()> {
        for _ in 0..MOST_LOOKS {
            self.sight = Sight::of(self.sources.iter().map(|source| &**source), &self.ignored);
            if !self.events.watch(&self.sight.folders)? {
                break;
            }
        }
        Ok(())
    }
}

fn names(targets: &[String]) -> Vec<&str> {
    targets.iter().map(String::as_str).collect()
}

/// What the targets read of the file system, and where the engine writes.
fn watched(engine: &Inner, graph: &Graph, targets: &[&str]) -> Result<(Vec<Arc<Source>>, Ignored)> {
    // Running refuses a graph that is not finished.
    let Some(graph) = graph.declared() else { return Ok(Default::default()) };
    let (targets, _) = find_targets(graph, targets)?;
    let ledger = Ledger::new(graph, targets);
    let needed = graph.node_ids().filter(|node| ledger.is_needed(*node));
    let sources = needed.filter_map(|node| match graph.spec(node).map(|spec| &spec.body) {
        Some(Body::Source(source)) => Some(Arc::clone(source)),
        Some(_) | None => None,
    });
    let published = graph.publications.iter().map(|publication| publication.path.as_path());
    let store = engine.out.as_deref().and_then(Path::parent);
    Ok((sources.collect(), Ignored::new(published.chain(store))))
}
