//! A store that counts how many nodes it is asked for.

use mamo::fingerprint::BlobDigest;
use mamo::store::{Batch, FjallStore, Key, RecordKind, OpenOptions, Store, StoreError, Ticket};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// A store on disk, with the number of fingerprints and content keys that were looked up.
pub(super) struct Counting {
    store: FjallStore,
    pub(super) lookups: AtomicU64,
}

impl Counting {
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let (store, _) = FjallStore::open(folder, OpenOptions::default())?;
        Ok(Self { store, lookups: AtomicU64::new(0) })
    }
}

impl Store for Counting {
    fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let lookups = keys.iter().filter(|key| matches!(key.kind, RecordKind::Deep | RecordKind::Act)).count();
        self.lookups.fetch_add(lookups as u64, Ordering::Relaxed);
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
