//! How often the store is asked: a run with nothing to do asks once a target, however large the graph.

use mamo::fingerprint::BlobDigest;
use mamo::store::{Batch, Key, MemoryStore, RecordKind, Store, StoreError, Ticket};
use mamo::{Engine, Graph, node};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the fingerprints and content keys that are looked up.
#[derive(Default)]
struct Counting {
    store: MemoryStore,
    lookups: AtomicUsize,
}

impl Store for Counting {
    fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let lookups = keys.iter().filter(|key| matches!(key.kind, RecordKind::Deep | RecordKind::Act)).count();
        self.lookups.fetch_add(lookups, Ordering::SeqCst);
        self.store.get_many(keys)
    }

    fn put(&self, batch: Batch) -> Result<Ticket, StoreError> {
        self.store.put(batch)
    }

    fn durable(&self) -> Ticket {
        self.store.durable()
    }

    fn sync(&self) -> Result<Ticket, StoreError> {
        self.store.sync()
    }

    fn scan(&self, kind: RecordKind, after: Option<Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, StoreError> {
        self.store.scan(kind, after, limit)
    }

    fn get_blob(&self, digest: &BlobDigest) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.get_blob(digest)
    }

    fn has_blobs(&self, digests: &[BlobDigest]) -> Result<Vec<bool>, StoreError> {
        self.store.has_blobs(digests)
    }
}

#[node]
fn add(a: u32, b: u32) -> u32 {
    a + b
}

#[test]
fn a_run_with_nothing_to_do_asks_once_a_target() {
    let store = Arc::new(Counting::default());
    let lookups = |last: u32| {
        let (graph, _) = Graph::build(|g| {
            let scope = g.numbered("sums");
            let mut sum = scope.value(0);
            for n in 0..1000 {
                sum = scope.add(add::node(sum, scope.value(n)));
            }
            g.target("sum", scope.add(add::node(sum, scope.value(last))));
            g.target("twice", scope.add(add::node(sum, sum)));
            Ok(())
        })
        .unwrap();
        let run = Engine::builder().with_store(store.clone()).unwrap().run(&graph).unwrap();
        (store.lookups.swap(0, Ordering::SeqCst), run.counts().executed)
    };
    assert_eq!(lookups(0), (0, 1002), "a new store is not asked at all");
    assert_eq!(lookups(0), (2, 0));
    // The two targets and the node above them by fingerprint, the stale one by its content as well, and its input's value.
    assert_eq!(lookups(7), (5, 1));
}
