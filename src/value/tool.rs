//! A program that nodes run: an input like any other.

use crate::fingerprint::BlobDigest;
use crate::value::part::current_loader;
use serde::{Deserialize, Deserializer, Serialize};
use std::path::{Path, PathBuf};

/// A program found on this machine; [`source::tool`](crate::source::tool) makes one.
///
/// Its bytes decide its identity; where it lies does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tool {
    name: String,
    digest: [u8; 32],
    #[serde(skip)]
    path: PathBuf,
}

#[derive(Deserialize)]
#[serde(rename = "Tool")]
struct Named {
    name: String,
    digest: [u8; 32],
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

/// Where it lies is known to whoever decodes it in the run that looked for it.
impl<'de> Deserialize<'de> for Tool {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Named { name, digest } = Named::deserialize(deserializer)?;
        let path = current_loader().and_then(|loader| loader.tool(&BlobDigest::from_bytes(digest)));
        Ok(Self { name, digest, path: path.unwrap_or_default() })
    }
}
