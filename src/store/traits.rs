//! The trait over a store: owned, batched calls only, so that a socket can serve it.

use crate::fingerprint::BlobDigest;
use crate::store::StoreError;
use std::any::Any;
use std::fmt;
use std::path::PathBuf;

/// What a record is about; the first byte of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RecordKind {
    /// Content key -> the value that this computation gave.
    Act = b'a',
    /// Structural fingerprint -> content key and value.
    Deep = b'd',
    /// Structural fingerprint -> the value by which a node is known from now on.
    Root = b'r',
    /// Spec digest -> what went into it.
    Spec = b's',
    /// Code version of a function -> what it reaches, item by item.
    Code = b'k',
    /// Structural fingerprint -> who accepted a change of the node's code, and who took that back.
    Accept = b'y',
    /// What was last seen of a file: its times, size and blob.
    File = b'f',
    /// Last answer of a volatile probe, and when.
    Probe = b'v',
    /// Content key -> when the bytes of its value went to save room.
    Evicted = b'e',
    /// How long executions of a function take.
    Cost = b'c',
    /// A run: when, what, by which executable, outcomes.
    Run = b'n',
    /// A plan: the list of its chunks.
    Plan = b'p',
    /// A chunk of a plan: identities with their fingerprints.
    Chunk = b'm',
    /// A path in the file system -> what was published there.
    Published = b'o',
    /// What a node said in a run, and what it failed on.
    Report = b'z',
    /// Blob digest -> the blobs that its bytes name.
    References = b'b',
    /// Content key, or structural fingerprint -> the computations of which it consists: elements, combinations, nodes.
    Members = b'j',
    /// Structural fingerprint of a node without a record of its own -> those of the nodes that it reads.
    Way = b'w',
    /// A name -> the computations that people gave it, and that are not to be forgotten.
    Tag = b't',
    /// Fingerprint of a parameter or an answer -> the beginning of it as text, for explanations.
    Preview = b'l',
    /// Structural fingerprint -> the record that was there until something upstream was forgotten.
    Severed = b'x',
}

impl RecordKind {
    /// Every kind, in the order of their key bytes.
    pub const ALL: [Self; 21] = [
        Self::Act,
        Self::Cost,
        Self::Deep,
        Self::Evicted,
        Self::File,
        Self::Code,
        Self::Chunk,
        Self::Run,
        Self::Published,
        Self::Plan,
        Self::Root,
        Self::Spec,
        Self::Probe,
        Self::Accept,
        Self::Report,
        Self::References,
        Self::Members,
        Self::Tag,
        Self::Way,
        Self::Preview,
        Self::Severed,
    ];

    /// Its place in [`RecordKind::ALL`].
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::Act => 0,
            Self::Cost => 1,
            Self::Deep => 2,
            Self::Evicted => 3,
            Self::File => 4,
            Self::Code => 5,
            Self::Chunk => 6,
            Self::Run => 7,
            Self::Published => 8,
            Self::Plan => 9,
            Self::Root => 10,
            Self::Spec => 11,
            Self::Probe => 12,
            Self::Accept => 13,
            Self::Report => 14,
            Self::References => 15,
            Self::Members => 16,
            Self::Tag => 17,
            Self::Way => 18,
            Self::Preview => 19,
            Self::Severed => 20,
        }
    }

    /// The first byte of the keys of such records.
    #[expect(clippy::as_conversions, reason = "the discriminants are bytes")]
    pub const fn to_byte(self) -> u8 {
        self as u8
    }
}

/// Key of a record: its kind, then 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What the record is about.
    pub kind: RecordKind,
    /// Which one of that kind.
    pub digest: [u8; 32],
}

impl Key {
    /// A key of `kind`.
    pub const fn new(kind: RecordKind, digest: &[u8; 32]) -> Self {
        Self { kind, digest: *digest }
    }

    /// The 33 bytes under which the record is kept.
    pub fn to_bytes(&self) -> [u8; 33] {
        let mut bytes = [0; 33];
        let (kind, digest) = bytes.split_at_mut(1);
        kind.fill(self.kind.to_byte());
        digest.copy_from_slice(&self.digest);
        bytes
    }
}

/// How far the writes of a store have come; grows with every [`Store::put`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Changes that become visible together, and durable in the order of their batches.
///
/// Records' bytes lie in one buffer: a batch of ten thousand records is a handful of allocations.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    records: Vec<(Key, Change)>,
    blobs: Vec<(BlobDigest, Vec<u8>)>,
    removed_blobs: Vec<BlobDigest>,
}

/// What a batch does to one record; of two changes to one key in a batch the later one counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Put { start: usize, end: usize },
    Remove,
}

impl Batch {
    /// Writes a record, over an older one if need be; `write` appends its bytes.
    pub fn put(&mut self, key: Key, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        write(&mut self.bytes);
        self.records.push((key, Change::Put { start, end: self.bytes.len() }));
    }

    /// Removes a record; it need not exist.
    pub fn remove(&mut self, key: Key) {
        self.records.push((key, Change::Remove));
    }

    /// Keeps `bytes` under their own name, which must be `BlobDigest::of(&bytes)`.
    pub fn put_blob(&mut self, digest: BlobDigest, bytes: Vec<u8>) {
        self.blobs.push((digest, bytes));
    }

    /// Removes a blob; it need not exist.
    pub fn remove_blob(&mut self, digest: BlobDigest) {
        self.removed_blobs.push(digest);
    }

    /// Records in the order in which they were added: the bytes, or nothing for a removal.
    pub fn records(&self) -> impl ExactSizeIterator<Item = (&Key, Option<&[u8]>)> {
        self.records.iter().map(|(key, change)| match change {
            Change::Put { start, end } => (key, Some(self.bytes.get(*start..*end).unwrap_or_default())),
            Change::Remove => (key, None),
        })
    }

    /// The key of the record that was added as number `index`.
    pub(crate) fn key(&self, index: usize) -> Option<&Key> {
        self.records.get(index).map(|(key, _)| key)
    }

    /// The bytes of the record that was added as number `index`; nothing for a removal.
    pub(crate) fn record(&self, index: usize) -> Option<&[u8]> {
        match self.records.get(index)?.1 {
            Change::Put { start, end } => self.bytes.get(start..end),
            Change::Remove => None,
        }
    }

    /// Takes the blobs out of it.
    pub(crate) fn take_blobs(&mut self) -> Vec<(BlobDigest, Vec<u8>)> {
        std::mem::take(&mut self.blobs)
    }

    /// Blobs to keep.
    pub fn blobs(&self) -> &[(BlobDigest, Vec<u8>)] {
        &self.blobs
    }

    /// Blobs to remove.
    pub fn removed_blobs(&self) -> &[BlobDigest] {
        &self.removed_blobs
    }

    /// Bytes of everything in it, for deciding when to hand it over.
    pub fn size(&self) -> usize {
        self.record_size() + self.blobs.iter().map(|(_, bytes)| bytes.len()).sum::<usize>()
    }

    /// Bytes of the records in it.
    pub(crate) fn record_size(&self) -> usize {
        self.bytes.len() + self.records.len() * 48
    }

    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.blobs.is_empty() && self.removed_blobs.is_empty()
    }

    /// With room for records of about `bytes` in all.
    pub(crate) fn with_room(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), records: Vec::with_capacity(bytes / 128), ..Self::default() }
    }

    /// Moves the changes of `other` behind those of `self`; `other` keeps its room.
    pub fn append(&mut self, other: &mut Self) {
        let shift = self.bytes.len();
        self.bytes.append(&mut other.bytes);
        self.records.extend(other.records.drain(..).map(|(key, change)| match change {
            Change::Put { start, end } => (key, Change::Put { start: start + shift, end: end + shift }),
            Change::Remove => (key, Change::Remove),
        }));
        self.blobs.append(&mut other.blobs);
        self.removed_blobs.append(&mut other.removed_blobs);
    }
}

/// While this is there, no other process works with the store.
#[derive(Default)]
pub struct Alone(Option<Box<dyn Any + Send>>);

impl Alone {
    /// `until` keeps the others away until it is dropped.
    pub fn until(until: impl Any + Send) -> Self {
        Self(Some(Box::new(until)))
    }
}

impl fmt::Debug for Alone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alone").field("is_kept", &self.0.is_some()).finish()
    }
}

/// A finished file that becomes a blob.
#[derive(Clone, Debug)]
pub struct Adopted {
    /// blake3 of its bytes.
    pub digest: BlobDigest,
    /// Its size in bytes.
    pub len: u64,
    /// Where it lies; the store may move it away from there.
    pub path: PathBuf,
}

/// Keeps records and blobs.
///
/// All calls are owned and batched: a local database, a map in memory and a connection to the process that holds the
/// database can stand behind it. What was put is visible to every later call at once; it is durable when
/// [`Store::durable`] has reached its ticket.
pub trait Store: Send + Sync {
    /// Reads records: one answer a key, in the order of `keys`.
    ///
    /// # Errors
    /// When the store cannot be read at all. A single record that is damaged is absent.
    fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreError>;

    /// Takes changes over; may wait when the writer is behind.
    ///
    /// Batches become durable in the order in which they were put, each whole or not at all.
    ///
    /// # Errors
    /// When an earlier write failed: the store takes nothing more then.
    fn put(&self, batch: Batch) -> Result<Ticket, StoreError>;

    /// Everything up to this ticket has been synced.
    fn durable(&self) -> Ticket;

    /// Waits until all that was put is durable.
    ///
    /// # Errors
    /// When a write failed, now or earlier.
    fn sync(&self) -> Result<Ticket, StoreError>;

    /// A page of the records of one kind in the order of their keys, from the first one behind `after`.
    ///
    /// # Errors
    /// When the store cannot be read at all.
    fn scan(&self, kind: RecordKind, after: Option<Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, StoreError>;

    /// The bytes of a blob, verified against their name; nothing when they are absent or damaged.
    ///
    /// # Errors
    /// When the store cannot be read at all.
    fn get_blob(&self, digest: &BlobDigest) -> Result<Option<Vec<u8>>, StoreError>;

    /// Whether the bytes of each blob are there, unverified.
    ///
    /// # Errors
    /// When the store cannot be read at all.
    fn has_blobs(&self, digests: &[BlobDigest]) -> Result<Vec<bool>, StoreError>;

    /// Takes finished files over as blobs; nobody may write to them any more. No batch that is put afterwards becomes
    /// durable before they are.
    ///
    /// A store that does not say otherwise reads them into memory, one after the other.
    ///
    /// # Errors
    /// When a file cannot be read or moved, or an earlier write failed.
    fn adopt(&self, files: Vec<Adopted>) -> Result<(), StoreError> {
        for Adopted { digest, path, .. } in files {
            let failed = |source| StoreError::Io { action: "read", path: path.clone(), source };
            let bytes = std::fs::read(&path).map_err(failed)?;
            let mut batch = Batch::default();
            batch.put_blob(digest, bytes);
            self.put(batch)?;
        }
        Ok(())
    }

    /// Where each blob lies as a file of its own, unverified and not to be written to; nothing for all others, which
    /// [`Store::get_blob`] may have.
    ///
    /// # Errors
    /// When the store cannot be read at all.
    fn blob_files(&self, digests: &[BlobDigest]) -> Result<Vec<Option<PathBuf>>, StoreError> {
        Ok(vec![None; digests.len()])
    }

    /// A page of the blobs with their sizes in bytes, unverified, in the order of their digests, from the first one behind
    /// `after`.
    ///
    /// A store that does not say otherwise lists none, and none of its blobs are ever collected.
    ///
    /// # Errors
    /// When the store cannot be read at all.
    fn blobs(&self, after: Option<BlobDigest>, limit: usize) -> Result<Vec<(BlobDigest, u64)>, StoreError> {
        let _ = (after, limit);
        Ok(Vec::new())
    }

    /// Gives the room of what was removed back to the system, which may take as long as reading all that is left.
    ///
    /// # Errors
    /// When the store cannot be written.
    fn compact(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Whether other processes write as well, or have written since the store was opened.
    ///
    /// Where two of them give a node different values at the same time, whoever comes second
    /// makes it a [root](RecordKind::Root).
    fn is_shared(&self) -> bool {
        false
    }

    /// Keeps other processes away from the store until what this gives is dropped: for whoever removes what they may need.
    ///
    /// A store that does not say otherwise is this process's alone.
    ///
    /// # Errors
    /// When another process works with the store, also after such a time as the store was told to wait.
    fn alone(&self) -> Result<Alone, StoreError> {
        Ok(Alone::default())
    }

    /// Bytes that the store takes on disk; nothing for one that is elsewhere.
    ///
    /// # Errors
    /// When its files cannot be looked at.
    fn disk_size(&self) -> Result<Option<u64>, StoreError> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Records of kinds without a place of their own would be lost or mixed.
    #[test]
    fn every_kind_has_its_place() {
        let places: Vec<usize> = RecordKind::ALL.iter().map(|kind| kind.index()).collect();
        assert_eq!(places, (0..RecordKind::ALL.len()).collect::<Vec<_>>());
    }
}
