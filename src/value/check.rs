//! What the compiler checks of a node function's types, as traits whose messages say what to do.

use crate::value::{BoxError, Lend, Value, ValueType};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// A result that serde can save.
#[diagnostic::on_unimplemented(
    message = "the result `{Self}` of a node cannot be saved",
    label = "must implement serde's `Serialize` and `DeserializeOwned`, `Send` and `Sync`, and borrow nothing",
    note = "`#[derive(serde::Serialize, serde::Deserialize)]` does it for a type of your own",
    note = "for a foreign type name a codec, `#[node(codec = ..)]`; a connection or handle is `#[node(transient)]`"
)]
pub trait Saved: Send + Sync + 'static {
    /// How it is kept.
    const TYPE: &'static ValueType;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Saved for T {
    const TYPE: &'static ValueType = ValueType::serde::<T>();
}

/// A parameter that is handed over by value.
#[diagnostic::on_unimplemented(
    message = "a node function cannot take a `{Self}` by value",
    label = "is not `Clone`, and other nodes may read the same value: take `&{Self}`"
)]
pub trait ByValue {
    /// A value of its own.
    fn by_value(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Clone> ByValue for T {
    fn by_value(&self) -> Self {
        self.clone()
    }
}

/// What a function may return that fails.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is called a result but is none",
    label = "is not a `Result<T, E>`",
    note = "a returned type whose name ends in `Result` is taken for one; `use {Self} as ..` gives it another name"
)]
pub trait Fallible {
    /// What it gives when it does not.
    type Value;

    /// The value, or the error in a box.
    ///
    /// # Errors
    /// The function's own.
    fn outcome(self) -> Result<Self::Value, BoxError>;
}

impl<T, E: NodeError> Fallible for Result<T, E> {
    type Value = T;

    fn outcome(self) -> Result<T, BoxError> {
        self.map_err(NodeError::into_box)
    }
}

/// What a function may fail with.
#[diagnostic::on_unimplemented(
    message = "a node function cannot fail with a `{Self}`",
    label = "must implement `std::error::Error + Send + Sync + 'static`",
    note = "anything that converts into a `mamo::BoxError` will do: also `String`, `&'static str`, `anyhow::Error`"
)]
pub trait NodeError {
    /// The error in a box.
    fn into_box(self) -> BoxError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> NodeError for E {
    fn into_box(self) -> BoxError {
        self.into()
    }
}

/// Tells whether a type is a `Result`, whatever it is called: for one the constant beside this type is found first.
#[derive(Debug)]
pub struct Probe<T>(PhantomData<T>);

impl<T, E> Probe<Result<T, E>> {
    /// It is one.
    pub const IS_RESULT: bool = true;
}

/// The answer of [`Probe`] for all other types.
pub trait NoResult {
    /// It is none.
    const IS_RESULT: bool = false;
}

impl<T> NoResult for Probe<T> {}

/// Lends the value of an optional parameter.
///
/// # Errors
/// As [`Lend::lend`].
pub fn lend_optional<T: Lend<U>, U: ?Sized>(value: Option<&T>) -> Result<Option<T::Guard<'_>>, BoxError> {
    value.map(T::lend).transpose()
}

impl Value {
    /// The values that a function with several outputs returned.
    pub fn outputs<const N: usize>(values: [Self; N]) -> Self {
        Self::new(crate::value::Outputs(Vec::from(values)))
    }
}
