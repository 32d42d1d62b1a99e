//! How values in a worker process get at their parts, files and folders: the other process has them.

use crate::exec::process::child::Connection;
use crate::exec::process::wire::{Answer, Ask, Refusal, WireBlob};
use crate::exec::sync::Arc;
use crate::fingerprint::BlobDigest;
use crate::store::remove_tree;
use crate::value::{
    Artifact, BoxError, Bytes, Interrupt, Keeper, Link, Loader, Manifest, NamedBlob, NotRead, Opened, Owner, Shape,
};
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Fetches the parts of an operand.
pub(super) struct RemoteLoader {
    pub(super) connection: Arc<Connection>,
    /// Which operand of the present call it is.
    pub(super) operand: AtomicU32,
    /// Whether it refers to files of the user's, which the other process looks at after each call that asked for them.
    pub(super) has_sources: AtomicBool,
    pub(super) tools: Vec<([u8; 32], OsString)>,
}

/// It lost something that the other process makes again.
const LOST: Interrupt = Interrupt::Lost { owner: Owner::NOBODY };

impl RemoteLoader {
    // Set between calls by the thread that starts the next one, which orders it for all others.
    fn number(&self) -> u32 {
        self.operand.load(Ordering::Relaxed)
    }

    pub(super) fn bytes(&self, ask: Ask) -> Result<Bytes, NotRead> {
        let answer = self.connection.ask(ask)?;
        if let Answer::Bytes(bytes) = answer {
            return Ok(Bytes::from(bytes));
        }
        Ok(Bytes::map(&path_of(answer)?)?)
    }
}

impl Loader for RemoteLoader {
    fn load(&self, digest: &BlobDigest) -> Result<Vec<u8>, Interrupt> {
        self.bytes(Ask::Blob(self.number(), *digest.as_bytes())).map(Bytes::into_vec).map_err(lost)
    }

    fn map(&self, digest: &BlobDigest) -> Result<Bytes, Interrupt> {
        self.bytes(Ask::Map(self.number(), *digest.as_bytes())).map_err(lost)
    }

    fn saved(&self, digest: &BlobDigest) -> Option<Vec<u8>> {
        self.bytes(Ask::Saved(self.number(), *digest.as_bytes())).ok().map(Bytes::into_vec)
    }

    fn source(&self, digest: &BlobDigest) -> Option<Artifact> {
        let answer = self.connection.ask(Ask::Source(self.number(), *digest.as_bytes()));
        let Ok(Answer::Source { path, len, manifest }) = answer else { return None };
        // Read by the thread that has decoded the value.
        self.has_sources.store(true, Ordering::Relaxed);
        let path = Arc::from(path);
        Some(match manifest {
            Some(bytes) => Artifact::source_folder(path, Manifest { bytes, len }),
            None => Artifact::source_file(path, *digest, len),
        })
    }

    fn tool(&self, digest: &BlobDigest) -> Option<PathBuf> {
        let (_, path) = self.tools.iter().find(|(tool, _)| tool == digest.as_bytes())?;
        Some(path.into())
    }

    fn open(&self, digest: &BlobDigest) -> Result<Opened, NotRead> {
        let answer = self.connection.ask(Ask::Open(self.number(), *digest.as_bytes()))?;
        if let Answer::Bytes(bytes) = answer {
            return Ok(Opened::Bytes(bytes));
        }
        let path = path_of(answer)?;
        Ok(Opened::File(File::open(&path)?, path.into(), Owner::NOBODY))
    }

    fn place(&self, digest: &BlobDigest, shape: Shape) -> Result<(Arc<Path>, Owner), NotRead> {
        let path = path_of(self.connection.ask(Ask::Place(self.number(), *digest.as_bytes(), shape))?)?;
        Ok((path.into(), Owner::NOBODY))
    }

    fn put(&self, digest: &BlobDigest, shape: Shape, to: &Path, link: Link) -> Result<(), NotRead> {
        let (operand, digest, to) = (self.number(), *digest.as_bytes(), to.to_path_buf());
        let may_link = link == Link::Allowed;
        self.connection.ask(Ask::Put { operand, digest, shape, to, may_link })?;
        Ok(())
    }
}

impl From<Refusal> for NotRead {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Lost => Self::Interrupted(LOST),
            Refusal::Failed(message) => Self::Failed(io::Error::other(message)),
        }
    }
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        NotRead::from(refusal).raise()
    }
}

/// The other process says why it could not be read when it is asked for the node's value.
fn lost(error: NotRead) -> Interrupt {
    match error {
        NotRead::Interrupted(interrupt) => interrupt,
        NotRead::Failed(_) => LOST,
    }
}

fn path_of(answer: Answer) -> io::Result<PathBuf> {
    if let Answer::Path(path) = answer { Ok(path) } else { Err(mixed_up()) }
}

fn mixed_up() -> io::Error {
    io::Error::other("the process that runs the graph gave another answer; please report this as a bug of mamo")
}

/// Hands the files that nodes make to the other process.
pub(super) struct RemoteKeeper {
    pub(super) connection: Arc<Connection>,
    /// For what was made.
    pub(super) loader: Arc<dyn Loader>,
}

impl RemoteKeeper {
    fn taken(&self, ask: Ask, shape: Shape) -> io::Result<Artifact> {
        let Answer::Stored { digest, len } = self.connection.ask(ask)? else { return Err(mixed_up()) };
        Ok(Artifact::stored(BlobDigest::from_bytes(digest), len, shape, Arc::clone(&self.loader)))
    }
}

impl Keeper for RemoteKeeper {
    fn make_folder(&self) -> io::Result<PathBuf> {
        path_of(self.connection.ask(Ask::MakeFolder)?)
    }

    fn remove_folder(&self, folder: &Path) {
        // What is left goes when the call has ended.
        let _ = remove_tree(folder);
    }

    fn free_path(&self) -> io::Result<PathBuf> {
        path_of(self.connection.ask(Ask::FreePath)?)
    }

    fn take_blobs(&self, blobs: Vec<NamedBlob>) -> io::Result<()> {
        self.connection.ask(Ask::TakeBlobs(blobs.into_iter().map(WireBlob::from).collect()))?;
        Ok(())
    }

    fn take_file(&self, _: Owner, path: &Path, digest: BlobDigest, len: u64) -> io::Result<Artifact> {
        self.taken(Ask::TakeFile { path: path.to_path_buf(), digest: *digest.as_bytes(), len }, Shape::File)
    }

    fn take_folder(&self, _: Owner, root: &Path) -> Result<Artifact, BoxError> {
        Ok(self.taken(Ask::TakeFolder(root.to_path_buf()), Shape::Folder)?)
    }

    fn keep_source(&self, path: &Path, shape: Shape, digest: &BlobDigest) -> Result<bool, BoxError> {
        let ask = Ask::KeepSource { path: path.to_path_buf(), shape, digest: *digest.as_bytes() };
        let answer = self.connection.ask(ask).map_err(io::Error::from)?;
        if let Answer::Done(is_kept) = answer { Ok(is_kept) } else { Err(mixed_up().into()) }
    }
}
