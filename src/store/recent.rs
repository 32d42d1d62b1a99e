//! What was put, by key: all that a store in memory holds, and what a store on disk has still to write.

use crate::fingerprint::{BlobDigest, DigestMap};
use crate::store::{Batch, Key, Kind};
use std::sync::Arc;

/// The last change to each key of the batches that were added.
///
/// Batches are kept as they came and indexed: entering a record costs one insertion and copies nothing.
#[derive(Default)]
pub(crate) struct Recent {
    /// By `Kind::index`.
    kinds: [DigestMap<[u8; 32], Place>; Kind::ALL.len()],
    blobs: DigestMap<BlobDigest, Option<Arc<Vec<u8>>>>,
    batches: Vec<Batch>,
    size: usize,
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
        let Ok(number) = u32::try_from(self.batches.len()) else { return false };
        self.size += batch.size();
        for digest in batch.removed_blobs() {
            self.blobs.insert(*digest, None);
        }
        for (digest, bytes) in batch.take_blobs() {
            self.blobs.insert(digest, Some(Arc::new(bytes)));
        }
        for (record, (key, _)) in (0..).zip(batch.records()) {
            if let Some(places) = self.kinds.get_mut(key.kind.index()) {
                places.insert(key.digest, Place { batch: number, record });
            }
        }
        self.batches.push(batch);
        true
    }

    /// Bytes of everything that was added.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Number of different keys.
    pub(crate) fn n_records(&self) -> usize {
        self.kinds.iter().map(DigestMap::len).sum()
    }

    /// What was done to a record last; nothing when it was not touched.
    pub(crate) fn record(&self, key: &Key) -> Option<Change<&[u8]>> {
        self.kinds.get(key.kind.index())?.get(&key.digest).map(|place| self.read(*place))
    }

    /// What was done to a blob last; nothing when it was not touched.
    pub(crate) fn blob(&self, digest: &BlobDigest) -> Option<Change<&Arc<Vec<u8>>>> {
        self.blobs.get(digest).map(|blob| blob.as_ref().map_or(Change::Removed, Change::Put))
    }

    /// Records of one kind behind `after`, in no order.
    pub(crate) fn of_kind(&self, kind: Kind, after: Option<Key>) -> impl Iterator<Item = (Key, Change<&[u8]>)> {
        self.kinds
            .get(kind.index())
            .into_iter()
            .flatten()
            .filter(move |(digest, _)| after.is_none_or(|after| **digest > after.digest))
            .map(move |(digest, place)| (Key::new(kind, digest), self.read(*place)))
    }

    /// All records, in no order.
    pub(crate) fn records(&self) -> impl Iterator<Item = (Key, Change<&[u8]>)> {
        Kind::ALL.into_iter().flat_map(|kind| self.of_kind(kind, None))
    }

    /// All blobs, in no order.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = (&BlobDigest, Change<&Arc<Vec<u8>>>)> {
        self.blobs.iter().map(|(digest, blob)| (digest, blob.as_ref().map_or(Change::Removed, Change::Put)))
    }

    fn read(&self, place: Place) -> Change<&[u8]> {
        let indices = (usize::try_from(place.batch), usize::try_from(place.record));
        let (Ok(batch), Ok(record)) = indices else { return Change::Removed };
        let bytes = self.batches.get(batch).and_then(|batch| batch.record(record));
        bytes.map_or(Change::Removed, Change::Put)
    }
}
