//! Files of the store as memory: the one place of the library that needs unsafe code.

#![cfg_attr(unix, expect(unsafe_code, reason = "the system cannot promise that a mapped file stays as it is"))]

use crate::value::codec::SpillFile;
use std::fs::File;
use std::io;

/// A file's bytes, read by the system when they are looked at.
#[derive(Debug)]
pub(super) struct MappedFile {
    #[cfg(unix)]
    bytes: memmap2::Mmap,
    /// Elsewhere a mapped file can be neither removed nor replaced, and the store does both.
    #[cfg(not(unix))]
    bytes: Vec<u8>,
    /// A file that goes when nobody reads it any more.
    _file: Option<SpillFile>,
}

impl MappedFile {
    /// Maps a file of the store, or of the engine's scratch folder, which nobody changes in place.
    #[cfg(unix)]
    pub(super) fn new(file: &File, goes_with_it: Option<SpillFile>) -> io::Result<Self> {
        // SAFETY: mapped bytes must not change. The files that come here are read-only and named by their bytes, or in
        // the engine's own folder; mamo replaces and removes them as a whole, which leaves the mapped one as it is.
        // Whoever writes into one, or shortens it, breaks this promise from outside, as the documentation of `Bytes`
        // says: no program can keep its user from that.
        let bytes = unsafe { memmap2::Mmap::map(file)? };
        Ok(Self { bytes, _file: goes_with_it })
    }

    /// Reads it.
    #[cfg(not(unix))]
    pub(super) fn new(file: &File, goes_with_it: Option<SpillFile>) -> io::Result<Self> {
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut { file }, &mut bytes)?;
        Ok(Self { bytes, _file: goes_with_it })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
