//! A store that lives as long as the process: for tests and throw-away runs.

use crate::fingerprint::BlobDigest;
use crate::store::recent::{Change, Recent};
use crate::store::{Adopted, Batch, HeldFolder, Key, RecordKind, Store, StoreError, Ticket};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Keeps everything in memory and forgets it when dropped.
///
/// Finished files that are handed over, of 1 MiB and more, lie in a temporary folder instead. Records that are replaced or removed still take room until then.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    recent: Recent,
    ticket: u64,
    /// Large files, by their digests; made with the first of them.
    files: Option<HeldFolder>,
}

/// Adopted files of this size and more stay files.
const MIN_FILE: u64 = 1 << 20;

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn adopt_small(&self, digest: BlobDigest, path: &Path) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        batch.put_blob(digest, fs::read(path).map_err(failed("read", path))?);
        self.put(batch)?;
        fs::remove_file(path).map_err(failed("remove", path))
    }

    fn adopt_large(&self, digest: BlobDigest, path: &Path) -> Result<(), StoreError> {
        let mut state = self.state();
        let folder = match &state.files {
            Some(folder) => folder,
            None => {
                let folder = HeldFolder::create(&std::env::temp_dir());
                state.files.insert(folder.map_err(failed("make a folder for", path))?)
            }
        };
        let place = folder.path().join(digest.to_string());
        // What was removed before is there again.
        state.recent.forget_blob(&digest);
        drop(state);
        move_file(path, &place).map_err(failed("move", path))
    }

    fn file(&self, state: &State, digest: &BlobDigest) -> Option<PathBuf> {
        let path = state.files.as_ref()?.path().join(digest.to_string());
        // A blob that was put or removed since counts.
        Some(path).filter(|path| state.recent.blob(digest).is_none() && path.is_file())
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
        let state = self.state();
        let blob = state.recent.blob(digest).and_then(Change::put).map(|bytes| bytes.to_vec());
        let file = self.file(&state, digest);
        drop(state);
        let bytes = blob.or_else(|| fs::read(file?).ok());
        Ok(bytes.filter(|bytes| BlobDigest::of(bytes) == *digest))
    }

    fn has_blobs(&self, digests: &[BlobDigest]) -> Result<Vec<bool>, StoreError> {
        let state = self.state();
        let has =
            |digest| state.recent.blob(digest).and_then(Change::put).is_some() || self.file(&state, digest).is_some();
        Ok(digests.iter().map(has).collect())
    }

    fn adopt(&self, files: Vec<Adopted>) -> Result<(), StoreError> {
        files.into_iter().try_for_each(|Adopted { digest, len, path }| {
            if len < MIN_FILE { self.adopt_small(digest, &path) } else { self.adopt_large(digest, &path) }
        })
    }

    fn blob_files(&self, digests: &[BlobDigest]) -> Result<Vec<Option<PathBuf>>, StoreError> {
        let state = self.state();
        Ok(digests.iter().map(|digest| self.file(&state, digest)).collect())
    }

    fn blobs(&self, after: Option<BlobDigest>, limit: usize) -> Result<Vec<(BlobDigest, u64)>, StoreError> {
        let state = self.state();
        let size = |bytes: &[u8]| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let in_memory = state.recent.blobs().filter_map(|(digest, change)| Some((*digest, size(change.put()?))));
        let mut blobs: BTreeMap<BlobDigest, u64> = in_memory.collect();
        if let Some(files) = &state.files {
            for entry in fs::read_dir(files.path()).map_err(failed("read", files.path()))? {
                let entry = entry.map_err(failed("read", files.path()))?;
                let digest = entry.file_name().to_str().and_then(BlobDigest::from_hex);
                let is_there = digest.filter(|digest| self.file(&state, digest).is_some());
                if let (Some(digest), Ok(metadata)) = (is_there, entry.metadata()) {
                    blobs.insert(digest, metadata.len());
                }
            }
        }
        let behind = blobs.into_iter().filter(|(digest, _)| after.is_none_or(|after| *digest > after));
        Ok(behind.take(limit).collect())
    }
}

/// Moves a file, by copying it when it lies on another device; others are kept from writing to it by mistake.
fn move_file(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
            fs::copy(from, to)?;
            fs::remove_file(from)?;
        }
        moved => moved?,
    }
    let mut permissions = fs::metadata(to)?.permissions();
    permissions.set_readonly(cfg!(unix));
    fs::set_permissions(to, permissions)
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_path_buf();
    move |source| StoreError::Io { action, path, source }
}
