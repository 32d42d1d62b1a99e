//! Values that are known by their names.

use crate::fingerprint::ValueDigest;

const EXTERNAL: &[u8; 32] = b"mamo 1: external value by name -";

/// V of an external value: whatever it is, it is what its name says.
pub(super) fn external_digest(name: &str) -> ValueDigest {
    blake3::keyed_hash(EXTERNAL, name.as_bytes()).into()
}
