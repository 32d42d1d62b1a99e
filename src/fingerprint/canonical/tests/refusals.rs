//! What is refused, and the words for it.

use super::encode;
use crate::fingerprint::canonical::decode;
use expect_test::{Expect, expect};
use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use std::cell::RefCell;
use std::error::Error;

#[derive(Serialize)]
struct Skips {
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<u8>,
    value: u8,
}

struct Lies;

impl Serialize for Lies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(3))?;
        seq.serialize_element(&1)?;
        seq.end()
    }
}

fn check<T: Serialize>(value: &T, expected: Expect) {
    expected.assert_eq(&encode(value, &mut Vec::new()).unwrap_err().to_string());
}

/// postcard writes nothing for such a field, and then reads the next field in its place.
#[test]
fn a_field_that_is_left_out_is_refused() {
    let place = vec![(1_u8, Skips { note: None, value: 1 })];
    check(
        &place,
        expect![[
            "cannot encode a value of type `mamo::fingerprint::canonical::tests::refusals::Skips`: its field `note` may be left out (`skip_serializing_if`), which this format cannot express"
        ]],
    );
    assert!(encode(&Skips { note: Some(1), value: 1 }, &mut Vec::new()).is_ok());
}

#[test]
fn a_wrong_length_is_refused() {
    check(
        &Some(Lies),
        expect![
            "cannot encode a value of type `mamo::fingerprint::canonical::tests::refusals::Lies`: it announces 3 elements and writes 1"
        ],
    );
}

#[test]
fn the_innermost_type_is_named() {
    let cell = RefCell::new(1_u8);
    let _held = cell.borrow_mut();
    check(
        &vec![Some(&cell)],
        expect![[r#"cannot encode a value of type `core::cell::RefCell<u8>`: already mutably borrowed"#]],
    );
}

#[test]
fn left_over_and_missing_bytes_are_refused() {
    let error = decode::<u8>(&[1, 2]).unwrap_err();
    expect!["cannot decode a value of type `u8`: 1 bytes are left over"].assert_eq(&error.to_string());
    let error = decode::<(u8, String)>(&[1]).unwrap_err();
    expect!["cannot decode a value of type `(u8, alloc::string::String)`"].assert_eq(&error.to_string());
    expect!["Hit the end of buffer, expected more data"].assert_eq(&error.source().unwrap().to_string());
}
