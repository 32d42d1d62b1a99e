//! A type as the engine sees it: what turns its values into bytes and back, with the type erased.

use crate::fingerprint::{self, BlobDigest, Schema};
use crate::value::codec::{Bytes, Codec, CodecError, Encoded, Sink};
use crate::value::element::ElementReader;
use crate::value::part::{Loader, collecting_blobs, decoding};
use crate::value::{Collection, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::{Any, TypeId};
use std::sync::Arc;

/// A type as the engine sees it: how it is called, what it looks like, how it is encoded.
#[derive(Debug)]
pub struct ValueType {
    pub(crate) type_id: fn() -> TypeId,
    pub(crate) type_name: fn() -> &'static str,
    pub(crate) codec: &'static str,
    pub(crate) schema: fn() -> Schema,
    /// Nothing for transient types.
    pub(crate) bytes: Option<Coding>,
}

/// The two directions.
#[derive(Debug)]
pub(crate) struct Coding {
    pub(crate) encode: fn(&(dyn Any + Send + Sync), &mut Sink) -> Result<(), CodecError>,
    pub(crate) decode: fn(&Bytes, &Arc<dyn Loader>) -> Result<Value, CodecError>,
}

impl ValueType {
    /// A type that serde knows.
    pub const fn serde<T: Serialize + DeserializeOwned + Send + Sync + 'static>() -> &'static Self {
        const {
            &Self {
                type_id: TypeId::of::<T>,
                type_name: std::any::type_name::<T>,
                codec: "postcard",
                schema: fingerprint::schema_of::<T>,
                bytes: Some(Coding { encode: encode_serde::<T>, decode: decode_serde::<T> }),
            }
        }
    }

    /// A type with a codec of its own.
    pub const fn codec<T: Send + Sync + 'static, C: Codec<T>>() -> &'static Self {
        const {
            &Self {
                type_id: TypeId::of::<T>,
                type_name: std::any::type_name::<T>,
                codec: C::ID,
                schema: fingerprint::opaque_schema::<T>,
                bytes: Some(Coding { encode: encode_codec::<T, C>, decode: decode_codec::<T, C> }),
            }
        }
    }

    /// What mapping the function behind `R` over a `C` gives.
    pub const fn map<C: Collection, R: NodeResult>() -> &'static Self {
        const {
            &Self {
                type_id: TypeId::of::<C::Of<R::Value>>,
                type_name: std::any::type_name::<C::Of<R::Value>>,
                codec: R::TYPE.codec,
                schema: map_schema::<C, R>,
                bytes: match R::TYPE.bytes {
                    Some(_) => Some(Coding { encode: encode_map::<C, R>, decode: decode_map::<C, R> }),
                    None => None,
                },
            }
        }
    }

    /// A type whose values are never saved.
    pub const fn transient<T: Send + Sync + 'static>() -> &'static Self {
        const {
            &Self {
                type_id: TypeId::of::<T>,
                type_name: std::any::type_name::<T>,
                codec: "transient",
                schema: fingerprint::opaque_schema::<T>,
                bytes: None,
            }
        }
    }
}

impl ValueType {
    /// The bytes of a value, most of them in a file when they are many.
    pub(crate) fn encode(&self, value: &(dyn Any + Send + Sync)) -> Result<Encoded, CodecError> {
        let mut sink = Sink::default();
        self.encode_into(value, &mut sink)?;
        sink.finish().map_err(|error| CodecError::Encode { type_name: (self.type_name)(), message: error.to_string() })
    }

    /// Digest and number of a value's bytes, which are not kept.
    pub(crate) fn name(&self, value: &(dyn Any + Send + Sync)) -> Result<(BlobDigest, u64), CodecError> {
        let mut sink = Sink::hashing();
        self.encode_into(value, &mut sink)?;
        Ok(sink.name())
    }

    /// As [`ValueType::encode`], behind what the sink has already.
    pub(crate) fn encode_into(&self, value: &(dyn Any + Send + Sync), sink: &mut Sink) -> Result<(), CodecError> {
        match &self.bytes {
            Some(coding) => (coding.encode)(value, sink),
            None => Err(CodecError::Encode {
                type_name: (self.type_name)(),
                message: "values of a transient type have no bytes".into(),
            }),
        }
    }

    pub(crate) fn decode(&self, bytes: &Bytes, loader: &Arc<dyn Loader>) -> Result<Value, CodecError> {
        match &self.bytes {
            Some(coding) => (coding.decode)(bytes, loader),
            None => Err(CodecError::Decode {
                type_name: (self.type_name)(),
                message: "values of a transient type have no bytes".into(),
            }),
        }
    }
}

/// The result of a node function: its type, and how values of it are kept.
pub trait NodeResult: 'static {
    /// What the function returns, unwrapped from a `Result`.
    type Value: Send + Sync + 'static;
    /// How values of that type are kept.
    const TYPE: &'static ValueType;
}

/// Encodes a value of a type that serde knows; its collections hand their elements over as blobs.
pub(crate) fn encode_value<T: Serialize>(value: &T) -> Result<Encoded, CodecError> {
    let mut sink = Sink::default();
    encode_into(value, &mut sink)?;
    sink.finish().map_err(|error| CodecError::encode::<T>(error.to_string()))
}

/// As [`encode_value`], behind what the sink has already.
pub(crate) fn encode_into<T: Serialize>(value: &T, sink: &mut Sink) -> Result<(), CodecError> {
    let (result, collected) =
        collecting_blobs(|| fingerprint::encode_overflowing(value, &mut sink.buffer, &mut sink.spill));
    if !collected.references.is_empty() {
        sink.blobs.extend(collected.blobs);
        sink.references.extend(collected.references);
    }
    result.map_err(|error| CodecError::encode::<T>(error.to_string()))
}

/// The bytes of a small value: a key, a list of parts. What its collections hand over is dropped.
pub(crate) fn encode_bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::new();
    let (result, _) = collecting_blobs(|| fingerprint::encode(value, &mut bytes));
    result.map(|()| bytes).map_err(|error| CodecError::encode::<T>(error.to_string()))
}

/// Decodes a value of a type that serde knows; its collections load their elements through `loader`.
pub(crate) fn decode_value<T: DeserializeOwned>(bytes: &Bytes, loader: &Arc<dyn Loader>) -> Result<T, CodecError> {
    decoding(bytes, loader, || fingerprint::decode(bytes)).map_err(|error| CodecError::decode::<T>(error.reason()))
}

fn encode_serde<T: Serialize + 'static>(value: &(dyn Any + Send + Sync), sink: &mut Sink) -> Result<(), CodecError> {
    encode_into(expect_type::<T>(value)?, sink)
}

fn decode_serde<T: DeserializeOwned + Send + Sync + 'static>(
    bytes: &Bytes,
    loader: &Arc<dyn Loader>,
) -> Result<Value, CodecError> {
    decode_value::<T>(bytes, loader).map(Value::new)
}

fn encode_codec<T: 'static, C: Codec<T>>(value: &(dyn Any + Send + Sync), sink: &mut Sink) -> Result<(), CodecError> {
    C::encode(expect_type::<T>(value)?, sink).map_err(|error| CodecError::encode::<T>(error.to_string()))
}

fn decode_codec<T: Send + Sync + 'static, C: Codec<T>>(
    bytes: &Bytes,
    _: &Arc<dyn Loader>,
) -> Result<Value, CodecError> {
    C::decode(bytes).map(Value::new).map_err(|error| CodecError::decode::<T>(error.to_string()))
}

fn map_schema<C: Collection, R: NodeResult>() -> Schema {
    Schema::of_collection(&C::result_schema(), &(R::TYPE.schema)())
}

fn encode_map<C: Collection, R: NodeResult>(
    value: &(dyn Any + Send + Sync),
    sink: &mut Sink,
) -> Result<(), CodecError> {
    C::encode(expect_type::<C::Of<R::Value>>(value)?, R::TYPE, sink)
}

fn decode_map<C: Collection, R: NodeResult>(bytes: &Bytes, loader: &Arc<dyn Loader>) -> Result<Value, CodecError> {
    C::decode::<R::Value>(bytes, &ElementReader::typed(loader, R::TYPE)).map(Value::new)
}

/// What an error says when a value's type is not that of its node.
pub(crate) const WRONG_TYPE: &str = "the value at hand has another type; please report this as a bug of mamo";

/// The graph is typed, so this fails only when the engine mixes up two values.
pub(crate) fn expect_type<T: 'static>(value: &(dyn Any + Send + Sync)) -> Result<&T, CodecError> {
    value.downcast_ref().ok_or_else(|| CodecError::encode::<T>(WRONG_TYPE))
}
