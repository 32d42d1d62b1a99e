//! Large blobs: files that are named by their bytes.

use crate::fingerprint::BlobDigest;
use crate::store::StoreError;
use crate::store::fjall::folder::{io_error, remove_file, sync_folder};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Blobs of this many bytes and more are files of their own.
pub(super) const MIN_FILE: usize = 1 << 20;

/// The folder of large blobs.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
}

impl Files {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Writes blobs; they are durable when this returns.
    pub(super) fn write(&self, blobs: &[(&BlobDigest, &[u8])]) -> Result<(), StoreError> {
        self.remove_leftovers()?;
        // All of a chunk are open at a time.
        blobs.chunks(64).try_for_each(|blobs| self.write_chunk(blobs))
    }

    fn write_chunk(&self, blobs: &[(&BlobDigest, &[u8])]) -> Result<(), StoreError> {
        let mut written = Vec::new();
        for (digest, bytes) in blobs {
            let temporary = self.folder.join(format!("{digest}.tmp"));
            let create = File::create(&temporary).and_then(|mut file| file.write_all(bytes).map(|()| file));
            written.push((*digest, create.map_err(io_error("write", &temporary))?, temporary));
        }
        // Syncing after all have been written lets the system write them together.
        let mut folders = BTreeSet::from([self.folder.clone()]);
        for (digest, file, temporary) in written {
            let path = self.path(digest);
            let parent = path.parent().unwrap_or(&self.folder);
            fs::create_dir_all(parent).map_err(io_error("create", parent))?;
            file.sync_all().and_then(|()| fs::rename(&temporary, &path)).map_err(io_error("write", &path))?;
            folders.insert(parent.to_path_buf());
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    /// Reads a blob and verifies it; one that is damaged is removed, so that it can be written again.
    pub(super) fn read(&self, digest: &BlobDigest) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(digest);
        match fs::read(&path) {
            Ok(bytes) if BlobDigest::of(&bytes) == *digest => Ok(Some(bytes)),
            Ok(_) => remove_file(&path).map(|()| None),
            Err(error) if is_damage(&error) => Ok(None),
            Err(error) => Err(io_error("read", &path)(error)),
        }
    }

    /// Whether there is a file for the blob, whatever it holds.
    pub(super) fn contains(&self, digest: &BlobDigest) -> bool {
        self.path(digest).is_file()
    }

    /// Removes a blob; it need not exist.
    pub(super) fn remove(&self, digest: &BlobDigest) -> Result<(), StoreError> {
        remove_file(&self.path(digest))
    }

    fn path(&self, digest: &BlobDigest) -> PathBuf {
        self.folder.join(format!("{digest:.2}")).join(digest.to_string())
    }

    /// Removes what a killed process left half written; only the holder of the store writes here.
    fn remove_leftovers(&self) -> Result<(), StoreError> {
        fs::create_dir_all(&self.folder).map_err(io_error("create", &self.folder))?;
        let entries = fs::read_dir(&self.folder).map_err(io_error("read", &self.folder))?;
        let leftover = |path: &Path| path.extension().is_some_and(|extension| extension == "tmp");
        let mut paths = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| leftover(path));
        paths.try_for_each(|path| remove_file(&path))
    }
}

/// Whether an error of the system means that bytes are not there or cannot be read, rather than that it is short of
/// something or forbids it.
pub(super) fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, IsADirectory, NotADirectory, NotFound, UnexpectedEof};
    // What Linux, macOS and the BSDs say of a disk that cannot read a sector: EIO, which has no kind of its own.
    const DEVICE_ERROR: i32 = 5;
    let kinds = [InvalidData, InvalidInput, IsADirectory, NotADirectory, NotFound, UnexpectedEof];
    kinds.contains(&error.kind()) || (cfg!(unix) && error.raw_os_error() == Some(DEVICE_ERROR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_read_back_and_damaged_ones_are_absent_and_can_be_written_again() {
        let temporary = tempfile::tempdir().unwrap();
        let files = Files::new(temporary.path().join("objects"));
        let bytes = vec![7; MIN_FILE];
        let digest = BlobDigest::of(&bytes);
        assert_eq!(files.read(&digest).unwrap(), None);
        files.write(&[(&digest, &bytes)]).unwrap();
        assert_eq!(files.read(&digest).unwrap().as_ref(), Some(&bytes));

        fs::write(files.path(&digest), b"other").unwrap();
        assert!(files.contains(&digest));
        assert_eq!(files.read(&digest).unwrap(), None);
        assert!(!files.contains(&digest));
        files.write(&[(&digest, &bytes)]).unwrap();
        assert_eq!(files.read(&digest).unwrap(), Some(bytes));
        files.remove(&digest).unwrap();
        files.remove(&digest).unwrap();
        assert_eq!(files.read(&digest).unwrap(), None);
    }

    #[test]
    fn leftovers_of_a_killed_process_are_removed() {
        let temporary = tempfile::tempdir().unwrap();
        let leftover = temporary.path().join("ab.tmp");
        fs::write(&leftover, b"half").unwrap();
        Files::new(temporary.path().to_path_buf()).write(&[]).unwrap();
        assert!(!leftover.exists());
    }
}
