//! Stands in for schemas and canonical bytes.
use crate::fingerprint::SchemaDigest;
use serde::de::DeserializeOwned;
#[derive(Clone, Debug)]
pub struct Schema {
    pub(crate) digest: SchemaDigest,
}
impl Schema {
    pub(crate) fn named(name: &str) -> Self {
        Self { digest: blake3::hash(name.as_bytes()).into() }
    }
    pub(crate) fn of_collection(outer: &Self, inner: &Self) -> Self {
        Self { digest: blake3::keyed_hash(outer.digest.as_bytes(), inner.digest.as_bytes()).into() }
    }
    pub(crate) fn unreadable(&self) -> Option<&str> {
        None
    }
}
pub(crate) fn schema_of<T: DeserializeOwned>() -> Schema {
    Schema::named(std::any::type_name::<T>())
}
pub(crate) fn opaque_schema<T>() -> Schema {
    Schema::named(std::any::type_name::<T>())
}
