//! How values in a run get at their parts, files and folders.

use crate::exec::shelf::{Found, Shelf};
use crate::exec::sources::Sources;
use crate::exec::sync::{Arc, OnceLock};
use crate::exec::values::Values;
use crate::fingerprint::BlobDigest;
use crate::graph::NodeId;
use crate::value::{Artifact, Bytes, Interrupt, Link, Loader, NodeScope, NotRead, Opened, Owner, Shape};
use std::io;
use std::path::Path;
use std::sync::Weak;

/// What the loaders of a run have in common.
pub(crate) struct Loaders {
    pub(crate) shelf: Shelf,
    pub(crate) sources: Arc<Sources>,
    /// Set when the run is over: makes lost bytes of its values again.
    pub(crate) after: Arc<OnceLock<Weak<Values>>>,
    /// How many expansions deep the graph is.
    pub(crate) depth: u32,
}

impl Loaders {
    /// Fetches the parts of a node's value.
    pub(crate) fn of(self: &Arc<Self>, owner: NodeId) -> Arc<dyn Loader> {
        self.of_owner(owner.as_owner(self.depth))
    }

    pub(crate) fn of_owner(self: &Arc<Self>, owner: Owner) -> Arc<dyn Loader> {
        Arc::new(RunLoader { loaders: Arc::clone(self), owner })
    }
}

struct RunLoader {
    loaders: Arc<Loaders>,
    owner: Owner,
}

impl RunLoader {
    /// A node that needs what is lost unwinds to the executor; whoever holds the value when the run is over has no such
    /// way, and gets a loader that makes it again.
    fn lost(&self) -> Result<Arc<dyn Loader>, Interrupt> {
        match self.loaders.after.get().map(Weak::upgrade) {
            Some(Some(values)) if !NodeScope::is_entered() => Ok(values.loader_after(self.owner)),
            Some(None) if !NodeScope::is_entered() => std::panic::panic_any(
                "bytes of a value are lost, and the run that could make them again is gone".to_owned(),
            ),
            Some(_) | None => Err(Interrupt::Lost { owner: self.owner }),
        }
    }
}

impl Loader for RunLoader {
    fn load(&self, digest: &BlobDigest) -> Result<Vec<u8>, Interrupt> {
        match self.loaders.shelf.recorder.blob(digest) {
            Some(bytes) => Ok(bytes),
            None => self.lost()?.load(digest),
        }
    }

    fn map(&self, digest: &BlobDigest) -> Result<Bytes, Interrupt> {
        match self.loaders.shelf.bytes(digest) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) | Err(_) => self.lost()?.map(digest),
        }
    }

    fn saved(&self, digest: &BlobDigest) -> Option<Vec<u8>> {
        self.loaders.shelf.recorder.blob(digest)
    }

    fn source(&self, digest: &BlobDigest) -> Option<Artifact> {
        self.loaders.sources.get(digest)
    }

    fn open(&self, digest: &BlobDigest) -> Result<Opened, NotRead> {
        match self.loaders.shelf.open(digest)? {
            Some(found) => Ok(opened(found, self.owner)),
            None => self.lost()?.open(digest),
        }
    }

    fn place(&self, digest: &BlobDigest, shape: Shape) -> Result<(Arc<Path>, Owner), NotRead> {
        match self.loaders.shelf.place(digest, shape)? {
            Some(path) => Ok((path, self.owner)),
            None => self.lost()?.place(digest, shape),
        }
    }

    fn put(&self, digest: &BlobDigest, shape: Shape, to: &Path, link: Link) -> Result<(), NotRead> {
        if self.loaders.shelf.put(digest, shape, to, link)? {
            return Ok(());
        }
        remove_part(to)?;
        self.lost()?.put(digest, shape, to, link)
    }
}

pub(crate) fn opened(found: Found, owner: Owner) -> Opened {
    match found {
        Found::Bytes(bytes) => Opened::Bytes(bytes),
        Found::File(file, path) => Opened::File(file, path, owner),
    }
}

/// Removes the part of a folder that was put somewhere before it turned out that the rest is lost.
pub(crate) fn remove_part(to: &Path) -> io::Result<()> {
    if to.is_dir() { crate::store::remove_tree(to) } else { Ok(()) }
}
