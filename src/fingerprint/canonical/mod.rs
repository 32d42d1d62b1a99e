//! Canonical bytes: equal values have equal bytes, so that a value's digest names the value.
//!
//! The bytes are postcard's wire format. Three things that postcard leaves open are settled here:
//!
//! - **Hash maps and sets** are written in the order of their encoded keys. Two equal hash maps iterate in different
//!   orders, in every process anew; other collections keep their order, which may have a meaning. `unordered` says how
//!   the two are told apart, which serde does not do.
//! - **NaN** has one payload and one sign. `-0.0` and `0.0` stay different: division tells them apart.
//! - **Unknown lengths** are counted as they are written.
//!
//! Large values need not be whole in memory: what is written goes elsewhere piece by piece, except where something has to be
//! put in front of it or into another order afterwards, as of hash maps.
//!
//! What postcard could not read back is refused: a field left out by `skip_serializing_if`, and a collection with more
//! or fewer elements than it announced.

mod decode;
mod encode;
mod entries;
mod error;
mod scalar;
#[cfg(test)]
mod tests;
mod unordered;

pub(crate) use decode::decode;
pub(crate) use encode::{Overflow, encode, encode_overflowing};
