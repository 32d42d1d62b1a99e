//! What nodes make of files goes to the store: streamed, small files in batches, large ones by moving them.

use crate::exec::loader::Loaders;
use crate::exec::look::{Listed, Listing, LookError, walk, walk_within};
use crate::exec::references::note_references;
use crate::exec::scratch::Scratch;
use crate::exec::sync::Arc;
use crate::fingerprint::BlobDigest;
use crate::store::{Adopted, Batch, Store};
use crate::value::{
    Access, Artifact, Blob, BoxError, FileContent, Keeper, Manifest, NamedBlob, Owner, Shape, SpillFile, copy_file,
};
use rayon::prelude::*;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Takes the files of nodes over into the store.
pub(crate) struct Workshop {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) scratch: Arc<Scratch>,
    pub(crate) loaders: Arc<Loaders>,
}

/// Files up to this many bytes are read whole and go to the store in batches.
const SMALL: u64 = 64 << 10;
/// So many files are read at once, which bounds what is in memory.
const CHUNK: usize = 256;
/// A batch of small files is handed over when it has so many bytes.
const BATCH: usize = 8 << 20;

/// A file as it was read.
struct Seen {
    content: FileContent,
    /// The bytes of a small one.
    bytes: Option<Vec<u8>>,
    /// Where a large one lies that may be moved.
    place: Option<PathBuf>,
}

/// What may be done with the files of a folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Files {
    /// They are a node's: large ones are moved into the store.
    Take,
    /// They are the user's: large ones are copied.
    Copy,
}

impl Workshop {
    fn stored(&self, owner: Owner, digest: BlobDigest, len: u64, shape: Shape) -> Artifact {
        Artifact::stored(digest, len, shape, self.loaders.of_owner(owner))
    }

    /// Takes all listed files over; gives the manifest, which is saved as well.
    fn take_listing(&self, listing: &Listing, files: Files) -> Result<Manifest, BoxError> {
        let paths: Vec<&PathBuf> = listing.values().filter_map(Listed::file).collect();
        let mut contents = Vec::with_capacity(paths.len());
        let mut batch = Batch::default();
        let mut large = Vec::new();
        for chunk in paths.chunks(CHUNK) {
            let seen = chunk.par_iter().map(|path| self.see(path, files)).collect::<Result<Vec<_>, _>>()?;
            for Seen { content, bytes, place } in seen {
                contents.push(content);
                if let Some(bytes) = bytes {
                    batch.put_blob(content.digest, bytes);
                }
                if let Some(path) = place {
                    large.push(Adopted { digest: content.digest, len: content.len, path });
                }
            }
            if batch.size() >= BATCH {
                self.store.put(std::mem::take(&mut batch))?;
            }
            if files == Files::Copy {
                self.adopt(std::mem::take(&mut large))?;
            }
        }
        // Not before all have been read: a link may lead to a file that is moved.
        self.adopt(large)?;
        let mut manifest = Manifest::new();
        let mut contents = contents.iter();
        for (relative, listed) in listing {
            match listed {
                Listed::Alias(listed) => manifest.alias(relative, listed),
                Listed::Link(target) => manifest.link(relative, target),
                Listed::File(_) => {
                    // One content a file, in the same order.
                    if let Some(content) = contents.next() {
                        manifest.file(relative, content);
                    }
                }
            }
        }
        batch.put_blob(BlobDigest::of(&manifest.bytes), manifest.bytes.clone());
        self.store.put(batch)?;
        Ok(manifest)
    }

    fn adopt(&self, files: Vec<Adopted>) -> Result<(), BoxError> {
        if files.is_empty() { Ok(()) } else { Ok(self.store.adopt(files)?) }
    }

    fn see(&self, path: &Path, files: Files) -> Result<Seen, BoxError> {
        let failed = |error: io::Error| LookError::reading(path, error);
        let is_executable = is_executable(&fs::metadata(path).map_err(failed)?);
        let mut file = File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        (&mut file).take(SMALL + 1).read_to_end(&mut bytes).map_err(failed)?;
        let len = u64::try_from(bytes.len())?;
        if len <= SMALL {
            let content = FileContent { digest: BlobDigest::of(&bytes), len, is_executable };
            return Ok(Seen { content, bytes: Some(bytes), place: None });
        }
        let mut hasher = blake3::Hasher::new();
        let place = match files {
            Files::Take => {
                hasher.update(&bytes).update_reader(file).map_err(failed)?;
                // What a link leads to is listed as well.
                (!path.is_symlink()).then(|| path.to_path_buf())
            }
            Files::Copy => {
                let copy = self.scratch.free_path()?;
                copy_file(path, &copy, Access { is_executable: false, is_read_only: false }).map_err(failed)?;
                hasher.update_reader(File::open(&copy)?)?;
                Some(copy)
            }
        };
        let content = FileContent { digest: hasher.finalize().into(), len: hasher.count(), is_executable };
        Ok(Seen { content, bytes: None, place })
    }

    /// Takes one file over, whatever it holds.
    fn take(&self, Seen { content, bytes, place }: Seen) -> Result<(), BoxError> {
        if let Some(bytes) = bytes {
            let mut batch = Batch::default();
            batch.put_blob(content.digest, bytes);
            self.store.put(batch)?;
        }
        let adopted = place.map(|path| Adopted { digest: content.digest, len: content.len, path });
        self.adopt(adopted.into_iter().collect())
    }
}

impl Keeper for Workshop {
    fn make_folder(&self) -> io::Result<PathBuf> {
        self.scratch.make_folder()
    }

    fn remove_folder(&self, folder: &Path) {
        self.scratch.remove(folder);
    }

    fn free_path(&self) -> io::Result<PathBuf> {
        self.scratch.free_path()
    }

    fn take_blobs(&self, blobs: Vec<NamedBlob>) -> io::Result<()> {
        let mut batch = Batch::default();
        let mut files = Vec::new();
        for NamedBlob { digest, blob, references } in blobs {
            note_references(&digest, &references, &mut batch);
            match blob {
                Blob::Memory(bytes) => batch.put_blob(digest, bytes),
                Blob::File(file) => files.push(file),
            }
        }
        let adopted = |file: &SpillFile| {
            let path = file.path().to_path_buf();
            Adopted { digest: file.digest(), len: file.len(), path }
        };
        self.adopt(files.iter().map(|file| adopted(file)).collect()).map_err(io::Error::other)?;
        self.store.put(batch).map(|_| ()).map_err(io::Error::other)
    }

    fn take_file(&self, owner: Owner, path: &Path, digest: BlobDigest, len: u64) -> io::Result<Artifact> {
        let (digest, len) = if len <= SMALL {
            let bytes = fs::read(path)?;
            fs::remove_file(path)?;
            let (digest, len) = (BlobDigest::of(&bytes), u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            let mut batch = Batch::default();
            batch.put_blob(digest, bytes);
            self.store.put(batch).map_err(io::Error::other)?;
            (digest, len)
        } else {
            let adopted = Adopted { digest, len, path: path.to_path_buf() };
            self.store.adopt(vec![adopted]).map_err(io::Error::other)?;
            (digest, len)
        };
        Ok(self.stored(owner, digest, len, Shape::File))
    }

    fn take_folder(&self, owner: Owner, root: &Path) -> Result<Artifact, BoxError> {
        let manifest = self.take_listing(&walk_within(root)?, Files::Take)?;
        Ok(self.stored(owner, BlobDigest::of(&manifest.bytes), manifest.len, Shape::Folder))
    }

    fn keep_source(&self, path: &Path, shape: Shape, digest: &BlobDigest) -> Result<bool, BoxError> {
        let kept = match shape {
            Shape::File => match self.see(path, Files::Copy) {
                Ok(seen) if seen.content.digest == *digest => return self.take(seen).map(|()| true),
                Ok(Seen { place: Some(copy), .. }) => fs::remove_file(&copy).map_err(BoxError::from),
                seen => seen.map(|_| ()),
            },
            Shape::Folder => match walk(path).map_err(BoxError::from) {
                Ok(listing) => {
                    let manifest = self.take_listing(&listing, Files::Copy)?;
                    return Ok(BlobDigest::of(&manifest.bytes) == *digest);
                }
                Err(error) => Err(error),
            },
        };
        match kept {
            Err(error) if !error.downcast_ref().is_some_and(LookError::is_missing) => Err(error),
            Ok(()) | Err(_) => Ok(false),
        }
    }
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}
