//! How values become bytes and come back: codecs, where their bytes go, and bytes that are read where they lie.
//!
//! Encoding streams: what is written goes through a [`Sink`](sink::Sink), which keeps little in memory and puts more
//! into a file that the store takes over as it is. Decoding borrows: large values lie in the store as files of their
//! own, which are mapped ([`Bytes`]) and not read.

#[cfg(feature = "arrow")]
mod arrow;
mod blob;
mod bytes;
mod mapped_file;
#[cfg(feature = "ndarray")]
mod ndarray;
mod sink;
mod traits;
mod value_type;

#[cfg(feature = "arrow")]
pub use arrow::Arrow;
pub(crate) use blob::{Blob, NamedBlob, SpillFile};
pub use bytes::Bytes;
#[cfg(feature = "ndarray")]
pub use ndarray::{Element as NdElement, MappedArray, NdArray};
pub(crate) use sink::{Encoded, Sink};
pub use traits::{Codec, CodecError, Postcard, Transient};
pub(crate) use value_type::{Coding, WRONG_TYPE, decode_value, encode_bytes, encode_into, encode_value, expect_type};
pub use value_type::{NodeResult, ValueType};
