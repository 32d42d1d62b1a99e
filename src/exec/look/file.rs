//! Contents of files: remembered where that is safe, read otherwise.

use crate::exec::look::Looker;
use crate::exec::look::error::LookError;
use crate::exec::look::seen::Seen;
use crate::exec::look::stat::Stat;
use crate::exec::sync::Ordering;
use crate::store::{Batch, Key, RecordKind};
use crate::value::{Artifact, FileContent};
use rayon::prelude::*;
use std::fs::File;
use std::path::{Path, PathBuf};

/// A content, with what to remember when it was read anew.
struct Found {
    content: FileContent,
    news: Option<Seen>,
}

/// How often a file is read, or a folder listed, that changes meanwhile.
pub(super) const ATTEMPTS: usize = 5;

impl Looker {
    pub(super) fn file(&self, path: &Path) -> Result<Artifact, LookError> {
        let content = self.content(path)?;
        Ok(Artifact::source_file(absolute(path)?.into(), content.digest, content.len))
    }

    /// Reads these files at the next look, whatever they look like: somebody read something else in them.
    ///
    /// Else a write that left no trace in the file's times would be taken for a change again and again.
    pub(crate) fn forget(&self, paths: &[&Path]) {
        let mut batch = Batch::default();
        for key in paths.iter().filter_map(|path| key_of(path).ok()) {
            batch.remove(key);
        }
        // A store that takes no more has failed, and the run ends with that error.
        let _ = self.store.put(batch);
    }

    /// What one file holds.
    pub(super) fn content(&self, path: &Path) -> Result<FileContent, LookError> {
        let key = key_of(path)?;
        let found = self.find(path, self.remembered(&[key]).pop().flatten())?;
        self.remember([(&key, &found)]);
        Ok(found.content)
    }

    /// What each file holds, in the order of `paths`.
    pub(crate) fn contents(&self, paths: &[PathBuf]) -> Result<Vec<FileContent>, LookError> {
        let keys = paths.iter().map(|path| key_of(path)).collect::<Result<Vec<_>, _>>()?;
        let remembered = self.remembered(&keys);
        let found: Vec<_> = paths.par_iter().zip(remembered).map(|(path, seen)| self.find(path, seen)).collect();
        // Also when some files cannot be read: the others need not be read again.
        self.remember(keys.iter().zip(&found).filter_map(|(key, found)| Some((key, found.as_ref().ok()?))));
        found.into_iter().map(|found| found.map(|found| found.content)).collect()
    }

    /// A store that cannot be read remembers nothing.
    fn remembered(&self, keys: &[Key]) -> Vec<Option<Seen>> {
        let records = self.store.get_many(keys).unwrap_or_default();
        let seen = records.into_iter().map(|record| record.as_deref().and_then(Seen::read));
        seen.chain(std::iter::repeat(None)).take(keys.len()).collect()
    }

    fn remember<'a>(&self, found: impl IntoIterator<Item = (&'a Key, &'a Found)>) {
        let mut batch = Batch::default();
        for (key, seen) in found.into_iter().filter_map(|(key, found)| Some((key, found.news?))) {
            batch.put(*key, |out| seen.write(out));
        }
        if !batch.is_empty() {
            // These records only save time, and a store that failed refuses the results as well.
            let _ = self.store.put(batch);
        }
    }

    fn find(&self, path: &Path, remembered: Option<Seen>) -> Result<Found, LookError> {
        let failed = |error| LookError::reading(path, error);
        for _ in 0..ATTEMPTS {
            let metadata = std::fs::metadata(path).map_err(failed)?;
            if metadata.is_dir() {
                return Err(LookError::Folder { path: path.to_path_buf() });
            }
            // A pipe would be waited for, and a device has no content.
            if !metadata.is_file() {
                return Err(LookError::Special { path: path.to_path_buf() });
            }
            let stat = Stat::of(&metadata);
            let content = |digest, len| FileContent { digest, len, is_executable: stat.is_executable() };
            if let Some(seen) = remembered.filter(|seen| seen.vouches_for(&stat)) {
                return Ok(Found { content: content(seen.digest, stat.size), news: None });
            }
            // Before the file is read: what is written from here on has this time or a later one.
            let verified = (self.clock)();
            let mut file = File::open(path).map_err(failed)?;
            let mut hasher = blake3::Hasher::new();
            hasher.update_reader(&mut file).map_err(failed)?;
            // A statistic for tests; nothing else is ordered by it.
            self.n_hashed.fetch_add(1, Ordering::Relaxed);
            if Stat::of(&file.metadata().map_err(failed)?) != stat {
                continue;
            }
            let (digest, len) = (hasher.finalize().into(), hasher.count());
            // Files that the kernel makes up as they are read have another length than they say, or say zero.
            let is_real = len == stat.size && len > 0;
            let news = verified.filter(|_| is_real).map(|verified| Seen { stat, digest, verified });
            return Ok(Found { content: content(digest, len), news });
        }
        Err(LookError::Restless { path: path.to_path_buf() })
    }
}

/// The path from the root, relative to the current folder as it is now.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, LookError> {
    std::path::absolute(path).map_err(|error| LookError::reading(path, error))
}

fn key_of(path: &Path) -> Result<Key, LookError> {
    let digest = blake3::hash(absolute(path)?.as_os_str().as_encoded_bytes());
    Ok(Key::new(RecordKind::File, digest.as_bytes()))
}
