//! Where a node works on files: a folder of its own that goes when the node has ended.

use crate::value::{Keeper, Owner, redacted};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where one execution of a node works on files. The folder is made when the first file is asked for.
#[derive(Default)]
pub(crate) struct Desk {
    /// Nothing outside a run.
    keeper: Option<Arc<dyn Keeper>>,
    owner: Option<Owner>,
    folder: Mutex<Option<Arc<DeskFolder>>>,
    /// What the program has to say that failed last.
    complaint: Mutex<Option<String>>,
}

/// The folder of an execution.
pub(crate) struct DeskFolder {
    pub(crate) keeper: Arc<dyn Keeper>,
    pub(crate) owner: Owner,
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Files that are being written.
    taken: BTreeSet<PathBuf>,
    n_folders: usize,
}

impl Desk {
    /// For the node whose results these are.
    pub(crate) fn new(keeper: Arc<dyn Keeper>, owner: Owner) -> Self {
        Self { keeper: Some(keeper), owner: Some(owner), folder: Mutex::default(), complaint: Mutex::default() }
    }

    /// The folder of this execution.
    pub(crate) fn folder(&self) -> io::Result<Arc<DeskFolder>> {
        let mut folder = lock(&self.folder);
        if let Some(folder) = &*folder {
            return Ok(Arc::clone(folder));
        }
        let (Some(keeper), Some(owner)) = (&self.keeper, self.owner) else {
            return Err(io::Error::other("files are made by nodes within a run"));
        };
        let path = keeper.make_folder()?;
        let made = DeskFolder { keeper: Arc::clone(keeper), owner, path, state: Mutex::default() };
        // What cannot be made in it is noticed by whoever needs it.
        fs::create_dir_all(made.work())?;
        Ok(Arc::clone(folder.insert(Arc::new(made))))
    }

    /// Notes what a program has to say, or that all is well again.
    pub(crate) fn note_complaint(&self, complaint: Option<String>) {
        *lock(&self.complaint) = complaint;
    }

    /// What a node failed of, with what its last program has to say.
    pub(crate) fn explained(&self, message: String) -> String {
        match lock(&self.complaint).take() {
            Some(complaint) => {
                // The message is without secrets already.
                let complaint = redacted(&complaint);
                if message.contains(&*complaint) { message } else { format!("{message}\n{complaint}") }
            }
            None => message,
        }
    }

    /// The node has ended: removes the folder, whoever still has files in it.
    pub(crate) fn leave(&mut self, next: Option<Owner>) {
        self.owner = next;
        self.complaint.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let folder = self.folder.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = folder.take() {
            folder.keeper.remove_folder(&folder.path);
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.leave(None);
    }
}

impl DeskFolder {
    /// Where commands run and single files are made.
    pub(crate) fn work(&self) -> PathBuf {
        self.path.join("work")
    }

    /// Claims a file for one writer.
    pub(crate) fn take(&self, path: &Path) -> io::Result<()> {
        if lock(&self.state).taken.insert(path.to_path_buf()) {
            return Ok(());
        }
        let name = path.strip_prefix(self.work()).unwrap_or(path);
        Err(io::Error::other(format!(
            "the file `{}` is being made already: finish it first, or choose another name",
            name.display()
        )))
    }

    pub(crate) fn give_back(&self, path: &Path) {
        lock(&self.state).taken.remove(path);
    }

    /// A folder that is not yet used.
    pub(crate) fn make_folder(&self) -> io::Result<PathBuf> {
        let mut state = lock(&self.state);
        state.n_folders += 1;
        let path = self.path.join(format!("folder-{}", state.n_folders));
        drop(state);
        fs::create_dir(&path)?;
        Ok(path)
    }
}

/// The path below `folder` that `relative` names; folders on the way to it are made.
///
/// # Errors
/// When it is absolute, leads out of the folder by `..` or through a link, or is empty.
pub(crate) fn confined(folder: &Path, relative: &Path) -> io::Result<PathBuf> {
    let refuse = |why: &str| {
        let relative = relative.display();
        Err(io::Error::other(format!("`{relative}` {why}: files of a node lie in the node's own folder")))
    };
    let mut path = folder.to_path_buf();
    let mut place = folder.canonicalize()?;
    let root = place.clone();
    let mut names = Vec::new();
    for component in relative.components() {
        match component {
            Component::Normal(name) => names.push(name),
            Component::CurDir => {}
            Component::ParentDir => return refuse("leads out of its folder by `..`"),
            Component::RootDir | Component::Prefix(_) => return refuse("is an absolute path"),
        }
    }
    let Some((last, parents)) = names.split_last() else { return refuse("names no file") };
    for name in parents {
        path.push(name);
        place.push(name);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => match path.canonicalize() {
                Ok(target) if target.starts_with(&root) => place = target,
                Ok(_) | Err(_) => return refuse("leads out of its folder through a link"),
            },
            Ok(_) => {}
            Err(_) => fs::create_dir(&path)?,
        }
    }
    path.push(last);
    if path.is_symlink() && !path.canonicalize().is_ok_and(|target| target.starts_with(&root)) {
        return refuse("leads out of its folder through a link");
    }
    Ok(path)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks is changed in two steps.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::confined;
    use std::path::Path;

    fn message(folder: &Path, relative: &str) -> String {
        confined(folder, Path::new(relative)).unwrap_err().to_string()
    }

    #[test]
    fn paths_stay_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = confined(folder.path(), Path::new("./a/b/c")).unwrap();
        assert_eq!(path, folder.path().join("a/b/c"));
        assert!(folder.path().join("a/b").is_dir());
        let rule = "files of a node lie in the node's own folder";
        assert_eq!(message(folder.path(), "/etc/x"), format!("`/etc/x` is an absolute path: {rule}"));
        assert_eq!(message(folder.path(), "a/../../x"), format!("`a/../../x` leads out of its folder by `..`: {rule}"));
        assert_eq!(message(folder.path(), "."), format!("`.` names no file: {rule}"));
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_in_the_folder() {
        let outside = tempfile::tempdir().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let link = |target: &Path, name: &str| {
            std::os::unix::fs::symlink(target, folder.path().join(name)).unwrap();
        };
        std::fs::create_dir(folder.path().join("real")).unwrap();
        link(Path::new("real"), "inside");
        link(outside.path(), "outside");
        link(Path::new("nowhere"), "dangling");
        assert!(confined(folder.path(), Path::new("inside/x")).is_ok());
        for name in ["outside/x", "outside", "dangling", "inside/../../x"] {
            assert!(message(folder.path(), name).contains("leads out of its folder"), "{name}");
        }
    }
}
