//! What all parts of a run share.

use crate::exec::OnFailure;
use crate::exec::capacity::Capacities;
use crate::exec::clock::Ticker;
use crate::exec::costs::{Costs, Noted, Tally};
use crate::exec::event::{Event, Observer};
use crate::exec::expand::Expanded;
use crate::exec::jobserver::Jobserver;
use crate::exec::ledger::Roots;
use crate::exec::loader::Loaders;
use crate::exec::look::Looker;
use crate::exec::planning::Contents;
use crate::exec::process::Workers;
use crate::exec::recorded::output_part;
use crate::exec::recorder::Recorder;
use crate::exec::references::references_of;
use crate::exec::remaining::Remaining;
use crate::exec::report::Reports;
use crate::exec::sources::Sources;
use crate::exec::spans::{Doing, Spans};
use crate::exec::spill::Spill;
use crate::exec::sync::{Arc, AtomicU64, Mutex, OnceLock, lock};
use crate::exec::values::Values;
use crate::exec::wave::{Trouble, caught};
use crate::fingerprint::{BlobDigest, ContentKey, DigestMap, Fingerprint, ValueDigest, value_digest};
use crate::graph::{Body, Declared, NodeId, NodeSpec, Signals};
use crate::store::{Payload, Store};
use crate::value::{Bytes, Keeper, LARGE, Loader, Owner, References, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Weak;
use std::time::Duration;

/// What all parts of a run share.
pub(crate) struct Session {
    pub(crate) graph: Arc<Declared>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) looker: Arc<Looker>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) roots: Arc<Mutex<Roots>>,
    pub(crate) contents: Contents,
    pub(crate) on_failure: OnFailure,
    pub(crate) capacities: Arc<Capacities>,
    pub(crate) jobserver: Option<Arc<Jobserver>>,
    /// Number of this run, in every record that it writes.
    pub(crate) run: u64,
    pub(crate) ticker: Ticker,
    /// What threads did when, if somebody wants to know.
    pub(crate) spans: Option<Arc<Spans>>,
    pub(crate) costs: Costs,
    pub(crate) remaining: Arc<Remaining>,
    pub(crate) sources: Arc<Sources>,
    /// Values that are not saved, until the run is over.
    pub(crate) spill: Arc<Spill>,
    /// Bytes of values on their way at most, in one wave.
    pub(crate) held_most: AtomicU64,
    /// How often reduces were executed again for lost bytes in this run.
    pub(crate) reduced_again: Mutex<BTreeMap<NodeId, u32>>,
    /// Set when the run is over: makes lost bytes of its values again.
    pub(crate) after: Arc<OnceLock<Weak<Values>>>,
    pub(crate) loaders: Arc<Loaders>,
    pub(crate) reports: Reports,
    /// Nodes without records through which a way was written down.
    pub(crate) ways: Mutex<BTreeSet<Fingerprint>>,
    /// Takes the files that nodes make.
    pub(crate) keeper: Arc<dyn Keeper>,
    /// Processes for nodes that run in one.
    pub(crate) workers: Arc<Workers>,
    /// How sub-graphs came out that were run in this run, by the computations that made them.
    pub(crate) expanded: Mutex<DigestMap<ContentKey, Expanded>>,
    /// How many expansions deep the graph is: none for the user's.
    pub(crate) depth: u32,
    /// How many it may be at most.
    pub(crate) most_expansions: u32,
}

impl Session {
    /// Tells the observer; nothing is made up when there is none.
    pub(crate) fn tell(&self, event: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = &self.observer {
            event(&**observer);
        }
    }

    pub(crate) fn tell_executed(&self, node: NodeId, element: Option<&str>, cost_ns: u64) {
        let took = Duration::from_nanos(cost_ns);
        self.tell(|observer| {
            self.remaining.end(self, node, element.is_some());
            observer.event(&Event::NodeExecuted { node: &self.graph.identity(node), element, took });
        });
    }

    pub(crate) fn tell_cut_off(&self, node: NodeId) {
        self.tell(|observer| {
            self.remaining.end(self, node, false);
            observer.event(&Event::NodeCutOff { node: &self.graph.identity(node) });
        });
    }

    /// Tells that a node or an element failed, with the last lines of its log.
    pub(crate) fn tell_failed(&self, node: &str, element: Option<&str>, message: &str) {
        self.tell(|observer| {
            let log = match element {
                Some(element) => self.last_lines(&format!("{node}[{element}]")),
                None => self.last_lines(node),
            };
            observer.event(&Event::NodeFailed { node, element, message, log: &log });
        });
    }

    /// What executing the node is thought to take, in nanoseconds.
    pub(crate) fn expected_cost(&self, node: NodeId) -> u64 {
        match self.graph.spec(node).map(|spec| &spec.body) {
            Some(Body::Function { .. }) => self.graph.spec_id(node).map_or(0, |spec| self.costs.expected(spec)),
            Some(_) | None => 0,
        }
    }

    /// As [`Session::expected_cost`]; nothing for a function that was never executed with this store.
    pub(crate) fn known_cost(&self, node: NodeId) -> Option<u64> {
        self.graph.spec_id(node).and_then(|spec| self.costs.known_ns(spec))
    }

    /// Notes what was done for the function of a node, to be told to others later.
    pub(crate) fn note_costs(&self, node: NodeId, tally: Tally, noted: &mut Noted) {
        if let Some(function) = self.graph.spec_id(node).and_then(|spec| self.costs.function(spec)) {
            self.costs.note(function, tally, noted);
        }
    }

    /// Makes a node known by its value from now on.
    pub(crate) fn root(&self, base: Fingerprint, value: ValueDigest) {
        lock(&self.roots).insert(base, value);
    }

    /// Reads a value back, verified; nothing when its bytes are gone.
    ///
    /// # Errors
    /// When the bytes are the right ones and its type cannot read them all the same.
    pub(crate) fn load(&self, node: NodeId, value: &ValueDigest, payload: &Payload) -> Result<Option<Value>, Trouble> {
        self.load_with(node, value, payload, &self.loader(node))
    }

    /// As [`Session::load`]; parts of the value are fetched through `loader`.
    pub(crate) fn load_with(
        &self,
        node: NodeId,
        value: &ValueDigest,
        payload: &Payload,
        loader: &Arc<dyn Loader>,
    ) -> Result<Option<Value>, Trouble> {
        let spec = self.graph.spec(node);
        let schema = spec.and_then(|spec| spec.schemas.first());
        let (Some(schema), Some(value_type)) = (schema, self.graph.value_type(node)) else { return Ok(None) };
        let start = self.ticker.now();
        let fetched = match payload {
            Payload::Inline(bytes) => Some(Bytes::from(bytes.as_slice())),
            Payload::Blob { digest, len } => self.blob(digest, *len),
            Payload::Absent { digest, .. } => self.spill.get(digest),
        };
        let Some(bytes) = fetched else { return Ok(None) };
        let digest = match payload {
            // A file that was verified, and that is not read for this.
            Payload::Blob { digest, .. } | Payload::Absent { digest, .. } if bytes.is_mapped() => *digest,
            Payload::Inline(_) | Payload::Blob { .. } | Payload::Absent { .. } => BlobDigest::of(&bytes),
        };
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if value_digest(schema, &digest, len) != *value {
            return Ok(None);
        }
        let decoded = caught(|| Ok(value_type.decode(&bytes, loader)?));
        self.note_since(Doing::Loading, node, None, start);
        if let Some(function) = self.graph.spec_id(node).and_then(|spec| self.costs.function(spec)) {
            let load_ns = self.ticker.since(start);
            self.costs.add(function, Tally { loads: 1, load_ns, ..Tally::default() });
        }
        decoded.map(Some).map_err(|trouble| match trouble {
            Trouble::Failed(message) => Trouble::Failed(format!(
                "cannot read the value of node `{}` back: {message}",
                self.graph.identity(node)
            )),
            trouble @ (Trouble::Interrupted(_) | Trouble::Told) => trouble,
        })
    }

    /// The bytes of a blob of this length, verified; nothing when they are gone.
    pub(crate) fn blob(&self, digest: &BlobDigest, len: u64) -> Option<Bytes> {
        if len < LARGE {
            return self.recorder.blob(digest).map(Bytes::from);
        }
        // What cannot be read is made again.
        self.loaders.shelf.bytes(digest).ok().flatten()
    }

    /// What the bytes of a blob name that is saved, or spilled.
    pub(crate) fn references(&self, digest: &BlobDigest) -> References {
        self.recorder.flush();
        // A store that cannot be read fails the run when it ends.
        references_of(&*self.store, digest).unwrap_or_default()
    }

    /// The value of one output of a node, by the manifest that is the node's own; nothing when that is gone.
    pub(crate) fn output(&self, spec: &NodeSpec, output: u32, manifest: Payload) -> Option<(ValueDigest, Payload)> {
        let bytes = match manifest {
            Payload::Inline(bytes) => bytes,
            Payload::Blob { digest, .. } => self.recorder.blob(&digest)?,
            Payload::Absent { .. } => return None,
        };
        let (part, payload) = output_part(&bytes, output)?;
        Some((value_digest(&spec.schema(), &part.digest(), part.len()), payload))
    }

    /// A node as its values know it.
    pub(crate) fn owner(&self, node: NodeId) -> Owner {
        node.as_owner(self.depth)
    }

    /// Fetches the parts of a node's value.
    pub(crate) fn loader(&self, owner: NodeId) -> Arc<dyn Loader> {
        self.loaders.of(owner)
    }
}
