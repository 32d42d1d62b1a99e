//! A value whose type only its node function knows.

use crate::value::codec::{CodecError, WRONG_TYPE};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A shared value of any type.
#[derive(Clone)]
pub struct Value(Arc<dyn Any + Send + Sync>);

impl Value {
    /// Takes a value over.
    pub fn new<T: Send + Sync + 'static>(value: T) -> Self {
        Self(Arc::new(value))
    }

    pub(crate) fn from_arc<T: Send + Sync + 'static>(value: Arc<T>) -> Self {
        Self(value)
    }

    /// The value, when it is a `T`.
    pub(crate) fn downcast<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        Arc::clone(&self.0).downcast().ok()
    }

    /// The value, which the graph's types say is a `T`.
    pub(crate) fn typed<T: Send + Sync + 'static>(&self) -> Result<Arc<T>, CodecError> {
        self.downcast().ok_or_else(|| CodecError::decode::<T>(WRONG_TYPE))
    }

    /// Whether nobody else holds it.
    pub(crate) fn is_unused(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    pub(crate) fn as_any(&self) -> &(dyn Any + Send + Sync) {
        &*self.0
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(..)")
    }
}

/// What a node with several outputs gives: one value an output.
#[doc(hidden)]
#[derive(Debug)]
pub struct Outputs(pub Vec<Value>);
