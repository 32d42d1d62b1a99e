//! Folders: known by a manifest of the names and contents of all files below them.

use crate::exec::look::Looker;
use crate::exec::look::error::LookError;
use crate::exec::look::file::{Content, absolute};
use crate::exec::look::walk::{Listed, steady, walk};
use crate::fingerprint::BlobDigest;
use crate::value::Artifact;
use std::path::Path;

/// The canonical bytes of a folder: sorted by path, every length in front, so that no two folders have the same.
struct Manifest {
    bytes: Vec<u8>,
    /// Of all files together.
    len: u64,
}

/// How a manifest begins: no file of another kind does so by accident.
const MAGIC: &[u8] = b"mamo folder 1\n";

const FILE: u8 = b'f';
const EXECUTABLE: u8 = b'x';
const ALIAS: u8 = b'a';
const LINK: u8 = b'l';

impl Looker {
    pub(super) fn folder(&self, path: &Path) -> Result<Artifact, LookError> {
        let manifest = steady(|| self.manifest(path))?;
        Ok(Artifact::source_folder(absolute(path)?.into(), BlobDigest::of(&manifest.bytes), manifest.len))
    }

    fn manifest(&self, root: &Path) -> Result<Manifest, LookError> {
        let listing = walk(root)?;
        let mut files = Vec::new();
        for listed in listing.values() {
            if let Listed::File(path) = listed {
                files.push(path.clone());
            }
        }
        let mut contents = self.contents(&files)?.into_iter();
        let mut manifest = Manifest { bytes: MAGIC.to_vec(), len: 0 };
        for (relative, listed) in &listing {
            match listed {
                Listed::Alias(listed) => manifest.reference(relative, ALIAS, listed),
                Listed::Link(target) => manifest.reference(relative, LINK, target),
                Listed::File(_) => {
                    // One content a file, in the same order.
                    if let Some(content) = contents.next() {
                        manifest.file(relative, &content);
                    }
                }
            }
        }
        Ok(manifest)
    }
}

impl Manifest {
    fn file(&mut self, relative: &[u8], content: &Content) {
        self.text(relative);
        self.bytes.push(if content.is_executable { EXECUTABLE } else { FILE });
        self.bytes.extend_from_slice(&content.len.to_le_bytes());
        self.bytes.extend_from_slice(content.digest.as_bytes());
        self.len = self.len.saturating_add(content.len);
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
}
