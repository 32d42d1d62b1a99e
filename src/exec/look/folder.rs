//! Folders: known by a manifest of the names and contents of all files below them.

use crate::exec::look::Looker;
use crate::exec::look::error::LookError;
use crate::exec::look::file::absolute;
use crate::exec::look::walk::{Listed, steady, walk};
use crate::value::{Artifact, Manifest};
use std::path::Path;

impl Looker {
    pub(super) fn folder(&self, path: &Path) -> Result<Artifact, LookError> {
        let manifest = steady(|| self.manifest(path))?;
        Ok(Artifact::source_folder(absolute(path)?.into(), manifest))
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
        let mut manifest = Manifest::new();
        for (relative, listed) in &listing {
            match listed {
                Listed::Alias(listed) => manifest.alias(relative, listed),
                Listed::Link(target) => manifest.link(relative, target),
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
