//! Projections: one field of a node's value as a node of its own.

use crate::value::ValueType;
use crate::value::codec::{CodecError, Encoded, encode_value, expect_type};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::fmt;

/// A path to a field of `T`, of type `F`; [`field!`](crate::field) makes one.
#[derive(Debug)]
pub struct Field<T, F> {
    path: &'static str,
    pick: fn(&T) -> &F,
}

impl<T, F> Field<T, F> {
    #[doc(hidden)]
    pub const fn __new(path: &'static str, pick: fn(&T) -> &F) -> Self {
        Self { path, pick }
    }
}

impl<T, F> Clone for Field<T, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, F> Copy for Field<T, F> {}

/// Names a field of a node's value: `config.field(field!(Config, eval.metric))`.
///
/// The path's text is part of the key, and the field's value decides what is stale downstream: a change of another
/// field of the same value runs nothing.
#[macro_export]
macro_rules! field {
    ($from:ty, $($path:tt)+) => {
        $crate::Field::<$from, _>::__new(::core::stringify!($($path)+), |from| &from.$($path)+)
    };
}

/// A projection as the engine sees it.
pub(crate) struct Projection {
    pub(crate) path: &'static str,
    pub(crate) project: Box<dyn Fn(&(dyn Any + Send + Sync)) -> Result<Encoded, CodecError> + Send + Sync>,
    pub(crate) result: &'static ValueType,
}

impl Projection {
    /// The field is encoded here and decoded on its own where it is needed, so it need not be `Clone`.
    pub(crate) fn new<T: Send + Sync + 'static, F: Serialize + DeserializeOwned + Send + Sync + 'static>(
        field: Field<T, F>,
    ) -> Self {
        Self {
            path: field.path,
            project: Box::new(move |value| encode_value((field.pick)(expect_type::<T>(value)?))),
            result: ValueType::serde::<F>(),
        }
    }
}

impl fmt::Debug for Projection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Projection({})", self.path)
    }
}
