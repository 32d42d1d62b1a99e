//! What a node failed on: its inputs as they are kept for running it again alone.

use crate::fingerprint::ValueDigest;
use crate::value::Part;
use serde::{Deserialize, Serialize};

/// What a node, an element or a combination failed on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct FailedOn {
    /// The spec's digest: the code and the parameters that failed.
    pub(crate) spec: [u8; 32],
    pub(crate) content: [u8; 32],
    /// One bit a parameter: whether an input was given for it.
    pub(crate) present: u64,
    /// Value digests that are part of the content key, in order: what the seed follows from.
    pub(crate) upstream: Vec<[u8; 32]>,
    /// The node's inputs, in order.
    pub(crate) inputs: Vec<KeptInput>,
    pub(crate) which: Which,
}

/// Which computation of the node it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Which {
    /// The only one.
    Whole,
    /// That of the element with this number of the collections that are the first inputs.
    Element { number: u64, key: Option<Vec<u8>> },
    /// That of an element whose collection was still being made: its encoded form.
    Ahead { item: Part, key: Option<Vec<u8>> },
    /// That of two sides, in their encoded forms.
    Combination { sides: Vec<Part> },
}

/// An input of a node that failed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptInput {
    /// Its identity.
    pub(crate) node: String,
    pub(crate) value: [u8; 32],
    pub(crate) place: Place,
}

/// Where the value of an input is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Place {
    /// Its bytes are in the store.
    Saved(Part),
    /// It is looked at again, and must be what it was.
    Source,
    /// It has no bytes.
    Transient,
    /// It was not at hand, or could not be encoded.
    Unsaved,
    /// Nobody reads it: what was read of it stands beside it.
    NotRead,
}

impl KeptInput {
    pub(crate) fn digest(&self) -> ValueDigest {
        ValueDigest::from_bytes(self.value)
    }
}
