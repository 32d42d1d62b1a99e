//! Folders as bytes: a manifest of the names and contents of all files below them.

use crate::fingerprint::BlobDigest;
use std::ffi::OsString;
use std::path::PathBuf;

/// The canonical bytes of a folder: sorted by path, every length in front, so that no two folders have the same.
pub(crate) struct Manifest {
    pub(crate) bytes: Vec<u8>,
    /// Of all files together.
    pub(crate) len: u64,
}

/// What a manifest says of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    /// A file, or a link to one.
    File(FileContent),
    /// A folder that is listed already, by another path from the root: this one.
    Alias(PathBuf),
    /// A link that leads nowhere.
    Link(PathBuf),
}

/// What a file in a folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileContent {
    pub(crate) digest: BlobDigest,
    pub(crate) len: u64,
    pub(crate) is_executable: bool,
}

/// How a manifest begins: no file of another kind does so by accident.
const MAGIC: &[u8] = b"mamo folder 1\n";

const FILE: u8 = b'f';
const EXECUTABLE: u8 = b'x';
const ALIAS: u8 = b'a';
const LINK: u8 = b'l';

impl Manifest {
    pub(crate) fn new() -> Self {
        Self { bytes: MAGIC.to_vec(), len: 0 }
    }

    /// Adds a file; `relative` are the bytes of its path from the folder, with `/` between names.
    pub(crate) fn file(&mut self, relative: &[u8], content: &FileContent) {
        self.text(relative);
        self.bytes.push(if content.is_executable { EXECUTABLE } else { FILE });
        self.bytes.extend_from_slice(&content.len.to_le_bytes());
        self.bytes.extend_from_slice(content.digest.as_bytes());
        self.len = self.len.saturating_add(content.len);
    }

    pub(crate) fn alias(&mut self, relative: &[u8], listed: &[u8]) {
        self.reference(relative, ALIAS, listed);
    }

    pub(crate) fn link(&mut self, relative: &[u8], target: &[u8]) {
        self.reference(relative, LINK, target);
    }

    fn reference(&mut self, relative: &[u8], kind: u8, target: &[u8]) {
        self.text(relative);
        self.bytes.push(kind);
        self.text(target);
    }

    fn text(&mut self, text: &[u8]) {
        // No address space is wider than 64 bits.
        self.bytes.extend_from_slice(&u64::try_from(text.len()).unwrap_or(u64::MAX).to_le_bytes());
        self.bytes.extend_from_slice(text);
    }

    /// What the bytes of a manifest list, in their order; nothing when they are none, or lead out of the folder.
    pub(crate) fn read(bytes: &[u8]) -> Option<Vec<(PathBuf, Listed)>> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let mut listing = Vec::new();
        while !rest.is_empty() {
            let relative = below(take_text(&mut rest)?)?;
            let (kind, tail) = rest.split_first()?;
            rest = tail;
            let listed = match *kind {
                kind @ (FILE | EXECUTABLE) => {
                    let len = u64::from_le_bytes(take(&mut rest)?);
                    let digest = BlobDigest::from_bytes(take(&mut rest)?);
                    Listed::File(FileContent { digest, len, is_executable: kind == EXECUTABLE })
                }
                ALIAS => match take_text(&mut rest)? {
                    // The folder itself.
                    [] => Listed::Alias(PathBuf::new()),
                    listed => Listed::Alias(below(listed)?),
                },
                LINK => Listed::Link(to_path(take_text(&mut rest)?)?),
                _ => return None,
            };
            listing.push((relative, listed));
        }
        Some(listing)
    }
}

/// A path that stays within the folder and is not the folder itself.
fn below(bytes: &[u8]) -> Option<PathBuf> {
    let is_name = |name: &[u8]| !matches!(name, b"" | b"." | b"..") && !name.contains(&0);
    if !bytes.split(|byte| *byte == b'/').all(is_name) {
        return None;
    }
    let path = to_path(bytes)?;
    path.components().all(|component| matches!(component, std::path::Component::Normal(_))).then_some(path)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

fn take_text<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::try_from(u64::from_le_bytes(take(rest)?)).ok()?;
    let (text, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    Some(text)
}

#[cfg(unix)]
fn to_path(bytes: &[u8]) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Some(OsString::from_vec(bytes.to_vec()).into())
}

#[cfg(not(unix))]
fn to_path(bytes: &[u8]) -> Option<PathBuf> {
    Some(OsString::from(std::str::from_utf8(bytes).ok()?).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(is_executable: bool) -> FileContent {
        FileContent { digest: BlobDigest::of(b"x"), len: 1, is_executable }
    }

    #[test]
    fn a_manifest_reads_back() {
        let mut manifest = Manifest::new();
        manifest.file(b"a/b", &content(false));
        manifest.file(b"a/c", &content(true));
        manifest.alias(b"d", b"a");
        manifest.alias(b"e", b"");
        manifest.link(b"f", b"../nowhere");
        let expected = [
            ("a/b", Listed::File(content(false))),
            ("a/c", Listed::File(content(true))),
            ("d", Listed::Alias("a".into())),
            ("e", Listed::Alias("".into())),
            ("f", Listed::Link("../nowhere".into())),
        ];
        let expected: Vec<_> = expected.map(|(path, listed)| (PathBuf::from(path), listed)).into();
        assert_eq!(Manifest::read(&manifest.bytes), Some(expected));
        assert_eq!(manifest.len, 2);
        assert_eq!(Manifest::read(&Manifest::new().bytes), Some(Vec::new()));
    }

    #[test]
    fn what_is_cut_or_leads_out_is_no_manifest() {
        let mut manifest = Manifest::new();
        manifest.file(b"a", &content(false));
        for len in (0..manifest.bytes.len()).filter(|len| *len != MAGIC.len()) {
            assert_eq!(Manifest::read(&manifest.bytes[..len]), None, "{len}");
        }
        for path in ["", "/a", "..", "a/../b", "a//b", "./a", "a\0b"] {
            let mut manifest = Manifest::new();
            manifest.file(path.as_bytes(), &content(false));
            assert_eq!(Manifest::read(&manifest.bytes), None, "{path}");
        }
    }
}
