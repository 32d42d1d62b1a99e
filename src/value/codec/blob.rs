//! Encoded bytes on their way into the store: in memory, or in a file when they are many.

use crate::fingerprint::BlobDigest;
use crate::value::codec::{Bytes, Sink};
use crate::value::reference::References;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Encoded bytes on their way into the store.
#[derive(Debug)]
pub(crate) enum Blob {
    Memory(Vec<u8>),
    /// In a box: each small value passes through here as well, and is moved about.
    File(Box<SpillFile>),
}

/// Bytes that are to be saved under their name.
#[derive(Debug)]
pub(crate) struct NamedBlob {
    pub(crate) digest: BlobDigest,
    pub(crate) blob: Blob,
    pub(crate) references: References,
}

/// A file in the engine's scratch folder; it goes with this, unless the store has taken it over.
#[derive(Debug)]
pub(crate) struct SpillFile {
    path: PathBuf,
    digest: BlobDigest,
    len: u64,
}

impl Blob {
    /// A copy of bytes; of many, in a file.
    pub(crate) fn of(bytes: &[u8]) -> io::Result<Self> {
        let mut sink = Sink::default();
        sink.write_all(bytes)?;
        Ok(sink.finish()?.bytes)
    }

    /// blake3 of the bytes.
    #[inline]
    pub(crate) fn digest(&self) -> BlobDigest {
        match self {
            Self::Memory(bytes) => BlobDigest::of(bytes),
            Self::File(file) => file.digest,
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::File(file) => file.len,
        }
    }

    /// The bytes when they need no name: they are at most so many, and name nothing themselves.
    #[inline]
    pub(crate) fn few(self, limit: usize, references: &References) -> Result<Vec<u8>, Self> {
        match self {
            Self::Memory(bytes) if bytes.len() <= limit && references.is_empty() => Ok(bytes),
            Self::Memory(_) | Self::File(_) => Err(self),
        }
    }

    /// How many bytes of it are in memory.
    pub(crate) fn memory_len(&self) -> usize {
        match self {
            Self::Memory(bytes) => bytes.len(),
            Self::File(_) => 0,
        }
    }

    /// The bytes, to be read here; those of a file are mapped.
    pub(crate) fn into_bytes(self) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => Ok(Bytes::from(bytes)),
            Self::File(file) => Bytes::map_spilled(*file),
        }
    }
}

impl Default for Blob {
    fn default() -> Self {
        Self::Memory(Vec::new())
    }
}

impl SpillFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, digest: BlobDigest::from_bytes([0; 32]), len: 0 }
    }

    /// It has been written.
    pub(crate) fn named(mut self, digest: BlobDigest, len: u64) -> Self {
        (self.digest, self.len) = (digest, len);
        self
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn digest(&self) -> BlobDigest {
        self.digest
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Leaves the file to somebody else.
    #[cfg(unix)]
    pub(crate) fn leave(mut self) -> PathBuf {
        std::mem::take(&mut self.path)
    }
}

impl Drop for SpillFile {
    fn drop(&mut self) {
        // What cannot be removed goes with the engine's folder.
        let _ = std::fs::remove_file(&self.path);
    }
}
