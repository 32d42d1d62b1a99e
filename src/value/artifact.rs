//! A file or folder as a value: named by its content, read when asked.

use crate::fingerprint::BlobDigest;
use crate::value::interrupt::{Interrupt, NodeScope, hand_out};
use crate::value::keeper::current_keeper;
use crate::value::laid_out::{Access, Link, copy_file, lay_out};
use crate::value::manifest::{FileContent, Listed, Manifest};
use crate::value::part::{Loader, NotRead, Opened, current_loader, fetch, is_collecting_blobs, note_artifact};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A file or folder, known by its content. Source files, source folders and file results are all artifacts.
///
/// Two artifacts are equal when their contents are; where they lie does not matter. A file is known by its bytes alone,
/// a folder by the names and contents of all files below it and by which of them may be executed; times do not count,
/// and neither do empty folders.
#[derive(Clone)]
pub struct Artifact {
    digest: BlobDigest,
    len: u64,
    shape: Shape,
    place: Place,
}

/// Whether an artifact is a file or a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[doc(hidden)]
pub enum Shape {
    File,
    Folder,
}

/// Where an artifact's bytes are.
#[derive(Clone)]
enum Place {
    /// A source file or folder of the user's, which may change under our hands; what was read back may be saved too.
    Source { path: Arc<Path>, manifest: Option<Arc<[u8]>>, saved: Option<Arc<dyn Loader>> },
    /// Bytes in the store, and the path that was handed out last.
    Stored { loader: Arc<dyn Loader>, path: OnceLock<Arc<Path>> },
    /// Decoded outside a run: known by name only.
    Unplaced,
}

impl Artifact {
    pub(crate) fn source_file(path: Arc<Path>, digest: BlobDigest, len: u64) -> Self {
        Self { digest, len, shape: Shape::File, place: Place::Source { path, manifest: None, saved: None } }
    }

    pub(crate) fn source_folder(path: Arc<Path>, manifest: Manifest) -> Self {
        let Manifest { bytes, len } = manifest;
        let digest = BlobDigest::of(&bytes);
        let place = Place::Source { path, manifest: Some(bytes.into()), saved: None };
        Self { digest, len, shape: Shape::Folder, place }
    }

    /// One whose bytes are in the store.
    pub(crate) fn stored(digest: BlobDigest, len: u64, shape: Shape, loader: Arc<dyn Loader>) -> Self {
        Self { digest, len, shape, place: Place::Stored { loader, path: OnceLock::new() } }
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

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.shape == Shape::Folder
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// The file's bytes, verified against the digest.
    ///
    /// # Errors
    /// When the file cannot be read, is a folder, or is known by name only. A source file that changed since the run
    /// looked at it is no error inside a node: the run looks again and the node runs again. Neither are lost bytes of a
    /// result: the node that made it is executed again.
    pub fn bytes(&self) -> io::Result<Vec<u8>> {
        self.expect_file("path()")?;
        match &self.place {
            Place::Source { path, saved, .. } => {
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
            Place::Stored { loader, .. } => match fetch(&**loader, &self.digest, self.len) {
                Ok(bytes) => Ok(bytes.into_vec()),
                Err(interrupt) => interrupt.raise(),
            },
            Place::Unplaced => unplaced(),
        }
    }

    /// Opens the file for reading, without taking it into memory when it is large.
    ///
    /// A result is verified before it is opened; a source inside a node is looked at again after the node.
    ///
    /// # Errors
    /// As [`Artifact::bytes`].
    pub fn open(&self) -> io::Result<impl Read + Seek + Send + use<>> {
        self.expect_file("get(name)?.open()")?;
        match &self.place {
            Place::Source { path, .. } => {
                if NodeScope::is_entered() {
                    hand_out(path, self.digest, None);
                } else if digest_of(path)? != self.digest {
                    return changed(path);
                }
                Ok(Reader::File(File::open(path)?))
            }
            Place::Stored { loader, .. } => match loader.open(&self.digest).map_err(NotRead::raise)? {
                Opened::Bytes(bytes) => Ok(Reader::Bytes(Cursor::new(bytes))),
                Opened::File(file, path, owner) => {
                    hand_out(&path, self.digest, Some(owner));
                    Ok(Reader::File(file))
                }
            },
            Place::Unplaced => unplaced(),
        }
    }

    /// Where the file or folder lies. The run looks at it again after a node that asked.
    ///
    /// A result lies in the store, or is written out beside it when it is asked for first: it is for reading only.
    ///
    /// # Errors
    /// When it is known by name only, or the system refuses.
    pub fn path(&self) -> io::Result<&Path> {
        match &self.place {
            Place::Source { path, .. } => {
                hand_out(path, self.digest, None);
                Ok(path)
            }
            Place::Stored { loader, path } => {
                // Each time, as it may have been damaged since; a content always lies in the same place.
                let (found, owner) = loader.place(&self.digest, self.shape).map_err(NotRead::raise)?;
                hand_out(&found, self.digest, Some(owner));
                Ok(path.get_or_init(|| found))
            }
            Place::Unplaced => unplaced(),
        }
    }

    /// The files in a folder, by their paths from there, in the order of these. Links are left out.
    ///
    /// # Errors
    /// When it is a file, or its list of files cannot be read.
    pub fn entries(&self) -> io::Result<Vec<(PathBuf, Self)>> {
        let listing = self.listing()?.into_iter();
        Ok(listing.filter_map(|(path, listed)| Some((path.clone(), self.entry(&path, &listed)?))).collect())
    }

    /// The file in a folder that has this path from there; nothing when there is none.
    ///
    /// Each call reads the folder's list of files: whoever wants many of them asks for [`Artifact::entries`].
    ///
    /// # Errors
    /// As [`Artifact::entries`].
    pub fn get(&self, relative: impl AsRef<Path>) -> io::Result<Option<Self>> {
        let relative = relative.as_ref();
        let listed = self.listing()?.into_iter().find(|(path, _)| path == relative);
        Ok(listed.and_then(|(path, listed)| self.entry(&path, &listed)))
    }

    /// What the file holds.
    pub(crate) fn content(&self) -> FileContent {
        FileContent { digest: self.digest, len: self.len, is_executable: false }
    }

    /// A file in the folder, of which the folder says this.
    pub(crate) fn file(&self, relative: &Path, content: &FileContent) -> io::Result<Self> {
        self.entry(relative, &Listed::File(*content)).map_or_else(unplaced, Ok)
    }

    /// Where it lies with the user, and of a folder what is in it.
    pub(crate) fn source(&self) -> Option<(&Arc<Path>, Option<&[u8]>)> {
        match &self.place {
            Place::Source { path, manifest, .. } => Some((path, manifest.as_deref())),
            Place::Stored { .. } | Place::Unplaced => None,
        }
    }

    /// Whether it lies with the user, who may change it at any time.
    pub(crate) fn is_source(&self) -> bool {
        matches!(self.place, Place::Source { .. })
    }

    /// Puts the file or folder where there is nothing yet. What a source holds by then is for the caller to check, unless
    /// it is a node.
    pub(crate) fn put(&self, to: &Path, link: Link) -> io::Result<()> {
        match &self.place {
            Place::Source { path, manifest: None, .. } => {
                hand_out(path, self.digest, None);
                copy_file(path, to, Access { is_executable: false, is_read_only: false })
            }
            Place::Source { path, manifest: Some(manifest), .. } => {
                hand_out(path, self.digest, None);
                std::fs::create_dir_all(to)?;
                let copied = lay_out::<io::Error>(manifest, to, |relative, content, to| {
                    let access = Access { is_executable: content.is_executable, is_read_only: false };
                    copy_file(&path.join(relative), to, access).map(|()| true)
                });
                copied.map(|_| ())
            }
            Place::Stored { loader, .. } => loader.put(&self.digest, self.shape, to, link).map_err(NotRead::raise),
            Place::Unplaced => unplaced(),
        }
    }

    /// The loader of one whose bytes are in the store.
    pub(crate) fn loader(&self) -> Option<&Arc<dyn Loader>> {
        match &self.place {
            Place::Stored { loader, .. } => Some(loader),
            Place::Source { .. } | Place::Unplaced => None,
        }
    }

    /// What is in a folder, in the order of the paths.
    pub(crate) fn listing(&self) -> io::Result<Vec<(PathBuf, Listed)>> {
        if self.shape == Shape::File {
            return Err(io::Error::other("the artifact is a file and has no entries"));
        }
        let listing = match &self.place {
            Place::Source { manifest: Some(manifest), .. } => Manifest::read(manifest),
            Place::Stored { loader, .. } => match loader.load(&self.digest) {
                Ok(manifest) => Manifest::read(&manifest),
                Err(interrupt) => interrupt.raise(),
            },
            Place::Source { .. } | Place::Unplaced => return unplaced(),
        };
        listing.ok_or_else(|| io::Error::other("the folder's manifest makes no sense"))
    }

    fn entry(&self, relative: &Path, listed: &Listed) -> Option<Self> {
        let Listed::File(content) = listed else { return None };
        Some(match &self.place {
            Place::Stored { loader, .. } => Self::stored(content.digest, content.len, Shape::File, Arc::clone(loader)),
            Place::Source { path, .. } => Self::source_file(path.join(relative).into(), content.digest, content.len),
            Place::Unplaced => return None,
        })
    }

    fn expect_file(&self, instead: &str) -> io::Result<()> {
        match (self.shape, &self.place) {
            (Shape::File, _) => Ok(()),
            (Shape::Folder, Place::Source { path, .. }) => {
                Err(io::Error::other(format!("`{}` is a folder: use `{instead}`", path.display())))
            }
            (Shape::Folder, _) => Err(io::Error::other(format!("the artifact is a folder: use `{instead}`"))),
        }
    }

    /// Sees to it that the bytes of a source go to the store with the value that is being encoded.
    fn keep_source(&self) -> Result<(), String> {
        let Some(keeper) = current_keeper() else { return Ok(()) };
        let (path, saved) = match &self.place {
            Place::Source { path, saved, .. } => (path, saved),
            Place::Stored { .. } => return Ok(()),
            Place::Unplaced => return unplaced().map_err(|error| error.to_string()),
        };
        if keeper.keep_source(path, self.shape, &self.digest).map_err(|error| error.to_string())? {
            return Ok(());
        }
        let is_saved = saved.as_ref().is_some_and(|loader| match self.shape {
            Shape::File => loader.open(&self.digest).is_ok(),
            Shape::Folder => loader.place(&self.digest, self.shape).is_ok(),
        });
        if is_saved { Ok(()) } else { changed(path).map_err(|error| error.to_string()) }
    }
}

/// What [`Artifact::open`] gives.
enum Reader {
    Bytes(Cursor<Vec<u8>>),
    File(File),
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Bytes(bytes) => bytes.read(buffer),
            Self::File(file) => file.read(buffer),
        }
    }
}

impl Seek for Reader {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Bytes(bytes) => bytes.seek(position),
            Self::File(file) => file.seek(position),
        }
    }
}

/// blake3 of a file's bytes, which are not taken into memory.
pub(crate) fn digest_of(path: &Path) -> io::Result<BlobDigest> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(hasher.finalize().into())
}

/// Inside a node the run starts over; elsewhere it is an error.
fn changed<T>(path: &Path) -> io::Result<T> {
    if NodeScope::is_entered() {
        Interrupt::Changed { path: path.to_path_buf() }.raise();
    }
    Err(io::Error::other(format!("`{}` changed since the run looked at it", path.display())))
}

fn unplaced<T>() -> io::Result<T> {
    Err(io::Error::other("the artifact was read outside a run and is known by name only"))
}

impl PartialEq for Artifact {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest && self.len == other.len && self.shape == other.shape
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
    shape: Shape,
}

/// Serialises as its digest, length and shape. Inside a node's result its bytes go to the store with the result.
impl Serialize for Artifact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if is_collecting_blobs() {
            self.keep_source().map_err(serde::ser::Error::custom)?;
            note_artifact(self);
        }
        Named { digest: *self.digest.as_bytes(), len: self.len, shape: self.shape }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Artifact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Named { digest, len, shape } = Named::deserialize(deserializer)?;
        let digest = BlobDigest::from_bytes(digest);
        let Some(loader) = current_loader() else {
            return Ok(Self { digest, len, shape, place: Place::Unplaced });
        };
        let Some(known) = loader.source(&digest).filter(|known| known.shape == shape) else {
            return Ok(Self::stored(digest, len, shape, loader));
        };
        let place = match known.place {
            Place::Source { path, manifest, saved } => Place::Source { path, manifest, saved: saved.or(Some(loader)) },
            place @ (Place::Stored { .. } | Place::Unplaced) => place,
        };
        Ok(Self { digest, len, shape, place })
    }
}
