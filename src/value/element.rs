//! An element of a list or dict: in memory, encoded, or both, and read when asked.

use crate::fingerprint::BlobDigest;
use crate::value::codec::{CodecError, decode_value, encode_value};
use crate::value::part::{Loader, Part, collect_blobs, keeping_sources};
use crate::value::{Artifact, Interrupt, ValueType};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// One element of a collection: in memory, encoded, or both.
#[doc(hidden)]
pub struct Element<T> {
    value: OnceLock<Arc<T>>,
    part: OnceLock<Part>,
    source: Option<Arc<Source<T>>>,
}

/// How elements that are not in memory are read; shared by the elements of a collection.
#[doc(hidden)]
pub struct Source<T> {
    pub(crate) loader: Arc<dyn Loader>,
    pub(crate) decode: Decode<T>,
}

/// Reads an element: by serde, or by the codec of the node that made it.
pub(crate) type Decode<T> = Box<dyn Fn(&[u8], &Arc<dyn Loader>) -> Result<Arc<T>, CodecError> + Send + Sync>;

impl<T: Send + Sync + 'static> Source<T> {
    /// Elements that a mapped node function made.
    pub(crate) fn typed(loader: &Arc<dyn Loader>, item: &'static ValueType) -> Arc<Self> {
        let decode = |bytes: &[u8], loader: &Arc<dyn Loader>| item.decode(bytes, loader)?.typed::<T>();
        Arc::new(Self { loader: Arc::clone(loader), decode: Box::new(decode) })
    }
}

impl<T> Source<T> {
    fn decode(&self, bytes: &[u8]) -> Result<Arc<T>, CodecError> {
        (self.decode)(bytes, &self.loader)
    }
}

impl<T> Element<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self { value: value.into(), part: OnceLock::new(), source: None }
    }

    pub(crate) fn stored(value: Option<Arc<T>>, part: Part, source: &Arc<Source<T>>) -> Self {
        let value = value.map_or_else(OnceLock::new, OnceLock::from);
        Self { value, part: part.into(), source: Some(Arc::clone(source)) }
    }

    /// The value, read if need be. Nothing is kept: whoever iterates a long list needs memory for one element.
    pub(crate) fn get(&self) -> Arc<T> {
        if let Some(value) = self.value.get() {
            return Arc::clone(value);
        }
        match self.read() {
            Ok(value) => value,
            // Stored bytes were verified, so this is a type that cannot read what it wrote.
            Err(error) => std::panic::panic_any(error.to_string()),
        }
    }

    fn read(&self) -> Result<Arc<T>, CodecError> {
        let lost =
            |message: &str| CodecError::Decode { type_name: std::any::type_name::<T>(), message: message.to_owned() };
        let (Some(part), Some(source)) = (self.part.get(), &self.source) else {
            return Err(lost("the element is neither in memory nor saved"));
        };
        match part {
            Part::Inline(bytes) => source.decode(bytes),
            Part::Blob { .. } => match source.loader.load(&part.digest()) {
                Ok(bytes) => source.decode(&bytes),
                Err(interrupt) => interrupt.raise(),
            },
        }
    }

    /// The element's encoded form, if it has been encoded.
    pub(crate) fn part(&self) -> Option<&Part> {
        self.part.get()
    }
}

impl<T: Serialize> Element<T> {
    /// The element's encoded form; blobs of an element that had none yet go to the value that is being encoded.
    pub(crate) fn to_part(&self) -> Result<Part, CodecError> {
        if let Some(part) = self.part.get() {
            return Ok(part.clone());
        }
        let mut encoded = encode_value(&*self.get())?;
        let part = Part::new(encoded.bytes, &mut encoded.blobs);
        collect_blobs(encoded.blobs);
        Ok(part)
    }
}

impl<T: Serialize + DeserializeOwned + 'static> Element<T> {
    /// A value of its own, decoded anew: `T` need not be `Clone`.
    pub(crate) fn owned(&self) -> Result<T, CodecError> {
        let (bytes, loader) = match (self.part.get(), &self.source) {
            (Some(Part::Inline(bytes)), Some(source)) => (bytes.clone(), Arc::clone(&source.loader)),
            (Some(part), Some(source)) if self.value.get().is_none() => match source.loader.load(&part.digest()) {
                Ok(bytes) => (bytes, Arc::clone(&source.loader)),
                Err(interrupt) => interrupt.raise(),
            },
            _ => {
                if let Some(artifact) = cloned_artifact(&*self.get()) {
                    return Ok(artifact);
                }
                let encoded = keeping_sources(|| encode_value(&*self.get()))?;
                let below = self.source.as_ref().map(|source| Arc::clone(&source.loader));
                let loader = InMemory { blobs: encoded.blobs.into_iter().collect(), below };
                let loader: Arc<dyn Loader> = Arc::new(loader);
                (encoded.bytes, loader)
            }
        };
        decode_value(&bytes, &loader)
    }
}

/// A source file lies outside the store: decoded anew, its artifact would look for its bytes where they are not.
fn cloned_artifact<T: 'static>(value: &T) -> Option<T> {
    let value: &dyn Any = value;
    let clone: Box<dyn Any> = Box::new(value.downcast_ref::<Artifact>()?.clone());
    clone.downcast().ok().map(|clone| *clone)
}

/// Blobs of a value that was encoded just to be decoded again; parts that were read from elsewhere are still there.
struct InMemory {
    blobs: BTreeMap<BlobDigest, Vec<u8>>,
    below: Option<Arc<dyn Loader>>,
}

impl Loader for InMemory {
    fn load(&self, digest: &BlobDigest) -> Result<Vec<u8>, Interrupt> {
        match (self.blobs.get(digest), &self.below) {
            (Some(bytes), _) => Ok(bytes.clone()),
            (None, Some(below)) => below.load(digest),
            (None, None) => std::panic::panic_any("a part of an element is neither in memory nor saved".to_owned()),
        }
    }

    fn saved(&self, digest: &BlobDigest) -> Option<Vec<u8>> {
        self.below.as_ref()?.saved(digest)
    }

    fn source(&self, digest: &BlobDigest) -> Option<Artifact> {
        self.below.as_ref()?.source(digest)
    }
}

/// Decodes an element of a type that serde knows.
pub(crate) fn decode_arc<T: DeserializeOwned>(bytes: &[u8], loader: &Arc<dyn Loader>) -> Result<Arc<T>, CodecError> {
    decode_value(bytes, loader).map(Arc::new)
}
