//! The serializer that writes canonical bytes.

use crate::fingerprint::canonical::entries::{Entries, prefix_len};
use crate::fingerprint::canonical::error::EncodeError;
use crate::fingerprint::canonical::scalar::{
    canonical_f32, canonical_f64, push_len, push_u64, push_u128, zigzag_i64, zigzag_i128,
};
use crate::fingerprint::canonical::unordered::is_unordered;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant,
};
use serde::{Serialize, Serializer};
use std::any::type_name;
use std::fmt::{self, Write};
use std::io;

/// Appends the value's canonical bytes to `out`.
///
/// # Errors
///
/// When the value's `Serialize` fails, or writes what could not be read back. `out` then ends with part of a value.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    Encoder { out, unordered: false, limit: usize::MAX, overflow: None }.value(value)
}

/// As [`encode`]; when there is much in `out`, `overflow` takes it out again, so that the value's bytes end there.
///
/// # Errors
///
/// As [`encode`], and when `overflow` refuses.
pub(crate) fn encode_overflowing<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Vec<u8>,
    overflow: &mut dyn Overflow,
) -> Result<(), EncodeError> {
    Encoder { out, unordered: false, limit: overflow.limit(), overflow: Some(overflow) }.value(value)
}

/// Where bytes go that are not to stay in memory.
pub(crate) trait Overflow {
    /// So many bytes may be in memory.
    fn limit(&self) -> usize;

    /// Takes the bytes out of `buffer`; whether it did. When it does not, all stays in memory.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    fn take(&mut self, buffer: &mut Vec<u8>) -> io::Result<bool>;

    /// Takes bytes behind those that it took last.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// Writes one value after the other to the end of a buffer.
pub(super) struct Encoder<'o> {
    pub(super) out: &'o mut Vec<u8>,
    /// Whether the value that is about to be written is a collection without an order.
    ///
    /// Set afresh for each value and read by the one map or sequence which that value opens. So it reaches neither a
    /// value inside nor one beside it.
    unordered: bool,
    /// When so many bytes are in `out` they go to `overflow`; out of reach while something is still to be done to them.
    pub(super) limit: usize,
    overflow: Option<&'o mut dyn Overflow>,
}

impl Encoder<'_> {
    /// Writes a value; each value inside a value comes through here as well.
    #[inline]
    pub(super) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.unordered = is_unordered::<T>();
        value.serialize(&mut *self).map_err(|error| error.inside(type_name::<T>()))?;
        if self.out.len() >= self.limit { self.overflow().map(|_| ()) } else { Ok(()) }
    }

    /// Makes room; whether there is any to be had.
    #[cold]
    fn overflow(&mut self) -> Result<bool, EncodeError> {
        let Some(overflow) = &mut self.overflow else { return Ok(false) };
        let is_taken = overflow.take(self.out).map_err(serde::ser::Error::custom)?;
        self.limit = overflow.limit();
        Ok(is_taken)
    }

    /// Many bytes, which are not copied when they can go elsewhere.
    #[cold]
    fn many_bytes(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let is_taken = self.overflow()?;
        match &mut self.overflow {
            Some(overflow) if is_taken => overflow.write(bytes).map_err(serde::ser::Error::custom),
            Some(_) | None => {
                self.out.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    /// The way of most lists: as [`Entries`], which has to be ready for more, and twice as fast on numbers.
    fn elements<T: Serialize>(
        &mut self,
        elements: impl Iterator<Item = T>,
        announced: usize,
    ) -> Result<(), EncodeError> {
        push_len(self.out, announced);
        self.out.reserve(announced.min(4096));
        let mut written = 0;
        for element in elements {
            self.value(&element)?;
            written += 1;
        }
        if written == announced { Ok(()) } else { Err(EncodeError::length(announced, written)) }
    }

    fn variant(&mut self, idx: u32) {
        push_u64(self.out, idx.into());
    }
}

impl<'e, 'o> Serializer for &'e mut Encoder<'o> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Entries<'e, 'o>;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Entries<'e, 'o>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn serialize_bool(self, v: bool) -> Result<(), EncodeError> {
        self.serialize_u8(u8::from(v))
    }

    #[inline]
    fn serialize_i8(self, v: i8) -> Result<(), EncodeError> {
        self.serialize_u8(v.cast_unsigned())
    }

    #[inline]
    fn serialize_i16(self, v: i16) -> Result<(), EncodeError> {
        self.serialize_i64(v.into())
    }

    #[inline]
    fn serialize_i32(self, v: i32) -> Result<(), EncodeError> {
        self.serialize_i64(v.into())
    }

    #[inline]
    fn serialize_i64(self, v: i64) -> Result<(), EncodeError> {
        self.serialize_u64(zigzag_i64(v))
    }

    #[inline]
    fn serialize_i128(self, v: i128) -> Result<(), EncodeError> {
        self.serialize_u128(zigzag_i128(v))
    }

    #[inline]
    fn serialize_u8(self, v: u8) -> Result<(), EncodeError> {
        self.out.push(v);
        Ok(())
    }

    #[inline]
    fn serialize_u16(self, v: u16) -> Result<(), EncodeError> {
        self.serialize_u64(v.into())
    }

    #[inline]
    fn serialize_u32(self, v: u32) -> Result<(), EncodeError> {
        self.serialize_u64(v.into())
    }

    #[inline]
    fn serialize_u64(self, v: u64) -> Result<(), EncodeError> {
        push_u64(self.out, v);
        Ok(())
    }

    #[inline]
    fn serialize_u128(self, v: u128) -> Result<(), EncodeError> {
        push_u128(self.out, v);
        Ok(())
    }

    #[inline]
    fn serialize_f32(self, v: f32) -> Result<(), EncodeError> {
        self.out.extend_from_slice(&canonical_f32(v).to_le_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_f64(self, v: f64) -> Result<(), EncodeError> {
        self.out.extend_from_slice(&canonical_f64(v).to_le_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_char(self, v: char) -> Result<(), EncodeError> {
        self.serialize_str(v.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, v: &str) -> Result<(), EncodeError> {
        self.serialize_bytes(v.as_bytes())
    }

    #[inline]
    fn serialize_bytes(self, v: &[u8]) -> Result<(), EncodeError> {
        push_len(self.out, v.len());
        if v.len() >= self.limit {
            return self.many_bytes(v);
        }
        self.out.extend_from_slice(v);
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Result<(), EncodeError> {
        self.serialize_u8(0)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        self.out.push(1);
        self.value(value)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), EncodeError> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _name: &'static str,
        variant_index: u32,
        _variant: &'static str,
    ) -> Result<(), EncodeError> {
        self.variant(variant_index);
        Ok(())
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.value(value)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        variant_index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.variant(variant_index);
        self.value(value)
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Entries<'e, 'o>, EncodeError> {
        let unordered = self.unordered;
        Ok(if unordered { Entries::unordered(self, len) } else { Entries::ordered(self, len) })
    }

    #[inline]
    fn serialize_tuple(self, _len: usize) -> Result<Self, EncodeError> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_struct(self, _name: &'static str, _len: usize) -> Result<Self, EncodeError> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        variant_index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self, EncodeError> {
        self.variant(variant_index);
        Ok(self)
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Entries<'e, 'o>, EncodeError> {
        self.serialize_seq(len)
    }

    #[inline]
    fn serialize_struct(self, _name: &'static str, _len: usize) -> Result<Self, EncodeError> {
        Ok(self)
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _name: &'static str,
        variant_index: u32,
        _variant: &'static str,
        _len: usize,
    ) -> Result<Self, EncodeError> {
        self.variant(variant_index);
        Ok(self)
    }

    fn collect_seq<I>(self, iter: I) -> Result<(), EncodeError>
    where
        I: IntoIterator,
        <I as IntoIterator>::Item: Serialize,
    {
        self.unordered |= is_unordered::<I>();
        let iter = iter.into_iter();
        let announced = exact_len(&iter);
        if let (Some(announced), false) = (announced, self.unordered) {
            return self.elements(iter, announced);
        }
        let mut seq = self.serialize_seq(announced)?;
        for element in iter {
            seq.serialize_element(&element)?;
        }
        SerializeSeq::end(seq)
    }

    fn collect_map<K, V, I>(self, iter: I) -> Result<(), EncodeError>
    where
        K: Serialize,
        V: Serialize,
        I: IntoIterator<Item = (K, V)>,
    {
        self.unordered |= is_unordered::<I>();
        let iter = iter.into_iter();
        let mut map = self.serialize_map(exact_len(&iter))?;
        for (key, value) in iter {
            map.serialize_entry(&key, &value)?;
        }
        SerializeMap::end(map)
    }

    /// Formats straight into the output and puts the length in front afterwards.
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        let body = self.out.len();
        write!(Utf8(self.out), "{value}").map_err(serde::ser::Error::custom)?;
        let len = self.out.len() - body;
        prefix_len(self.out, body, len);
        Ok(())
    }
}

/// The length, where the iterator is sure of it.
fn exact_len(iter: &impl Iterator) -> Option<usize> {
    match iter.size_hint() {
        (low, Some(high)) if low == high => Some(low),
        _ => None,
    }
}

/// Lets the formatter write into bytes.
struct Utf8<'a>(&'a mut Vec<u8>);

impl Write for Utf8<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Tuples have no length on the wire, so that there is nothing to do but to write their elements.
macro_rules! elements {
    ($trait:ident, $method:ident) => {
        impl $trait for &mut Encoder<'_> {
            type Ok = ();
            type Error = EncodeError;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                self.value(value)
            }

            #[inline]
            fn end(self) -> Result<(), EncodeError> {
                Ok(())
            }
        }
    };
}

elements!(SerializeTuple, serialize_element);
elements!(SerializeTupleStruct, serialize_field);
elements!(SerializeTupleVariant, serialize_field);

/// Nor have structs; but their fields can be skipped.
macro_rules! fields {
    ($trait:ident) => {
        impl $trait for &mut Encoder<'_> {
            type Ok = ();
            type Error = EncodeError;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _key: &'static str,
                value: &T,
            ) -> Result<(), EncodeError> {
                self.value(value)
            }

            fn skip_field(&mut self, key: &'static str) -> Result<(), EncodeError> {
                Err(EncodeError::field_left_out(key))
            }

            #[inline]
            fn end(self) -> Result<(), EncodeError> {
                Ok(())
            }
        }
    };
}

fields!(SerializeStruct);
fields!(SerializeStructVariant);
