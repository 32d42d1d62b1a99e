//! A folder that a node makes: filled in the node's folder, then taken over by the store.

use crate::value::desk::{DeskFolder, confined};
use crate::value::{Artifact, BoxError, Link};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder that a node makes; [`NodeCtx::output_dir`](crate::NodeCtx::output_dir) gives one.
///
/// Fill it as you like, by its path or with artifacts, then [`finish`](OutputDir::finish) it. What is not finished is
/// removed when the node has ended.
pub struct OutputDir {
    folder: Arc<DeskFolder>,
    path: PathBuf,
}

impl OutputDir {
    pub(crate) fn new(folder: Arc<DeskFolder>) -> io::Result<Self> {
        let path = folder.make_folder()?;
        Ok(Self { folder, path })
    }

    /// Where it lies until it is finished.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a file or folder into it; folders on the way are made.
    ///
    /// Nothing is copied where the file system can share bytes. Otherwise a large file of the store becomes a hard link
    /// that is read-only, as it is the store's own: to change it, write it anew under its name.
    ///
    /// # Errors
    /// When `relative` is absolute, leads out of the folder, or is taken, and when the artifact cannot be read.
    pub fn put(&self, relative: impl AsRef<Path>, artifact: &Artifact) -> io::Result<()> {
        let relative = relative.as_ref();
        let path = confined(&self.path, relative)?;
        if path.symlink_metadata().is_ok() {
            let taken = format!("`{}` is in the folder already", relative.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, taken));
        }
        artifact.put(&path, Link::Allowed)
    }

    /// Ends it: all files below it go to the store, and the artifact can be returned.
    ///
    /// Links within the folder are followed. Empty folders do not count, as those of sources do not.
    ///
    /// # Errors
    /// When a link leads out of the folder, a file cannot be read, or the store refuses it.
    pub fn finish(self) -> Result<Artifact, BoxError> {
        self.folder.keeper.take_folder(self.folder.owner, &self.path)
    }
}

impl fmt::Debug for OutputDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputDir").field("path", &self.path).finish_non_exhaustive()
    }
}
