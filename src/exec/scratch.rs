//! Folders for what nodes are working on, one an execution, all gone when the engine is.

use crate::exec::sync::{AtomicU64, Mutex, Ordering, lock};
use crate::store::{HeldFolder, remove_tree};
use std::io;
use std::path::{Path, PathBuf};

/// Where an engine's nodes work on files: on the store's device, so that finished ones need not be copied.
#[derive(Debug)]
pub(crate) struct Scratch {
    root: PathBuf,
    held: Mutex<Option<HeldFolder>>,
    n_folders: AtomicU64,
}

impl Scratch {
    /// Below `root`; nothing is made before it is needed.
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, held: Mutex::default(), n_folders: AtomicU64::new(0) }
    }

    /// The folder of this engine; it goes with the engine, or is removed by a later one.
    pub(crate) fn path(&self) -> io::Result<PathBuf> {
        // Under the lock once an engine: two folders would be one too many.
        let mut held = lock(&self.held);
        let folder = match &*held {
            Some(folder) => folder,
            None => held.insert(HeldFolder::create(&self.root)?),
        };
        Ok(folder.path().to_path_buf())
    }

    /// A name in the engine's folder that nothing has.
    pub(crate) fn free_path(&self) -> io::Result<PathBuf> {
        // A number alone; nothing else is ordered by it.
        Ok(self.path()?.join(self.n_folders.fetch_add(1, Ordering::Relaxed).to_string()))
    }

    /// Makes a folder.
    pub(crate) fn make_folder(&self) -> io::Result<PathBuf> {
        let path = self.free_path()?;
        std::fs::create_dir(&path)?;
        Ok(path)
    }

    /// Removes such a folder; what cannot be removed goes with the engine's.
    pub(crate) fn remove(&self, path: &Path) {
        let _ = remove_tree(path);
    }
}
