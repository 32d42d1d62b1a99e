//! The wire format is postcard's.

use super::{bytes, check_roundtrip};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, LinkedList, VecDeque};
use std::fmt::Debug;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Marker;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Metres(f64);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pair(i16, Option<char>);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Nothing,
    Text(String),
    Two(u8, i64),
    Named { wide: u128, negative: i128 },
    Nested(Box<Kind>),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    marker: Marker,
    metres: Metres,
    pair: Pair,
    kinds: Vec<Kind>,
    map: BTreeMap<String, Option<(u16, i32)>>,
    array: [u32; 3],
    unit: (),
    duration: Duration,
    single: f32,
    tiny: (i8, u8, bool),
}

#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    assert_eq!(bytes(value), postcard::to_stdvec(value).unwrap());
    check_roundtrip(value);
}

fn kind() -> impl Strategy<Value = Kind> {
    let leaf = prop_oneof![
        Just(Kind::Nothing),
        any::<String>().prop_map(Kind::Text),
        any::<(u8, i64)>().prop_map(|(a, b)| Kind::Two(a, b)),
        any::<(u128, i128)>().prop_map(|(wide, negative)| Kind::Named { wide, negative }),
    ];
    leaf.prop_recursive(4, 8, 1, |inner| inner.prop_map(|kind| Kind::Nested(Box::new(kind))))
}

fn everything() -> impl Strategy<Value = Everything> {
    (
        any::<f64>().prop_filter("equality", |v| !v.is_nan()),
        any::<(i16, Option<char>)>(),
        proptest::collection::vec(kind(), 0..5),
        any::<BTreeMap<String, Option<(u16, i32)>>>(),
        any::<[u32; 3]>(),
        any::<Duration>(),
        any::<f32>().prop_filter("equality", |v| !v.is_nan()),
        any::<(i8, u8, bool)>(),
    )
        .prop_map(|(metres, pair, kinds, map, array, duration, single, tiny)| Everything {
            marker: Marker,
            metres: Metres(metres),
            pair: Pair(pair.0, pair.1),
            kinds,
            map,
            array,
            unit: (),
            duration,
            single,
            tiny,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn integers_are_as_in_postcard(a: u16, b: u32, c: u64, d: u128, e: i8, f: i16, g: i32, h: i64, i: i128, j: usize) {
        check(&(a, b, c, d, e, f));
        check(&(g, h, i, j));
    }

    #[test]
    fn small_integers_are_as_in_postcard(shift in 0_u32..128, below: bool) {
        let edge = (1_u128 << shift) - u128::from(below);
        check(&edge);
        check(&edge.cast_signed());
        check(&edge.cast_signed().wrapping_neg());
        check(&u64::try_from(edge).unwrap_or(u64::MAX));
        check(&i64::try_from(edge).map_or(i64::MIN, |v| -v));
    }

    #[test]
    fn structs_and_enums_are_as_in_postcard(value in everything()) {
        check(&value);
    }

    #[test]
    fn ordered_collections_are_as_in_postcard(
        vec: Vec<u8>, deque: VecDeque<i32>, list: LinkedList<u64>, set: BTreeSet<String>,
        nested: Vec<Vec<Option<u16>>>, text: String,
    ) {
        check(&(vec, deque, list, set, nested, text));
    }
}

#[test]
fn a_string_of_any_length_has_its_length_in_front() {
    for len in [0, 1, 127, 128, 300, 70_000] {
        check(&"x".repeat(len));
        check(&vec![1_u8; len]);
    }
}

#[test]
fn text_from_display_is_as_in_postcard() {
    struct Shown(String);
    impl Serialize for Shown {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&format_args!("<{}>", self.0))
        }
    }
    for len in [0, 1, 200] {
        let value = (Shown("y".repeat(len)), 7_u8);
        assert_eq!(bytes(&value), postcard::to_stdvec(&value).unwrap());
    }
}

#[test]
fn the_format_is_binary() {
    let address: std::net::IpAddr = "127.0.0.1".parse().unwrap();
    check(&address);
    assert_eq!(bytes(&address), [0, 127, 0, 0, 1]);
}

/// The payload and sign of a NaN depend on the processor and on what the optimiser did.
#[test]
fn every_nan_has_the_same_bytes() {
    let doubles = [f64::NAN, -f64::NAN, f64::from_bits(0x7ff0_0000_0000_0001), f64::INFINITY - f64::INFINITY];
    for nan in doubles {
        assert_eq!(bytes(&nan), bytes(&f64::NAN));
        assert_eq!(bytes(&Some(vec![nan])), bytes(&Some(vec![f64::NAN])));
    }
    for nan in [-f32::NAN, f32::from_bits(0xffff_ffff)] {
        assert_eq!(bytes(&nan), bytes(&f32::NAN));
    }
}

#[test]
fn negative_zero_is_another_value() {
    assert_ne!(bytes(&0.0_f64), bytes(&-0.0_f64));
    assert_ne!(bytes(&0.0_f32), bytes(&-0.0_f32));
}
