//! Against postcard as the oracle, and for equal values built in different ways.

mod collections;
mod refusals;
mod wire;

use super::{Overflow, decode, encode, encode_overflowing};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::io;

fn bytes<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    encode(value, &mut out).unwrap();
    // Wherever a piece ends, the pieces are the same bytes.
    for limit in [1, 5, 40] {
        let mut taken = Taken { limit, bytes: Vec::new() };
        let mut rest = Vec::new();
        encode_overflowing(value, &mut rest, &mut taken).unwrap();
        taken.write(&rest).unwrap();
        assert_eq!(taken.bytes, out, "in pieces of {limit}");
    }
    out
}

/// Takes all that it is given.
struct Taken {
    limit: usize,
    bytes: Vec<u8>,
}

impl Overflow for Taken {
    fn limit(&self) -> usize {
        self.limit
    }

    fn take(&mut self, buffer: &mut Vec<u8>) -> io::Result<bool> {
        self.bytes.append(buffer);
        Ok(true)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

#[track_caller]
fn check_roundtrip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    assert_eq!(&decode::<T>(&bytes(value)).unwrap(), value);
}
