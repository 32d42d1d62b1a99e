//! Against postcard as the oracle, and for equal values built in different ways.

mod collections;
mod refusals;
mod wire;

use super::{decode, encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

fn bytes<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    encode(value, &mut out).unwrap();
    out
}

#[track_caller]
fn check_roundtrip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    assert_eq!(&decode::<T>(&bytes(value)).unwrap(), value);
}
