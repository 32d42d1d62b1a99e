//! How values of a type become bytes and come back.

use crate::fingerprint::{self, Schema};
use crate::value::element::ElementReader;
use crate::value::part::{Encoded, Loader, collecting_blobs, with_loader};
use crate::value::{BoxError, Collection, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::{Any, TypeId};
use std::sync::Arc;

/// Turns values of type `T` into bytes and back; `#[node(codec = ..)]` names one.
///
/// Equal values must give equal bytes: the bytes are the value's identity.
pub trait Codec<T> {
    /// Names the format; part of every key. A change of the format changes it.
    const ID: &'static str;

    /// Appends the bytes of `value`.
    ///
    /// # Errors
    /// When the value has no encoding.
    fn encode(value: &T, out: &mut Vec<u8>) -> Result<(), BoxError>;

    /// Reads a value back.
    ///
    /// # Errors
    /// When the bytes are not an encoded `T`.
    fn decode(bytes: &[u8]) -> Result<T, BoxError>;
}

/// The codec of every type that serde knows: postcard, with hash maps and NaNs in canonical form.
#[derive(Debug)]
pub enum Postcard {}

/// The codec of values that cannot be saved, such as connections: made anew in every run that needs them.
#[derive(Debug)]
pub enum Transient {}

/// Why a value could not be turned into bytes or back.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The value has no encoding.
    #[error("cannot encode a `{type_name}`: {message}")]
    Encode {
        /// The value's type.
        type_name: &'static str,
        /// What the codec said.
        message: String,
    },
    /// The bytes are not a value of this type.
    #[error("cannot decode a `{type_name}`: {message}")]
    Decode {
        /// The expected type.
        type_name: &'static str,
        /// What the codec said.
        message: String,
    },
}

impl CodecError {
    pub(crate) fn encode<T>(message: impl Into<String>) -> Self {
        Self::Encode { type_name: std::any::type_name::<T>(), message: message.into() }
    }

    pub(crate) fn decode<T>(message: impl Into<String>) -> Self {
        Self::Decode { type_name: std::any::type_name::<T>(), message: message.into() }
    }
}

/// A type as the engine sees it: how it is called, what it looks like, how it is encoded.
#[derive(Debug)]
pub struct ValueType {
    pub(crate) type_id: fn() -> TypeId,
    pub(crate) type_name: fn() -> &'static str,
    pub(crate) codec: &'static str,
    pub(crate) schema: fn() -> Schema,
    /// Nothing for transient types.
    pub(crate) bytes: Option<Bytes>,
}

#[derive(Debug)]
pub(crate) struct Bytes {
    pub(crate) encode: fn(&(dyn Any + Send + Sync)) -> Result<Encoded, CodecError>,
    pub(crate) decode: fn(&[u8], &Arc<dyn Loader>) -> Result<Value, CodecError>,
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
                bytes: Some(Bytes { encode: encode_serde::<T>, decode: decode_serde::<T> }),
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
                bytes: Some(Bytes { encode: encode_codec::<T, C>, decode: decode_codec::<T, C> }),
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
                    Some(_) => Some(Bytes { encode: encode_map::<C, R>, decode: decode_map::<C, R> }),
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
    pub(crate) fn encode(&self, value: &(dyn Any + Send + Sync)) -> Result<Encoded, CodecError> {
        match &self.bytes {
            Some(codec) => (codec.encode)(value),
            None => Err(CodecError::Encode {
                type_name: (self.type_name)(),
                message: "values of a transient type have no bytes".into(),
            }),
        }
    }

    pub(crate) fn decode(&self, bytes: &[u8], loader: &Arc<dyn Loader>) -> Result<Value, CodecError> {
        match &self.bytes {
            Some(codec) => (codec.decode)(bytes, loader),
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
    let mut bytes = Vec::new();
    let (result, blobs) = collecting_blobs(|| fingerprint::encode(value, &mut bytes));
    match result {
        Ok(()) => Ok(Encoded { bytes, blobs }),
        Err(error) => Err(CodecError::encode::<T>(error.to_string())),
    }
}

/// Decodes a value of a type that serde knows; its collections load their elements through `loader`.
pub(crate) fn decode_value<T: DeserializeOwned>(bytes: &[u8], loader: &Arc<dyn Loader>) -> Result<T, CodecError> {
    with_loader(loader, || fingerprint::decode(bytes)).map_err(|error| CodecError::decode::<T>(error.reason()))
}

fn encode_serde<T: Serialize + 'static>(value: &(dyn Any + Send + Sync)) -> Result<Encoded, CodecError> {
    encode_value(expect_type::<T>(value)?)
}

fn decode_serde<T: DeserializeOwned + Send + Sync + 'static>(
    bytes: &[u8],
    loader: &Arc<dyn Loader>,
) -> Result<Value, CodecError> {
    decode_value::<T>(bytes, loader).map(Value::new)
}

fn encode_codec<T: 'static, C: Codec<T>>(value: &(dyn Any + Send + Sync)) -> Result<Encoded, CodecError> {
    let mut bytes = Vec::new();
    C::encode(expect_type::<T>(value)?, &mut bytes).map_err(|error| CodecError::encode::<T>(error.to_string()))?;
    Ok(Encoded { bytes, blobs: Vec::new() })
}

fn decode_codec<T: Send + Sync + 'static, C: Codec<T>>(bytes: &[u8], _: &Arc<dyn Loader>) -> Result<Value, CodecError> {
    C::decode(bytes).map(Value::new).map_err(|error| CodecError::decode::<T>(error.to_string()))
}

fn map_schema<C: Collection, R: NodeResult>() -> Schema {
    Schema::of_collection(&C::result_schema(), &(R::TYPE.schema)())
}

fn encode_map<C: Collection, R: NodeResult>(value: &(dyn Any + Send + Sync)) -> Result<Encoded, CodecError> {
    C::encode(expect_type::<C::Of<R::Value>>(value)?, R::TYPE)
}

fn decode_map<C: Collection, R: NodeResult>(bytes: &[u8], loader: &Arc<dyn Loader>) -> Result<Value, CodecError> {
    C::decode::<R::Value>(bytes, &ElementReader::typed(loader, R::TYPE)).map(Value::new)
}

/// What an error says when a value's type is not that of its node.
pub(crate) const WRONG_TYPE: &str = "the value at hand has another type; please report this as a bug of mamo";

/// The graph is typed, so this fails only when the engine mixes up two values.
pub(crate) fn expect_type<T: 'static>(value: &(dyn Any + Send + Sync)) -> Result<&T, CodecError> {
    value.downcast_ref().ok_or_else(|| CodecError::encode::<T>(WRONG_TYPE))
}
