//! What should exist: digests, keys, schemas and canonical bytes. Knows nothing of graphs or stores.

mod canonical;
mod digest;
mod executable;
mod key;
mod schema;

pub(crate) use canonical::{Overflow, decode, encode, encode_overflowing};
pub(crate) use digest::DigestMap;
pub use digest::{BlobDigest, ContentKey, Fingerprint, SchemaDigest, SpecDigest, ValueDigest};
pub(crate) use executable::executable_digest;
pub use key::{ParameterKey, RECIPE, ResultKey, SpecKey};
pub(crate) use key::{
    SpecHashers, fingerprint_of_value, output_content, output_fingerprint, seed_of, transient_value, value_digest,
};
pub use schema::{Schema, Traced};
pub(crate) use schema::{opaque_schema, schema_of};
