//! A variant of an enum: its name, or a table with its name as the one key.

use crate::value::params::reader::Reader;
use crate::value::params::refusal::Refusal;
use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, VariantAccess, Visitor};

/// A variant with what it holds.
pub(super) struct Variant<'a, 'p> {
    pub(super) variant: &'a str,
    /// Nothing for a name alone.
    pub(super) content: Option<Reader<'a, 'p>>,
}

/// What a variant holds.
pub(super) struct Held<'a, 'p>(Option<Reader<'a, 'p>>);

impl<'de, 'a, 'p> EnumAccess<'de> for Variant<'a, 'p> {
    type Error = Refusal;
    type Variant = Held<'a, 'p>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Held<'a, 'p>), Refusal> {
        let name: StrDeserializer<'_, Refusal> = self.variant.into_deserializer();
        Ok((seed.deserialize(name)?, Held(self.content)))
    }
}

impl<'a, 'p> Held<'a, 'p> {
    fn some(self) -> Result<Reader<'a, 'p>, Refusal> {
        self.0.ok_or_else(|| Refusal::custom("this variant holds something: write a table with its name as the key"))
    }
}

impl<'de> VariantAccess<'de> for Held<'_, '_> {
    type Error = Refusal;

    fn unit_variant(self) -> Result<(), Refusal> {
        self.0.map_or(Ok(()), <()>::deserialize)
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Refusal> {
        seed.deserialize(self.some()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refusal> {
        self.some()?.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Refusal> {
        self.some()?.deserialize_struct("", fields, visitor)
    }
}
