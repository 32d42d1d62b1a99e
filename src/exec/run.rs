//! What a run gave.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::drive::failure_of;
use crate::exec::engine::{Inner, find_node};
use crate::exec::ledger::Ledger;
use crate::exec::planning::act_of;
use crate::exec::session::{Session, payload_of};
use crate::exec::sync::{Arc, OnceLock};
use crate::exec::{Counts, Event, Outcome};
use crate::fingerprint::{BlobDigest, ValueDigest};
use crate::graph::{Body, Kind, Node};
use crate::store::{Deep, Key, Kind as RecordKind, Payload};
use crate::value::{Failure, Interrupt, Loader, Part, Value};
use std::collections::BTreeSet;
use std::time::Duration;

/// What a run gave: outcomes of all nodes, and values when asked.
pub struct Run {
    engine: Arc<Inner>,
    session: Arc<Session>,
    ledger: Ledger,
    targets: Vec<String>,
    counts: Counts,
    took: Duration,
    saved: Duration,
    failures: Vec<Failure>,
    /// The run that made lost bytes of targets anew, once somebody asked for a value; nothing when none were lost.
    repaired: OnceLock<Option<Box<Self>>>,
}

impl Run {
    pub(crate) fn new(
        engine: Arc<Inner>,
        session: Arc<Session>,
        ledger: Ledger,
        targets: Vec<String>,
        took: Duration,
    ) -> Self {
        let counts = ledger.counts(&session.graph);
        session.tell(|observer| observer.event(&Event::RunEnded { counts }));
        let graph = &session.graph;
        let mut expected = 0u64;
        for node in (0..).take(graph.len()).filter(|node| ledger.is_needed(*node)) {
            if let Some(Body::Function { .. }) = graph.spec(node).map(|spec| &spec.body) {
                expected = expected.saturating_add(session.costs.mean(graph.entry(node).kind).unwrap_or(0));
            }
        }
        let saved = Duration::from_nanos(expected.saturating_sub(session.costs.spent()));
        let failures = ledger.failures.values().map(|failure| (**failure).clone()).collect();
        Self { engine, session, ledger, targets, counts, took, saved, failures, repaired: OnceLock::new() }
    }

    /// The value of a node, read from the store if need be. When its bytes are lost, the node is executed again.
    ///
    /// # Errors
    /// When the node failed, was skipped, or is of another graph.
    pub fn get<T: Send + Sync + 'static>(&self, node: Node<T>) -> Result<Arc<T>> {
        let raw = node.raw();
        if raw.graph != self.session.graph.id {
            return Err(Error::new(ErrorKind::NoValue, "the node is of another graph than the run"));
        }
        self.value(self.session.graph.effective(raw.index))
    }

    /// The value of a target or node, by name.
    ///
    /// # Errors
    /// As [`Run::get`], and when there is no such name or its value is no `T`.
    pub fn find<T: Send + Sync + 'static>(&self, name: &str) -> Result<Arc<T>> {
        self.value(find_node(&self.session.graph, name)?)
    }

    fn value<T: Send + Sync + 'static>(&self, node: u32) -> Result<Arc<T>> {
        let identity = || self.session.graph.identity(node);
        self.erased(node)?.downcast().ok_or_else(|| {
            let message = format!("the value of node `{}` is no `{}`", identity(), std::any::type_name::<T>());
            Error::new(ErrorKind::NoValue, message).with_node(identity())
        })
    }

    fn erased(&self, node: u32) -> Result<Value> {
        match self.repaired()? {
            // What was made anew may have led back to values of long ago whose bytes are lost as well.
            Some(run) => run.erased(node),
            None => self.erased_here(node),
        }
    }

    /// Makes sure that the bytes of all targets are there before the first value is handed out: what is made anew may
    /// differ from what it was, and values that do not belong together must not be seen together.
    fn repaired(&self) -> Result<Option<&Self>> {
        if let Some(repaired) = self.repaired.get() {
            return Ok(repaired.as_deref());
        }
        let lost = self.ledger.targets.iter().copied().filter(|target| {
            matches!(self.ledger.outcomes[*target], Outcome::Fresh | Outcome::CutOff) && self.is_lost(*target)
        });
        let lost: BTreeSet<u32> = lost.collect();
        let repaired = if lost.is_empty() {
            None
        } else {
            Some(Box::new(self.engine.repair(&self.session.graph, self.ledger.targets.clone(), lost)?))
        };
        Ok(self.repaired.get_or_init(|| repaired).as_deref())
    }

    fn is_lost(&self, node: u32) -> bool {
        if self.at_hand(node).is_some() {
            return false;
        }
        match self.recorded(node) {
            Some((_, Payload::Inline(_))) => false,
            Some((_, Payload::Blob { digest, .. })) => {
                self.session.store.has_blobs(&[digest]).is_ok_and(|is_there| is_there == [false])
            }
            Some((_, Payload::Absent { .. })) => true,
            // Transient values have no record; they are made when asked for.
            None => false,
        }
    }

    fn erased_here(&self, node: u32) -> Result<Value> {
        let graph = &self.session.graph;
        if let Some(value) = self.at_hand(node) {
            return Ok(value);
        }
        if let Some((value, payload)) = self.recorded(node) {
            let loader: Arc<dyn Loader> = Arc::new(AfterRun {
                session: Arc::clone(&self.session),
                engine: Arc::clone(&self.engine),
                owner: node,
            });
            if let Some(value) = self.session.load_with(node, &value, &payload, &loader) {
                return Ok(value);
            }
        }
        if let Some(failure) = failure_of(&self.session, &self.ledger, node) {
            let identity = graph.identity(node);
            let message = if failure.node() == identity {
                failure.to_string()
            } else {
                format!("node `{identity}` was skipped because {failure}")
            };
            return Err(Error::new(ErrorKind::NodeFailed, message).with_node(identity));
        }
        if self.engine.is_stopped() {
            return Err(Error::new(ErrorKind::Stopped, "the run was stopped").with_node(graph.identity(node)));
        }
        // Its bytes are gone, or it was not part of the run.
        let run = self.engine.restore(graph, node)?;
        if let Some(value) = run.at_hand(node) {
            return Ok(value);
        }
        let identity = graph.identity(node);
        let message = match run.failures.first() {
            Some(failure) => failure.to_string(),
            None => format!("node `{identity}` has no value"),
        };
        Err(Error::new(ErrorKind::NoValue, message).with_node(identity))
    }

    fn at_hand(&self, node: u32) -> Option<Value> {
        if let Kind::Constant(constant) = self.session.graph.kind(node) {
            return Some(constant.value.clone());
        }
        if let Some(Ok(looked)) = self.ledger.leaves.get(&node) {
            return Some(looked.value.clone());
        }
        self.ledger.present_value(node)
    }

    /// What the store says of a node's value.
    fn recorded(&self, node: u32) -> Option<(ValueDigest, Payload)> {
        let graph = &self.session.graph;
        let spec = graph.spec(node)?;
        if let (Body::Output { output, .. }, Some(producer)) = (&spec.body, graph.inputs(node).first()) {
            let (_, manifest) = self.recorded(*producer)?;
            let bytes = match manifest {
                Payload::Inline(bytes) => bytes,
                Payload::Blob { digest, .. } => self.session.recorder.blob(&digest)?,
                Payload::Absent { .. } => return None,
            };
            let parts: Vec<Part> = crate::fingerprint::decode(&bytes).ok()?;
            let part = parts.into_iter().nth(crate::exec::table::position(*output))?;
            let value = crate::fingerprint::value_digest(&spec.schema(), &part.digest(), part.len());
            return Some((value, payload_of(part)));
        }
        let base = self.ledger.record_key(graph, node)?;
        let (value, content, payload) = match self.ledger.known(node, &base) {
            Some(known) => (known.value, known.content, known.payload.as_deref().cloned()),
            None => {
                let key = Key::new(RecordKind::Deep, base.as_bytes());
                let answer = self.session.store.get_many(&[key]).ok()?;
                let deep = answer.into_iter().next().flatten().as_deref().and_then(Deep::read)?;
                (deep.value, Some(deep.content), deep.diverged)
            }
        };
        let payload = match payload {
            Some(payload) => payload,
            None => act_of(&*self.session.store, &content?).ok().flatten()?.payload,
        };
        Some((value, payload))
    }

    /// How each node came out, by identity, in the order of the graph.
    pub fn outcomes(&self) -> impl Iterator<Item = (String, Outcome)> + '_ {
        let graph = &self.session.graph;
        let nodes = self.ledger.outcomes.numbers().filter(|node| !graph.is_output(*node));
        nodes.map(|node| (graph.identity(node), self.ledger.outcomes[node]))
    }

    /// How many nodes came out how.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How many elements of maps came out how, of those maps that were looked into.
    pub fn elements(&self) -> Counts {
        self.ledger.elements
    }

    /// How often the run started over.
    pub fn restarts(&self) -> u32 {
        self.ledger.restarts
    }

    /// How long the run took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// How much longer the nodes would have taken without what was known already, by what they took before.
    pub fn time_saved(&self) -> Duration {
        self.saved
    }

    /// Nodes that failed, with what they said; settled ones included.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Whether all targets have values.
    pub fn is_complete(&self) -> bool {
        self.ledger.targets.iter().all(|target| {
            !matches!(self.ledger.outcomes[*target], Outcome::Failed | Outcome::Skipped)
                && !self.session.graph.inputs(*target).iter().any(|input| {
                    self.session.graph.is_output(*target)
                        && matches!(self.ledger.outcomes[*input], Outcome::Failed | Outcome::Skipped)
                })
        })
    }

    /// Whether the run was stopped from outside before it was done.
    pub fn is_stopped(&self) -> bool {
        self.engine.is_stopped() && !self.is_complete()
    }

    /// Names of the targets of this run.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(String::as_str)
    }
}

/// Fetches the parts of a value that the user holds: what is lost is made again.
struct AfterRun {
    session: Arc<Session>,
    engine: Arc<Inner>,
    owner: u32,
}

impl Loader for AfterRun {
    fn load(&self, digest: &BlobDigest) -> std::result::Result<Vec<u8>, Interrupt> {
        let recorder = &self.session.recorder;
        if let Some(bytes) = recorder.blob(digest) {
            return Ok(bytes);
        }
        if let Err(error) = self.engine.restore(&self.session.graph, self.owner) {
            std::panic::panic_any(format!("cannot make lost bytes again: {error:?}"));
        }
        let node = || self.session.graph.identity(self.owner);
        match recorder.blob(digest) {
            Some(bytes) => Ok(bytes),
            None => std::panic::panic_any(format!("node `{}` no longer gives the value that is being read", node())),
        }
    }
}
