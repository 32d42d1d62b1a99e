//! Which changes of a type change its schema, which types can be traced, and the words for those that cannot.

#![allow(dead_code, reason = "the types are only traced")]

mod changes;
mod limits;
mod shapes;
mod validating;

use super::Schema;
use super::describe::{Traced, trace};
use expect_test::Expect;
use serde::de::DeserializeOwned;

/// The text of a type that can be traced.
#[track_caller]
fn traced<T: DeserializeOwned>() -> Schema {
    let schema = trace::<T>();
    assert_eq!(schema.traced, Traced::Complete, "{}", schema.text);
    assert_eq!(trace::<T>(), schema, "a second trace differs");
    schema
}

#[track_caller]
fn check<T: DeserializeOwned>(expected: Expect) {
    expected.assert_eq(&traced::<T>().text);
}
