//! Large blobs: files that are named by their bytes.

use crate::fingerprint::BlobDigest;
use crate::store::fjall::folder::{io_error, remove_file, sync_folder};
use crate::store::{Adopted, StoreError};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

/// Blobs of this many bytes and more are files of their own.
pub(super) const MIN_FILE: usize = 1 << 20;

/// The folder of large blobs.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    /// Done before the first file is written: later on temporary files are those of this process.
    tidied: Once,
    /// Tells temporary files apart.
    n_temporary: AtomicU64,
}

impl Files {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, tidied: Once::new(), n_temporary: AtomicU64::new(0) }
    }

    /// Takes finished files over by moving them, or by copying them from another device; durable when this returns.
    pub(super) fn adopt(&self, files: &[Adopted]) -> Result<(), StoreError> {
        self.prepare()?;
        let mut folders = BTreeSet::from([self.folder.clone()]);
        for Adopted { digest, path, .. } in files {
            let place = self.path(digest);
            let parent = place.parent().unwrap_or(&self.folder);
            fs::create_dir_all(parent).map_err(io_error("create", parent))?;
            folders.insert(parent.to_path_buf());
            finish(path).map_err(io_error("read", path))?;
            match fs::rename(path, &place) {
                Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                    let temporary = self.temporary();
                    let copy = || {
                        fs::copy(path, &temporary)?;
                        finish(&temporary)?;
                        fs::rename(&temporary, &place)?;
                        fs::remove_file(path)
                    };
                    copy().map_err(io_error("write", &place))?;
                }
                moved => moved.map_err(io_error("write", &place))?,
            }
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    /// Where the blob lies, if there is a file for it, whatever it holds.
    pub(super) fn find(&self, digest: &BlobDigest) -> Option<PathBuf> {
        Some(self.path(digest)).filter(|path| path.is_file())
    }

    /// Writes blobs; they are durable when this returns.
    pub(super) fn write(&self, blobs: &[(&BlobDigest, &[u8])]) -> Result<(), StoreError> {
        self.prepare()?;
        // All of a chunk are open at a time.
        blobs.chunks(64).try_for_each(|blobs| self.write_chunk(blobs))
    }

    fn write_chunk(&self, blobs: &[(&BlobDigest, &[u8])]) -> Result<(), StoreError> {
        let mut written = Vec::new();
        for (digest, bytes) in blobs {
            let temporary = self.temporary();
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

    /// Blobs behind `after` with their sizes, in order, at most so many.
    pub(super) fn list(&self, after: Option<BlobDigest>, limit: usize) -> Result<Vec<(BlobDigest, u64)>, StoreError> {
        let first = after.map_or(0, |after| after.as_bytes()[0]);
        let mut listed = Vec::new();
        for shard in first..=u8::MAX {
            let folder = self.folder.join(format!("{shard:02x}"));
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) if is_damage(&error) => continue,
                Err(error) => return Err(io_error("read", &folder)(error)),
            };
            let entry = |entry: io::Result<fs::DirEntry>| {
                let entry = entry.ok()?;
                let digest = BlobDigest::from_hex(entry.file_name().to_str()?)?;
                Some((digest, entry.metadata().ok().filter(fs::Metadata::is_file)?.len()))
            };
            let start = listed.len();
            listed.extend(entries.filter_map(entry).filter(|(digest, _)| after.is_none_or(|after| *digest > after)));
            if let Some(new) = listed.get_mut(start..) {
                new.sort_unstable();
            }
            if listed.len() >= limit {
                listed.truncate(limit);
                break;
            }
        }
        Ok(listed)
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

    /// A name that no other file has.
    fn temporary(&self) -> PathBuf {
        // A number alone; nothing else is ordered by it.
        self.folder.join(format!("{}.tmp", self.n_temporary.fetch_add(1, Ordering::Relaxed)))
    }

    /// Makes the folder, and the first time removes what a killed process left half written; only the holder of the
    /// store writes here.
    fn prepare(&self) -> Result<(), StoreError> {
        fs::create_dir_all(&self.folder).map_err(io_error("create", &self.folder))?;
        let mut removed = Ok(());
        self.tidied.call_once(|| removed = self.remove_leftovers());
        removed
    }

    fn remove_leftovers(&self) -> Result<(), StoreError> {
        let entries = fs::read_dir(&self.folder).map_err(io_error("read", &self.folder))?;
        let leftover = |path: &Path| path.extension().is_some_and(|extension| extension == "tmp");
        let mut paths = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| leftover(path));
        paths.try_for_each(|path| remove_file(&path))
    }
}

/// Makes a file durable, and keeps others from writing to it by mistake.
fn finish(path: &Path) -> io::Result<()> {
    // Windows syncs only what may be written.
    let file = File::options().read(true).write(cfg!(windows)).open(path)?;
    file.sync_all()?;
    if cfg!(unix) {
        let mut permissions = file.metadata()?.permissions();
        permissions.set_readonly(true);
        file.set_permissions(permissions)?;
    }
    Ok(())
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
    fn an_adopted_file_is_moved_and_takes_the_place_of_a_damaged_one() {
        let temporary = tempfile::tempdir().unwrap();
        let files = Files::new(temporary.path().join("objects"));
        let digest = BlobDigest::of(b"bytes");
        let path = temporary.path().join("finished");
        let adopt = || {
            fs::write(&path, b"bytes").unwrap();
            files.adopt(&[Adopted { digest, len: 5, path: path.clone() }]).unwrap();
            assert!(!path.exists());
        };
        assert_eq!(files.find(&digest), None);
        adopt();
        assert_eq!(files.read(&digest).unwrap().as_deref(), Some(b"bytes".as_slice()));
        let place = files.find(&digest).unwrap();
        assert!(fs::metadata(&place).unwrap().permissions().readonly());

        fs::remove_file(&place).unwrap();
        fs::write(&place, b"other").unwrap();
        adopt();
        assert_eq!(files.read(&digest).unwrap().as_deref(), Some(b"bytes".as_slice()));
    }

    #[test]
    fn a_file_on_another_device_is_adopted_as_well() {
        let elsewhere = Path::new("/dev/shm");
        let temporary = tempfile::tempdir().unwrap();
        let Ok(other) = tempfile::tempdir_in(elsewhere) else { return };
        let path = other.path().join("finished");
        fs::write(&path, b"bytes").unwrap();
        let files = Files::new(temporary.path().join("objects"));
        let digest = BlobDigest::of(b"bytes");
        files.adopt(&[Adopted { digest, len: 5, path: path.clone() }]).unwrap();
        assert!(!path.exists());
        assert_eq!(files.read(&digest).unwrap().as_deref(), Some(b"bytes".as_slice()));
        assert!(fs::read_dir(temporary.path().join("objects")).unwrap().all(|entry| entry.unwrap().path().is_dir()));
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
