//! Writing down what nodes gave: in batches, in the order in which the nodes came out.
//!
//! A record is added before any downstream node may start, so no record is ever durable before its upstream nodes'.

use crate::error::Result;
use crate::exec::clock::Ticker;
use crate::exec::event::{Event, Observer};
use crate::exec::references::note_references;
use crate::exec::spans::Spans;
use crate::exec::store_error::store_error;
use crate::exec::sync::{Arc, AtomicU64, Mutex, Ordering, lock};
use crate::fingerprint::BlobDigest;
use crate::graph::{Declared, NodeId};
use crate::store::{Adopted, Batch, Store, StoreError, Ticket};
use crate::value::{Blob, NamedBlob};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Collects records and hands them to the store.
pub(crate) struct Recorder {
    store: Arc<dyn Store>,
    graph: Arc<Declared>,
    observer: Option<Arc<dyn Observer>>,
    pending: Mutex<Pending>,
    /// Those of sub-graphs, which are synced with this one.
    followed_by: Mutex<Vec<Arc<Self>>>,
    ticker: Ticker,
    spans: Option<Arc<Spans>>,
    /// Nanoseconds in which the store took records over.
    waited_ns: AtomicU64,
}

struct Pending {
    batch: Batch,
    /// Nodes whose records are in the batch; kept only when somebody watches.
    nodes: Vec<NodeId>,
    since: Instant,
    /// Nodes whose records were handed over and are not durable yet.
    unsaved: VecDeque<(Ticket, Vec<NodeId>)>,
    error: Option<StoreError>,
}

/// A batch is handed over when it is this large, or this old.
const LARGE: usize = 1 << 20;
const OLD: Duration = Duration::from_millis(50);

impl Recorder {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        graph: Arc<Declared>,
        observer: Option<Arc<dyn Observer>>,
        ticker: Ticker,
        spans: Option<Arc<Spans>>,
    ) -> Self {
        let pending = Pending {
            batch: Batch::default(),
            nodes: Vec::new(),
            since: Instant::now(),
            unsaved: VecDeque::new(),
            error: None,
        };
        Self {
            store,
            graph,
            observer,
            pending: Mutex::new(pending),
            followed_by: Mutex::default(),
            ticker,
            spans,
            waited_ns: AtomicU64::new(0),
        }
    }

    /// Adds records, and the nodes that they are of.
    pub(crate) fn add(&self, records: &mut Batch, nodes: &[NodeId]) {
        if records.is_empty() {
            return;
        }
        let mut pending = lock(&self.pending);
        if pending.batch.is_empty() {
            pending.since = Instant::now();
            // A batch that is handed over takes its room along; growing to that size again would copy all of it.
            // Blobs come with room of their own.
            if records.record_size() * 4 > LARGE / 16 {
                pending.batch = Batch::with_room(LARGE + LARGE / 8);
            }
        }
        pending.batch.append(records);
        if self.observer.is_some() {
            pending.nodes.extend_from_slice(nodes);
        }
        if pending.batch.size() >= LARGE || pending.since.elapsed() >= OLD {
            self.hand_over(&mut pending);
        }
        let saved = self.saved(&mut pending);
        drop(pending);
        self.tell(&saved);
    }

    /// Keeps blobs: those in memory go with `records`, those in files are the store's at once.
    pub(crate) fn keep(&self, blobs: Vec<NamedBlob>, records: &mut Batch) {
        for NamedBlob { digest, blob, references } in blobs {
            note_references(&digest, &references, records);
            match blob {
                Blob::Memory(bytes) => records.put_blob(digest, bytes),
                Blob::File(file) => {
                    let adopted = Adopted { digest, len: file.len(), path: file.path().to_path_buf() };
                    if let Err(error) = self.store.adopt(vec![adopted]) {
                        let mut pending = lock(&self.pending);
                        pending.error = pending.error.take().or(Some(error));
                    }
                }
            }
        }
    }

    /// Hands everything over, so that the store can be asked for it.
    pub(crate) fn flush(&self) {
        let mut pending = lock(&self.pending);
        self.hand_over(&mut pending);
        let saved = self.saved(&mut pending);
        drop(pending);
        self.tell(&saved);
    }

    /// Hands over what a sub-graph's recorder has, and syncs it from now on with this one.
    pub(crate) fn follow(&self, inner: &Arc<Self>) {
        inner.flush();
        lock(&self.followed_by).push(Arc::clone(inner));
    }

    /// Waits until everything is durable.
    ///
    /// # Errors
    /// When anything could not be written, now or earlier in the run: a run never ends well with results unsaved.
    pub(crate) fn sync(&self) -> Result<()> {
        self.flush();
        let followed_by = std::mem::take(&mut *lock(&self.followed_by));
        for inner in followed_by {
            inner.sync()?;
        }
        let start = self.ticker.now();
        let synced = self.store.sync();
        self.spans.iter().for_each(|spans| spans.stored(start));
        let mut pending = lock(&self.pending);
        let error = pending.error.take();
        let saved = self.saved(&mut pending);
        drop(pending);
        self.tell(&saved);
        match (error, synced) {
            (Some(error), _) | (None, Err(error)) => Err(store_error(error)),
            (None, Ok(_)) => Ok(()),
        }
    }

    /// The bytes of a blob, also of one that is still in the batch.
    pub(crate) fn blob(&self, digest: &BlobDigest) -> Option<Vec<u8>> {
        if let Ok(Some(bytes)) = self.store.get_blob(digest) {
            return Some(bytes);
        }
        self.flush();
        self.store.get_blob(digest).ok().flatten()
    }

    /// The lock is held so that batches reach the store in the order in which they were filled; the store only queues.
    fn hand_over(&self, pending: &mut Pending) {
        if pending.batch.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut pending.batch);
        let nodes = std::mem::take(&mut pending.nodes);
        let start = self.ticker.now();
        let put = self.store.put(batch);
        // A sum only; it is read when all walkers have returned.
        self.waited_ns.fetch_add(self.ticker.since(start), Ordering::Relaxed);
        self.spans.iter().for_each(|spans| spans.stored(start));
        match put {
            Ok(ticket) if !nodes.is_empty() => pending.unsaved.push_back((ticket, nodes)),
            Ok(_) => {}
            Err(error) => pending.error = pending.error.take().or(Some(error)),
        }
    }

    /// Nanoseconds in which the store took over what it was handed.
    pub(crate) fn waited_ns(&self) -> u64 {
        self.waited_ns.load(Ordering::Relaxed)
    }

    fn saved(&self, pending: &mut Pending) -> Vec<NodeId> {
        if pending.unsaved.is_empty() {
            return Vec::new();
        }
        let durable = self.store.durable();
        let mut saved = Vec::new();
        while pending.unsaved.front().is_some_and(|(ticket, _)| *ticket <= durable) {
            saved.extend(pending.unsaved.pop_front().map(|(_, nodes)| nodes).unwrap_or_default());
        }
        saved
    }

    fn tell(&self, saved: &[NodeId]) {
        if let Some(observer) = &self.observer {
            for node in saved {
                observer.event(&Event::NodeSaved { node: &self.graph.identity(*node) });
            }
        }
    }
}
