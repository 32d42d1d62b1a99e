//! Bytes that are shared instead of copied, in memory or in a file of the store.

use crate::value::codec::SpillFile;
use crate::value::codec::mapped_file::MappedFile;
use crate::value::part::decoded_slice;
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io;
use std::ops::{Bound, Deref, Range, RangeBounds};
use std::path::Path;
use std::sync::Arc;

/// An immutable string of bytes; a clone or a slice of it shares them.
///
/// As a node's result, an element of a collection or a field of either, it is not read when the value is loaded: from
/// 1 MiB on the value lies in the store as a file of its own, which is mapped into memory. Loading 10 GiB costs nothing
/// until they are looked at, and then the system may let go of them again. `Vec<u8>` is copied instead, and encoded byte
/// by byte.
///
/// ```
/// use mamo::{Bytes, Engine, Graph, node};
///
/// #[node]
/// fn picture(n_pixels: usize) -> Bytes {
///     vec![3; n_pixels].into()
/// }
///
/// #[node]
/// fn brightness(pixels: &[u8]) -> u64 {
///     pixels.iter().map(|pixel| u64::from(*pixel)).sum()
/// }
///
/// let (graph, sum) = Graph::build(|g| Ok(g.add(brightness::node(g.add(picture::node(g.value(1000)))))))?;
/// assert_eq!(*Engine::in_memory().run(&graph)?.get(sum)?, 3000);
/// # Ok::<(), mamo::Error>(())
/// ```
///
/// A mapped file is the store's: read-only, and never changed by mamo. A program that shortens such a file while another
/// one looks at its bytes ends the latter (`SIGBUS`); one that writes into it changes what is read. On systems other than
/// Unix files are read into memory.
#[derive(Clone)]
pub struct Bytes {
    place: Place,
    range: Range<usize>,
}

#[derive(Clone)]
enum Place {
    Memory(Arc<Vec<u8>>),
    Mapped(Arc<MappedFile>),
}

impl Bytes {
    /// None at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Some of them, which share memory with these.
    ///
    /// # Panics
    /// When the range reaches beyond the end, as slicing does.
    #[track_caller]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Self {
        let start = match range.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(end) => end.saturating_add(1),
            Bound::Excluded(end) => *end,
            Bound::Unbounded => self.range.len(),
        };
        let len = self.range.len();
        assert!(start <= end && end <= len, "the range {start}..{end} is not within {len} bytes");
        Self { place: self.place.clone(), range: self.range.start + start..self.range.start + end }
    }

    /// Whether they lie in a file, and are read from there when they are looked at.
    pub fn is_mapped(&self) -> bool {
        matches!(self.place, Place::Mapped(_)) && cfg!(unix)
    }

    /// A vector of them, copied when somebody else holds them or they lie in a file.
    pub fn into_vec(self) -> Vec<u8> {
        match self.place {
            Place::Memory(bytes) if self.range == (0..bytes.len()) => {
                Arc::try_unwrap(bytes).unwrap_or_else(|bytes| bytes.to_vec())
            }
            Place::Memory(_) | Place::Mapped(_) => self.to_vec(),
        }
    }

    /// The bytes of a file that nobody changes in place.
    pub(crate) fn map(path: &Path) -> io::Result<Self> {
        MappedFile::new(&File::open(path)?, None).map(Self::of_file)
    }

    /// The bytes of a file that goes when nobody reads them any more.
    pub(crate) fn map_spilled(file: SpillFile) -> io::Result<Self> {
        MappedFile::new(&File::open(file.path())?, Some(file)).map(Self::of_file)
    }

    fn of_file(file: MappedFile) -> Self {
        let range = 0..file.bytes().len();
        Self { place: Place::Mapped(Arc::new(file)), range }
    }

    /// The same bytes as `slice`, which was borrowed from these: shared, unless a few would keep many in memory.
    pub(crate) fn part(&self, slice: &[u8]) -> Option<Self> {
        if matches!(self.place, Place::Memory(_)) && slice.len() < self.range.len() / 2 {
            return None;
        }
        let start = slice.as_ptr().addr().checked_sub(self.as_ptr().addr())?;
        let end = start.checked_add(slice.len())?;
        (end <= self.range.len()).then(|| self.slice(start..end))
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let all = match &self.place {
            Place::Memory(bytes) => bytes.as_slice(),
            Place::Mapped(file) => file.bytes(),
        };
        // The range was checked when it was made.
        all.get(self.range.clone()).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Borrow<[u8]> for Bytes {
    fn borrow(&self) -> &[u8] {
        self
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        let range = 0..bytes.len();
        Self { place: Place::Memory(Arc::new(bytes)), range }
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self::from(bytes.to_vec())
    }
}

impl From<String> for Bytes {
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

impl FromIterator<u8> for Bytes {
    fn from_iter<I: IntoIterator<Item = u8>>(bytes: I) -> Self {
        Self::from(Vec::from_iter(bytes))
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

impl PartialOrd for Bytes {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bytes {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for Bytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 32;
        match self.get(..SHOWN) {
            Some(head) => write!(f, "b\"{}\".. ({} bytes)", head.escape_ascii(), self.len()),
            None => write!(f, "b\"{}\"", self.escape_ascii()),
        }
    }
}

/// Serialises as bytes.
impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(BytesVisitor)
    }
}

struct BytesVisitor;

impl<'de> Visitor<'de> for BytesVisitor {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_borrowed_bytes<E: serde::de::Error>(self, bytes: &'de [u8]) -> Result<Bytes, E> {
        Ok(decoded_slice(bytes).unwrap_or_else(|| Bytes::from(bytes)))
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
        Ok(Bytes::from(bytes))
    }

    fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
        Ok(Bytes::from(bytes))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Bytes, E> {
        Ok(Bytes::from(text.as_bytes()))
    }

    /// Formats without bytes, such as JSON, write numbers.
    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Bytes, A::Error> {
        let mut bytes = Vec::with_capacity(numbers.size_hint().unwrap_or(0).min(1 << 16));
        while let Some(byte) = numbers.next_element()? {
            bytes.push(byte);
        }
        Ok(Bytes::from(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_share_and_know_where_they_are() {
        let bytes = Bytes::from(b"0123456789".as_slice());
        let middle = bytes.slice(2..8);
        assert_eq!(&*middle, b"234567");
        assert_eq!(&*middle.slice(..=1), b"23");
        assert_eq!(middle.part(&bytes[4..8]).unwrap(), bytes.slice(4..8));
        assert_eq!(middle.part(&bytes[4..8]).unwrap().as_ptr(), bytes[4..].as_ptr());
        // Outside, and so few that they are better copied.
        assert_eq!(middle.part(&bytes[..4]), None);
        assert_eq!(middle.part(&bytes[4..9]), None);
        assert_eq!(middle.part(&bytes[4..5]), None);
        assert_eq!(middle.part(b"elsewhere"), None);
    }

    #[test]
    #[should_panic(expected = "the range 2..5 is not within 3 bytes")]
    fn a_slice_beyond_the_end_is_refused() {
        let _ = Bytes::from(b"abc".as_slice()).slice(2..5);
    }

    #[test]
    fn what_is_held_alone_becomes_a_vector_without_a_copy() {
        let bytes = Bytes::from(b"abc".as_slice());
        let place = bytes.as_ptr();
        assert_eq!(bytes.clone().into_vec(), b"abc");
        let vector = bytes.into_vec();
        assert_eq!(vector.as_ptr(), place);
    }
}
