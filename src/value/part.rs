//! Parts of a value that are kept on their own: elements of collections and files.

use crate::fingerprint::BlobDigest;
use crate::value::codec::{Blob, Bytes, NamedBlob};
use crate::value::keeper::current_scratch;
use crate::value::reference::{Reference, References};
use crate::value::{Artifact, Interrupt, Link, Owner, Shape};
use serde::{Deserialize, Serialize, Serializer};
use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Encoded bytes of an element: small ones in place, larger ones by name. What refers to others is named as well, so that
/// whoever has the name finds what it refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[doc(hidden)]
pub enum Part {
    Inline(Vec<u8>),
    Blob {
        #[serde(serialize_with = "serialize_noted")]
        digest: [u8; 32],
        len: u64,
    },
}

/// Elements up to this many bytes stand in the collection's own bytes.
const INLINE_LIMIT: usize = 256;

impl Part {
    /// Keeps small bytes, which refer to nothing, in place; larger ones go to `blobs` and are named.
    pub(crate) fn new(bytes: Vec<u8>, blobs: &mut Vec<NamedBlob>) -> Self {
        Self::of(Blob::Memory(bytes), References::default(), blobs)
    }

    /// As [`Part::new`], for bytes that may refer to others.
    pub(crate) fn of(blob: Blob, references: References, blobs: &mut Vec<NamedBlob>) -> Self {
        match blob.few(INLINE_LIMIT, &references) {
            Ok(bytes) => Self::Inline(bytes),
            Err(blob) => {
                let (digest, len) = (blob.digest(), blob.len());
                blobs.push(NamedBlob { digest, blob, references });
                Self::Blob { digest: *digest.as_bytes(), len }
            }
        }
    }

    pub(crate) fn digest(&self) -> BlobDigest {
        match self {
            Self::Inline(bytes) => BlobDigest::of(bytes),
            Self::Blob { digest, .. } => BlobDigest::from_bytes(*digest),
        }
    }

    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Inline(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::Blob { len, .. } => *len,
        }
    }
}

/// A name that is written is noted as one.
fn serialize_noted<S: Serializer>(digest: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    note_reference(Reference { digest: BlobDigest::from_bytes(*digest), shape: Shape::File });
    digest.serialize(serializer)
}

/// Fetches the bytes of parts that are not in memory.
#[doc(hidden)]
pub trait Loader: Send + Sync {
    /// The bytes of a blob.
    ///
    /// # Errors
    /// When they are lost: the interrupt says whose they were, so that the executor can make them anew.
    fn load(&self, digest: &BlobDigest) -> Result<Vec<u8>, Interrupt>;

    /// The bytes of a blob, where they lie if that is a file of their own. For large ones.
    ///
    /// # Errors
    /// As [`Loader::load`].
    fn map(&self, digest: &BlobDigest) -> Result<Bytes, Interrupt> {
        self.load(digest).map(Bytes::from)
    }

    /// The bytes of a blob if they are in the store, without making anything anew.
    fn saved(&self, digest: &BlobDigest) -> Option<Vec<u8>> {
        let _ = digest;
        None
    }

    /// The source file or folder of the run that has this content: its bytes need not be in the store.
    fn source(&self, digest: &BlobDigest) -> Option<Artifact> {
        let _ = digest;
        None
    }

    /// Where the program lies that has these bytes, if it is an input of the node that reads this.
    fn tool(&self, digest: &BlobDigest) -> Option<PathBuf> {
        let _ = digest;
        None
    }

    /// Opens a file, verified.
    ///
    /// # Errors
    /// As [`Loader::load`], and when the system refuses.
    fn open(&self, digest: &BlobDigest) -> Result<Opened, NotRead> {
        Ok(Opened::Bytes(self.load(digest)?))
    }

    /// Where a file or folder lies in the file system, verified, and whose it is. It must not be written to.
    ///
    /// # Errors
    /// As [`Loader::open`].
    fn place(&self, digest: &BlobDigest, shape: Shape) -> Result<(Arc<Path>, Owner), NotRead> {
        let _ = (digest, shape);
        Err(NotRead::Failed(io::Error::other("the artifact lies in no file of its own")))
    }

    /// Puts a file or folder where there is nothing yet, verified.
    ///
    /// # Errors
    /// As [`Loader::open`].
    fn put(&self, digest: &BlobDigest, shape: Shape, to: &Path, link: Link) -> Result<(), NotRead> {
        let _ = (digest, shape, to, link);
        Err(NotRead::Failed(io::Error::other("the artifact lies in no file of its own")))
    }
}

/// A file that can be read.
#[doc(hidden)]
pub enum Opened {
    Bytes(Vec<u8>),
    /// With where it lies, and whose it is.
    File(File, Arc<Path>, Owner),
}

/// Why a file or folder cannot be read.
#[doc(hidden)]
#[derive(Debug)]
pub enum NotRead {
    /// It is lost, and can be made anew.
    Interrupted(Interrupt),
    Failed(io::Error),
}

impl From<Interrupt> for NotRead {
    fn from(interrupt: Interrupt) -> Self {
        Self::Interrupted(interrupt)
    }
}

impl From<io::Error> for NotRead {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

impl NotRead {
    /// The error for user code; unwinds to the executor when something must be made anew.
    pub(crate) fn raise(self) -> io::Error {
        match self {
            Self::Interrupted(interrupt) => interrupt.raise(),
            Self::Failed(error) => error,
        }
    }
}

/// Blobs from this size on are files of their own in most stores: asking for the file is worth it.
pub(crate) const LARGE: u64 = 1 << 20;

/// The bytes of a part of this length.
pub(crate) fn fetch(loader: &dyn Loader, digest: &BlobDigest, len: u64) -> Result<Bytes, Interrupt> {
    if len < LARGE { loader.load(digest).map(Bytes::from) } else { loader.map(digest) }
}

thread_local! {
    /// Blobs of the value that this thread encodes; nothing while it encodes none.
    static ENCODING: RefCell<Option<Collected>> = const { RefCell::new(None) };
    /// Artifacts inside the value that this thread encodes; nothing while nobody asks.
    static ARTIFACTS: RefCell<Option<Vec<Artifact>>> = const { RefCell::new(None) };
    /// What this thread decodes, and whence it loads its parts; nothing while it decodes nothing.
    static DECODING: RefCell<Option<(Arc<dyn Loader>, Bytes)>> = const { RefCell::new(None) };
}

/// What a value that is being encoded does not hold itself.
#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) blobs: Vec<NamedBlob>,
    /// What the bytes name: these blobs, and others that are saved already.
    pub(crate) references: Vec<Reference>,
    memory_len: usize,
}

/// Blobs of a value that is being encoded go to the store when so many bytes of them are in memory.
const COLLECTED: usize = 8 << 20;

/// Runs `encode` so that collections inside the value hand over their elements as parts.
pub(crate) fn collecting_blobs<R>(encode: impl FnOnce() -> R) -> (R, Collected) {
    let _outer = Restore(&ENCODING, ENCODING.replace(Some(Collected::default())));
    let result = encode();
    (result, ENCODING.take().unwrap_or_default())
}

/// Runs `encode` and gives the artifacts inside the value as well: what it refers to and does not hold.
pub(crate) fn noting_artifacts<R>(encode: impl FnOnce() -> R) -> (R, Vec<Artifact>) {
    let _outer = Restore(&ARTIFACTS, ARTIFACTS.replace(Some(Vec::new())));
    let result = encode();
    (result, ARTIFACTS.take().unwrap_or_default())
}

/// Notes a name in the bytes of the value that this thread encodes.
fn note_reference(reference: Reference) {
    ENCODING.with_borrow_mut(|collected| {
        if let Some(collected) = collected {
            collected.references.push(reference);
        }
    });
}

/// Notes an artifact inside the value that this thread encodes.
pub(crate) fn note_artifact(artifact: &Artifact) {
    note_reference(Reference { digest: artifact.digest(), shape: artifact.shape() });
    ARTIFACTS.with_borrow_mut(|noted| {
        if let Some(noted) = noted {
            noted.push(artifact.clone());
        }
    });
}

/// Whether this thread encodes a value that takes blobs.
pub(crate) fn is_collecting_blobs() -> bool {
    ENCODING.with_borrow(Option::is_some)
}

/// Adds blobs to the value that this thread encodes.
///
/// # Errors
/// When they are many by now, and the store refuses them.
pub(crate) fn collect_blobs(blobs: Vec<NamedBlob>) -> io::Result<()> {
    let many = ENCODING.with_borrow_mut(|collected| {
        let collected = collected.as_mut()?;
        collected.memory_len += blobs.iter().map(|named| named.blob.memory_len()).sum::<usize>();
        collected.blobs.extend(blobs);
        if collected.memory_len < COLLECTED {
            return None;
        }
        collected.memory_len = 0;
        let keeper = current_scratch()?;
        Some((keeper, std::mem::take(&mut collected.blobs)))
    });
    match many {
        None => Ok(()),
        Some((keeper, blobs)) => keeper.take_blobs(blobs),
    }
}

/// Runs `decode` on `bytes` so that collections inside the value load their elements through `loader` when asked, and
/// byte strings stay where they are.
pub(crate) fn decoding<R>(bytes: &Bytes, loader: &Arc<dyn Loader>, decode: impl FnOnce() -> R) -> R {
    let _outer = Restore(&DECODING, DECODING.replace(Some((Arc::clone(loader), bytes.clone()))));
    decode()
}

/// The loader of the value that this thread decodes.
pub(crate) fn current_loader() -> Option<Arc<dyn Loader>> {
    DECODING.with_borrow(|decoding| decoding.as_ref().map(|(loader, _)| Arc::clone(loader)))
}

/// What was borrowed from the bytes that this thread decodes, without a copy.
pub(crate) fn decoded_slice(slice: &[u8]) -> Option<Bytes> {
    DECODING.with_borrow(|decoding| decoding.as_ref().and_then(|(_, bytes)| bytes.part(slice)))
}

/// Puts the outer state back, also when user code panics in between.
struct Restore<T: 'static>(&'static std::thread::LocalKey<RefCell<Option<T>>>, Option<T>);

impl<T> Drop for Restore<T> {
    fn drop(&mut self) {
        self.0.replace(self.1.take());
    }
}
