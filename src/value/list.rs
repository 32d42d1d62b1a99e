//! Lists whose elements are kept one by one and read when asked.

use crate::value::codec::{Bytes, CodecError, Sink, encode_into};
use crate::value::element::{Element, ElementReader, Shared};
use crate::value::part::{Part, current_loader, is_collecting_blobs};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// An ordered collection whose elements are kept one by one and read when asked.
///
/// Nodes get lists from [`Graph::gather`](crate::Graph::gather) and from `f::map`, and may return them.
pub struct List<T> {
    elements: Vec<Element<T>>,
    slice: OnceLock<Vec<T>>,
}

impl<T> List<T> {
    /// Number of elements.
    pub fn len(&self) -> usize {
        self.elements.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    /// The element at `index`, read if need be; nothing beyond the end.
    ///
    /// # Panics
    /// Outside a run, when the element's bytes are no longer in the store. Inside one, the node that made the element
    /// is executed again instead.
    pub fn get(&self, index: usize) -> Option<Arc<T>> {
        self.elements.get(index).map(Element::get)
    }

    /// The elements in order, each read when its turn comes.
    ///
    /// # Panics
    /// As [`List::get`].
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Arc<T>> + DoubleEndedIterator + '_ {
        self.elements.iter().map(Element::get)
    }

    pub(crate) fn from_elements(elements: Vec<Element<T>>) -> Self {
        Self { elements, slice: OnceLock::new() }
    }

    fn from_parts(parts: Vec<Part>, reader: &Arc<ElementReader<T>>) -> Self {
        Self::from_elements(parts.into_iter().map(|part| reader.element(part)).collect())
    }

    /// Writes a list whose elements have all been encoded: as serde writes one.
    pub(crate) fn encode_parts(&self, sink: &mut Sink) -> Result<(), CodecError> {
        let parts = self.elements.iter().map(Element::part).collect::<Result<Vec<_>, _>>()?;
        encode_into(&parts, sink)
    }

    /// A list from the bytes that [`List::encode_parts`] wrote.
    pub(crate) fn decode_parts(bytes: &Bytes, reader: &Arc<ElementReader<T>>) -> Result<Self, CodecError> {
        Ok(Self::from_parts(reader.decode_parts(bytes)?, reader))
    }

    pub(crate) fn elements(&self) -> &[Element<T>] {
        &self.elements
    }
}

impl<T: Serialize + DeserializeOwned + 'static> List<T> {
    /// All elements side by side, as a slice. This reads the whole list and keeps it in memory.
    pub(crate) fn as_slice(&self) -> Result<&[T], CodecError> {
        if let Some(slice) = self.slice.get() {
            return Ok(slice);
        }
        let slice = self.elements.iter().map(Element::owned).collect::<Result<Vec<T>, _>>()?;
        Ok(self.slice.get_or_init(|| slice))
    }
}

/// The same elements: none is read or copied.
impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        Self::from_elements(self.elements.iter().map(Element::shared).collect())
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self::from_elements(values.into_iter().map(|value| Element::new(Arc::new(value))).collect())
    }
}

impl<T> From<Vec<T>> for List<T> {
    fn from(values: Vec<T>) -> Self {
        values.into_iter().collect()
    }
}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Name under which serde sees a list, so that its schema differs from a vector's.
pub(crate) const NAME: &str = "mamo::List";

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !is_collecting_blobs() {
            return serializer.serialize_newtype_struct(NAME, &Plain(self));
        }
        let parts = self.elements.iter().map(Element::to_part).collect::<Result<Vec<_>, _>>();
        serializer.serialize_newtype_struct(NAME, &parts.map_err(serde::ser::Error::custom)?)
    }
}

/// A list as everybody else sees it: its elements.
struct Plain<'a, T>(&'a List<T>);

impl<T: Serialize> Serialize for Plain<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Shared))
    }
}

impl<'de, T: DeserializeOwned + Send + Sync + 'static> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: DeserializeOwned + Send + Sync + 'static> serde::de::Visitor<'de> for Visitor<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<List<T>, D::Error> {
                let Some(loader) = current_loader() else {
                    return Vec::<T>::deserialize(inner).map(List::from);
                };
                Vec::<Part>::deserialize(inner).map(|parts| List::from_parts(parts, &ElementReader::serde(loader)))
            }
        }
        deserializer.deserialize_newtype_struct(NAME, Visitor(std::marker::PhantomData))
    }
}
