//! What was put, by key: all that a store in memory holds, and what a store on disk has still to write.

use crate::fingerprint::{BlobDigest, DigestMap};
use crate::store::{Batch, Key, RecordKind};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The last change to each key of the batches that were added.
///
/// Batches are kept as they came, and indexed when they are first looked into: most are written, or forgotten, before
/// anybody asks.
#[derive(Default)]
pub(crate) struct Recent {
    blobs: DigestMap<BlobDigest, Option<Arc<Vec<u8>>>>,
    batches: Vec<Batch>,
    index: Mutex<Index>,
    n_changes: usize,
    size: usize,
}

/// Where the last change to each key is, as far as it was asked for.
#[derive(Default)]
struct Index {
    /// By `RecordKind::index`. Keys stand in the batches alone.
    kinds: [HashTable<Place>; RecordKind::ALL.len()],
    /// Batches that are in it.
    n_batches: usize,
}

/// What is known about one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change<T> {
    /// It was put.
    Put(T),
    /// It was removed.
    Removed,
}

impl<T> Change<T> {
    pub(crate) fn put(self) -> Option<T> {
        match self {
            Self::Put(value) => Some(value),
            Self::Removed => None,
        }
    }

    pub(crate) fn map<U>(self, change: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Put(value) => Change::Put(change(value)),
            Self::Removed => Change::Removed,
        }
    }
}

/// Which record of which batch.
#[derive(Clone, Copy)]
struct Place {
    batch: u32,
    record: u32,
}

impl Recent {
    /// Adds a batch; false when there are more batches than can be counted, and nothing was added.
    pub(crate) fn add(&mut self, mut batch: Batch) -> bool {
        if u32::try_from(self.batches.len()).is_err() {
            return false;
        }
        self.size += batch.size();
        for digest in batch.removed_blobs() {
            self.blobs.insert(*digest, None);
        }
        for (digest, bytes) in batch.take_blobs() {
            self.blobs.insert(digest, Some(Arc::new(bytes)));
        }
        self.n_changes += batch.records().len();
        self.batches.push(batch);
        true
    }

    /// Bytes of everything that was added.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Number of changes to records.
    pub(crate) fn n_changes(&self) -> usize {
        self.n_changes
    }

    /// All changes to records in the order in which they came, those included that others came after.
    pub(crate) fn changes(&self) -> impl Iterator<Item = (&Key, Option<&[u8]>)> {
        self.batches.iter().flat_map(Batch::records)
    }

    /// What was done to a record last; nothing when it was not touched.
    pub(crate) fn record(&self, key: &Key) -> Option<Change<&[u8]>> {
        let index = self.index();
        let is_asked = |place: &Place| self.digest(*place) == Some(&key.digest);
        let place = index.kinds.get(key.kind.index())?.find(hash(&key.digest), is_asked)?;
        Some(self.read(*place))
    }

    /// What was done to a blob last; nothing when it was not touched.
    pub(crate) fn blob(&self, digest: &BlobDigest) -> Option<Change<&Arc<Vec<u8>>>> {
        self.blobs.get(digest).map(|blob| blob.as_ref().map_or(Change::Removed, Change::Put))
    }

    /// Records of one kind behind `after`, in no order.
    pub(crate) fn of_kind(&self, kind: RecordKind, after: Option<Key>) -> impl Iterator<Item = (Key, Change<&[u8]>)> {
        let places: Vec<Place> = self.index().kinds.get(kind.index()).into_iter().flatten().copied().collect();
        let known = places.into_iter().filter_map(|place| Some((*self.digest(place)?, self.read(place))));
        known
            .filter(move |(digest, _)| after.is_none_or(|after| *digest > after.digest))
            .map(move |(digest, change)| (Key::new(kind, &digest), change))
    }

    /// Takes back what was done to a blob.
    pub(crate) fn forget_blob(&mut self, digest: &BlobDigest) {
        self.blobs.remove(digest);
    }

    /// All blobs, in no order.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = (&BlobDigest, Change<&Arc<Vec<u8>>>)> {
        self.blobs.iter().map(|(digest, blob)| (digest, blob.as_ref().map_or(Change::Removed, Change::Put)))
    }

    /// The index, with all batches in it.
    fn index(&self) -> MutexGuard<'_, Index> {
        // A panic in here could only come from the allocator, and leaves at worst a batch that is entered once more.
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let numbers = index.n_batches..self.batches.len();
        for (number, batch) in numbers.clone().zip(self.batches.get(numbers).unwrap_or_default()) {
            for (record, (key, _)) in (0..).zip(batch.records()) {
                let place = Place { batch: u32::try_from(number).unwrap_or(u32::MAX), record };
                let Some(places) = index.kinds.get_mut(key.kind.index()) else { continue };
                let is_same = |place: &Place| self.digest(*place) == Some(&key.digest);
                let rehash = |place: &Place| self.digest(*place).map_or(0, hash);
                match places.entry(hash(&key.digest), is_same, rehash) {
                    Entry::Occupied(mut older) => *older.get_mut() = place,
                    Entry::Vacant(vacant) => {
                        vacant.insert(place);
                    }
                }
            }
            index.n_batches = number + 1;
        }
        index
    }

    fn digest(&self, place: Place) -> Option<&[u8; 32]> {
        let (batch, record) = place.position();
        self.batches.get(batch)?.key(record).map(|key| &key.digest)
    }

    fn read(&self, place: Place) -> Change<&[u8]> {
        let (batch, record) = place.position();
        let bytes = self.batches.get(batch).and_then(|batch| batch.record(record));
        bytes.map_or(Change::Removed, Change::Put)
    }
}

impl Place {
    fn position(self) -> (usize, usize) {
        let position = |number| usize::try_from(number).unwrap_or(usize::MAX);
        (position(self.batch), position(self.record))
    }
}

/// Digests are as good as random: eight of their bytes are a hash.
fn hash(digest: &[u8; 32]) -> u64 {
    digest.first_chunk().map_or(0, |head| u64::from_le_bytes(*head))
}
