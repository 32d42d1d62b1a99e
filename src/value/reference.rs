//! What a value's bytes name and do not hold: it has to be kept with them.

use crate::fingerprint::BlobDigest;
use crate::value::Shape;

/// Another blob that bytes name: an element, a file, or the list of a folder's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reference {
    pub(crate) digest: BlobDigest,
    /// Of a folder the bytes are a manifest, which names files in its own way.
    pub(crate) shape: Shape,
}

/// All that some bytes name, each once, in order.
///
/// Most bytes name nothing, and each small value is moved about with this: no more than a pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct References(Option<Box<[Reference]>>);

impl References {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn as_slice(&self) -> &[Reference] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl From<Vec<Reference>> for References {
    #[inline]
    fn from(mut references: Vec<Reference>) -> Self {
        if references.is_empty() {
            return Self(None);
        }
        references.sort_unstable();
        references.dedup();
        Self(Some(references.into()))
    }
}
