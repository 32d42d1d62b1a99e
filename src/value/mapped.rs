//! Collections as the engine maps over them, whatever their types.

use crate::fingerprint::Schema;
use crate::value::codec::{Bytes, CodecError, NodeResult, ValueType, decode_value, encode_bytes, expect_type};
use crate::value::element::ElementReader;
use crate::value::part::{Loader, Part, fetch};
use crate::value::{Collection, Flat, ItemOf, Lent, List, Value};
use std::any::Any;
use std::sync::Arc;

/// How to map over a type of collections: the methods of [`Collection`], erased.
#[derive(Debug)]
pub struct CollectionType {
    size: fn(&Erased) -> usize,
    index: fn(&Erased) -> Result<Value, CodecError>,
    key: fn(&Erased, &Erased, usize) -> Result<ElementKey, CodecError>,
    pub(crate) decode_key: fn(&[u8], &Arc<dyn Loader>) -> Result<Value, CodecError>,
    part: fn(&Erased, &Erased, usize) -> Result<Part, CodecError>,
    item: for<'a> fn(&'a Erased, &Erased, usize) -> Option<Lent<'a>>,
    pub(crate) item_schema: fn() -> Schema,
    pub(crate) item_type: fn() -> &'static ValueType,
    assemble: fn(&Erased, Vec<Made>, &Arc<dyn Loader>) -> Result<Value, CodecError>,
}

type Erased = dyn Any + Send + Sync;

/// A collection that is mapped over.
pub(crate) struct Mapped {
    collection: Value,
    index: Value,
    of: &'static CollectionType,
}

impl Mapped {
    pub(crate) fn new(collection: Value, of: &'static CollectionType) -> Result<Self, CodecError> {
        let index = (of.index)(collection.as_any())?;
        Ok(Self { collection, index, of })
    }

    /// The collection itself.
    pub(crate) fn collection(&self) -> &Value {
        &self.collection
    }

    pub(crate) fn size(&self) -> usize {
        (self.of.size)(self.collection.as_any())
    }

    /// An element's key as a value, its bytes, and how the element is called in names such as `fit[JFK]`.
    pub(crate) fn key(&self, number: usize) -> Result<ElementKey, CodecError> {
        (self.of.key)(self.collection.as_any(), self.index.as_any(), number)
    }

    /// An element's encoded form, by which its value digest is made.
    pub(crate) fn part(&self, number: usize) -> Result<Part, CodecError> {
        (self.of.part)(self.collection.as_any(), self.index.as_any(), number)
    }

    pub(crate) fn item(&self, number: usize) -> Option<Lent<'_>> {
        (self.of.item)(self.collection.as_any(), self.index.as_any(), number)
    }

    /// Makes the result: its own keys, these elements.
    pub(crate) fn assemble(&self, made: Vec<Made>, loader: &Arc<dyn Loader>) -> Result<Value, CodecError> {
        (self.of.assemble)(self.collection.as_any(), made, loader)
    }
}

/// What is to be known of one element's key.
pub(crate) struct ElementKey {
    pub(crate) value: Value,
    pub(crate) bytes: Vec<u8>,
    pub(crate) label: String,
}

/// An element of a result: encoded, perhaps still in memory.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) value: Option<Value>,
    pub(crate) part: Part,
}

impl CollectionType {
    /// Mapping the function behind `R` over a `C`.
    pub(crate) const fn of<C: Collection, R: NodeResult>() -> &'static Self {
        const { &Self::with::<C>(assemble::<C, R>) }
    }

    /// Mapping the function behind `R` over a `C`, and keeping what it gives where it gives something.
    pub(crate) const fn filtered<C: Collection, R: NodeResult<Value: Flat>>() -> &'static Self {
        const { &Self::with::<C>(assemble_filtered::<C, R>) }
    }

    /// Mapping the function behind `R` over a `C`, and putting all that it gives into one list.
    pub(crate) const fn flattened<C: Collection, R: NodeResult<Value: Flat>>() -> &'static Self {
        const { &Self::with::<C>(|_, made, loader| assemble_flattened::<R>(&made, loader)) }
    }

    const fn with<C: Collection>(
        assemble: fn(&Erased, Vec<Made>, &Arc<dyn Loader>) -> Result<Value, CodecError>,
    ) -> Self {
        Self {
            size: |any| expect_type::<C>(any).map_or(0, C::size),
            index: |any| Ok(Value::new(expect_type::<C>(any)?.index())),
            key: element_key::<C>,
            decode_key: |bytes, loader| Ok(Value::new(decode_value::<C::Key>(&Bytes::from(bytes), loader)?)),
            part: element_part::<C>,
            item: |any, index, number| any.downcast_ref::<C>()?.item(index.downcast_ref()?, number),
            item_schema: C::item_schema,
            item_type: C::item_type,
            assemble,
        }
    }
}

fn missing<C>(number: usize) -> CodecError {
    CodecError::decode::<C>(format!("there is no element {number}"))
}

fn element_key<C: Collection>(any: &Erased, index: &Erased, number: usize) -> Result<ElementKey, CodecError> {
    let key = expect_type::<C>(any)?.key(expect_type(index)?, number).ok_or_else(|| missing::<C>(number))?;
    let debug = format!("{key:?}");
    let label = debug.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&debug).to_owned();
    let bytes = encode_bytes(&key)?;
    Ok(ElementKey { value: Value::new(key), bytes, label })
}

fn element_part<C: Collection>(any: &Erased, index: &Erased, number: usize) -> Result<Part, CodecError> {
    expect_type::<C>(any)?.part(expect_type(index)?, number)?.ok_or_else(|| missing::<C>(number))
}

fn assemble<C: Collection, R: NodeResult>(
    any: &Erased,
    made: Vec<Made>,
    loader: &Arc<dyn Loader>,
) -> Result<Value, CodecError> {
    let elements = ElementReader::<R::Value>::typed(loader, R::TYPE).elements(made)?;
    Ok(Value::new(expect_type::<C>(any)?.assemble(elements)?))
}

fn assemble_filtered<C: Collection, R: NodeResult<Value: Flat>>(
    any: &Erased,
    made: Vec<Made>,
    loader: &Arc<dyn Loader>,
) -> Result<Value, CodecError> {
    let reader = reader_of::<R>(loader);
    let element = |made: &Made| Ok(parts_of(made, loader)?.into_iter().next().map(|part| reader.element(part)));
    let elements = made.iter().map(element).collect::<Result<Vec<_>, CodecError>>()?;
    Ok(Value::new(expect_type::<C>(any)?.retain(elements)?))
}

fn assemble_flattened<R: NodeResult<Value: Flat>>(
    made: &[Made],
    loader: &Arc<dyn Loader>,
) -> Result<Value, CodecError> {
    let reader = reader_of::<R>(loader);
    let mut elements = Vec::with_capacity(made.len());
    for made in made {
        elements.extend(parts_of(made, loader)?.into_iter().map(|part| reader.element(part)));
    }
    Ok(Value::new(List::from_elements(elements)))
}

fn reader_of<R: NodeResult<Value: Flat>>(
    loader: &Arc<dyn Loader>,
) -> Arc<ElementReader<<ItemOf<R> as NodeResult>::Value>> {
    ElementReader::typed(loader, ItemOf::<R>::TYPE)
}

/// The encoded forms of the values that an element gave.
fn parts_of(made: &Made, loader: &Arc<dyn Loader>) -> Result<Vec<Part>, CodecError> {
    match &made.part {
        Part::Inline(bytes) => decode_value(&Bytes::from(bytes.as_slice()), loader),
        Part::Blob { .. } => match fetch(&**loader, &made.part.digest(), made.part.len()) {
            Ok(bytes) => decode_value(&bytes, loader),
            Err(interrupt) => interrupt.raise(),
        },
    }
}
