//! Parameter files: TOML, JSON or YAML, read into a type of the user's, with every key accounted for.
//!
//! All formats become one tree that knows its lines, and one deserializer reads it. So a wrong value is told with the
//! path of its key whatever the format, and keys that nobody reads are noticed whatever the type's serde attributes:
//!
//! - a struct asks to *ignore* the value of a key that it does not know;
//! - where serde sets values aside before anybody reads them (`flatten`, `tag`, `untagged`), each such value is
//!   replaced by an odd one in turn: a key whose value makes no difference is not read.

#![cfg_attr(
    not(any(feature = "toml", feature = "json", feature = "yaml")),
    allow(dead_code, unused_variables, reason = "without a format nothing is read")
)]

mod format;
#[cfg(feature = "json")]
mod from_json;
#[cfg(feature = "toml")]
mod from_toml;
#[cfg(feature = "yaml")]
mod from_yaml;
mod item;
mod lines;
mod mistake;
mod nearest;
mod read;
mod reader;
mod refusal;
mod variant;

pub(crate) use read::read_params;
