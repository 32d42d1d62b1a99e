//! Reads canonical bytes back.

use crate::fingerprint::canonical::error::DecodeError;
use serde::de::DeserializeOwned;
use std::any::type_name;

/// Reads the value that [`encode`](super::encode) wrote.
///
/// # Errors
///
/// Bytes that are too short, too long or out of range for the type. Bytes of another type may well decode: the format
/// does not describe itself, which is why schemas are part of every key.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let (value, rest) = postcard::take_from_bytes(bytes)
        .map_err(|source| DecodeError::Malformed { type_name: type_name::<T>(), source })?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(DecodeError::Trailing { type_name: type_name::<T>(), left: rest.len() })
    }
}
