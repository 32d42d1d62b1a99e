//! The deserializer that records what a type asks for, and answers with samples.

use crate::fingerprint::schema::access::{Elements, Entries, Selected};
use crate::fingerprint::schema::sample;
use crate::fingerprint::schema::shape::{Body, DefinitionIdx, Fields, Row, Shape};
use crate::fingerprint::schema::trace::{DefinitionKey, Kind, PassError, Trace};
use serde::de::{DeserializeSeed, Deserializer, Visitor};
use std::any::type_name;

/// Reads one value of a type and notes its shape.
pub(super) struct Tracer<'t> {
    trace: &'t mut Trace,
    /// Where the shape goes; a deserializer has no other way to return it.
    shape: &'t mut Shape,
    /// How many values this one is inside of.
    depth: u32,
}

/// Reads one value of the seed's type as a scope of its own.
pub(super) fn trace_value<'de, S: DeserializeSeed<'de>>(
    trace: &mut Trace,
    depth: u32,
    seed: S,
) -> Result<(S::Value, Shape), PassError> {
    let mut shape = Shape::Unknown;
    trace.scopes.enter(type_of_seed::<S>());
    let value = seed.deserialize(Tracer { trace, shape: &mut shape, depth });
    trace.scopes.leave(value.is_err());
    Ok((value?, shape))
}

/// The type that a seed makes: nearly every seed is `PhantomData<T>`.
fn type_of_seed<S>() -> &'static str {
    let seed = type_name::<S>();
    seed.strip_prefix("core::marker::PhantomData<").and_then(|inner| inner.strip_suffix('>')).unwrap_or(seed)
}

impl<'t> Tracer<'t> {
    /// A value without parts.
    fn leaf<'s, S>(self, name: &'static str, samples: &'s [S]) -> Result<&'s S, PassError> {
        self.trace.question(self.depth)?;
        *self.shape = Shape::Leaf(name);
        match self.trace.scopes.choose(samples) {
            Some(sample) => Ok(sample),
            None => Err(self.trace.opaque(format!("there is no sample of `{name}`"))),
        }
    }

    /// A value with parts, which may contain its like.
    fn defined<V>(
        &mut self,
        kind: Kind,
        name: &'static str,
        parts: &'static [&'static str],
    ) -> Result<DefinitionIdx, PassError> {
        self.trace.question(self.depth)?;
        let idx = self.trace.definition(DefinitionKey { kind, name, visitor: type_name::<V>(), parts });
        *self.shape = Shape::Defined(idx);
        Ok(idx)
    }

    /// The elements of a tuple or struct, all of which the bytes contain.
    fn row<'de, V: Visitor<'de>>(
        trace: &mut Trace,
        depth: u32,
        len: usize,
        visitor: V,
    ) -> (Result<V::Value, PassError>, Row) {
        let mut row = Row::default();
        let value = visitor.visit_seq(Elements::fixed(trace, depth, len, &mut row));
        (value, row)
    }

    /// A struct, by what reads its fields.
    fn structure<T>(
        self,
        idx: DefinitionIdx,
        read: impl FnOnce(&mut Trace, u32) -> (Result<T, PassError>, Fields),
    ) -> Result<T, PassError> {
        self.trace.begin(idx);
        let (value, fields) = read(self.trace, self.depth + 1);
        self.trace.end(idx);
        if value.is_ok() {
            self.trace.define(idx, Body::Struct(fields));
        }
        value
    }
}

macro_rules! leaves {
    ($($method:ident, $visit:ident, $type:ty, $samples:ident;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PassError> {
            let sample = self.leaf(stringify!($type), sample::$samples)?;
            visitor.$visit(<$type>::from(*sample))
        })*
    };
}

macro_rules! refused {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, PassError> {
            Err(self.trace.not_self_readable(stringify!($method)))
        })*
    };
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = PassError;

    fn is_human_readable(&self) -> bool {
        false
    }

    refused! { deserialize_any deserialize_identifier deserialize_ignored_any }

    leaves! {
        deserialize_bool, visit_bool, bool, BOOL;
        deserialize_i8, visit_i8, i8, SIGNED;
        deserialize_i16, visit_i16, i16, SIGNED;
        deserialize_i32, visit_i32, i32, SIGNED;
        deserialize_i64, visit_i64, i64, SIGNED;
        deserialize_i128, visit_i128, i128, SIGNED;
        deserialize_u8, visit_u8, u8, UNSIGNED;
        deserialize_u16, visit_u16, u16, UNSIGNED;
        deserialize_u32, visit_u32, u32, UNSIGNED;
        deserialize_u64, visit_u64, u64, UNSIGNED;
        deserialize_u128, visit_u128, u128, UNSIGNED;
        deserialize_f32, visit_f32, f32, SIGNED;
        deserialize_f64, visit_f64, f64, SIGNED;
        deserialize_char, visit_char, char, CHAR;
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PassError> {
        let sample = self.leaf("str", sample::STR)?;
        visitor.visit_borrowed_str(sample)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PassError> {
        let sample = self.leaf("str", sample::STR)?;
        visitor.visit_str(sample)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PassError> {
        let sample = self.leaf("bytes", sample::BYTES)?;
        visitor.visit_borrowed_bytes(sample)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PassError> {
        let sample = self.leaf("bytes", sample::BYTES)?;
        visitor.visit_bytes(sample)
    }

    fn deserialize_option<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, PassError> {
        let idx = self.defined::<V>(Kind::Option, "", &[])?;
        if self.trace.fill(idx, sample::OPTION_LENGTHS) == 0 {
            return visitor.visit_none();
        }
        let mut inner = Shape::Unknown;
        self.trace.begin(idx);
        let value = visitor.visit_some(Tracer { trace: self.trace, shape: &mut inner, depth: self.depth + 1 });
        self.trace.end(idx);
        if value.is_ok() {
            self.trace.define(idx, Body::Option(inner));
        }
        value
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, PassError> {
        self.leaf("unit", &[()])?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, PassError> {
        let idx = self.defined::<V>(Kind::Struct, name, &[])?;
        self.structure(idx, |_, _| (visitor.visit_unit(), Fields::Unit))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, PassError> {
        let idx = self.defined::<V>(Kind::Newtype, name, &[])?;
        self.structure(idx, |trace, depth| {
            let mut inner = Shape::Unknown;
            let value = visitor.visit_newtype_struct(Tracer { trace, shape: &mut inner, depth });
            (value, Fields::Newtype(inner))
        })
    }

    fn deserialize_seq<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, PassError> {
        let idx = self.defined::<V>(Kind::Seq, "", &[])?;
        let is_fresh = self.trace.get(idx).is_some_and(|definition| matches!(definition.body, Body::Fresh));
        let len = self.trace.fill(idx, sample::LENGTHS);
        let mut row = Row::default();
        self.trace.begin(idx);
        let elements = if is_fresh && len > 0 {
            Elements::explored(self.trace, self.depth + 1, &mut row)
        } else {
            Elements::fixed(self.trace, self.depth + 1, len, &mut row)
        };
        let value = visitor.visit_seq(elements);
        self.trace.end(idx);
        // Elements that could be read are known even if their number was refused.
        if row.n_runs() > 0 {
            self.trace.define(idx, Body::Seq(row));
        }
        value
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, PassError> {
        self.trace.question(self.depth)?;
        let (value, row) = Self::row(self.trace, self.depth + 1, len, visitor);
        *self.shape = Shape::Tuple(row);
        value
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, PassError> {
        let idx = self.defined::<V>(Kind::TupleStruct(len), name, &[])?;
        self.structure(idx, |trace, depth| {
            let (value, row) = Self::row(trace, depth, len, visitor);
            (value, Fields::Tuple(row))
        })
    }

    fn deserialize_map<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, PassError> {
        let idx = self.defined::<V>(Kind::Map, "", &[])?;
        let len = self.trace.fill(idx, sample::LENGTHS);
        let (mut key, mut value) = (Shape::Unknown, Shape::Unknown);
        self.trace.begin(idx);
        let map = visitor.visit_map(Entries::new(self.trace, self.depth + 1, len, &mut key, &mut value));
        self.trace.end(idx);
        if key != Shape::Unknown && value != Shape::Unknown {
            self.trace.define(idx, Body::Map(key, value));
        }
        map
    }

    fn deserialize_struct<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, PassError> {
        let idx = self.defined::<V>(Kind::Struct, name, fields)?;
        self.structure(idx, |trace, depth| {
            let (value, row) = Self::row(trace, depth, fields.len(), visitor);
            (value, Fields::Named(fields, row))
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        mut self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, PassError> {
        let idx = self.defined::<V>(Kind::Enum, name, variants)?;
        let variant = self.trace.pick_variant(idx)?;
        let mut fields = None;
        self.trace.begin(idx);
        let value = visitor.visit_enum(Selected::new(self.trace, self.depth + 1, idx, variant, &mut fields));
        self.trace.end(idx);
        match fields {
            Some(fields) => self.trace.variant_read(idx, variant, fields),
            None => self.trace.variant_failed(idx, variant),
        }
        value
    }
}
