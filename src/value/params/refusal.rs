//! Why a type refuses what a parameter file says, as serde tells it.

use crate::value::params::nearest::nearest;
use serde::de::{Error, Expected};
use std::fmt;

/// Why a type takes no value.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) what: Refused,
    /// Path of the innermost key, and its line; nothing until a reader adds it.
    pub(super) place: Option<(String, Option<usize>)>,
}

/// What is refused.
#[derive(Debug)]
pub(super) enum Refused {
    Missing(&'static str),
    Unknown { key: String, known: &'static [&'static str] },
    Value(String),
}

impl Refusal {
    fn new(what: Refused) -> Self {
        Self { what, place: None }
    }

    /// The refusal with its place, unless it has one: the innermost counts.
    pub(super) fn at(self, place: impl FnOnce() -> (String, Option<usize>)) -> Self {
        Self { place: Some(self.place.unwrap_or_else(place)), ..self }
    }

    /// A list of which a tuple or an array took only the first elements.
    pub(super) fn too_long(len: usize, taken: usize) -> Self {
        Self::custom(format!("it has {len} elements, {taken} are expected"))
    }
}

impl Error for Refusal {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Refused::Value(message.to_string()))
    }

    fn invalid_length(len: usize, expected: &dyn Expected) -> Self {
        Self::custom(format!("it has {len} elements, {expected} is expected"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        match nearest(variant, expected.iter().copied()) {
            Some(near) => Self::custom(format!("there is no `{variant}`: did you mean `{near}`?")),
            None => {
                let known: Vec<String> = expected.iter().map(|known| format!("`{known}`")).collect();
                Self::custom(format!("there is no `{variant}`, only {}", known.join(", ")))
            }
        }
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::new(Refused::Unknown { key: field.to_owned(), known })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Refused::Missing(field))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            Refused::Missing(key) => write!(f, "missing key `{key}`"),
            Refused::Unknown { key, .. } => write!(f, "unknown key `{key}`"),
            Refused::Value(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Refusal {}
