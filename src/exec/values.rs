//! Values of a run: at hand, read from the store, or made again when their bytes are lost.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::Outcome;
use crate::exec::balance::RunCosts;
use crate::exec::engine::Inner;
use crate::exec::ledger::{Known, Ledger};
use crate::exec::loader::{opened, remove_part};
use crate::exec::planning::cause_of;
use crate::exec::recorded::{are_there, deep_of, payload_of_value};
use crate::exec::session::Session;
use crate::exec::shelf::Shelf;
use crate::exec::sync::{Arc, lock};
use crate::exec::wave::Trouble;
use crate::fingerprint::{BlobDigest, ValueDigest};
use crate::graph::{Body, Declared, Kind, NodeId, NodeSpec};
use crate::store::Payload;
use crate::value::{Artifact, Bytes, Failure, Interrupt, Link, Loader, NotRead, Opened, Owner, Shape, Value};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// Values that belong together: those of one run, or of the run that made its lost ones again.
pub(crate) struct Values {
    pub(crate) engine: Arc<Inner>,
    pub(crate) session: Arc<Session>,
    pub(crate) ledger: Ledger,
    pub(crate) costs: RunCosts,
}

impl Values {
    /// The value of a node; nothing when the run did not make it, or its bytes are lost.
    pub(crate) fn find(self: &Arc<Self>, node: NodeId) -> Result<Option<Value>> {
        if let Some(value) = self.at_hand(node) {
            return Ok(Some(value));
        }
        let Some((value, payload)) = self.recorded(node) else { return Ok(None) };
        let loader: Arc<dyn Loader> = Arc::new(AfterRun { values: Arc::clone(self), owner: node });
        match self.session.load_with(node, &value, &payload, &loader) {
            Ok(value) => Ok(value),
            Err(Trouble::Interrupted(_) | Trouble::Told) => Ok(None),
            Err(Trouble::Failed(message)) => {
                Err(Error::new(ErrorKind::NoValue, message).with_node(self.session.graph.identity(node)))
            }
        }
    }

    /// Values that go with these, where `lost` nodes were executed again and `wanted` has one.
    pub(crate) fn again(&self, lost: BTreeSet<NodeId>, wanted: Option<NodeId>) -> Result<Arc<Self>> {
        let ledger = self.ledger.successor(&self.session.graph, lost, wanted);
        self.engine.make_again(&self.session.graph, ledger).map(Self::shared)
    }

    /// The values of a run that is over: what of them is read later, and lost, is made again.
    pub(crate) fn shared(self) -> Arc<Self> {
        let values = Arc::new(self);
        // Set once: each run has a session of its own.
        let _ = values.session.after.set(Arc::downgrade(&values));
        values
    }

    /// Fetches parts of a node's value, and makes them again if they are lost.
    pub(crate) fn loader_after(self: &Arc<Self>, owner: Owner) -> Arc<dyn Loader> {
        // Values that are handed out are those of the user's own nodes.
        let owner = NodeId::of_owner(owner, 0).unwrap_or(NodeId::MISTAKEN);
        Arc::new(AfterRun { values: Arc::clone(self), owner })
    }

    /// Targets that had values whose bytes are lost.
    pub(crate) fn lost_targets(&self) -> BTreeSet<NodeId> {
        let lost = self.ledger.targets.iter().copied().filter(|target| {
            matches!(self.ledger.outcomes[*target], Outcome::Fresh | Outcome::CutOff)
                && !self.is_transient(*target)
                && self.is_lost(*target)
        });
        lost.collect()
    }

    /// Why a node that took part in the run has no value.
    pub(crate) fn failure(&self, node: NodeId) -> Option<Arc<Failure>> {
        let has_none = |node: NodeId| matches!(self.ledger.outcomes[node], Outcome::Failed | Outcome::Skipped);
        let graph = &self.session.graph;
        (has_none(node) || has_none(graph.producer(node))).then(|| cause_of(graph, &self.ledger, node))?
    }

    /// Whether the run ended before it came to the node.
    pub(crate) fn was_skipped(&self, node: NodeId) -> bool {
        self.ledger.outcomes[self.session.graph.producer(node)] == Outcome::Skipped
    }

    pub(crate) fn is_lost(&self, node: NodeId) -> bool {
        if self.at_hand(node).is_some() {
            return false;
        }
        match self.recorded(node) {
            // A store that cannot be asked says so when the value is read.
            Some((_, payload)) => are_there(&*self.session.store, &payload).is_ok_and(|is_there| !is_there),
            // Transient values have no record; they are made when asked for.
            None => self.is_transient(node),
        }
    }

    fn is_transient(&self, node: NodeId) -> bool {
        self.session.graph.spec(node).is_some_and(NodeSpec::is_transient)
    }

    fn at_hand(&self, node: NodeId) -> Option<Value> {
        if let Kind::Constant(constant) = self.session.graph.kind(node) {
            return Some(constant.value.clone());
        }
        if let Some(Ok(looked)) = self.ledger.leaves.get(&node) {
            return Some(looked.value.clone());
        }
        self.ledger.present_value(&self.session.graph, node)
    }

    fn recorded(&self, node: NodeId) -> Option<(ValueDigest, Payload)> {
        recorded_value(&self.session, &self.ledger, node)
    }
}

/// What the store says of a node's value.
pub(crate) fn recorded_value(session: &Session, ledger: &Ledger, node: NodeId) -> Option<(ValueDigest, Payload)> {
    let graph = &session.graph;
    let spec = graph.spec(node)?;
    if let (Body::Output { output, .. }, Some(producer)) = (&spec.body, graph.inputs(node).first()) {
        let (_, manifest) = recorded_value(session, ledger, *producer)?;
        return session.output(spec, *output, manifest);
    }
    let base = ledger.record_key(graph, node)?;
    let store = &*session.store;
    let Known { value, content, payload, .. } = match ledger.known(node, &base) {
        Some(known) => known.clone(),
        // Since the run it gave something else: that goes with what was made then, not with this.
        None if lock(&session.roots).get(&base).copied() != ledger.root_of(node) => return None,
        None => Known::of(deep_of(store, &base).ok().flatten()?),
    };
    let payload = payload_of_value(store, &value, content.as_ref(), payload.as_deref());
    Some((value, payload.ok().flatten()?))
}

/// Fetches the parts of a value that the user holds: what is lost is made again.
struct AfterRun {
    values: Arc<Values>,
    owner: NodeId,
}

impl Loader for AfterRun {
    fn saved(&self, digest: &BlobDigest) -> Option<Vec<u8>> {
        self.values.session.recorder.blob(digest)
    }

    fn source(&self, digest: &BlobDigest) -> Option<Artifact> {
        self.values.session.sources.get(digest)
    }

    fn load(&self, digest: &BlobDigest) -> std::result::Result<Vec<u8>, Interrupt> {
        self.or_panic(|| Ok(self.values.session.recorder.blob(digest)))
    }

    fn map(&self, digest: &BlobDigest) -> std::result::Result<Bytes, Interrupt> {
        self.or_panic(|| self.shelf().bytes(digest))
    }

    fn open(&self, digest: &BlobDigest) -> std::result::Result<Opened, NotRead> {
        let found = self.made_again(|| self.shelf().open(digest))?;
        Ok(opened(found, self.owner.as_owner(0)))
    }

    fn place(&self, digest: &BlobDigest, shape: Shape) -> std::result::Result<(Arc<Path>, Owner), NotRead> {
        Ok((self.made_again(|| self.shelf().place(digest, shape))?, self.owner.as_owner(0)))
    }

    fn put(&self, digest: &BlobDigest, shape: Shape, to: &Path, link: Link) -> std::result::Result<(), NotRead> {
        Ok(self.made_again(|| {
            let is_put = self.shelf().put(digest, shape, to, link)?;
            if !is_put {
                remove_part(to)?;
            }
            Ok(is_put.then_some(()))
        })?)
    }
}

impl AfterRun {
    fn shelf(&self) -> &Shelf {
        &self.values.session.loaders.shelf
    }

    /// As [`AfterRun::made_again`], where there is no way to tell of an error.
    fn or_panic<T>(&self, find: impl Fn() -> io::Result<Option<T>>) -> std::result::Result<T, Interrupt> {
        self.made_again(find).map_or_else(|error| std::panic::panic_any(error.to_string()), Ok)
    }

    /// What `find` finds, once it has been made again if need be.
    fn made_again<T>(&self, find: impl Fn() -> io::Result<Option<T>>) -> io::Result<T> {
        let Values { session, .. } = &*self.values;
        // A list may consist of what its inputs gave, and those of what theirs did: so further and further up.
        let mut lost = BTreeSet::new();
        let mut above = BTreeSet::from([session.graph.producer(self.owner)]);
        loop {
            if let Some(found) = find()? {
                return Ok(found);
            }
            if above.is_empty() {
                let node = session.graph.identity(self.owner);
                std::panic::panic_any(format!("node `{node}` no longer gives the value that is being read"));
            }
            lost.append(&mut above.clone());
            if let Err(error) = self.values.again(lost.clone(), Some(self.owner)) {
                std::panic::panic_any(format!("cannot make lost bytes again: {error:?}"));
            }
            above = inputs_of(&session.graph, &above).difference(&lost).copied().collect();
        }
    }
}

/// What these nodes read, as far as it can be executed.
fn inputs_of(graph: &Declared, nodes: &BTreeSet<NodeId>) -> BTreeSet<NodeId> {
    let inputs = nodes.iter().flat_map(|node| graph.inputs(*node)).map(|input| graph.producer(*input));
    let is_executable = |node: &NodeId| graph.spec(*node).is_some_and(|spec| !matches!(spec.body, Body::Source(_)));
    inputs.filter(is_executable).collect()
}
