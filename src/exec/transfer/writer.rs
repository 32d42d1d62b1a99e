//! Writing such a file: beside its place, which it takes when it is whole.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::transfer::format::{FORMAT, Head, MAGIC, What};
use crate::fingerprint::{BlobDigest, RECIPE};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// So many bytes of a file are in memory.
pub(super) const WINDOW: usize = 1 << 20;

/// A file that is being written.
pub(super) struct Writer {
    out: BufWriter<File>,
    seal: blake3::Hasher,
    len: u64,
    place: PathBuf,
    temporary: Temporary,
}

/// Goes when it is not moved to its place.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // Gone when it was moved.
        let _ = fs::remove_file(&self.0);
    }
}

impl Writer {
    /// Begins a file that is to lie at `place`.
    pub(super) fn create(place: &Path) -> Result<Self> {
        let temporary = temporary(place);
        let failed = |source| cannot_write(place, source);
        let file = File::create(&temporary).map_err(failed)?;
        let mut writer = Self {
            out: BufWriter::with_capacity(WINDOW, file),
            seal: blake3::Hasher::new(),
            len: 0,
            place: place.to_path_buf(),
            temporary: Temporary(temporary),
        };
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&FORMAT.to_le_bytes());
        header.extend_from_slice(&RECIPE.to_le_bytes());
        writer.sealed(&header)?;
        Ok(writer)
    }

    /// Adds an entry.
    pub(super) fn entry(&mut self, what: What, bytes: &[u8]) -> Result<()> {
        self.sealed(&Head::of(what, bytes).to_bytes())?;
        self.write(bytes)
    }

    /// Adds a blob that lies in a file. Whether the file holds what its name says; otherwise this file is of no use.
    pub(super) fn blob_file(&mut self, digest: BlobDigest, path: &Path) -> Result<bool> {
        let cannot_read = |source: io::Error| {
            Error::new(ErrorKind::Store, format!("cannot read `{}`", path.display())).with_source(source)
        };
        let mut file = File::open(path).map_err(cannot_read)?;
        let len = file.metadata().map_err(cannot_read)?.len();
        self.sealed(&Head { what: What::Blob(digest), len, sum: *digest.as_bytes() }.to_bytes())?;
        let mut window = vec![0; WINDOW];
        let mut hasher = blake3::Hasher::new();
        loop {
            let read = match file.read(&mut window) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(cannot_read)?,
            };
            let Some(bytes) = window.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            hasher.update(bytes);
            self.write(bytes)?;
        }
        Ok(hasher.count() == len && BlobDigest::from(hasher.finalize()) == digest)
    }

    /// Seals the file and puts it in its place; gives its length.
    pub(super) fn finish(mut self) -> Result<u64> {
        let seal = *self.seal.finalize().as_bytes();
        self.sealed(&Head::of(What::Seal(seal), &[]).to_bytes())?;
        let Self { out, len, place, temporary, .. } = self;
        let moved = out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&temporary.0, &place));
        moved.map_err(|source| cannot_write(&place, source))?;
        Ok(len)
    }

    fn sealed(&mut self, bytes: &[u8]) -> Result<()> {
        self.seal.update(bytes);
        self.write(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.len = self.len.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.out.write_all(bytes).map_err(|source| cannot_write(&self.place, source))
    }
}

/// A name of this process's in the same folder.
fn temporary(place: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(place.file_name().unwrap_or_default());
    name.push(format!(".{}.mamo-tmp", std::process::id()));
    place.with_file_name(name)
}

fn cannot_write(place: &Path, source: io::Error) -> Error {
    Error::new(ErrorKind::NotExported, format!("cannot write `{}`", place.display())).with_source(source)
}
