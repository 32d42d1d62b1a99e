//! Temporary folders of this process, which the next process removes when this one was killed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A folder that goes when this is dropped, or when the process was killed and another one makes such a folder.
///
/// Beside it lies a locked file: the system unlocks it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct HeldFolder {
    path: PathBuf,
    /// Removed last: a folder whose lock is gone is nobody's to remove.
    _lock: NamedTempFile,
}

const PREFIX: &str = "mamo-scratch-";
const LOCK: &str = "lock";

impl HeldFolder {
    /// Makes a folder in `root`, and removes those of processes that are gone.
    pub(crate) fn create(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        remove_leftovers(root);
        loop {
            let suffix = format!(".{LOCK}");
            let lock = tempfile::Builder::new().prefix(PREFIX).suffix(&suffix).tempfile_in(root)?;
            lock.as_file().lock()?;
            // Between its making and its locking another process may have taken it for a leftover.
            if lock.path().exists() {
                let path = lock.path().with_extension("");
                make_private(&path)?;
                return Ok(Self { path, _lock: lock });
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for HeldFolder {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next process.
        let _ = remove_tree(&self.path);
    }
}

/// Removes a folder with all that is in it, also when somebody forbade writing to folders in it; it need not exist.
pub(crate) fn remove_tree(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            permit(path)?;
            fs::remove_dir_all(path)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// What others hold, or what cannot be read, stays.
fn remove_leftovers(root: &Path) {
    let Ok(entries) = fs::read_dir(root) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !name.starts_with(PREFIX) || path.extension().is_none_or(|extension| extension != LOCK) {
            continue;
        }
        if let Ok(file) = File::open(&path)
            && file.try_lock().is_ok()
            && remove_tree(&path.with_extension("")).is_ok()
        {
            let _ = fs::remove_file(&path);
        }
    }
}

#[cfg(unix)]
fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_private(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

/// Lets this user write to all folders below `path`.
fn permit(path: &Path) -> io::Result<()> {
    let mut todo = vec![path.to_path_buf()];
    while let Some(folder) = todo.pop() {
        permit_one(&folder)?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                todo.push(entry.path());
            }
        }
    }
    Ok(())
}

#[cfg(unix)]
fn permit_one(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn permit_one(folder: &Path) -> io::Result<()> {
    let mut permissions = fs::metadata(folder)?.permissions();
    permissions.set_readonly(false);
    fs::set_permissions(folder, permissions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(root: &Path) -> usize {
        fs::read_dir(root).unwrap().count()
    }

    #[test]
    fn a_folder_goes_with_its_holder_and_stays_while_it_is_held() {
        let root = tempfile::tempdir().unwrap();
        let first = HeldFolder::create(root.path()).unwrap();
        fs::write(first.path().join("a"), b"a").unwrap();
        let second = HeldFolder::create(root.path()).unwrap();
        assert!(first.path().join("a").exists());
        drop((first, second));
        assert_eq!(names(root.path()), 0);
    }

    #[test]
    fn what_a_killed_process_left_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let leftover = root.path().join(format!("{PREFIX}x"));
        fs::create_dir_all(leftover.join("a")).unwrap();
        fs::write(leftover.with_extension(LOCK), b"").unwrap();
        fs::write(root.path().join("other.lock"), b"").unwrap();
        drop(HeldFolder::create(root.path()).unwrap());
        assert_eq!(names(root.path()), 1, "what is not mamo's");
    }

    #[cfg(unix)]
    #[test]
    fn folders_that_may_not_be_written_to_are_removed() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let folder = HeldFolder::create(root.path()).unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/c"), b"").unwrap();
        fs::set_permissions(folder.path().join("a"), fs::Permissions::from_mode(0o500)).unwrap();
        drop(folder);
        assert_eq!(names(root.path()), 0);
    }
}
