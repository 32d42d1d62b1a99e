//! The file that carries values from store to store: entries with checksums, and a seal over all of them.
//!
//! ```text
//! file  = magic, format: u16, recipe: u16, entry.., seal
//! entry = kind: u8, name: [u8; 32], len: u64, sum: [u8; 32], check: [u8; 8], bytes
//! ```
//!
//! Numbers are little-endian. `sum` is blake3 of the entry's bytes, and `check` the beginning of blake3 of all in front of
//! it, so that a length is believed before anything of it is read. The seal is an entry without bytes; its name is blake3
//! of the file up to there without the entries' bytes, for which their sums stand. What the file holds comes first,
//! then blobs, then records, each behind what it names, then the plan: who takes it over need not go back.

use crate::fingerprint::BlobDigest;
use crate::store::{Key, RecordKind};
use serde::{Deserialize, Serialize};

/// How such a file begins. Whoever takes it for text, or stops at the first zero, damages it here.
pub(super) const MAGIC: [u8; 16] = *b"mamo export\r\n\x1a\n\0";
/// What is read and written.
pub(super) const FORMAT: u16 = 1;

const CHECK: &[u8; 32] = b"mamo 1: entry of an export file ";

const CONTENTS: u8 = b'!';
const BLOB: u8 = b'B';
const PLAN: u8 = b'=';
const PLAN_CHUNK: u8 = b'+';
const SEAL: u8 = b'.';

/// Kinds of records that such a file holds, in the order in which it does.
pub(super) const CARRIED: [RecordKind; 10] = [
    RecordKind::References,
    RecordKind::Spec,
    RecordKind::Code,
    RecordKind::Chunk,
    RecordKind::Members,
    RecordKind::Way,
    RecordKind::Act,
    RecordKind::Root,
    RecordKind::Accept,
    RecordKind::Deep,
];

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// [`Contents`]; the first entry.
    Contents,
    Blob(BlobDigest),
    Record(Key),
    /// What a run of the nodes would leave behind: a chunk of its plan, or at last the plan. It is of use beside others only.
    Plan(Key),
    /// The last entry, with the digest of all heads.
    Seal([u8; 32]),
}

/// All of an entry but its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) what: What,
    pub(super) len: u64,
    /// blake3 of the bytes.
    pub(super) sum: [u8; 32],
}

/// Bytes of a head.
pub(super) const HEAD: usize = 1 + 32 + 8 + 32 + 8;

/// What a file holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Contents {
    pub(super) nodes: Vec<Carried>,
    /// The plan of these nodes, as a run of them would leave it behind.
    pub(super) plan: [u8; 32],
}

/// A node that somebody chose.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Carried {
    /// Its identity.
    pub(super) node: String,
    /// Under which its record stands.
    pub(super) fingerprint: [u8; 32],
    pub(super) value: [u8; 32],
}

impl Head {
    /// An entry with these bytes.
    pub(super) fn of(what: What, bytes: &[u8]) -> Self {
        let sum = *blake3::hash(bytes).as_bytes();
        Self { what, len: u64::try_from(bytes.len()).unwrap_or(u64::MAX), sum }
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        let (kind, name) = match self.what {
            What::Contents => (CONTENTS, [0; 32]),
            What::Blob(digest) => (BLOB, *digest.as_bytes()),
            What::Record(key) => (key.kind.to_byte(), key.digest),
            What::Plan(key) if key.kind == RecordKind::Plan => (PLAN, key.digest),
            What::Plan(key) => (PLAN_CHUNK, key.digest),
            What::Seal(digest) => (SEAL, digest),
        };
        let mut bytes = Vec::with_capacity(HEAD);
        bytes.push(kind);
        bytes.extend_from_slice(&name);
        bytes.extend_from_slice(&self.len.to_le_bytes());
        bytes.extend_from_slice(&self.sum);
        let check = check(&bytes);
        bytes.extend_from_slice(&check);
        bytes
    }

    /// Nothing when the bytes are not those of a head that was written, or of a kind that is not known here.
    pub(super) fn read(bytes: &[u8; HEAD]) -> Option<Self> {
        let (fields, given) = bytes.split_last_chunk::<8>()?;
        if check(fields) != *given {
            return None;
        }
        let (kind, rest) = fields.split_first()?;
        let (name, rest) = rest.split_first_chunk::<32>()?;
        let (len, sum) = rest.split_first_chunk::<8>()?;
        let what = match *kind {
            CONTENTS => What::Contents,
            BLOB => What::Blob(BlobDigest::from_bytes(*name)),
            PLAN => What::Plan(Key::new(RecordKind::Plan, name)),
            PLAN_CHUNK => What::Plan(Key::new(RecordKind::Chunk, name)),
            SEAL => What::Seal(*name),
            kind => What::Record(Key::new(CARRIED.into_iter().find(|known| known.to_byte() == kind)?, name)),
        };
        Some(Self { what, len: u64::from_le_bytes(*len), sum: sum.try_into().ok()? })
    }
}

fn check(fields: &[u8]) -> [u8; 8] {
    let mut check = [0; 8];
    blake3::Hasher::new_keyed(CHECK).update(fields).finalize_xof().fill(&mut check);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_read_back_and_no_flipped_bit_goes_unnoticed() {
        let records = CARRIED.map(|kind| What::Record(Key::new(kind, &[7; 32])));
        let plan = [RecordKind::Chunk, RecordKind::Plan].map(|kind| What::Plan(Key::new(kind, &[8; 32])));
        let others = [What::Contents, What::Blob(BlobDigest::of(b"x")), What::Seal([3; 32])];
        for what in records.into_iter().chain(plan).chain(others) {
            let head = Head::of(what, b"some bytes");
            let bytes: [u8; HEAD] = head.to_bytes().try_into().unwrap();
            assert_eq!(Head::read(&bytes), Some(head));
            for bit in 0..HEAD * 8 {
                let mut bytes = bytes;
                bytes[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Head::read(&bytes), None, "{what:?} {bit}");
            }
        }
    }

    /// A kind that looks like another one would be taken for it.
    #[test]
    fn kinds_differ() {
        let own = [CONTENTS, BLOB, PLAN, PLAN_CHUNK, SEAL];
        assert!(RecordKind::ALL.iter().all(|kind| !own.contains(&kind.to_byte())));
    }
}
