//! A file that a node makes: written in the node's folder, then taken over by the store.

use crate::fingerprint::BlobDigest;
use crate::value::desk::{DeskFolder, confined};
use crate::value::{Artifact, BoxError};
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A file that a node makes; [`NodeCtx::output_file`](crate::NodeCtx::output_file) gives one.
///
/// Write to it, or hand its path to whatever writes files, then [`finish`](OutputFile::finish) it. What is not finished
/// is removed when the node has ended.
pub struct OutputFile {
    folder: Arc<DeskFolder>,
    path: PathBuf,
    /// Made with the first write: others may make the file instead.
    writer: Option<BufWriter<Hashing>>,
    /// Whether others may have written to it.
    is_handed_out: AtomicBool,
}

/// Hashes what is written.
struct Hashing {
    file: File,
    hasher: blake3::Hasher,
}

/// Large writes cost less.
const BUFFER: usize = 64 << 10;

impl OutputFile {
    pub(crate) fn new(folder: Arc<DeskFolder>, relative: &Path) -> io::Result<Self> {
        let path = confined(&folder.work(), relative)?;
        folder.take(&path)?;
        Ok(Self { folder, path, writer: None, is_handed_out: AtomicBool::new(false) })
    }

    /// Where it is to lie until it is finished.
    ///
    /// What was written through [`Write`] is in the file after [`Write::flush`].
    pub fn path(&self) -> &Path {
        // Set and read by those who share the output anyway.
        self.is_handed_out.store(true, Ordering::Relaxed);
        &self.path
    }

    /// Ends it: the file goes to the store, and the artifact can be returned.
    ///
    /// Its bytes alone count; that it may be executed does not.
    ///
    /// # Errors
    /// When there is no file, it is a folder or leads out of the node's folder through a link, or the store refuses it.
    pub fn finish(mut self) -> Result<Artifact, BoxError> {
        let is_handed_out = self.is_handed_out.load(Ordering::Relaxed);
        let written = match self.writer.take() {
            Some(mut writer) => {
                writer.flush()?;
                Some(writer.into_parts().0)
            }
            None => None,
        };
        if written.is_none() && !is_handed_out && !self.path.exists() {
            File::create_new(&self.path)?;
        }
        let path = self.checked()?;
        let len = std::fs::metadata(&path)?.len();
        let (digest, len) = match written {
            Some(written) if !is_handed_out && written.hasher.count() == len => {
                (BlobDigest::from(written.hasher.finalize()), len)
            }
            Some(_) | None => {
                let mut hasher = blake3::Hasher::new();
                hasher.update_reader(File::open(&path)?)?;
                (hasher.finalize().into(), hasher.count())
            }
        };
        Ok(self.folder.keeper.take_file(self.folder.owner, &path, digest, len)?)
    }

    /// Where the file truly lies.
    fn checked(&self) -> Result<PathBuf, BoxError> {
        let work = self.folder.work();
        let name = self.path.strip_prefix(&work).unwrap_or(&self.path).display();
        let path = match self.path.canonicalize() {
            Ok(path) => path,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(format!("nobody has written the file `{name}`").into());
            }
            Err(error) => return Err(error.into()),
        };
        if !path.starts_with(work.canonicalize()?) {
            return Err(format!("`{name}` is a link that leads out of the node's folder").into());
        }
        if path.is_dir() {
            return Err(format!("`{name}` is a folder: use `ctx.output_dir()`").into());
        }
        if !path.is_file() {
            return Err(format!("`{name}` is no file").into());
        }
        Ok(path)
    }

    fn writer(&mut self) -> io::Result<&mut BufWriter<Hashing>> {
        match &mut self.writer {
            Some(writer) => Ok(writer),
            none => {
                let hashing = Hashing { file: File::create(&self.path)?, hasher: blake3::Hasher::new() };
                Ok(none.insert(BufWriter::with_capacity(BUFFER, hashing)))
            }
        }
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer()?.flush()
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        self.folder.give_back(&self.path);
    }
}

impl fmt::Debug for OutputFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n_written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..n_written).unwrap_or_default());
        Ok(n_written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
