//! What a run does for the files of its nodes; the executor implements it.

use crate::fingerprint::BlobDigest;
use crate::value::{Artifact, BoxError, Owner, Shape};
use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Takes files and folders into the store.
pub(crate) trait Keeper: Send + Sync {
    /// Makes a folder for the files of one execution.
    fn make_folder(&self) -> io::Result<PathBuf>;

    /// Removes such a folder.
    fn remove_folder(&self, folder: &Path);

    /// Takes a finished file over, which lies in a folder of this keeper's.
    fn take_file(&self, owner: Owner, path: &Path, digest: BlobDigest, len: u64) -> io::Result<Artifact>;

    /// Takes all files below a finished folder over.
    fn take_folder(&self, owner: Owner, root: &Path) -> Result<Artifact, BoxError>;

    /// Copies a source file or folder into the store. Whether it still had that content.
    fn keep_source(&self, path: &Path, shape: Shape, digest: &BlobDigest) -> Result<bool, BoxError>;
}

thread_local! {
    /// Where source files go that are part of the value that this thread encodes; nothing when they are not saved.
    static KEEPER: RefCell<Option<Arc<dyn Keeper>>> = const { RefCell::new(None) };
}

/// Runs `encode` so that source files inside the value are saved with it.
pub(crate) fn keeping_sources<R>(keeper: &Arc<dyn Keeper>, encode: impl FnOnce() -> R) -> R {
    struct Reset(Option<Arc<dyn Keeper>>);
    impl Drop for Reset {
        fn drop(&mut self) {
            KEEPER.replace(self.0.take());
        }
    }
    let _outer = Reset(KEEPER.replace(Some(Arc::clone(keeper))));
    encode()
}

/// Where source files inside the value that this thread encodes are saved, if they are.
pub(crate) fn current_keeper() -> Option<Arc<dyn Keeper>> {
    KEEPER.with_borrow(Clone::clone)
}
