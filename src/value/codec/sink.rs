//! Where encoded bytes go: memory while they are few, a file when they become many.

use crate::fingerprint::{BlobDigest, Overflow};
use crate::value::Part;
use crate::value::codec::{Blob, NamedBlob, SpillFile};
use crate::value::keeper::current_scratch;
use crate::value::reference::{Reference, References};
use std::fmt;
use std::fs::File;
use std::io::{self, Write};

/// Takes the bytes of one value, and the parts that it keeps elsewhere.
#[derive(Default)]
#[doc(hidden)]
pub struct Sink {
    pub(super) buffer: Vec<u8>,
    pub(super) spill: Spill,
    pub(crate) blobs: Vec<NamedBlob>,
    pub(crate) references: Vec<Reference>,
}

/// A value's bytes, with the blobs to which they refer and which must be kept with them.
#[derive(Debug, Default)]
pub(crate) struct Encoded {
    pub(crate) bytes: Blob,
    /// What the bytes name.
    pub(crate) references: References,
    pub(crate) blobs: Vec<NamedBlob>,
}

impl Encoded {
    /// The value as a part of another one, to which its blobs go.
    pub(crate) fn into_part(self, blobs: &mut Vec<NamedBlob>) -> Part {
        blobs.extend(self.blobs);
        Part::of(self.bytes, self.references, blobs)
    }
}

/// The part of a value's bytes that is not in memory any more.
#[derive(Default)]
pub(super) enum Spill {
    /// None; nobody has asked yet whether there is a place for more.
    #[default]
    Unasked,
    /// None, and there is no place: the value is not on its way into a store.
    Nowhere,
    /// All but the last bytes are in a file.
    File(Box<Spilling>),
    /// They were hashed and are gone.
    Hashed(Box<blake3::Hasher>),
}

/// A file that is being written.
pub(super) struct Spilling {
    file: File,
    hasher: blake3::Hasher,
    named: SpillFile,
}

/// So many bytes of a value are in memory at a time.
pub(super) const LIMIT: usize = 4 << 20;

impl Sink {
    /// One that keeps nothing but the name of what was written.
    pub(crate) fn hashing() -> Self {
        Self { spill: Spill::Hashed(Box::default()), ..Self::default() }
    }

    /// Digest and number of the bytes that were written to one that is hashing.
    pub(crate) fn name(self) -> (BlobDigest, u64) {
        let mut hasher = match self.spill {
            Spill::Hashed(hasher) => *hasher,
            Spill::Unasked | Spill::Nowhere | Spill::File(_) => blake3::Hasher::new(),
        };
        hasher.update(&self.buffer);
        (hasher.finalize().into(), hasher.count())
    }

    /// What was written, ready to be saved.
    #[inline]
    pub(crate) fn finish(self) -> io::Result<Encoded> {
        let Self { buffer, spill, blobs, references } = self;
        let bytes = match spill {
            Spill::Unasked | Spill::Nowhere | Spill::Hashed(_) => Blob::Memory(buffer),
            Spill::File(mut spilling) => {
                spilling.write(&buffer)?;
                let Spilling { hasher, named, .. } = *spilling;
                Blob::File(Box::new(named.named(hasher.finalize().into(), hasher.count())))
            }
        };
        Ok(Encoded { bytes, references: references.into(), blobs })
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() + bytes.len() > LIMIT && self.spill.take(&mut self.buffer)? && bytes.len() > LIMIT {
            self.spill.write(bytes)?;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Overflow for Spill {
    fn take(&mut self, buffer: &mut Vec<u8>) -> io::Result<bool> {
        if matches!(self, Self::Unasked) {
            *self = match current_scratch() {
                None => Self::Nowhere,
                Some(keeper) => {
                    let path = keeper.free_path()?;
                    let file = File::create_new(&path)?;
                    let named = SpillFile::new(path);
                    Self::File(Box::new(Spilling { file, hasher: blake3::Hasher::new(), named }))
                }
            };
        }
        let is_taken = matches!(self, Self::File(_) | Self::Hashed(_));
        if is_taken {
            self.write(buffer)?;
            buffer.clear();
        }
        Ok(is_taken)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::File(spilling) => spilling.write(bytes),
            Self::Hashed(hasher) => {
                hasher.update(bytes);
                Ok(())
            }
            Self::Unasked | Self::Nowhere => Err(io::Error::other("there is no file to write to")),
        }
    }

    fn limit(&self) -> usize {
        match self {
            Self::Unasked | Self::File(_) | Self::Hashed(_) => LIMIT,
            Self::Nowhere => usize::MAX,
        }
    }
}

impl Spilling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.file.write_all(bytes)
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink").finish_non_exhaustive()
    }
}
