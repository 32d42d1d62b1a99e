//! What readers and the writer of an open store have in common.

use crate::fingerprint::BlobDigest;
use crate::store::fjall::db::{Db, Fault};
use crate::store::fjall::files::{Files, MIN_FILE};
use crate::store::fjall::folder::{Folder, io_error, remove_file, remove_folder};
use crate::store::fjall::frame::{BLOB, blob_key, unseal};
use crate::store::fjall::options::Repair;
use crate::store::fjall::queue::Queue;
use crate::store::fjall::salvage;
use crate::store::recent::Change;
use crate::store::{Adopted, Batch, Key, RecordKind, StoreError};
use std::fs;
use std::iter::Peekable;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

/// So many bytes of small adopted files are handed to the writer together.
const ADOPTED: usize = 8 << 20;

/// An open store, without its writer and its lock.
pub(super) struct Shared {
    pub(super) folder: Folder,
    pub(super) files: Files,
    pub(super) queue: Queue,
    /// Nothing when the database is closed, or could not be repaired.
    pub(super) db: RwLock<Option<Db>>,
    damage: Mutex<Option<String>>,
    repair: Mutex<Option<Repair>>,
}

impl Shared {
    pub(super) fn new(folder: Folder, db: Db) -> Self {
        Self {
            files: Files::new(folder.objects()),
            folder,
            queue: Queue::default(),
            db: RwLock::new(Some(db)),
            damage: Mutex::default(),
            repair: Mutex::default(),
        }
    }

    pub(super) fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        // First what waits, then the database: in between a group may go from here to there, never back.
        let waiting = |key| self.queue.with(|pending| Some(pending.record(key)?.map(<[u8]>::to_vec)));
        let waiting: Vec<_> = keys.iter().map(waiting).collect();
        self.with_db(|db| {
            let read = |(key, change): (&Key, Option<Change<Vec<u8>>>)| match change {
                Some(change) => Ok(change.put()),
                None => self.read(db, &key.to_bytes()),
            };
            keys.iter().zip(waiting).map(read).collect()
        })
    }

    pub(super) fn scan(
        &self,
        kind: RecordKind,
        after: Option<Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Vec<u8>)>, StoreError> {
        let waiting = self.queue.with(|pending| pending.of_kind(kind, after, limit));
        self.with_db(|db| {
            let mut waiting = waiting.into_iter().peekable();
            let mut page = Vec::new();
            let mut next = after.map(|after| after.to_bytes());
            loop {
                let stored = db.page(kind.to_byte(), next, limit);
                if let Some(fault) = stored.fault {
                    self.note(fault)?;
                }
                for (raw_key, sealed) in stored.records {
                    let Some(digest) = raw_key.split_first().and_then(|(_, digest)| digest.try_into().ok()) else {
                        continue;
                    };
                    let key = Key::new(kind, digest);
                    page.extend(put_before(key, &mut waiting));
                    match waiting.next_if(|(waiting, _)| *waiting == key) {
                        Some((_, change)) => page.extend(change.put().map(|bytes| (key, bytes))),
                        None => page.extend(self.unsealed(&raw_key, &sealed)?.map(|bytes| (key, bytes))),
                    }
                }
                next = stored.next;
                if next.is_none() {
                    page.extend(waiting.by_ref().filter_map(|(key, change)| Some((key, change.put()?))));
                }
                if next.is_none() || page.len() >= limit {
                    page.truncate(limit);
                    return Ok(page);
                }
            }
        })
    }

    pub(super) fn get_blob(&self, digest: &BlobDigest) -> Result<Option<Vec<u8>>, StoreError> {
        let waiting = self.queue.with(|pending| Some(pending.blob(digest)?.map(|bytes| bytes.clone())));
        if let Some(change) = waiting {
            let verified = change.put().filter(|bytes| BlobDigest::of(bytes) == *digest);
            return Ok(verified.map(|bytes| bytes.to_vec()));
        }
        let stored = self.with_db(|db| self.read(db, &blob_key(digest)))?;
        match stored.filter(|bytes| BlobDigest::of(bytes) == *digest) {
            Some(bytes) => Ok(Some(bytes)),
            None => self.files.read(digest),
        }
    }

    pub(super) fn has_blobs(&self, digests: &[BlobDigest]) -> Result<Vec<bool>, StoreError> {
        let waiting = |digest| self.queue.with(|pending| Some(pending.blob(digest)?.put().is_some()));
        let waiting: Vec<_> = digests.iter().map(waiting).collect();
        self.with_db(|db| {
            let has = |(digest, waiting): (&BlobDigest, Option<bool>)| match waiting {
                Some(waiting) => Ok(waiting),
                None => match db.contains(&blob_key(digest)) {
                    Ok(contained) => Ok(contained || self.files.contains(digest)),
                    Err(fault) => self.note(fault).map(|()| false),
                },
            };
            digests.iter().zip(waiting).map(has).collect()
        })
    }

    /// Files of a blob's size are moved into place at once, smaller ones are read and wait like other blobs.
    pub(super) fn adopt(&self, files: Vec<Adopted>) -> Result<(), StoreError> {
        let is_removed =
            |file: &Adopted| self.queue.with(|pending| matches!(pending.blob(&file.digest), Some(Change::Removed)));
        if files.iter().any(is_removed) {
            // A removal that still waits would take the new file away.
            self.queue.wait_durable(self.queue.last())?;
        }
        let is_large = |file: &Adopted| usize::try_from(file.len).is_ok_and(|len| len >= MIN_FILE);
        let (large, small): (Vec<_>, Vec<_>) = files.into_iter().partition(is_large);
        if !large.is_empty() {
            self.files.adopt(&large)?;
        }
        let mut batch = Batch::default();
        for Adopted { digest, path, .. } in &small {
            batch.put_blob(*digest, fs::read(path).map_err(io_error("read", path))?);
            if batch.size() >= ADOPTED {
                self.queue.put(std::mem::take(&mut batch))?;
            }
        }
        // Also when there is nothing in it: a store that takes nothing more says so.
        self.queue.put(batch)?;
        small.iter().try_for_each(|file| remove_file(&file.path))
    }

    pub(super) fn blob_files(&self, digests: &[BlobDigest]) -> Vec<Option<PathBuf>> {
        let is_removed = |digest| self.queue.with(|pending| matches!(pending.blob(digest), Some(Change::Removed)));
        digests.iter().map(|digest| self.files.find(digest).filter(|_| !is_removed(digest))).collect()
    }

    /// Small blobs and files, merged; all that was put must have been written.
    pub(super) fn blobs(&self, after: Option<BlobDigest>, limit: usize) -> Result<Vec<(BlobDigest, u64)>, StoreError> {
        let mut listed = self.files.list(after, limit)?;
        self.with_db(|db| {
            let small = db.page(BLOB, after.map(|after| blob_key(&after)), limit);
            if let Some(fault) = small.fault {
                self.note(fault)?;
            }
            for (key, sealed) in small.records {
                let digest = key.split_first().and_then(|(_, digest)| <[u8; 32]>::try_from(digest).ok());
                let len = unseal(&key, &sealed).map_or(sealed.len(), <[u8]>::len);
                let entry =
                    digest.map(|digest| (BlobDigest::from_bytes(digest), u64::try_from(len).unwrap_or(u64::MAX)));
                listed.extend(entry);
            }
            Ok(())
        })?;
        listed.sort_unstable();
        listed.dedup_by_key(|(digest, _)| *digest);
        listed.truncate(limit);
        Ok(listed)
    }

    /// Writes the database anew, without what was removed; all that was put must have been written.
    pub(super) fn compact(&self) -> Result<(), StoreError> {
        // Readers and the writer wait.
        let mut place = self.db.write().unwrap_or_else(PoisonError::into_inner);
        let Some(db) = place.take() else {
            return Err(StoreError::Poisoned("the database could not be repaired".into()));
        };
        db.close().map_err(|fault| fault.into_error("close the database, to write it anew"))?;
        let (db, repair) = salvage::repair(&self.folder, "it was to be written anew")?;
        *place = Some(db);
        drop(place);
        match repair.quarantine() {
            Some(before) if repair.is_complete() => remove_folder(before),
            // Something could not be read, which is told like any damage.
            Some(_) | None => {
                self.repaired(repair);
                Ok(())
            }
        }
    }

    /// Bytes of all files in the store's folder.
    pub(super) fn disk_size(&self) -> Result<u64, StoreError> {
        size_of(self.folder.path())
    }

    pub(super) fn damage(&self) -> Option<String> {
        lock(&self.damage).clone()
    }

    pub(super) fn repair(&self) -> Option<Repair> {
        lock(&self.repair).clone()
    }

    /// The database was repaired, which also settles what was found damaged in it.
    pub(super) fn repaired(&self, repair: Repair) {
        *lock(&self.repair) = Some(repair);
        *lock(&self.damage) = None;
    }

    /// Closes the database; the writer has ended.
    pub(super) fn close(&self) {
        let db = self.db.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Err(Fault::Damaged(message))) = db.map(Db::close) {
            // There is nobody left to tell, but the next opening will.
            let _ = self.folder.set_marker(salvage::DAMAGED, &message);
        }
    }

    /// Gives `read` the database, which the writer does not repair meanwhile.
    pub(super) fn with_db<T>(&self, read: impl FnOnce(&Db) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match &*self.db.read().unwrap_or_else(PoisonError::into_inner) {
            Some(db) => read(db),
            None => Err(StoreError::Poisoned("the database could not be repaired".into())),
        }
    }

    /// A value of the database; nothing when it is absent or damaged.
    fn read(&self, db: &Db, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let sealed = match db.get(key) {
            Ok(Some(sealed)) => sealed,
            Ok(None) => return Ok(None),
            Err(fault) => return self.note(fault).map(|()| None),
        };
        self.unsealed(key, &sealed)
    }

    /// The value within what is stored for a key; nothing when it is damaged.
    fn unsealed(&self, key: &[u8], sealed: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match unseal(key, sealed) {
            Some(bytes) => Ok(Some(bytes.to_vec())),
            None => self.note(Fault::Damaged("a record does not fit its checksum".into())).map(|()| None),
        }
    }

    /// Notes damage, for the caller and for the next opening; passes on everything else.
    fn note(&self, fault: Fault) -> Result<(), StoreError> {
        let Fault::Damaged(message) = fault else { return Err(fault.into_error("read the store")) };
        let mut damage = lock(&self.damage);
        if damage.is_none() {
            // Without the marker the damage is only met again, and noted then.
            let _ = self.folder.set_marker(salvage::DAMAGED, &message);
            *damage = Some(message);
        }
        Ok(())
    }
}

/// What waits to be put under keys before `key`, and is then taken from `waiting`.
fn put_before(
    key: Key,
    waiting: &mut Peekable<impl Iterator<Item = (Key, Change<Vec<u8>>)>>,
) -> impl Iterator<Item = (Key, Vec<u8>)> {
    let before = std::iter::from_fn(move || waiting.next_if(|(waiting, _)| *waiting < key));
    before.filter_map(|(key, change)| Some((key, change.put()?)))
}

/// Bytes of all files in a folder.
fn size_of(folder: &Path) -> Result<u64, StoreError> {
    let mut size = 0;
    for entry in fs::read_dir(folder).map_err(io_error("read", folder))? {
        let entry = entry.map_err(io_error("read", folder))?;
        // What goes in the meantime takes no room.
        let Ok(metadata) = entry.metadata() else { continue };
        size += if metadata.is_dir() { size_of(&entry.path())? } else { taken(&metadata) };
    }
    Ok(size)
}

/// Bytes that a file takes: a journal is made as long as it may become, and takes what was written.
#[cfg(unix)]
fn taken(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(metadata).saturating_mul(512)
}

#[cfg(not(unix))]
fn taken(metadata: &fs::Metadata) -> u64 {
    metadata.len()
}

/// What a panic leaves behind it is whole: nothing under these locks is changed in two steps.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
