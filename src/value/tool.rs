//! A program that nodes run: an input like any other.

use crate::fingerprint::BlobDigest;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A program found on this machine; [`source::tool`](crate::source::tool) makes one.
///
/// Its bytes decide its identity; where it lies does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    name: String,
    digest: [u8; 32],
    #[serde(skip)]
    path: PathBuf,
}

impl Tool {
    pub(crate) fn new(name: String, digest: [u8; 32], path: PathBuf) -> Self {
        Self { name, digest, path }
    }

    /// The name by which it was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn digest(&self) -> BlobDigest {
        BlobDigest::from_bytes(self.digest)
    }

    /// Where it lies on this machine; empty for one that was part of another value.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
