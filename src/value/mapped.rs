//! Collections as the engine maps over them, whatever their types.

use crate::fingerprint::Schema;
use crate::value::codec::{CodecError, NodeResult, encode_value, expect_type};
use crate::value::element::ElementReader;
use crate::value::part::{Loader, Part};
use crate::value::{Collection, Lent, Value};
use std::any::Any;
use std::sync::Arc;

/// A mapped collection as the engine sees it: the methods of [`Collection`], erased.
#[derive(Debug)]
pub struct CollectionType {
    pub(crate) size: fn(&(dyn Any + Send + Sync)) -> usize,
    /// The key as a value, its bytes, and how the element is called in names such as `fit[JFK]`.
    pub(crate) key: fn(&(dyn Any + Send + Sync), usize) -> Result<ElementKey, CodecError>,
    /// The element's encoded form, by which its value digest is made.
    pub(crate) part: fn(&(dyn Any + Send + Sync), usize) -> Result<Part, CodecError>,
    pub(crate) item: for<'a> fn(&'a (dyn Any + Send + Sync), usize) -> Option<Lent<'a>>,
    pub(crate) item_schema: fn() -> Schema,
    /// Makes the result: the keys of the first, the elements of the second.
    pub(crate) assemble: fn(&(dyn Any + Send + Sync), Vec<Made>, &Arc<dyn Loader>) -> Result<Value, CodecError>,
}

/// What is to be known of one element's key.
pub(crate) struct ElementKey {
    pub(crate) value: Value,
    pub(crate) bytes: Vec<u8>,
    pub(crate) label: String,
}

/// An element of a result: encoded, perhaps still in memory.
pub(crate) struct Made {
    pub(crate) value: Option<Value>,
    pub(crate) part: Part,
}

impl CollectionType {
    /// Mapping the function behind `R` over a `C`.
    pub const fn of<C: Collection, R: NodeResult>() -> &'static Self {
        const {
            &Self {
                size: |any| expect_type::<C>(any).map_or(0, C::size),
                key: element_key::<C>,
                part: element_part::<C>,
                item: |any, index| any.downcast_ref::<C>().and_then(|collection| collection.item(index)),
                item_schema: C::item_schema,
                assemble: assemble::<C, R>,
            }
        }
    }
}

fn missing<C>(index: usize) -> CodecError {
    CodecError::decode::<C>(format!("there is no element {index}"))
}

fn element_key<C: Collection>(any: &(dyn Any + Send + Sync), index: usize) -> Result<ElementKey, CodecError> {
    let key = expect_type::<C>(any)?.key(index).ok_or_else(|| missing::<C>(index))?;
    let debug = format!("{key:?}");
    let label = debug.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&debug).to_owned();
    let bytes = encode_value(&key)?.bytes;
    Ok(ElementKey { value: Value::new(key), bytes, label })
}

fn element_part<C: Collection>(any: &(dyn Any + Send + Sync), index: usize) -> Result<Part, CodecError> {
    expect_type::<C>(any)?.part(index)?.ok_or_else(|| missing::<C>(index))
}

fn assemble<C: Collection, R: NodeResult>(
    any: &(dyn Any + Send + Sync),
    made: Vec<Made>,
    loader: &Arc<dyn Loader>,
) -> Result<Value, CodecError> {
    let elements = ElementReader::<R::Value>::typed(loader, R::TYPE).elements(made)?;
    Ok(Value::new(expect_type::<C>(any)?.assemble(elements)))
}
