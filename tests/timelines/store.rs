//! A store that loses blobs.

use mamo::fingerprint::BlobDigest;
use mamo::store::{Batch, Key, MemoryStore, RecordKind, Store, StoreError, Ticket};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// A store that loses blobs.
pub(crate) struct Forgetful {
    pub(crate) inner: MemoryStore,
    pub(crate) known: Mutex<BTreeSet<BlobDigest>>,
}

impl Forgetful {
    pub(crate) fn forget(&self, every: u8) {
        let mut batch = Batch::default();
        let known = self.known.lock().unwrap();
        for digest in known.iter().filter(|digest| digest.as_bytes()[7] % every.max(1) == 0) {
            batch.remove_blob(*digest);
        }
        self.inner.put(batch).unwrap();
    }
}

impl Store for Forgetful {
    fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.inner.get_many(keys)
    }
    fn put(&self, batch: Batch) -> Result<Ticket, StoreError> {
        self.known.lock().unwrap().extend(batch.blobs().iter().map(|(digest, _)| *digest));
        self.inner.put(batch)
    }
    fn durable(&self) -> Ticket {
        self.inner.durable()
    }
    fn sync(&self) -> Result<Ticket, StoreError> {
        self.inner.sync()
    }
    fn scan(&self, kind: RecordKind, after: Option<Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, StoreError> {
        self.inner.scan(kind, after, limit)
    }
    fn get_blob(&self, digest: &BlobDigest) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get_blob(digest)
    }
    fn blobs(&self, after: Option<BlobDigest>, limit: usize) -> Result<Vec<(BlobDigest, u64)>, StoreError> {
        self.inner.blobs(after, limit)
    }
    fn has_blobs(&self, digests: &[BlobDigest]) -> Result<Vec<bool>, StoreError> {
        self.inner.has_blobs(digests)
    }
}
