//! What `f::map` can go over.

use crate::fingerprint::{self, Schema};
use crate::value::codec::{Bytes, CodecError, Sink, ValueType, encode_into, expect_type};
use crate::value::element::{Element, ElementReader, part_of};
use crate::value::part::Part;
use crate::value::{Dict, List, Value};
use crate::value::{dict, list};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A key of a [`Dict`]: ordered, printable and known to serde.
pub trait DictKey: Ord + Clone + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static {}

impl<K: Ord + Clone + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static> DictKey for K {}

/// A type with elements, over which a node function can be mapped.
///
/// Implemented for `Vec<T>`, [`List<T>`], `BTreeMap<K, T>`, [`Dict<K, T>`] and `Option<T>`; its methods are the engine's.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no elements to map over",
    label = "this node gives `{Self}`",
    note = "`f::map` goes over Vec<T>, List<T>, BTreeMap<K, T>, Dict<K, T> and Option<T>; for a single value use `f::node`"
)]
pub trait Collection: Send + Sync + 'static {
    /// What names an element: its index or its key.
    type Key: DictKey;
    /// An element.
    type Item: Send + Sync + 'static;
    /// The collection that a map over this one gives.
    type Of<R: Send + Sync + 'static>: Send + Sync + 'static;
    /// What finds elements by their numbers, made once for all of them.
    #[doc(hidden)]
    type Index: Send + Sync + 'static;

    #[doc(hidden)]
    fn size(&self) -> usize;
    #[doc(hidden)]
    fn index(&self) -> Self::Index;
    #[doc(hidden)]
    fn key(&self, index: &Self::Index, number: usize) -> Option<Self::Key>;
    #[doc(hidden)]
    fn part(&self, index: &Self::Index, number: usize) -> Result<Option<Part>, CodecError>;
    #[doc(hidden)]
    fn item(&self, index: &Self::Index, number: usize) -> Option<Lent<'_>>;
    /// The element as part of another collection; its value is not read where it need not be.
    #[doc(hidden)]
    fn element(&self, index: &Self::Index, number: usize) -> Result<Option<Element<Self::Item>>, CodecError>;
    #[doc(hidden)]
    fn item_schema() -> Schema;
    /// How an element is kept by itself.
    #[doc(hidden)]
    fn item_type() -> &'static ValueType;
    #[doc(hidden)]
    fn result_schema() -> Schema;
    #[doc(hidden)]
    fn assemble<R: Send + Sync + 'static>(&self, elements: Vec<Element<R>>) -> Result<Self::Of<R>, CodecError>;
    /// As `assemble`, of what is there.
    #[doc(hidden)]
    fn retain<R: Send + Sync + 'static>(&self, elements: Vec<Option<Element<R>>>) -> Result<Self::Of<R>, CodecError>;
    #[doc(hidden)]
    fn encode<R: Send + Sync + 'static>(
        result: &Self::Of<R>,
        item: &ValueType,
        sink: &mut Sink,
    ) -> Result<(), CodecError>;
    #[doc(hidden)]
    fn decode<R: Send + Sync + 'static>(
        bytes: &Bytes,
        reader: &Arc<ElementReader<R>>,
    ) -> Result<Self::Of<R>, CodecError>;
}

/// An element on its way into a node function.
#[doc(hidden)]
pub enum Lent<'a> {
    Borrowed(&'a (dyn Any + Send + Sync)),
    Owned(Value),
}

impl Lent<'_> {
    pub(crate) fn as_any(&self) -> &(dyn Any + Send + Sync) {
        match self {
            Self::Borrowed(value) => *value,
            Self::Owned(value) => value.as_any(),
        }
    }
}

/// An element that is a key for another collection.
pub(crate) fn typed_key<'a, K: 'static>(item: &'a Lent<'_>) -> Result<&'a K, CodecError> {
    expect_type::<K>(item.as_any())
}

/// What collections of `T` without keys have in common: a map over one gives a list.
macro_rules! gives_list {
    () => {
        type Key = usize;
        type Item = T;
        type Of<R: Send + Sync + 'static> = List<R>;
        type Index = ();

        fn size(&self) -> usize {
            self.len()
        }

        fn index(&self) {}

        fn key(&self, (): &(), number: usize) -> Option<usize> {
            Some(number)
        }

        fn item_schema() -> Schema {
            fingerprint::schema_of::<T>()
        }

        fn item_type() -> &'static ValueType {
            ValueType::serde::<T>()
        }

        fn result_schema() -> Schema {
            Schema::named(list::NAME)
        }

        fn assemble<R: Send + Sync + 'static>(&self, elements: Vec<Element<R>>) -> Result<List<R>, CodecError> {
            Ok(List::from_elements(elements))
        }

        fn retain<R: Send + Sync + 'static>(&self, elements: Vec<Option<Element<R>>>) -> Result<List<R>, CodecError> {
            Ok(List::from_elements(elements.into_iter().flatten().collect()))
        }

        fn encode<R: Send + Sync + 'static>(
            result: &List<R>,
            _: &ValueType,
            sink: &mut Sink,
        ) -> Result<(), CodecError> {
            result.encode_parts(sink)
        }

        fn decode<R: Send + Sync + 'static>(
            bytes: &Bytes,
            reader: &Arc<ElementReader<R>>,
        ) -> Result<List<R>, CodecError> {
            List::decode_parts(bytes, reader)
        }
    };
}

/// What collections of `T` with keys `K` have in common: a map over one gives a dict.
macro_rules! gives_dict {
    () => {
        type Key = K;
        type Item = T;
        type Of<R: Send + Sync + 'static> = Dict<K, R>;

        fn size(&self) -> usize {
            self.len()
        }

        fn item_schema() -> Schema {
            fingerprint::schema_of::<T>()
        }

        fn item_type() -> &'static ValueType {
            ValueType::serde::<T>()
        }

        fn result_schema() -> Schema {
            Schema::of_collection(&Schema::named(dict::NAME), &fingerprint::schema_of::<K>())
        }

        fn assemble<R: Send + Sync + 'static>(&self, elements: Vec<Element<R>>) -> Result<Dict<K, R>, CodecError> {
            Ok(Dict::from_entries(self.keys().cloned().zip(elements).collect()))
        }

        fn retain<R: Send + Sync + 'static>(
            &self,
            elements: Vec<Option<Element<R>>>,
        ) -> Result<Dict<K, R>, CodecError> {
            let entries = self.keys().cloned().zip(elements).filter_map(|(key, element)| Some((key, element?)));
            Ok(Dict::from_entries(entries.collect()))
        }

        fn encode<R: Send + Sync + 'static>(
            result: &Dict<K, R>,
            _: &ValueType,
            sink: &mut Sink,
        ) -> Result<(), CodecError> {
            result.encode_parts(sink)
        }

        fn decode<R: Send + Sync + 'static>(
            bytes: &Bytes,
            reader: &Arc<ElementReader<R>>,
        ) -> Result<Dict<K, R>, CodecError> {
            Dict::decode_parts(bytes, reader)
        }
    };
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Collection for Vec<T> {
    gives_list!();

    fn part(&self, (): &(), number: usize) -> Result<Option<Part>, CodecError> {
        self.get(number).map(part_of).transpose()
    }

    fn item(&self, (): &(), number: usize) -> Option<Lent<'_>> {
        self.get(number).map(|item| Lent::Borrowed(item))
    }

    fn element(&self, (): &(), number: usize) -> Result<Option<Element<T>>, CodecError> {
        self.get(number).map(Element::encoded).transpose()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Collection for List<T> {
    gives_list!();

    fn part(&self, (): &(), number: usize) -> Result<Option<Part>, CodecError> {
        self.elements().get(number).map(Element::to_part).transpose()
    }

    fn item(&self, (): &(), number: usize) -> Option<Lent<'_>> {
        self.get(number).map(|item| Lent::Owned(Value::from_arc(item)))
    }

    fn element(&self, (): &(), number: usize) -> Result<Option<Element<T>>, CodecError> {
        Ok(self.elements().get(number).map(Element::shared))
    }
}

#[diagnostic::do_not_recommend]
impl<K: DictKey, T: Serialize + DeserializeOwned + Send + Sync + 'static> Collection for Dict<K, T> {
    type Index = ();

    gives_dict!();

    fn index(&self) {}

    fn key(&self, (): &(), number: usize) -> Option<K> {
        self.entries().get(number).map(|(key, _)| key.clone())
    }

    fn part(&self, (): &(), number: usize) -> Result<Option<Part>, CodecError> {
        self.entries().get(number).map(|(_, element)| element.to_part()).transpose()
    }

    fn item(&self, (): &(), number: usize) -> Option<Lent<'_>> {
        self.entries().get(number).map(|(_, element)| Lent::Owned(Value::from_arc(element.get())))
    }

    fn element(&self, (): &(), number: usize) -> Result<Option<Element<T>>, CodecError> {
        Ok(self.entries().get(number).map(|(_, element)| element.shared()))
    }
}

#[diagnostic::do_not_recommend]
impl<K: DictKey, T: Serialize + DeserializeOwned + Send + Sync + 'static> Collection for BTreeMap<K, T> {
    // Counting to an element would make a map over many of them quadratic.
    type Index = Vec<K>;

    gives_dict!();

    fn index(&self) -> Vec<K> {
        self.keys().cloned().collect()
    }

    fn key(&self, keys: &Vec<K>, number: usize) -> Option<K> {
        keys.get(number).cloned()
    }

    fn part(&self, keys: &Vec<K>, number: usize) -> Result<Option<Part>, CodecError> {
        keys.get(number).and_then(|key| self.get(key)).map(part_of).transpose()
    }

    fn item(&self, keys: &Vec<K>, number: usize) -> Option<Lent<'_>> {
        keys.get(number).and_then(|key| self.get(key)).map(|item| Lent::Borrowed(item))
    }

    fn element(&self, keys: &Vec<K>, number: usize) -> Result<Option<Element<T>>, CodecError> {
        keys.get(number).and_then(|key| self.get(key)).map(Element::encoded).transpose()
    }
}

/// The condition that is known only at run time: what is below is computed when there is something.
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Collection for Option<T> {
    type Key = usize;
    type Item = T;
    type Of<R: Send + Sync + 'static> = Option<R>;
    type Index = ();

    fn size(&self) -> usize {
        usize::from(self.is_some())
    }

    fn index(&self) {}

    fn key(&self, (): &(), number: usize) -> Option<usize> {
        Some(number)
    }

    fn part(&self, (): &(), _: usize) -> Result<Option<Part>, CodecError> {
        self.as_ref().map(part_of).transpose()
    }

    fn item(&self, (): &(), _: usize) -> Option<Lent<'_>> {
        self.as_ref().map(|item| Lent::Borrowed(item))
    }

    fn element(&self, (): &(), _: usize) -> Result<Option<Element<T>>, CodecError> {
        self.as_ref().map(Element::encoded).transpose()
    }

    fn item_schema() -> Schema {
        fingerprint::schema_of::<T>()
    }

    fn item_type() -> &'static ValueType {
        ValueType::serde::<T>()
    }

    fn result_schema() -> Schema {
        Schema::named("Option")
    }

    fn assemble<R: Send + Sync + 'static>(&self, elements: Vec<Element<R>>) -> Result<Option<R>, CodecError> {
        elements.into_iter().next().map(Element::into_value).transpose()
    }

    fn retain<R: Send + Sync + 'static>(&self, elements: Vec<Option<Element<R>>>) -> Result<Option<R>, CodecError> {
        elements.into_iter().flatten().next().map(Element::into_value).transpose()
    }

    fn encode<R: Send + Sync + 'static>(
        result: &Option<R>,
        item: &ValueType,
        sink: &mut Sink,
    ) -> Result<(), CodecError> {
        let part = match result {
            Some(value) => Some(item.encode(value)?.into_part(&mut sink.blobs)),
            None => None,
        };
        encode_into(&part, sink)
    }

    fn decode<R: Send + Sync + 'static>(
        bytes: &Bytes,
        reader: &Arc<ElementReader<R>>,
    ) -> Result<Option<R>, CodecError> {
        let part: Option<Part> = reader.decode_parts(bytes)?;
        part.map(|part| reader.element(part).into_value()).transpose()
    }
}
