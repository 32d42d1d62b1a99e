//! Why a value cannot be encoded, or bytes not be decoded.

use std::fmt;

/// A value that has no canonical bytes.
///
/// One word wide, since every field of every value returns it.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct EncodeError(Box<EncodeFault>);

/// What is wrong with the value, and the innermost type in which it was seen.
#[derive(Debug, thiserror::Error)]
enum EncodeFault {
    /// The type's own `Serialize` gave up.
    #[error("cannot encode a value of type `{place}`: {message}")]
    Refused { place: &'static str, message: String },
    /// A field was left out, and the reader of the bytes would take the next one for it.
    #[error(
        "cannot encode a value of type `{place}`: its field `{field}` may be left out (`skip_serializing_if`), \
         which this format cannot express"
    )]
    FieldLeftOut { place: &'static str, field: &'static str },
    /// A collection announced another number of elements than it wrote.
    #[error("cannot encode a value of type `{place}`: it announces {announced} elements and writes {written}")]
    Length { place: &'static str, announced: usize, written: usize },
}

impl EncodeError {
    #[cold]
    pub(super) fn field_left_out(field: &'static str) -> Self {
        Self(Box::new(EncodeFault::FieldLeftOut { place: "", field }))
    }

    #[cold]
    pub(super) fn length(announced: usize, written: usize) -> Self {
        Self(Box::new(EncodeFault::Length { place: "", announced, written }))
    }

    /// Names the type in which it happened, unless a type further inside did so already.
    #[cold]
    pub(super) fn inside(mut self, type_name: &'static str) -> Self {
        let place = match self.0.as_mut() {
            EncodeFault::Refused { place, .. }
            | EncodeFault::FieldLeftOut { place, .. }
            | EncodeFault::Length { place, .. } => place,
        };
        if place.is_empty() {
            // Elements of a list come by reference; that is nobody's type.
            *place = type_name.trim_start_matches('&');
        }
        self
    }
}

impl serde::ser::Error for EncodeError {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Box::new(EncodeFault::Refused { place: "", message: message.to_string() }))
    }
}

/// Bytes that are no value of the type.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DecodeError {
    /// The bytes end early, or are out of range for the type.
    #[error("cannot decode a value of type `{type_name}`")]
    Malformed {
        /// The type that was asked for.
        type_name: &'static str,
        /// What postcard found.
        source: postcard::Error,
    },
    /// A value was read, and bytes are left: they were written by another type.
    #[error("cannot decode a value of type `{type_name}`: {left} bytes are left over")]
    Trailing {
        /// The type that was asked for.
        type_name: &'static str,
        /// How many bytes there are behind the value.
        left: usize,
    },
}

impl DecodeError {
    /// What is wrong, without naming the type.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Malformed { source, .. } => source.to_string(),
            Self::Trailing { left, .. } => format!("{left} bytes are left over"),
        }
    }
}
