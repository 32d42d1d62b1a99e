//! Types that do not take any value: other samples are tried until one will do.

use super::check;
use expect_test::expect;
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::num::{NonZeroI8, NonZeroU128};
use std::ops::{Bound, Range};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// A string that must be of a certain form.
macro_rules! text {
    ($name:ident, $is_valid:expr) => {
        #[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
        #[serde(try_from = "String")]
        struct $name;

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                let is_valid: fn(&str) -> bool = $is_valid;
                if is_valid(&text) { Ok($name) } else { Err(format!("`{text}` is no {}", stringify!($name))) }
            }
        }
    };
}

text!(Date, |text| text.len() == 10 && text.split('-').all(|part| part.parse::<u16>().is_ok()));
text!(Uuid, |text| text.len() == 36 && text.split('-').count() == 5);
text!(Url, |text| text.contains("://"));

#[test]
fn types_of_std() {
    check::<(NonZeroI8, NonZeroU128, IpAddr, SocketAddr)>(expect![[r#"
        (i8, u128, IpAddr, SocketAddr)
        IpAddr = enum { V4((u8; 4)), V6((u8; 16)) }
        SocketAddr = enum { V4(((u8; 4), u16)), V6(((u8; 16), u16)) }"#]]);
    check::<(PathBuf, Duration, SystemTime, Range<u8>, Bound<u8>)>(expect![[r#"
        (str, Duration, SystemTime, Range, Bound)
        Duration = { secs: u64, nanos: u32 }
        SystemTime = { secs_since_epoch: u64, nanos_since_epoch: u32 }
        Range = { start: u8, end: u8 }
        Bound = enum { Unbounded, Included(u8), Excluded(u8) }"#]]);
    check::<(std::ffi::CString, std::cmp::Reverse<std::num::Wrapping<u8>>)>(expect!["(bytes, u8)"]);
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only the types count")]
enum Event {
    On(Date),
    Between { from: Date, to: Date, see: Option<Url> },
    Of(Vec<Uuid>, BTreeMap<Url, Date>),
}

#[test]
fn validated_texts_in_every_place() {
    check::<Vec<Event>>(expect![[r#"
        seq<Event>
        Event = enum { On(str), Between { from: str, to: str, see: option<str> }, Of(seq<str>, map<str, str>) }"#]]);
    check::<[Date; 32]>(expect!["(str; 32)"]);
}

#[derive(Deserialize)]
struct RawSpan {
    from: u8,
    to: u8,
}

/// Checks its fields against each other.
#[derive(Deserialize)]
#[serde(try_from = "RawSpan")]
struct Span;

impl TryFrom<RawSpan> for Span {
    type Error = &'static str;

    fn try_from(raw: RawSpan) -> Result<Self, &'static str> {
        if raw.from < raw.to { Ok(Self) } else { Err("a span ends after it begins") }
    }
}

fn only<'de, D: Deserializer<'de>>(deserializer: D, wanted: &str) -> Result<(), D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == wanted { Ok(()) } else { Err(Error::custom(format!("`{text}` is not `{wanted}`"))) }
}

fn only_utc<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    only(deserializer, "UTC")
}

fn only_one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    only(deserializer, "1")
}

/// serde reads both fields through helper types of the same name.
#[derive(Deserialize)]
struct WithFunctions {
    #[serde(deserialize_with = "only_utc")]
    _zone: (),
    #[serde(deserialize_with = "only_one")]
    _count: (),
    _span: Span,
}

#[test]
fn fields_that_are_checked_against_each_other_or_by_functions() {
    check::<Vec<WithFunctions>>(expect![[r#"
        seq<WithFunctions>
        WithFunctions = { _zone: str, _count: str, _span: RawSpan }
        RawSpan = { from: u8, to: u8 }"#]]);
}

/// Refuses to be empty, and some variants.
#[derive(Deserialize)]
#[serde(try_from = "Vec<Result<u8, u16>>")]
struct AtLeastTwo;

impl TryFrom<Vec<Result<u8, u16>>> for AtLeastTwo {
    type Error = &'static str;

    fn try_from(raw: Vec<Result<u8, u16>>) -> Result<Self, &'static str> {
        if raw.len() >= 2 && raw.iter().all(Result::is_ok) { Ok(Self) } else { Err("two good ones are needed") }
    }
}

#[test]
fn lists_that_must_not_be_empty() {
    check::<(AtLeastTwo, AtLeastTwo)>(expect![[r#"
        (seq<Result>; 2)
        Result = enum { Ok(u8), Err(u16) }"#]]);
}

/// Reads different types from what claims to be a sequence.
struct Mixed;

impl<'de> Deserialize<'de> for Mixed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Mixed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mixed sequence")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Mixed, A::Error> {
                seq.next_element::<u8>()?;
                seq.next_element::<String>()?;
                seq.next_element::<Date>()?;
                seq.next_element::<u16>()?;
                Ok(Mixed)
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}

#[test]
fn a_sequence_that_is_read_as_a_tuple_shows_all_its_types() {
    check::<Mixed>(expect!["seq<u8, str; 2, u16>"]);
}

/// An array of a length for which serde has no implementation.
struct Many;

impl<'de> Deserialize<'de> for Many {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Many;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("many dates")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Many, A::Error> {
                while seq.next_element::<Date>()?.is_some() {}
                Ok(Many)
            }
        }
        deserializer.deserialize_tuple(3000, Reader)
    }
}

/// What suits one element is tried first on the next, or this took millions of questions.
#[test]
fn a_long_array_of_validated_texts() {
    check::<Many>(expect!["(str; 3000)"]);
}
