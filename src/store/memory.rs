//! A store that lives as long as the process: for tests and throw-away runs.

use crate::fingerprint::{BlobDigest, DigestMap};
use crate::store::{Batch, Key, Kind, Store, StoreError, Ticket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps everything in memory and forgets it when dropped.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kinds: [DigestMap<[u8; 32], Place>; Kind::ALL.len()],
    blobs: DigestMap<BlobDigest, Arc<[u8]>>,
    /// Batches as they came: a record is a range of one of them, so that a batch is kept without copying records.
    batches: Vec<Batch>,
    ticket: u64,
}

/// Which record of which batch.
#[derive(Clone, Copy)]
struct Place {
    batch: u32,
    record: u32,
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

impl State {
    fn of(&self, kind: Kind) -> &DigestMap<[u8; 32], Place> {
        let [a, b, c, d, e, f, g, h, i, j, k] = &self.kinds;
        match kind {
            Kind::Act => a,
            Kind::Deep => b,
            Kind::Root => c,
            Kind::Spec => d,
            Kind::File => e,
            Kind::Probe => f,
            Kind::External => g,
            Kind::Cost => h,
            Kind::Run => i,
            Kind::Plan => j,
            Kind::Chunk => k,
        }
    }

    fn of_mut(&mut self, kind: Kind) -> &mut DigestMap<[u8; 32], Place> {
        let [a, b, c, d, e, f, g, h, i, j, k] = &mut self.kinds;
        match kind {
            Kind::Act => a,
            Kind::Deep => b,
            Kind::Root => c,
            Kind::Spec => d,
            Kind::File => e,
            Kind::Probe => f,
            Kind::External => g,
            Kind::Cost => h,
            Kind::Run => i,
            Kind::Plan => j,
            Kind::Chunk => k,
        }
    }

    fn read(&self, place: Place) -> Option<&[u8]> {
        let batch = self.batches.get(usize::try_from(place.batch).ok()?)?;
        batch.record(usize::try_from(place.record).ok()?)
    }
}

impl Store for MemoryStore {
    fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let state = self.state();
        let read = |key: &Key| state.of(key.kind).get(&key.digest).and_then(|place| state.read(*place));
        Ok(keys.iter().map(|key| read(key).map(<[u8]>::to_vec)).collect())
    }

    fn put(&self, mut batch: Batch) -> Result<Ticket, StoreError> {
        let mut state = self.state();
        state.ticket += 1;
        for digest in batch.removed_blobs() {
            state.blobs.remove(digest);
        }
        for (digest, bytes) in batch.take_blobs() {
            state.blobs.insert(digest, bytes.into());
        }
        let number = u32::try_from(state.batches.len()).map_err(|_| full())?;
        for (record, (key, bytes)) in (0..).zip(batch.records()) {
            let map = state.of_mut(key.kind);
            match bytes {
                Some(_) => map.insert(key.digest, Place { batch: number, record }),
                None => map.remove(&key.digest),
            };
        }
        state.batches.push(batch);
        Ok(Ticket(state.ticket))
    }

    fn durable(&self) -> Ticket {
        Ticket(self.state().ticket)
    }

    fn sync(&self) -> Result<Ticket, StoreError> {
        Ok(self.durable())
    }

    fn scan(&self, kind: Kind, after: Option<Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, StoreError> {
        let state = self.state();
        let map = state.of(kind);
        let mut digests: Vec<&[u8; 32]> =
            map.keys().filter(|digest| after.is_none_or(|after| **digest > after.digest)).collect();
        digests.sort_unstable();
        let record = |digest: &[u8; 32]| {
            let bytes = map.get(digest).and_then(|place| state.read(*place))?;
            Some((Key::new(kind, digest), bytes.to_vec()))
        };
        Ok(digests.into_iter().take(limit).filter_map(record).collect())
    }

    fn get_blob(&self, digest: &BlobDigest) -> Result<Option<Vec<u8>>, StoreError> {
        let blob = self.state().blobs.get(digest).cloned();
        Ok(blob.filter(|bytes| BlobDigest::of(bytes) == *digest).map(|bytes| bytes.to_vec()))
    }

    fn has_blobs(&self, digests: &[BlobDigest]) -> Result<Vec<bool>, StoreError> {
        let state = self.state();
        Ok(digests.iter().map(|digest| state.blobs.contains_key(digest)).collect())
    }
}

fn full() -> StoreError {
    StoreError::Poisoned("more than four thousand million batches in memory".into())
}
