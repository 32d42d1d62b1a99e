//! The store on disk as the rest of mamo sees it.

use crate::fingerprint::BlobDigest;
use crate::store::fjall::holder::{Door, Lock};
use crate::store::fjall::options::Repair;
use crate::store::fjall::shared::Shared;
use crate::store::{Adopted, Batch, Key, RecordKind, Store, StoreError, Ticket};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Keeps everything in a folder, for ever.
///
/// One process at a time has a store open. Dropping it writes what is left and may take as long as that takes.
pub struct FjallStore {
    pub(super) shared: Arc<Shared>,
    pub(super) writer: Option<JoinHandle<()>>,
    /// Goes last: nothing of the store may be touched without it.
    pub(super) lock: Lock,
}

impl FjallStore {
    /// Whether there is a store in a folder, sound or not; nothing is made.
    #[cfg(feature = "cli")]
    pub(crate) fn is_in(folder: &std::path::Path) -> bool {
        folder.join("format").is_file() || folder.join("db").is_dir()
    }

    /// What was met that could not be read; it is repaired when the store is opened next.
    pub fn damage(&self) -> Option<String> {
        self.shared.damage()
    }

    /// The last repair that was made while the store was open, when the database could not be written any more.
    pub fn repair(&self) -> Option<Repair> {
        self.shared.repair()
    }

    /// Waits until a batch is durable, and hurries it.
    ///
    /// # Errors
    /// When a write failed, now or earlier.
    pub fn wait_durable(&self, ticket: Ticket) -> Result<Ticket, StoreError> {
        self.shared.queue.wait_durable(ticket)
    }
}

impl FjallStore {
    /// Says to other processes how they reach the store.
    pub(in crate::store) fn announce(&self, door: &Door) {
        self.lock.announce(door);
    }

    /// Waits until what is known of these records and blobs is durable.
    pub(in crate::store) fn settle(&self, keys: &[Key], blobs: &[BlobDigest]) -> Result<(), StoreError> {
        let waits = self.shared.queue.with(|pending| {
            keys.iter().any(|key| pending.record(key).is_some())
                || blobs.iter().any(|blob| pending.blob(blob).is_some())
        });
        if waits { self.sync().map(drop) } else { Ok(()) }
    }
}

impl Store for FjallStore {
    fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.shared.get_many(keys)
    }

    fn put(&self, batch: Batch) -> Result<Ticket, StoreError> {
        self.shared.queue.put(batch)
    }

    fn durable(&self) -> Ticket {
        self.shared.queue.durable()
    }

    fn sync(&self) -> Result<Ticket, StoreError> {
        self.shared.queue.wait_durable(self.shared.queue.last())
    }

    fn scan(&self, kind: RecordKind, after: Option<Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, StoreError> {
        self.shared.scan(kind, after, limit)
    }

    fn get_blob(&self, digest: &BlobDigest) -> Result<Option<Vec<u8>>, StoreError> {
        self.shared.get_blob(digest)
    }

    fn has_blobs(&self, digests: &[BlobDigest]) -> Result<Vec<bool>, StoreError> {
        self.shared.has_blobs(digests)
    }

    fn blobs(&self, after: Option<BlobDigest>, limit: usize) -> Result<Vec<(BlobDigest, u64)>, StoreError> {
        // What waits is written first: only one place has to be looked at then.
        self.sync()?;
        self.shared.blobs(after, limit)
    }

    fn compact(&self) -> Result<(), StoreError> {
        self.sync()?;
        self.shared.compact()
    }

    fn disk_size(&self) -> Result<Option<u64>, StoreError> {
        self.shared.disk_size().map(Some)
    }

    fn adopt(&self, files: Vec<Adopted>) -> Result<(), StoreError> {
        self.shared.adopt(files)
    }

    fn blob_files(&self, digests: &[BlobDigest]) -> Result<Vec<Option<PathBuf>>, StoreError> {
        Ok(self.shared.blob_files(digests))
    }
}

impl Drop for FjallStore {
    fn drop(&mut self) {
        self.shared.queue.close();
        if let Some(writer) = self.writer.take() {
            // The writer has no panic of its own to pass on: it turns them into a poisoned store.
            let _ = writer.join();
        }
        self.shared.close();
    }
}

impl fmt::Debug for FjallStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FjallStore").field("folder", &self.shared.folder.path()).finish_non_exhaustive()
    }
}
