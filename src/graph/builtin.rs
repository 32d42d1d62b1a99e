//! What mamo itself makes of nodes' values: lists of them, and failures as values.

use crate::value::{CodecError, ElementReader, Encoded, Failure, List, Loader, Made, Value, ValueType};
use crate::value::{encode_value, expect_type};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::sync::Arc;

/// Makes a list of nodes' values, none of which is read.
#[derive(Debug)]
pub(crate) struct Gatherer {
    pub(crate) result: &'static ValueType,
    pub(crate) assemble: fn(Vec<Made>, &Arc<dyn Loader>) -> Result<Value, CodecError>,
}

/// Makes a value or a failure a `Result`.
#[derive(Debug)]
pub(crate) struct Settler {
    pub(crate) result: &'static ValueType,
    pub(crate) value: fn(&(dyn Any + Send + Sync)) -> Result<Encoded, CodecError>,
    pub(crate) failure: fn(&Failure) -> Result<Encoded, CodecError>,
}

impl Gatherer {
    pub(crate) fn of<T: Serialize + DeserializeOwned + Send + Sync + 'static>() -> &'static Self {
        const {
            &Self {
                result: ValueType::serde::<List<T>>(),
                assemble: |made, loader| {
                    let reader = ElementReader::<T>::typed(loader, ValueType::serde::<T>());
                    Ok(Value::new(List::from_elements(reader.elements(made)?)))
                },
            }
        }
    }
}

impl Settler {
    pub(crate) fn of<T: Serialize + DeserializeOwned + Send + Sync + 'static>() -> &'static Self {
        const {
            &Self {
                result: ValueType::serde::<Result<T, Failure>>(),
                value: |value| encode_value(&Ok::<&T, &Failure>(expect_type::<T>(value)?)),
                failure: |failure| encode_value(&Err::<&T, &Failure>(failure)),
            }
        }
    }
}
