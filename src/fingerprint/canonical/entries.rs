//! Collections while they are written: counts them where nobody announced a length, sorts those without an order.

use crate::fingerprint::canonical::encode::Encoder;
use crate::fingerprint::canonical::error::EncodeError;
use crate::fingerprint::canonical::scalar::push_len;
use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq};
use std::ops::Range;

/// A sequence or map of which some entries may be written.
pub(super) struct Entries<'e, 'o> {
    encoder: &'e mut Encoder<'o>,
    /// Where in the output the first entry begins.
    body: usize,
    announced: Option<usize>,
    written: usize,
    order: Order,
    /// The encoder's own limit: nothing may go elsewhere while the entries are to be sorted, or their number put in front.
    limit: usize,
}

/// Whether the order in which entries come has a meaning.
enum Order {
    /// It is part of the value.
    Meaningful,
    /// It is chance; the entries are put into the order of their bytes at the end.
    Chance(Vec<Entry>),
}

/// Where in the output an entry of an unordered collection is.
struct Entry {
    start: usize,
    /// End of the key in a map, of the element in a set.
    key_end: usize,
    end: usize,
}

impl Entry {
    fn key<'a>(&self, out: &'a [u8]) -> &'a [u8] {
        slice(out, self.start..self.key_end)
    }

    fn all<'a>(&self, out: &'a [u8]) -> &'a [u8] {
        slice(out, self.start..self.end)
    }
}

impl<'e, 'o> Entries<'e, 'o> {
    pub(super) fn ordered(encoder: &'e mut Encoder<'o>, announced: Option<usize>) -> Self {
        Self::new(encoder, announced, Order::Meaningful)
    }

    pub(super) fn unordered(encoder: &'e mut Encoder<'o>, announced: Option<usize>) -> Self {
        Self::new(encoder, announced, Order::Chance(Vec::with_capacity(announced.unwrap_or(0).min(4096))))
    }

    fn new(encoder: &'e mut Encoder<'o>, announced: Option<usize>, order: Order) -> Self {
        if let Some(len) = announced {
            push_len(encoder.out, len);
            // Most elements take a byte at least; those of a `Vec<()>` take none, however many there are.
            encoder.out.reserve(len.min(4096));
        }
        let body = encoder.out.len();
        let limit = encoder.limit;
        if announced.is_none() || matches!(order, Order::Chance(_)) {
            encoder.limit = usize::MAX;
        }
        Self { encoder, body, announced, written: 0, order, limit }
    }

    #[inline]
    fn begin(&mut self) {
        self.written += 1;
        if let Order::Chance(entries) = &mut self.order {
            let start = self.encoder.out.len();
            entries.push(Entry { start, key_end: start, end: start });
        }
    }

    #[inline]
    fn end_key(&mut self) {
        if let Order::Chance(entries) = &mut self.order
            && let Some(entry) = entries.last_mut()
        {
            entry.key_end = self.encoder.out.len();
            entry.end = entry.key_end;
        }
    }

    #[inline]
    fn end_value(&mut self) {
        if let Order::Chance(entries) = &mut self.order
            && let Some(entry) = entries.last_mut()
        {
            entry.end = self.encoder.out.len();
        }
    }

    fn close(self) -> Result<(), EncodeError> {
        if self.announced.is_none() || matches!(self.order, Order::Chance(_)) {
            self.encoder.limit = self.limit;
        }
        let out = &mut *self.encoder.out;
        if let Order::Chance(mut entries) = self.order {
            sort(out, self.body, &mut entries);
        }
        match self.announced {
            None => prefix_len(out, self.body, self.written),
            Some(announced) if announced != self.written => {
                return Err(EncodeError::length(announced, self.written));
            }
            Some(_) => {}
        }
        Ok(())
    }
}

impl SerializeSeq for Entries<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.begin();
        self.encoder.value(value)?;
        self.end_key();
        Ok(())
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

impl SerializeMap for Entries<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.begin();
        self.encoder.value(key)?;
        self.end_key();
        Ok(())
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.encoder.value(value)?;
        self.end_value();
        Ok(())
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

/// Writes the length in front of what is there from `body` on.
pub(super) fn prefix_len(out: &mut Vec<u8>, body: usize, len: usize) {
    let end = out.len();
    push_len(out, len);
    let prefix = out.len() - end;
    if let Some(all) = out.get_mut(body..) {
        all.rotate_right(prefix);
    }
}

/// Puts the entries, which fill the output from `body` on, into the order of their keys.
fn sort(out: &mut Vec<u8>, body: usize, entries: &mut [Entry]) {
    // Keys of one collection differ, but keys of different values may have the same bytes: then the values decide.
    let by_bytes = |a: &Entry, b: &Entry| a.key(out).cmp(b.key(out)).then_with(|| a.all(out).cmp(b.all(out)));
    if entries.is_sorted_by(|a, b| by_bytes(a, b).is_le()) {
        return;
    }
    entries.sort_unstable_by(by_bytes);
    let mut sorted = Vec::with_capacity(out.len().saturating_sub(body));
    for entry in entries.iter() {
        sorted.extend_from_slice(entry.all(out));
    }
    out.truncate(body);
    out.append(&mut sorted);
}

/// The ranges were lengths of the output at some time, and it only grew since.
fn slice(out: &[u8], range: Range<usize>) -> &[u8] {
    out.get(range).unwrap_or_default()
}
