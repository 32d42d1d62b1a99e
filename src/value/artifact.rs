//! A file or folder as a value: named by its content, read when asked.

use crate::fingerprint::BlobDigest;
use crate::value::interrupt::{Interrupt, NodeScope, hand_out};
use crate::value::part::{Loader, collect_blobs, current_loader, is_collecting_blobs, is_keeping_sources};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A file or folder, known by its content. Source files, source folders and file results are all artifacts.
///
/// Two artifacts are equal when their contents are; where they lie does not matter.
#[derive(Clone)]
pub struct Artifact {
    digest: BlobDigest,
    len: u64,
    place: Place,
}

/// Where an artifact's bytes are.
#[derive(Clone)]
enum Place {
    /// A source file or folder of the user's, which may change under our hands; what was read back may be saved too.
    Source { path: Arc<Path>, shape: Shape, saved: Option<Arc<dyn Loader>> },
    /// Bytes in the store.
    Stored(Arc<dyn Loader>),
    /// Decoded outside a run: known by name only.
    Unplaced,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    File,
    Folder,
}

impl Artifact {
    pub(crate) fn source_file(path: Arc<Path>, digest: BlobDigest, len: u64) -> Self {
        Self { digest, len, place: Place::Source { path, shape: Shape::File, saved: None } }
    }

    pub(crate) fn source_folder(path: Arc<Path>, manifest: BlobDigest, len: u64) -> Self {
        Self { digest: manifest, len, place: Place::Source { path, shape: Shape::Folder, saved: None } }
    }

    /// blake3 of the file's bytes, or of the folder's manifest.
    pub fn digest(&self) -> BlobDigest {
        self.digest
    }

    /// Size in bytes: of the file, or of all files in the folder.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The file's bytes, verified against the digest.
    ///
    /// # Errors
    /// When the file cannot be read, is a folder, or is known by name only. A source file that changed since the run
    /// looked at it is no error inside a node: the run looks again and the node runs again.
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        match &self.place {
            Place::Source { path, shape: Shape::File, saved } => {
                let read = std::fs::read(path);
                if let Ok(bytes) = &read
                    && BlobDigest::of(bytes) == self.digest
                {
                    return read;
                }
                match (saved.as_ref().and_then(|loader| loader.saved(&self.digest)), read) {
                    (Some(bytes), _) => Ok(bytes),
                    (None, Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    (None, _) => changed(path),
                }
            }
            Place::Source { path, shape: Shape::Folder, .. } => {
                Err(io::Error::other(format!("`{}` is a folder: use `path()`", path.display())))
            }
            Place::Stored(loader) => match loader.load(&self.digest) {
                Ok(bytes) => Ok(bytes),
                Err(interrupt) => interrupt.raise(),
            },
            Place::Unplaced => Err(io::Error::other("the artifact was read outside a run and is known by name only")),
        }
    }

    /// Where the file or folder lies. The run looks at it again after a node that asked.
    ///
    /// # Errors
    /// When it does not lie in the file system.
    pub fn path(&self) -> io::Result<&Path> {
        match &self.place {
            Place::Source { path, .. } => {
                hand_out(path, self.digest);
                Ok(path)
            }
            Place::Stored(_) | Place::Unplaced => {
                Err(io::Error::other("the artifact lies in the store, not in the file system"))
            }
        }
    }
}

/// Inside a node the run starts over; elsewhere it is an error.
fn changed<T>(path: &Path) -> io::Result<T> {
    if NodeScope::is_entered() {
        Interrupt::Changed { path: path.to_path_buf() }.raise();
    }
    Err(io::Error::other(format!("`{}` changed since the run looked at it", path.display())))
}

impl PartialEq for Artifact {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest && self.len == other.len
    }
}

impl Eq for Artifact {}

impl fmt::Debug for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Artifact({:.8}, {} bytes)", self.digest, self.len)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename = "mamo::Artifact")]
struct Named {
    digest: [u8; 32],
    len: u64,
}

/// Serialises as its digest and length. Inside a node's result its bytes go to the store with the result.
impl Serialize for Artifact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if is_collecting_blobs() && is_keeping_sources() && !matches!(self.place, Place::Stored(_)) {
            let bytes = self.bytes().map_err(serde::ser::Error::custom)?;
            collect_blobs(vec![(self.digest, bytes)]);
        }
        Named { digest: *self.digest.as_bytes(), len: self.len }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Artifact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Named { digest, len } = Named::deserialize(deserializer)?;
        let digest = BlobDigest::from_bytes(digest);
        let Some(loader) = current_loader() else { return Ok(Self { digest, len, place: Place::Unplaced }) };
        let place = match loader.source(&digest) {
            Some(Self { place: Place::Source { path, shape, .. }, .. }) => {
                Place::Source { path, shape, saved: Some(loader) }
            }
            Some(_) | None => Place::Stored(loader),
        };
        Ok(Self { digest, len, place })
    }
}
