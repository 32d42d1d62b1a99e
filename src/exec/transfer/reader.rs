//! Reading such a file, and believing nothing of it that does not fit its checksums.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::transfer::format::{FORMAT, HEAD, Head, MAGIC, What};
use crate::exec::transfer::writer::WINDOW;
use crate::fingerprint::RECIPE;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A file that is being read.
pub(super) struct Reader {
    input: BufReader<File>,
    path: PathBuf,
    seal: blake3::Hasher,
    /// Where the entry begins that is being read.
    at: u64,
    purpose: Purpose,
}

/// Why a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To see whether it is sound.
    Verify,
    /// To take over what it holds; it was sound before.
    Take,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|source| cannot_read(path, source))?;
        let mut reader = Self {
            input: BufReader::with_capacity(WINDOW, file),
            path: path.to_path_buf(),
            seal: blake3::Hasher::new(),
            at: 0,
            purpose: Purpose::Verify,
        };
        reader.header()?;
        Ok(reader)
    }

    /// Reads it from the beginning once more.
    pub(super) fn again(&mut self, purpose: Purpose) -> Result<()> {
        self.input.seek(SeekFrom::Start(0)).map_err(|source| cannot_read(&self.path, source))?;
        self.seal = blake3::Hasher::new();
        self.at = 0;
        self.purpose = purpose;
        self.header()
    }

    fn header(&mut self) -> Result<()> {
        let (magic, [format, recipe]) = (self.array::<{ MAGIC.len() }>()?, [self.array()?, self.array()?]);
        if magic != MAGIC {
            let message =
                format!("`{}` is no file that was exported, or its beginning is damaged", self.path.display());
            return Err(refused(message));
        }
        self.seal.update(&magic).update(&format).update(&recipe);
        let (format, recipe) = (u16::from_le_bytes(format), u16::from_le_bytes(recipe));
        if (format, recipe) != (FORMAT, RECIPE) {
            let message = format!(
                "`{}` has format {format} and recipe {recipe}, this build reads format {FORMAT} and recipe {RECIPE}; nothing of it \
                 was taken",
                self.path.display()
            );
            return Err(refused(message).with_hint("import it with the version of mamo that exported it"));
        }
        self.at = u64::try_from(MAGIC.len() + 4).unwrap_or_default();
        Ok(())
    }

    /// The next entry, of which the bytes are to be read, copied or skipped; nothing behind the last one, and only when
    /// the file is whole.
    pub(super) fn next_entry(&mut self) -> Result<Option<Head>> {
        let bytes = self.array::<HEAD>()?;
        let head = Head::read(&bytes).ok_or_else(|| self.damaged("an entry does not fit its checksum"))?;
        if let What::Seal(digest) = head.what {
            if digest != *self.seal.finalize().as_bytes() {
                return Err(self.damaged("entries are missing, or stand in another order"));
            }
            return match self.input.read(&mut [0]) {
                Ok(0) => Ok(None),
                Ok(_) => Err(self.damaged("something follows its end")),
                Err(source) => Err(cannot_read(&self.path, source)),
            };
        }
        self.seal.update(&bytes);
        Ok(Some(head))
    }

    /// The bytes of an entry.
    pub(super) fn bytes(&mut self, head: &Head) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.copy(head, |window| {
            bytes.extend_from_slice(window);
            Ok(())
        })?;
        Ok(bytes)
    }

    /// Hands the bytes of an entry over, piece by piece; only when it returns without an error they are what they were.
    pub(super) fn copy(&mut self, head: &Head, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut hasher = blake3::Hasher::new();
        let mut left = head.len;
        let mut window = vec![0; usize::try_from(left).unwrap_or(WINDOW).min(WINDOW)];
        while left > 0 {
            let len = usize::try_from(left).unwrap_or(WINDOW).min(WINDOW);
            let Some(window) = window.get_mut(..len) else { break };
            self.input.read_exact(window).map_err(|source| self.unread(source))?;
            hasher.update(window);
            take(window)?;
            left -= u64::try_from(len).unwrap_or(left).min(left);
        }
        let name = match head.what {
            What::Blob(digest) => *digest.as_bytes(),
            What::Contents | What::Record(_) | What::Plan(_) | What::Seal(_) => head.sum,
        };
        let sum = *hasher.finalize().as_bytes();
        if sum != head.sum || sum != name {
            return Err(self.damaged("bytes do not fit their checksum"));
        }
        self.pass(head);
        Ok(())
    }

    /// Leaves the bytes of an entry out.
    pub(super) fn skip(&mut self, head: &Head) -> Result<()> {
        let failed = |source| cannot_read(&self.path, source);
        let len = i64::try_from(head.len).map_err(|_| failed(io::ErrorKind::InvalidData.into()))?;
        self.input.seek_relative(len).map_err(failed)?;
        self.pass(head);
        Ok(())
    }

    fn pass(&mut self, head: &Head) {
        self.at = self.at.saturating_add(head.len).saturating_add(u64::try_from(HEAD).unwrap_or_default());
    }

    /// The file is not what was exported.
    pub(super) fn damaged(&self, what: &str) -> Error {
        let path = self.path.display();
        match self.purpose {
            Purpose::Verify => {
                let message =
                    format!("`{path}` is damaged in the entry at byte {}: {what}; nothing of it was taken", self.at);
                refused(message).with_hint("copy it once more, or export once more")
            }
            // What was taken by then was verified, and is as good as what a run leaves that is killed.
            Purpose::Take => {
                let message = format!("`{path}` has changed while it was imported: {what}; only some of it was taken");
                refused(message).with_hint("import it once more when nobody writes to it")
            }
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        self.input.read_exact(&mut array).map_err(|source| self.unread(source))?;
        Ok(array)
    }

    fn unread(&self, source: io::Error) -> Error {
        if source.kind() == io::ErrorKind::UnexpectedEof {
            return self.damaged("the file ends too early");
        }
        cannot_read(&self.path, source)
    }
}

fn cannot_read(path: &Path, source: io::Error) -> Error {
    refused(format!("cannot read `{}`", path.display())).with_source(source)
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::NotImported, message)
}
