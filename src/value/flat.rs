//! Results with several values, or none: what `f::filter_map` and `f::flat_map` take apart.

use crate::fingerprint::{self, Schema};
use crate::value::codec::{CodecError, NodeResult, Sink, ValueType, encode_into, expect_type};
use crate::value::element::{Element, part_of};
use crate::value::part::{Part, collecting_blobs};
use crate::value::{List, codec};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::marker::PhantomData;

/// A result that is taken apart: `Option<T>`, `Vec<T>` and [`List<T>`].
#[diagnostic::on_unimplemented(
    message = "a function that gives `{Self}` does not give several values",
    label = "this is one value",
    note = "`f::filter_map` takes apart Option<T>, `f::flat_map` Vec<T> and List<T>; for a single value use `f::map`"
)]
pub trait Flat: Send + Sync + 'static {
    /// One of the values.
    type Item: Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Their encoded forms.
    #[doc(hidden)]
    fn parts(&self) -> Result<Vec<Part>, CodecError>;
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Flat for Option<T> {
    type Item = T;

    fn parts(&self) -> Result<Vec<Part>, CodecError> {
        self.iter().map(part_of).collect()
    }
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Flat for Vec<T> {
    type Item = T;

    fn parts(&self) -> Result<Vec<Part>, CodecError> {
        self.iter().map(part_of).collect()
    }
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Flat for List<T> {
    type Item = T;

    fn parts(&self) -> Result<Vec<Part>, CodecError> {
        self.elements().iter().map(Element::to_part).collect()
    }
}

/// One of the values that the function behind `F` gives.
#[derive(Debug)]
pub struct ItemOf<F>(PhantomData<F>);

impl<F: NodeResult<Value: Flat>> NodeResult for ItemOf<F> {
    type Value = <F::Value as Flat>::Item;
    const TYPE: &'static ValueType = ValueType::serde::<<F::Value as Flat>::Item>();
}

impl ValueType {
    /// What the function behind `F` gives, as the list of its values' encoded forms.
    pub(crate) const fn flat<F: NodeResult<Value: Flat>>() -> &'static Self {
        const {
            &Self {
                type_id: std::any::TypeId::of::<F::Value>,
                type_name: std::any::type_name::<F::Value>,
                codec: "postcard",
                schema: flat_schema::<F>,
                bytes: Some(codec::Coding {
                    encode: encode_flat::<F>,
                    // Its parts are read, one by one.
                    decode: |_, _| {
                        Err(CodecError::decode::<F::Value>("values that were taken apart are not read whole"))
                    },
                }),
            }
        }
    }
}

fn flat_schema<F: NodeResult<Value: Flat>>() -> Schema {
    Schema::of_collection(&Schema::named("mamo::Flat"), &fingerprint::schema_of::<<F::Value as Flat>::Item>())
}

fn encode_flat<F: NodeResult<Value: Flat>>(value: &(dyn Any + Send + Sync), sink: &mut Sink) -> Result<(), CodecError> {
    let value = expect_type::<F::Value>(value)?;
    let (parts, collected) = collecting_blobs(|| value.parts());
    sink.blobs.extend(collected.blobs);
    encode_into(&parts?, sink)
}
