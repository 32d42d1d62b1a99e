//! How keys and values look in the database: a byte that says what it is, and a checksum behind each value.

use crate::fingerprint::BlobDigest;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// A key of a record or a blob.
pub(super) type RawKey = [u8; 33];

/// The key of the [`Meta`] record: before all others.
pub(super) const META: &[u8] = &[0];

/// The first byte of a blob's key; no kind of record has it.
pub(super) const BLOB: u8 = b'B';

const N_CHECKSUM: usize = 4;

/// The key under which a small blob is kept.
pub(super) fn blob_key(digest: &BlobDigest) -> RawKey {
    let mut key = [BLOB; 33];
    let (_, name) = key.split_at_mut(1);
    name.copy_from_slice(digest.as_bytes());
    key
}

/// Appends `value` with its checksum.
///
/// fjall has checksums of its own, of blocks. This one also covers the key, so that a value that turns up under another
/// key, through a damaged index or a mistake in salvage, is noticed.
pub(super) fn seal(key: &[u8], value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(value);
    out.extend_from_slice(&checksum(key, value));
}

/// The value without its checksum; nothing when that does not fit.
pub(super) fn unseal<'a>(key: &[u8], sealed: &'a [u8]) -> Option<&'a [u8]> {
    let (value, stored) = sealed.split_last_chunk::<N_CHECKSUM>()?;
    (checksum(key, value) == *stored).then_some(value)
}

fn checksum(key: &[u8], value: &[u8]) -> [u8; N_CHECKSUM] {
    let [a, b, c, d, ..] = xxh3_64_with_seed(value, xxh3_64(key)).to_le_bytes();
    [a, b, c, d]
}

/// What the database says about itself; replaced with every group, in the same step as the group's records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Meta {
    pub(super) format: u32,
    /// Number of the last group.
    pub(super) group: u64,
}

impl Meta {
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut value = self.format.to_le_bytes().to_vec();
        value.extend_from_slice(&self.group.to_le_bytes());
        let mut out = Vec::new();
        seal(META, &value, &mut out);
        out
    }

    pub(super) fn from_bytes(sealed: &[u8]) -> Option<Self> {
        let (format, group) = unseal(META, sealed)?.split_first_chunk()?;
        Some(Self { format: u32::from_le_bytes(*format), group: u64::from_le_bytes(group.try_into().ok()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_value_and_a_value_of_another_key_are_noticed() {
        let mut sealed = Vec::new();
        seal(b"key", b"value", &mut sealed);
        assert_eq!(unseal(b"key", &sealed), Some(b"value".as_slice()));
        assert_eq!(unseal(b"kez", &sealed), None);
        for byte in 0..sealed.len() {
            let mut sealed = sealed.clone();
            sealed[byte] ^= 1;
            assert_eq!(unseal(b"key", &sealed), None);
        }
    }

    #[test]
    fn meta_reads_back() {
        let meta = Meta { format: 3, group: 1 << 40 };
        assert_eq!(Meta::from_bytes(&meta.to_bytes()), Some(meta));
        assert_eq!(Meta::from_bytes(&[]), None);
    }
}
