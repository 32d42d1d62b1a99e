//! What a codec is, and the two that are always there.

use crate::value::BoxError;
use crate::value::codec::Bytes;
use std::io;

/// Turns values of type `T` into bytes and back; `#[node(codec = ..)]` names one.
///
/// For types that serde does not know, and for those whose bytes can be used as they lie. Two things are asked of a codec:
///
/// - Equal values give equal bytes: the bytes are the value's identity. A value that comes out in two forms costs
///   executions that would not be needed; two values with the same bytes are taken for one another.
/// - A change of the format changes [`Codec::ID`].
///
/// What is written goes to the store piece by piece: 4 MiB of it are in memory at a time, however large the value is.
/// What is read is mapped from 1 MiB on ([`Bytes`]): a value that keeps slices of it is loaded without being read, and
/// begins at an address that is a multiple of 4096 unless it is part of a collection or smaller.
///
/// ```
/// use mamo::{BoxError, Bytes, Codec, Engine, Graph, node};
/// use std::io::Write;
///
/// /// A grey picture; its bytes are the file's.
/// struct Picture {
///     width: u32,
///     pixels: Bytes,
/// }
///
/// enum Raw {}
///
/// impl Codec<Picture> for Raw {
///     const ID: &'static str = "picture 1";
///
///     fn encode(picture: &Picture, out: &mut dyn Write) -> Result<(), BoxError> {
///         out.write_all(&picture.width.to_le_bytes())?;
///         Ok(out.write_all(&picture.pixels)?)
///     }
///
///     fn decode(bytes: &Bytes) -> Result<Picture, BoxError> {
///         let width = bytes.first_chunk().ok_or("a picture begins with its width")?;
///         // The pixels stay where they are: no copy.
///         Ok(Picture { width: u32::from_le_bytes(*width), pixels: bytes.slice(4..) })
///     }
/// }
///
/// #[node(codec = Raw)]
/// fn grey(width: u32) -> Picture {
///     Picture { width, pixels: vec![128; 3 * width as usize].into() }
/// }
///
/// #[node]
/// fn brightest(picture: &Picture) -> u8 {
///     *picture.pixels.iter().max().unwrap_or(&0)
/// }
///
/// let (graph, brightest) = Graph::build(|g| Ok(g.add(brightest::node(g.add(grey::node(g.value(640)))))))?;
/// assert_eq!(*Engine::in_memory().run(&graph)?.get(brightest)?, 128);
/// # Ok::<(), mamo::Error>(())
/// ```
pub trait Codec<T> {
    /// Names the format; part of every key. A change of the format changes it.
    const ID: &'static str;

    /// Writes the bytes of `value`.
    ///
    /// # Errors
    /// When the value has no encoding, or `out` refuses.
    fn encode(value: &T, out: &mut dyn io::Write) -> Result<(), BoxError>;

    /// Reads a value back. It may keep clones and slices of `bytes`, which cost no memory when they are mapped.
    ///
    /// # Errors
    /// When the bytes are not an encoded `T`.
    fn decode(bytes: &Bytes) -> Result<T, BoxError>;
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
