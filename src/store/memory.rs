//! A store that lives as long as the process: for tests and throw-away runs.

use crate::fingerprint::BlobDigest;
use crate::store::recent::{Change, Recent};
use crate::store::{Batch, Key, RecordKind, Store, StoreError, Ticket};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps everything in memory and forgets it when dropped.
///
/// Records that are replaced or removed still take room until then.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    recent: Recent,
    ticket: u64,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    // A panic while the lock is held leaves at worst a batch half entered, whose records are misses.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let state = self.state();
        let read = |key: &Key| state.recent.record(key).and_then(Change::put).map(<[u8]>::to_vec);
        Ok(keys.iter().map(read).collect())
    }

    fn put(&self, batch: Batch) -> Result<Ticket, StoreError> {
        let mut state = self.state();
        if !state.recent.add(batch) {
            return Err(StoreError::Poisoned("more than four thousand million batches in memory".into()));
        }
        state.ticket += 1;
        Ok(Ticket(state.ticket))
    }

    fn durable(&self) -> Ticket {
        Ticket(self.state().ticket)
    }

    fn sync(&self) -> Result<Ticket, StoreError> {
        Ok(self.durable())
    }

    fn scan(&self, kind: RecordKind, after: Option<Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, StoreError> {
        let state = self.state();
        let records = state.recent.of_kind(kind, after);
        let mut records: Vec<_> = records.filter_map(|(key, change)| Some((key, change.put()?))).collect();
        records.sort_unstable_by_key(|(key, _)| *key);
        Ok(records.into_iter().take(limit).map(|(key, bytes)| (key, bytes.to_vec())).collect())
    }

    fn get_blob(&self, digest: &BlobDigest) -> Result<Option<Vec<u8>>, StoreError> {
        let blob = self.state().recent.blob(digest).and_then(Change::put).cloned();
        Ok(blob.filter(|bytes| BlobDigest::of(bytes) == *digest).map(|bytes| bytes.to_vec()))
    }

    fn has_blobs(&self, digests: &[BlobDigest]) -> Result<Vec<bool>, StoreError> {
        let state = self.state();
        Ok(digests.iter().map(|digest| state.recent.blob(digest).and_then(Change::put).is_some()).collect())
    }
}
