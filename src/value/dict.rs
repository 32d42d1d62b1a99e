//! Keyed collections whose values are kept one by one and read when asked.

use crate::value::DictKey;
use crate::value::codec::{Bytes, CodecError, Sink, encode_into};
use crate::value::element::{Element, ElementReader, Shared};
use crate::value::part::{Part, current_loader, is_collecting_blobs};
use serde::de::DeserializeOwned;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A collection with keys, in the order of its keys, whose values are kept one by one and read when asked.
///
/// Collecting pairs with equal keys keeps the last one, as a map does.
pub struct Dict<K, T> {
    entries: Vec<(K, Element<T>)>,
}

impl<K, T> Dict<K, T> {
    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries in the order of their keys, each value read when its turn comes.
    ///
    /// # Panics
    /// As [`Dict::get`].
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&K, Arc<T>)> + DoubleEndedIterator + '_ {
        self.entries.iter().map(|(key, element)| (key, element.get()))
    }

    /// The keys in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &K> + DoubleEndedIterator + '_ {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The values in the order of their keys, each read when its turn comes.
    ///
    /// # Panics
    /// As [`Dict::get`].
    pub fn values(&self) -> impl ExactSizeIterator<Item = Arc<T>> + DoubleEndedIterator + '_ {
        self.entries.iter().map(|(_, element)| element.get())
    }

    pub(crate) fn from_entries(entries: Vec<(K, Element<T>)>) -> Self {
        Self { entries }
    }

    fn from_parts(parts: Vec<(K, Part)>, reader: &Arc<ElementReader<T>>) -> Self {
        Self::from_entries(parts.into_iter().map(|(key, part)| (key, reader.element(part))).collect())
    }

    pub(crate) fn entries(&self) -> &[(K, Element<T>)] {
        &self.entries
    }
}

impl<K: DictKey, T> Dict<K, T> {
    /// Writes a dict whose values have all been encoded: as serde writes one.
    pub(crate) fn encode_parts(&self, sink: &mut Sink) -> Result<(), CodecError> {
        let parts = self.entries.iter().map(|(key, element)| Ok((key, element.part()?)));
        let parts = parts.collect::<Result<Vec<_>, CodecError>>()?;
        encode_into(&parts, sink)
    }

    /// A dict from the bytes that [`Dict::encode_parts`] wrote.
    pub(crate) fn decode_parts(bytes: &Bytes, reader: &Arc<ElementReader<T>>) -> Result<Self, CodecError> {
        Ok(Self::from_parts(reader.decode_parts(bytes)?, reader))
    }
}

impl<K: Ord, T> Dict<K, T> {
    /// The value of `key`, read if need be.
    ///
    /// # Panics
    /// Outside a run, when the value's bytes are no longer in the store. Inside one, the node that made the value is
    /// executed again instead.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<Arc<T>>
    where
        K: std::borrow::Borrow<Q>,
    {
        let index = self.entries.binary_search_by(|(k, _)| k.borrow().cmp(key)).ok()?;
        self.entries.get(index).map(|(_, element)| element.get())
    }
}

/// Keys that occurred more than once among the entries of a [`Dict`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateKeys(Vec<String>);

impl fmt::Display for DuplicateKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        let shown = self.0.iter().take(SHOWN).map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        write!(f, "a key of a `Dict` occurs more than once: {shown}")?;
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl std::error::Error for DuplicateKeys {}

impl<K: DictKey, T> Dict<K, T> {
    /// A dict of these entries, whatever their order.
    ///
    /// # Errors
    /// When a key occurs more than once: an element would be lost.
    pub fn from_unique(entries: impl IntoIterator<Item = (K, T)>) -> Result<Self, DuplicateKeys> {
        let mut sorted = BTreeMap::new();
        let mut duplicates = BTreeSet::new();
        for (key, value) in entries {
            match sorted.entry(key) {
                Entry::Vacant(place) => {
                    place.insert(value);
                }
                Entry::Occupied(place) => {
                    duplicates.insert(format!("{:?}", place.key()).trim_matches('"').to_owned());
                }
            }
        }
        if duplicates.is_empty() { Ok(sorted.into()) } else { Err(DuplicateKeys(duplicates.into_iter().collect())) }
    }
}

/// As [`Dict::from_unique`].
///
/// # Panics
/// When a key occurs more than once: an element would be lost. A node that panics fails with the keys in its message.
/// The same values: none is read or copied.
impl<K: Clone, T> Clone for Dict<K, T> {
    fn clone(&self) -> Self {
        Self { entries: self.entries.iter().map(|(key, value)| (key.clone(), value.shared())).collect() }
    }
}

impl<K: DictKey, T> FromIterator<(K, T)> for Dict<K, T> {
    fn from_iter<I: IntoIterator<Item = (K, T)>>(entries: I) -> Self {
        match Self::from_unique(entries) {
            Ok(dict) => dict,
            Err(duplicates) => std::panic::panic_any(duplicates.to_string()),
        }
    }
}

impl<K: Ord, T> From<BTreeMap<K, T>> for Dict<K, T> {
    fn from(map: BTreeMap<K, T>) -> Self {
        Self::from_entries(map.into_iter().map(|(key, value)| (key, Element::new(Arc::new(value)))).collect())
    }
}

impl<K: fmt::Debug, T: fmt::Debug> fmt::Debug for Dict<K, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Name under which serde sees a dict, so that its schema differs from a map's.
pub(crate) const NAME: &str = "mamo::Dict";

impl<K: Serialize, T: Serialize> Serialize for Dict<K, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if is_collecting_blobs() {
            serializer.serialize_newtype_struct(NAME, &Parts(self))
        } else {
            serializer.serialize_newtype_struct(NAME, &Plain(self))
        }
    }
}

/// A dict as it is kept: keys with the parts that hold the values.
struct Parts<'a, K, T>(&'a Dict<K, T>);

impl<K: Serialize, T: Serialize> Serialize for Parts<'_, K, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.0.len()))?;
        for (key, element) in &self.0.entries {
            let part = element.to_part().map_err(serde::ser::Error::custom)?;
            seq.serialize_element(&(key, part))?;
        }
        seq.end()
    }
}

/// A dict as everybody else sees it: a map.
struct Plain<'a, K, T>(&'a Dict<K, T>);

impl<K: Serialize, T: Serialize> Serialize for Plain<'_, K, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, Shared(value))))
    }
}

impl<'de, K: DictKey, T: DeserializeOwned + Send + Sync + 'static> Deserialize<'de> for Dict<K, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<K, T>(std::marker::PhantomData<(K, T)>);
        impl<'de, K: DictKey, T: DeserializeOwned + Send + Sync + 'static> serde::de::Visitor<'de> for Visitor<K, T> {
            type Value = Dict<K, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a dict")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Dict<K, T>, D::Error> {
                let Some(loader) = current_loader() else {
                    return BTreeMap::<K, T>::deserialize(inner).map(Dict::from);
                };
                let parts = Vec::<(K, Part)>::deserialize(inner)?;
                Ok(Dict::from_parts(parts, &ElementReader::serde(loader)))
            }
        }
        deserializer.deserialize_newtype_struct(NAME, Visitor(std::marker::PhantomData))
    }
}
