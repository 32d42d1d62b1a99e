//! The 32-byte names that mamo gives to things, one type for each meaning.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

macro_rules! digest {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Takes the bytes as they stand.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl $name {
            /// What is written as 64 hexadecimal digits; nothing for any other text.
            pub fn from_hex(text: &str) -> Option<Self> {
                blake3::Hash::from_hex(text).ok().map(Self::from)
            }
        }

        impl From<blake3::Hash> for $name {
            fn from(hash: blake3::Hash) -> Self {
                Self(*hash.as_bytes())
            }
        }

        /// All 64 hexadecimal digits, or as many as the precision asks for (`{:.8}`).
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let digits = f.precision().unwrap_or(64);
                let hex = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
                for nibble in hex.take(digits) {
                    fmt::Write::write_char(f, char::from_digit(u32::from(nibble), 16).unwrap_or('?'))?;
                }
                Ok(())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:.8})"), self)
            }
        }
    };
}

digest! {
    /// What should exist: derived from a node's spec and its upstream fingerprints.
    Fingerprint
}
digest! {
    /// A computation on known values: derived from a node's spec and its upstream value digests.
    ContentKey
}
digest! {
    /// Identity of a value: its schema, its bytes and their length.
    ValueDigest
}
digest! {
    /// blake3 of bytes: the name of a blob, here and in every remote store.
    BlobDigest
}
digest! {
    /// Names, order and types of a type's fields and variants, nested.
    SchemaDigest
}
digest! {
    /// Everything about a node that decides its answer, apart from its upstream nodes.
    SpecDigest
}

impl BlobDigest {
    /// Names `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        blake3::hash(bytes).into()
    }
}

/// A map keyed by digests, which are random already and need no second hash.
pub(crate) type DigestMap<K, V> = HashMap<K, V, BuildHasherDefault<DigestHasher>>;

/// Takes eight bytes of the digest as its hash.
#[derive(Default)]
pub(crate) struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(head) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*head);
        }
    }

    // The length prefix of the array; constant, so of no use to the hash.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
