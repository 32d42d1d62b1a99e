//! Bytes of the records on disk: fixed width, little-endian, each with the recipe that made it.

use crate::fingerprint::{BlobDigest, ContentKey, Fingerprint, RECIPE, SpecDigest, ValueDigest};
use smallvec::SmallVec;

/// Where the bytes of a value are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Payload {
    /// Small: in the record itself.
    Inline(Vec<u8>),
    /// Under their own name among the blobs.
    Blob { digest: BlobDigest, len: u64 },
    /// Known, but not kept: by the node's policy, or because they were evicted.
    Absent { digest: BlobDigest, len: u64 },
}

/// What a computation on known values gave; under its content key, the first writer wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Act {
    pub(crate) value: ValueDigest,
    pub(crate) payload: Payload,
    /// Nanoseconds that the execution took.
    pub(crate) cost_ns: u64,
    /// Microseconds that encoding and naming the value took.
    pub(crate) save_us: u32,
    /// The run that executed it; its record names the executable.
    pub(crate) run: u64,
}

/// The fixed part of a [`Deep`] record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alias {
    pub(crate) content: ContentKey,
    pub(crate) value: ValueDigest,
    pub(crate) spec: SpecDigest,
    pub(crate) run: u64,
}

/// What a node with a given fingerprint is: an alias of a content key, found without any upstream value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deep {
    pub(crate) content: ContentKey,
    pub(crate) value: ValueDigest,
    pub(crate) spec: SpecDigest,
    /// The run that wrote it.
    pub(crate) run: u64,
    /// The upstream nodes in order: for `why`, for revoking, and for salvage.
    pub(crate) upstream: Vec<Upstream>,
    /// The node's own bytes when its value is not the one under its content key, or that nobody kept any.
    pub(crate) own: Option<Payload>,
}

/// An upstream node of a deep record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Upstream {
    pub(crate) fingerprint: Fingerprint,
    /// Whether there is a deep record under this fingerprint; leaves and constants have none.
    ///
    /// When such a record is lost, salvage drops every record that depends on it.
    pub(crate) recorded: bool,
}

/// The value by which a node is known from now on, whatever its execution gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Root {
    pub(crate) value: ValueDigest,
    pub(crate) run: u64,
}

const INLINE: u8 = 0;
const BLOB: u8 = 1;
const ABSENT: u8 = 2;
const NONE: u8 = 3;
/// A time follows that encoding took, and then where the bytes are; left out when it took no time worth mentioning.
const SAVED_IN: u8 = 4;

impl Payload {
    /// Number of bytes, wherever they are.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Inline(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Self::Blob { len, .. } | Self::Absent { len, .. } => *len,
        }
    }

    /// Whether nobody kept the bytes.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent { .. })
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Inline(bytes) => {
                out.push(INLINE);
                out.extend_from_slice(bytes);
            }
            Self::Blob { digest, len } => write_name(out, BLOB, digest, *len),
            Self::Absent { digest, len } => write_name(out, ABSENT, digest, *len),
        }
    }

    fn read(reader: RecordReader<'_>) -> Option<Option<Self>> {
        let mut reader = reader;
        let payload = match reader.byte()? {
            INLINE => Self::Inline(reader.0.to_vec()),
            BLOB => Self::Blob { digest: BlobDigest::from_bytes(reader.array()?), len: reader.u64()? },
            ABSENT => Self::Absent { digest: BlobDigest::from_bytes(reader.array()?), len: reader.u64()? },
            NONE => return Some(None),
            _ => return None,
        };
        Some(Some(payload))
    }
}

impl Act {
    pub(crate) fn new(value: ValueDigest, payload: Payload, cost_ns: u64, save_ns: u64, run: u64) -> Self {
        let save_us = u32::try_from(save_ns / 1000).unwrap_or(u32::MAX);
        Self { value, payload, cost_ns, save_us, run }
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&RECIPE.to_le_bytes());
        out.extend_from_slice(self.value.as_bytes());
        out.extend_from_slice(&self.cost_ns.to_le_bytes());
        out.extend_from_slice(&self.run.to_le_bytes());
        if self.save_us > 0 {
            out.push(SAVED_IN);
            out.extend_from_slice(&self.save_us.to_le_bytes());
        }
        self.payload.write(out);
    }

    /// Nothing when the bytes were made by another recipe or make no sense: a miss.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = RecordReader::of_recipe(bytes)?;
        let value = ValueDigest::from_bytes(reader.array()?);
        let (cost_ns, run) = (reader.u64()?, reader.u64()?);
        let mut save_us = 0;
        if reader.0.first() == Some(&SAVED_IN) {
            let _ = reader.byte()?;
            save_us = u32::from_le_bytes(reader.array()?);
        }
        Some(Self { value, cost_ns, save_us, run, payload: Payload::read(reader)?? })
    }
}

impl Alias {
    /// Writes a [`Deep`] record without making one: a run writes one for every node.
    pub(crate) fn write(
        &self,
        out: &mut Vec<u8>,
        upstream: impl ExactSizeIterator<Item = Upstream>,
        own: Option<&Payload>,
    ) {
        out.extend_from_slice(&RECIPE.to_le_bytes());
        out.extend_from_slice(self.content.as_bytes());
        out.extend_from_slice(self.value.as_bytes());
        out.extend_from_slice(self.spec.as_bytes());
        out.extend_from_slice(&self.run.to_le_bytes());
        // Node indices are 32 bits wide, so no node has more upstream nodes than that.
        out.extend_from_slice(&u32::try_from(upstream.len()).unwrap_or(u32::MAX).to_le_bytes());
        // One bit each, the lowest bit first.
        let mut bits: SmallVec<[u8; 8]> = SmallVec::from_elem(0, upstream.len().div_ceil(8));
        for (index, upstream) in upstream.enumerate() {
            out.extend_from_slice(upstream.fingerprint.as_bytes());
            if let (Some(eight), true) = (bits.get_mut(index / 8), upstream.recorded) {
                *eight |= 1 << (index % 8);
            }
        }
        out.extend_from_slice(&bits);
        match own {
            Some(payload) => payload.write(out),
            None => out.push(NONE),
        }
    }
}

impl Deep {
    #[cfg(test)]
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let alias = Alias { content: self.content, value: self.value, spec: self.spec, run: self.run };
        alias.write(out, self.upstream.iter().copied(), self.own.as_ref());
    }

    /// Nothing when the bytes were made by another recipe or make no sense: a miss.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = RecordReader::of_recipe(bytes)?;
        let content = ContentKey::from_bytes(reader.array()?);
        let value = ValueDigest::from_bytes(reader.array()?);
        let spec = SpecDigest::from_bytes(reader.array()?);
        let run = reader.u64()?;
        let n_upstream = u32::from_le_bytes(reader.array()?);
        let upstream = |_| Some(Upstream { fingerprint: Fingerprint::from_bytes(reader.array()?), recorded: false });
        let mut upstream = (0..n_upstream).map(upstream).collect::<Option<Vec<_>>>()?;
        for eight in upstream.chunks_mut(8) {
            let bits = reader.byte()?;
            for (bit, upstream) in eight.iter_mut().enumerate() {
                upstream.recorded = bits >> bit & 1 == 1;
            }
        }
        Some(Self { content, value, spec, run, upstream, own: Payload::read(reader)? })
    }
}

impl Root {
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&RECIPE.to_le_bytes());
        out.extend_from_slice(self.value.as_bytes());
        out.extend_from_slice(&self.run.to_le_bytes());
    }

    /// Nothing when the bytes were made by another recipe or make no sense: a miss.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = RecordReader::of_recipe(bytes)?;
        Some(Self { value: ValueDigest::from_bytes(reader.array()?), run: reader.u64()? })
    }
}

fn write_name(out: &mut Vec<u8>, tag: u8, digest: &BlobDigest, len: u64) {
    out.push(tag);
    out.extend_from_slice(digest.as_bytes());
    out.extend_from_slice(&len.to_le_bytes());
}

/// The rest of a record's bytes.
#[derive(Clone)]
pub(crate) struct RecordReader<'a>(&'a [u8]);

impl<'a> RecordReader<'a> {
    /// Nothing when the bytes were made by another recipe.
    pub(crate) fn of_recipe(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Self(bytes);
        (u16::from_le_bytes(reader.array()?) == RECIPE).then_some(reader)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acts() -> [Act; 3] {
        let digest = BlobDigest::of(b"x");
        [Payload::Inline(vec![1, 2]), Payload::Blob { digest, len: 7 }, Payload::Absent { digest, len: 8 }]
            .map(|payload| Act::new(ValueDigest::from_bytes([3; 32]), payload, 5, 999, 6))
    }

    #[test]
    fn acts_read_back() {
        for act in acts() {
            let mut bytes = Vec::new();
            act.write(&mut bytes);
            // Times below a microsecond have no place.
            let timed = Act { save_us: 7, ..act.clone() };
            let n_short = bytes.len();
            assert_eq!(Act::read(&bytes), Some(act));
            bytes.clear();
            timed.write(&mut bytes);
            assert_eq!(bytes.len(), n_short + 5);
            assert_eq!(Act::read(&bytes), Some(timed));
        }
    }

    #[test]
    fn deeps_read_back() {
        for own in [None, Some(Payload::Inline(vec![])), Some(Payload::Inline(vec![9]))] {
            let deep = Deep {
                content: ContentKey::from_bytes([1; 32]),
                value: ValueDigest::from_bytes([2; 32]),
                spec: SpecDigest::from_bytes([3; 32]),
                run: 4,
                upstream: (0..19)
                    .map(|n| Upstream { fingerprint: Fingerprint::from_bytes([n; 32]), recorded: n % 3 == 1 })
                    .collect(),
                own,
            };
            let mut bytes = Vec::new();
            deep.write(&mut bytes);
            assert_eq!(Deep::read(&bytes), Some(deep));
        }
    }

    #[test]
    fn another_recipe_and_a_cut_record_are_misses() {
        let [act, ..] = acts();
        let mut bytes = Vec::new();
        act.write(&mut bytes);
        assert_eq!(Act::read(bytes.get(..40).unwrap()), None);
        *bytes.first_mut().unwrap() ^= 1;
        assert_eq!(Act::read(&bytes), None);
    }
}
