//! Results as files: where they lie in the store, or written out beside it when somebody asks for a path.

use crate::exec::look::Looker;
use crate::exec::recorder::Recorder;
use crate::exec::scratch::Scratch;
use crate::exec::sync::Arc;
use crate::fingerprint::BlobDigest;
use crate::store::{Batch, Store, remove_tree};
use crate::value::{Access, Bytes, Link, Shape, copy_file, lay_out, write_file};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Results as files and folders, each under its digest. All that is handed out is verified.
pub(crate) struct Shelf {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) looker: Arc<Looker>,
    pub(crate) scratch: Arc<Scratch>,
    /// Where files and folders are written out, for good; nothing when they go with the engine.
    pub(crate) folder: Option<PathBuf>,
}

/// A file that can be read, with its path when it has one.
pub(crate) enum Found {
    Bytes(Vec<u8>),
    File(File, Arc<Path>),
}

const READ_ONLY: Access = Access { is_executable: false, is_read_only: true };

impl Shelf {
    /// Opens a file; nothing when its bytes are gone.
    pub(crate) fn open(&self, digest: &BlobDigest) -> io::Result<Option<Found>> {
        match self.stored_file(digest)? {
            Some(path) => Ok(Some(Found::File(File::open(&path)?, path.into()))),
            None => Ok(self.recorder.blob(digest).map(Found::Bytes)),
        }
    }

    /// The bytes of a large blob, where they lie if that is a file of their own; nothing when they are gone.
    ///
    /// A file is read in full when it is met first, and looked at afterwards: what is mapped is read only where somebody
    /// looks, and reading all of it each time would take that back.
    pub(crate) fn bytes(&self, digest: &BlobDigest) -> io::Result<Option<Bytes>> {
        let mapped = self.stored_file(digest)?.map(|path| Bytes::map(&path));
        match mapped {
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Some(Ok(bytes)) => Ok(Some(bytes)),
            // Smaller than files of their own, still on their way to the disk, or gone since.
            Some(Err(_)) | None => Ok(self.recorder.blob(digest).map(Bytes::from)),
        }
    }

    /// Where a file or folder lies, written out if need be; nothing when bytes of it are gone.
    pub(crate) fn place(&self, digest: &BlobDigest, shape: Shape) -> io::Result<Option<Arc<Path>>> {
        if shape == Shape::File
            && let Some(path) = self.stored_file(digest)?
        {
            return Ok(Some(path.into()));
        }
        let path = self.written_path(digest, shape)?;
        if path.exists() {
            if self.looker.is_unchanged(&path, digest) {
                return Ok(Some(path.into()));
            }
            self.set_aside(&path)?;
        }
        let temporary = self.scratch.free_path()?;
        let is_written = match shape {
            Shape::File => match self.recorder.blob(digest) {
                Some(bytes) => write_file(&bytes, &temporary, READ_ONLY).map(|()| true),
                None => Ok(false),
            },
            Shape::Folder => self.lay_out(digest, &temporary, Link::Allowed, true),
        };
        let moved = match is_written {
            Ok(true) => self.move_there(&temporary, &path, digest),
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        self.scratch.remove(&temporary);
        moved?;
        Ok(path.exists().then(|| path.into()))
    }

    /// Puts a file or folder where there is nothing yet. Whether all its bytes were there.
    pub(crate) fn put(&self, digest: &BlobDigest, shape: Shape, to: &Path, link: Link) -> io::Result<bool> {
        match shape {
            Shape::File => self.put_file(digest, to, Access { is_executable: false, is_read_only: false }, link),
            Shape::Folder => self.lay_out(digest, to, link, false),
        }
    }

    /// Puts a file where there is nothing yet. Whether its bytes were there.
    pub(crate) fn put_file(&self, digest: &BlobDigest, to: &Path, access: Access, link: Link) -> io::Result<bool> {
        if let Some(path) = self.stored_file(digest)? {
            // Whether a file may be executed is said by what all its names have in common.
            let is_linked = link == Link::Allowed && !access.is_executable && fs::hard_link(&path, to).is_ok();
            if !is_linked {
                copy_file(&path, to, access)?;
            }
            return Ok(true);
        }
        match self.recorder.blob(digest) {
            Some(bytes) => write_file(&bytes, to, access).map(|()| true),
            None => Ok(false),
        }
    }

    /// Whether all bytes of a file or folder are there, verified.
    pub(crate) fn has(&self, digest: &BlobDigest, shape: Shape) -> bool {
        match shape {
            Shape::File => self.open(digest).is_ok_and(|found| found.is_some()),
            Shape::Folder => self.place(digest, shape).is_ok_and(|found| found.is_some()),
        }
    }

    fn lay_out(&self, digest: &BlobDigest, to: &Path, link: Link, is_read_only: bool) -> io::Result<bool> {
        let Some(manifest) = self.recorder.blob(digest) else { return Ok(false) };
        fs::create_dir_all(to)?;
        lay_out(&manifest, to, |_, content, path| {
            let access = Access { is_executable: content.is_executable, is_read_only };
            self.put_file(&content.digest, path, access, link)
        })
    }

    /// Where the blob lies as a file in the store. One that is damaged is removed, so that it is made again.
    fn stored_file(&self, digest: &BlobDigest) -> io::Result<Option<PathBuf>> {
        let Some(path) = self.store.blob_files(&[*digest]).map_err(io::Error::other)?.pop().flatten() else {
            return Ok(None);
        };
        if self.looker.is_unchanged(&path, digest) {
            return Ok(Some(path));
        }
        let mut batch = Batch::default();
        batch.remove_blob(*digest);
        self.store.put(batch).map_err(io::Error::other)?;
        Ok(None)
    }

    fn written_path(&self, digest: &BlobDigest, shape: Shape) -> io::Result<PathBuf> {
        let folder = match &self.folder {
            Some(folder) => folder.clone(),
            None => self.scratch.path()?.join("out"),
        };
        let folder = folder.join(format!("{digest:.2}"));
        fs::create_dir_all(&folder)?;
        // A file may have the bytes of a folder's manifest.
        Ok(folder.join(match shape {
            Shape::File => digest.to_string(),
            Shape::Folder => format!("{digest}.folder"),
        }))
    }

    /// Two nodes may ask at once: the second finds that it is there.
    fn move_there(&self, from: &Path, to: &Path, digest: &BlobDigest) -> io::Result<()> {
        match fs::rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => Err(error),
            Err(_) if self.looker.is_unchanged(to, digest) => Ok(()),
            moved => moved,
        }
    }

    /// Takes something damaged away, in one step.
    fn set_aside(&self, path: &Path) -> io::Result<()> {
        let aside = self.scratch.free_path()?;
        match fs::rename(path, &aside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            moved => moved?,
        }
        if aside.is_dir() { remove_tree(&aside) } else { fs::remove_file(&aside) }
    }
}
