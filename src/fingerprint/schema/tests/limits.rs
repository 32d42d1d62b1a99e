//! What cannot be traced is told, and its schema is that of the program rather than a constant.

use super::{Traced, trace};
use expect_test::{Expect, expect};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, IgnoredAny, SeqAccess, Visitor};
use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU8;

#[track_caller]
fn check_opaque<T: DeserializeOwned>(expected: Expect) {
    let schema = trace::<T>();
    let Traced::Opaque { reason } = &schema.traced else { panic!("{schema:?}") };
    expected.assert_eq(reason);
    assert_eq!(schema, trace::<T>());
}

#[track_caller]
fn check_not_self_readable<T: DeserializeOwned>(expected: Expect) {
    let schema = trace::<T>();
    let Traced::NotSelfReadable { reason } = &schema.traced else { panic!("{schema:?}") };
    expected.assert_eq(reason);
    assert!(postcard::from_bytes::<T>(&[1; 64]).is_err());
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Untagged {
    _A(u8),
}

#[derive(Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    _A { _b: u8 },
}

#[derive(Deserialize)]
struct Flat {
    _a: u8,
    #[serde(flatten)]
    _rest: HashMap<String, u8>,
}

/// Throws away that its first way failed.
struct Lenient;

impl<'de> Deserialize<'de> for Lenient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let _ = IgnoredAny::deserialize(deserializer);
        Ok(Self)
    }
}

#[test]
fn types_that_ask_what_comes_next_are_not_self_readable() {
    check_not_self_readable::<Vec<Untagged>>(expect![[
        "`mamo::fingerprint::schema::tests::limits::Untagged` asks the format what comes next (`deserialize_any`), which its bytes do not tell"
    ]]);
    check_not_self_readable::<Option<Tagged>>(expect![[
        "`core::option::Option<mamo::fingerprint::schema::tests::limits::Tagged>` asks the format what comes next (`deserialize_any`), which its bytes do not tell"
    ]]);
    check_not_self_readable::<(u8, Flat)>(expect![[
        "`mamo::fingerprint::schema::tests::limits::Flat` asks the format what comes next (`deserialize_identifier`), which its bytes do not tell"
    ]]);
    check_not_self_readable::<HashMap<u8, serde_json::Value>>(expect![[
        "`serde_json::value::Value` asks the format what comes next (`deserialize_any`), which its bytes do not tell"
    ]]);
    let lenient = trace::<Lenient>();
    assert!(matches!(lenient.traced, Traced::NotSelfReadable { .. }), "{lenient:?}");
}

#[derive(Deserialize)]
struct Endless {
    _next: Box<Endless>,
}

#[derive(Deserialize)]
enum EndlessEnum {
    _Next(Box<EndlessEnum>),
}

#[derive(Deserialize)]
enum Void {}

struct Refuses;

impl<'de> Deserialize<'de> for Refuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Err(Error::custom(format!("never good enough: {}", String::deserialize(deserializer)?)))
    }
}

struct Panics;

impl<'de> Deserialize<'de> for Panics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        panic!("cannot bear `{text}`")
    }
}

/// Goes on without what it could not read.
struct Swallows;

impl<'de> Deserialize<'de> for Swallows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let _ = Option::<Refuses>::deserialize(deserializer);
        Ok(Self)
    }
}

type Deep1 = Vec<Vec<Vec<Vec<Vec<Vec<Vec<Vec<u8>>>>>>>>;
type Deep2<T> = ((((((((((((((((((((((((((((((T,),),),),),),),),),),),),),),),),),),),),),),),),),),),),),);

#[test]
fn what_cannot_be_traced_is_opaque() {
    check_opaque::<Endless>(expect![[
        "`alloc::boxed::Box<mamo::fingerprint::schema::tests::limits::Endless>` is nested too deeply, or without end"
    ]]);
    check_opaque::<EndlessEnum>(expect![[
        "`alloc::boxed::Box<mamo::fingerprint::schema::tests::limits::EndlessEnum>` has no value that ends"
    ]]);
    check_opaque::<(u8, Option<Void>)>(expect![[
        "`core::option::Option<mamo::fingerprint::schema::tests::limits::Void>` has no value that ends"
    ]]);
    check_opaque::<Vec<Refuses>>(expect![[
        "`mamo::fingerprint::schema::tests::limits::Refuses` refuses every sample value: never good enough: "
    ]]);
    check_opaque::<(u8, Panics)>(expect![[
        "`mamo::fingerprint::schema::tests::limits::Panics` panics on a sample value: cannot bear `sample`"
    ]]);
    check_opaque::<Vec<Swallows>>(expect![[
        "`alloc::vec::Vec<mamo::fingerprint::schema::tests::limits::Swallows>` has parts that it does not read"
    ]]);
    check_opaque::<Deep2<Deep2<Deep2<Deep2<u8>>>>>(expect![[
        "`(((((((((((((((((((((((u8,),),),),),),),),),),),),),),),),),),),),),),)` is nested too deeply, or without end"
    ]]);
    assert_eq!(trace::<Deep2<Deep2<Deep1>>>().traced, Traced::Complete);
}

#[test]
fn the_schema_of_an_opaque_type_is_its_own() {
    assert_ne!(trace::<Refuses>().digest, trace::<Panics>().digest);
    assert_ne!(trace::<Refuses>().digest, trace::<String>().digest);
}

/// A value of samples is not dropped: here it would remove a file by that name.
#[test]
fn the_sample_value_is_never_dropped() {
    #[derive(Deserialize)]
    struct Guard {
        _path: String,
    }
    impl Drop for Guard {
        fn drop(&mut self) {
            panic!("a sample was dropped");
        }
    }
    assert_eq!(trace::<Vec<Guard>>().traced, Traced::Complete);
}

/// Reads what belongs to a version, as types with a history do.
struct Versioned;

impl<'de> Deserialize<'de> for Versioned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Versioned;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a version and what belongs to it")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Versioned, A::Error> {
                match seq.next_element::<u8>()? {
                    Some(1) => seq.next_element::<String>().map(|_| Versioned),
                    Some(2) => seq.next_element::<u64>().map(|_| Versioned),
                    Some(_) | None => Err(Error::custom("unknown version")),
                }
            }
        }
        deserializer.deserialize_tuple(2, Reader)
    }
}

#[derive(Deserialize)]
struct HasVersioned {
    _other: NonZeroU8,
    _versioned: Versioned,
}

#[derive(Deserialize)]
enum Chain {
    _End(Versioned),
    _Other,
    _Link(Box<Chain>),
}

#[test]
fn a_type_that_reads_other_types_for_other_values_is_opaque() {
    check_opaque::<Versioned>(expect![[
        "`mamo::fingerprint::schema::tests::limits::Versioned` reads different types for different values"
    ]]);
    check_opaque::<Chain>(expect![[
        "`alloc::boxed::Box<mamo::fingerprint::schema::tests::limits::Chain>` reads different types for different values"
    ]]);
    check_opaque::<Vec<HasVersioned>>(expect![[
        "`mamo::fingerprint::schema::tests::limits::HasVersioned` reads different types for different values"
    ]]);
}
