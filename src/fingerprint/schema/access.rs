//! Hands the parts of a value to its visitor: elements, entries, the content of a variant.

use crate::fingerprint::schema::shape::{DefinitionIdx, Fields, Row, Shape};
use crate::fingerprint::schema::trace::{PassError, Trace};
use crate::fingerprint::schema::tracer::trace_value;
use serde::de::value::U32Deserializer;
use serde::de::{DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor};
use std::any::type_name;
use std::collections::BTreeSet;

/// Elements of a sequence, tuple or struct.
pub(super) struct Elements<'t> {
    trace: &'t mut Trace,
    depth: u32,
    /// The shapes of those that were read.
    row: &'t mut Row,
    left: usize,
    /// Types that were asked for, if the sequence is to go on for as long as there are others.
    asked_for: Option<BTreeSet<&'static str>>,
}

impl<'t> Elements<'t> {
    /// As many elements as are asked for, but not more than `len`.
    pub(super) fn fixed(trace: &'t mut Trace, depth: u32, len: usize, row: &'t mut Row) -> Self {
        Self { trace, depth, row, left: len, asked_for: None }
    }

    /// One element of each type that is asked for.
    ///
    /// A `Vec` asks for its element again and ends. A type that reads a sequence as if it were a tuple shows itself.
    pub(super) fn explored(trace: &'t mut Trace, depth: u32, row: &'t mut Row) -> Self {
        Self { trace, depth, row, left: 0, asked_for: Some(BTreeSet::new()) }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = PassError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, PassError> {
        let is_new = self.asked_for.as_mut().is_some_and(|asked_for| asked_for.insert(type_name::<S>()));
        if self.left == 0 && !is_new {
            return Ok(None);
        }
        self.left = self.left.saturating_sub(1);
        match trace_value(self.trace, self.depth, seed) {
            Ok((value, shape)) => {
                self.row.push(shape);
                Ok(Some(value))
            }
            Err(error) => {
                // Else a sequence would pass for known of which only the first elements are.
                *self.row = Row::default();
                Err(error)
            }
        }
    }

    fn size_hint(&self) -> Option<usize> {
        self.asked_for.is_none().then_some(self.left)
    }
}

/// Entries of a map.
pub(super) struct Entries<'t> {
    trace: &'t mut Trace,
    depth: u32,
    left: usize,
    key: &'t mut Shape,
    value: &'t mut Shape,
}

impl<'t> Entries<'t> {
    pub(super) fn new(trace: &'t mut Trace, depth: u32, left: usize, key: &'t mut Shape, value: &'t mut Shape) -> Self {
        Self { trace, depth, left, key, value }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = PassError;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, PassError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let (key, shape) = trace_value(self.trace, self.depth, seed)?;
        *self.key = shape;
        Ok(Some(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, PassError> {
        let (value, shape) = trace_value(self.trace, self.depth, seed)?;
        *self.value = shape;
        Ok(value)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// An enum's value of a variant that is selected.
pub(super) struct Selected<'t> {
    trace: &'t mut Trace,
    depth: u32,
    definition: DefinitionIdx,
    variant: usize,
    /// What the variant holds, once it was read to the end.
    fields: &'t mut Option<Fields>,
}

impl<'t> Selected<'t> {
    pub(super) fn new(
        trace: &'t mut Trace,
        depth: u32,
        definition: DefinitionIdx,
        variant: usize,
        fields: &'t mut Option<Fields>,
    ) -> Self {
        Self { trace, depth, definition, variant, fields }
    }
}

impl<'de> EnumAccess<'de> for Selected<'_> {
    type Error = PassError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), PassError> {
        let number = u32::try_from(self.variant).unwrap_or(u32::MAX);
        let number: U32Deserializer<PassError> = number.into_deserializer();
        let value = seed.deserialize(number);
        if value.is_err() {
            self.trace.no_such_variant(self.definition, self.variant);
        }
        Ok((value?, self))
    }
}

impl<'de> VariantAccess<'de> for Selected<'_> {
    type Error = PassError;

    fn unit_variant(self) -> Result<(), PassError> {
        *self.fields = Some(Fields::Unit);
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, PassError> {
        let (value, shape) = trace_value(self.trace, self.depth, seed)?;
        *self.fields = Some(Fields::Newtype(shape));
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, PassError> {
        let mut row = Row::default();
        let value = visitor.visit_seq(Elements::fixed(self.trace, self.depth, len, &mut row))?;
        *self.fields = Some(Fields::Tuple(row));
        Ok(value)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, PassError> {
        let mut row = Row::default();
        let value = visitor.visit_seq(Elements::fixed(self.trace, self.depth, fields.len(), &mut row))?;
        *self.fields = Some(Fields::Named(fields, row));
        Ok(value)
    }
}
