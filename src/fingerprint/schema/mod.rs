//! Schemas: the shape of a type, as far as it decides what its bytes mean.
//!
//! The canonical bytes do not describe themselves. Swap two `u32` fields of a struct, and the old bytes still decode,
//! into the wrong fields. So the names, order and types of all fields and variants are part of every key.
//!
//! No derive of ours is asked for: a type that can be read back says what it is made of when its `Deserialize` is
//! driven by a deserializer that records the questions and answers them with samples. That has limits:
//!
//! - **Samples may be refused** (a date wants a date). Others are tried, and where none will do, the type is *opaque*:
//!   its schema is its name and the digest of the whole program, so that any rebuild is a miss.
//! - **Some types ask for what the bytes do not tell** (`deserialize_any`, as untagged enums do). They cannot be read
//!   back from this format at all, and are reported as such.
//! - A `Deserialize` written by hand may read **other types depending on a value**. Where a handful of samples shows
//!   that, it is opaque. Where they do not, the schema covers what was read.
//!
//! In reading order: `describe` puts all together; `shape` is what a trace yields, `trace` decides what to read next
//! and `scope` which samples to hand out; `tracer` and `access` are the deserializer; `text` writes the shape down.

mod access;
mod describe;
mod sample;
mod scope;
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod trace;
mod tracer;

pub use describe::{Schema, Traced};
pub(crate) use describe::{opaque_schema, schema_of};
