//! What a run does for the files of its nodes; the executor implements it.

use crate::fingerprint::BlobDigest;
use crate::value::codec::NamedBlob;
use crate::value::{Artifact, BoxError, Owner, Shape};
use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Takes files, folders and what does not fit into memory into the store.
pub(crate) trait Keeper: Send + Sync {
    /// Makes a folder for the files of one execution.
    fn make_folder(&self) -> io::Result<PathBuf>;

    /// Removes such a folder.
    fn remove_folder(&self, folder: &Path);

    /// A name for a file of this keeper's that nothing has.
    fn free_path(&self) -> io::Result<PathBuf>;

    /// Saves parts of a value that is still being encoded.
    fn take_blobs(&self, blobs: Vec<NamedBlob>) -> io::Result<()>;

    /// Takes a finished file over, which lies in a folder of this keeper's.
    fn take_file(&self, owner: Owner, path: &Path, digest: BlobDigest, len: u64) -> io::Result<Artifact>;

    /// Takes all files below a finished folder over.
    fn take_folder(&self, owner: Owner, root: &Path) -> Result<Artifact, BoxError>;

    /// Copies a source file or folder into the store. Whether it still had that content.
    fn keep_source(&self, path: &Path, shape: Shape, digest: &BlobDigest) -> Result<bool, BoxError>;
}

thread_local! {
    /// What this thread encodes is on its way into the store through this keeper; nothing when it is not.
    static KEEPING: RefCell<Option<Keeping>> = const { RefCell::new(None) };
}

struct Keeping {
    keeper: Arc<dyn Keeper>,
    sources: Sources,
}

/// Whether source files that are part of a value are saved with it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sources {
    Save,
    Leave,
}

/// Runs `encode` so that source files inside the value are saved with it, and that little of it is in memory.
pub(crate) fn keeping_sources<R>(keeper: &Arc<dyn Keeper>, encode: impl FnOnce() -> R) -> R {
    scoped(Some(Keeping { keeper: Arc::clone(keeper), sources: Sources::Save }), encode)
}

/// Runs `encode` so that little of the value is in memory. Its source files have been saved with the value from which it
/// was taken.
pub(crate) fn keeping<R>(keeper: &Arc<dyn Keeper>, encode: impl FnOnce() -> R) -> R {
    scoped(Some(Keeping { keeper: Arc::clone(keeper), sources: Sources::Leave }), encode)
}

/// Runs `encode` so that nothing of the value is saved: all of its bytes stay in memory.
pub(crate) fn keeping_nothing<R>(encode: impl FnOnce() -> R) -> R {
    scoped(None, encode)
}

/// Where source files inside the value that this thread encodes are saved, if they are.
pub(crate) fn current_keeper() -> Option<Arc<dyn Keeper>> {
    let saves = |keeping: &&Keeping| keeping.sources == Sources::Save;
    KEEPING.with_borrow(|keeping| keeping.as_ref().filter(saves).map(|keeping| Arc::clone(&keeping.keeper)))
}

/// Where bytes of the value that this thread encodes go that would be too many in memory, if anywhere.
pub(crate) fn current_scratch() -> Option<Arc<dyn Keeper>> {
    KEEPING.with_borrow(|keeping| keeping.as_ref().map(|keeping| Arc::clone(&keeping.keeper)))
}

fn scoped<R>(keeping: Option<Keeping>, encode: impl FnOnce() -> R) -> R {
    /// Puts the outer one back, also when user code panics in between.
    struct Reset(Option<Keeping>);
    impl Drop for Reset {
        fn drop(&mut self) {
            KEEPING.replace(self.0.take());
        }
    }
    let _outer = Reset(KEEPING.replace(keeping));
    encode()
}
