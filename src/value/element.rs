//! An element of a list or dict: in memory, encoded, or both, and read when asked.

use crate::fingerprint::BlobDigest;
use crate::value::codec::{Blob, Bytes, CodecError, Encoded, NamedBlob, decode_value, encode_value};
use crate::value::keeper::keeping_nothing;
use crate::value::part::{Loader, NotRead, Opened, Part, collect_blobs, fetch, noting_artifacts};
use crate::value::{Artifact, Interrupt, Link, Made, Owner, Shape, ValueType};
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// One element of a collection: in memory, encoded, or both.
#[doc(hidden)]
pub struct Element<T> {
    value: OnceLock<Arc<T>>,
    part: OnceLock<Part>,
    /// Reads the part; nothing for a value that a node function has put into the collection.
    reader: Option<Arc<ElementReader<T>>>,
}

/// How elements that are not in memory are read; shared by the elements of a collection.
#[doc(hidden)]
pub struct ElementReader<T> {
    loader: Arc<dyn Loader>,
    decode: Decode<T>,
}

/// By serde, or by the codec of the node that made the element.
type Decode<T> = Box<dyn Fn(&Bytes, &Arc<dyn Loader>) -> Result<Arc<T>, CodecError> + Send + Sync>;

impl<T: Send + Sync + 'static> ElementReader<T> {
    /// For elements that a mapped node function made.
    pub(crate) fn typed(loader: &Arc<dyn Loader>, item: &'static ValueType) -> Arc<Self> {
        let decode = |bytes: &Bytes, loader: &Arc<dyn Loader>| item.decode(bytes, loader)?.typed::<T>();
        Arc::new(Self { loader: Arc::clone(loader), decode: Box::new(decode) })
    }

    /// Elements as the engine has them: with their parts, perhaps with their values.
    pub(crate) fn elements(self: &Arc<Self>, made: Vec<Made>) -> Result<Vec<Element<T>>, CodecError> {
        let element = |made: Made| {
            let value = made.value.map(|value| value.typed::<T>()).transpose()?;
            Ok(Element { value: value.map_or_else(OnceLock::new, OnceLock::from), ..self.element(made.part) })
        };
        made.into_iter().map(element).collect()
    }
}

impl<T: DeserializeOwned> ElementReader<T> {
    /// For elements that serde wrote.
    pub(crate) fn serde(loader: Arc<dyn Loader>) -> Arc<Self> {
        Arc::new(Self { loader, decode: Box::new(|bytes, loader| decode_value(bytes, loader).map(Arc::new)) })
    }
}

impl<T> ElementReader<T> {
    /// An element that is read when it is asked for.
    pub(crate) fn element(self: &Arc<Self>, part: Part) -> Element<T> {
        Element { value: OnceLock::new(), part: part.into(), reader: Some(Arc::clone(self)) }
    }

    /// Decodes what holds the elements' parts.
    pub(crate) fn decode_parts<P: DeserializeOwned>(&self, bytes: &Bytes) -> Result<P, CodecError> {
        decode_value(bytes, &self.loader)
    }

    fn decode(&self, bytes: &Bytes) -> Result<Arc<T>, CodecError> {
        (self.decode)(bytes, &self.loader)
    }
}

impl<T> Element<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self { value: value.into(), part: OnceLock::new(), reader: None }
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

    /// The same element once more.
    pub(crate) fn shared(&self) -> Self {
        let part = self.part.get().map_or_else(OnceLock::new, |part| part.clone().into());
        Self { value: self.value.clone(), part, reader: self.reader.clone() }
    }

    /// The value as its own, read if somebody else holds it.
    pub(crate) fn into_value(mut self) -> Result<T, CodecError> {
        let held = self.value.take().map(Arc::try_unwrap);
        match held {
            Some(Ok(value)) => Ok(value),
            // What has just been read is held by nobody else.
            Some(Err(_)) | None => {
                Arc::into_inner(self.read()?).ok_or_else(|| CodecError::decode::<T>("what was read is held elsewhere"))
            }
        }
    }

    fn read(&self) -> Result<Arc<T>, CodecError> {
        let (Some(part), Some(reader)) = (self.part.get(), &self.reader) else {
            return Err(CodecError::decode::<T>("the element is neither in memory nor saved"));
        };
        match part {
            Part::Inline(bytes) => reader.decode(&Bytes::from(bytes.as_slice())),
            Part::Blob { .. } => match fetch(&*reader.loader, &part.digest(), part.len()) {
                Ok(bytes) => reader.decode(&bytes),
                Err(interrupt) => interrupt.raise(),
            },
        }
    }

    /// The encoded form of an element that has been encoded.
    pub(crate) fn part(&self) -> Result<&Part, CodecError> {
        self.part.get().ok_or_else(|| CodecError::encode::<T>("the element has not been encoded"))
    }
}

impl<T: Serialize> Element<T> {
    /// The element's encoded form; blobs of an element that had none yet go to the value that is being encoded.
    pub(crate) fn to_part(&self) -> Result<Part, CodecError> {
        if let Some(part) = self.part.get() {
            return Ok(part.clone());
        }
        part_of(&*self.get())
    }
}

/// Encodes an element on its own; its blobs go to the value that is being encoded.
pub(crate) fn part_of<T: Serialize>(item: &T) -> Result<Part, CodecError> {
    let mut blobs = Vec::new();
    let part = encode_value(item)?.into_part(&mut blobs);
    collect_blobs(blobs).map_err(|error| CodecError::encode::<T>(error.to_string()))?;
    Ok(part)
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Element<T> {
    /// An element with the encoded form of a value that somebody else holds.
    pub(crate) fn encoded(value: &T) -> Result<Self, CodecError> {
        let (bytes, loader) = copied(value, None)?;
        Ok(Self::new(Arc::new(decode_value(&bytes, &loader)?)))
    }
}

/// A value's encoded form, and what reads it back without a store.
fn copied<T: Serialize>(value: &T, below: Option<Arc<dyn Loader>>) -> Result<(Bytes, Arc<dyn Loader>), CodecError> {
    let (encoded, artifacts) = noting_artifacts(|| keeping_nothing(|| encode_value(value)));
    let Encoded { bytes, blobs, .. } = encoded?;
    let read = |blob: Blob| blob.into_bytes().map_err(|error| CodecError::encode::<T>(error.to_string()));
    let blobs = blobs.into_iter().map(|NamedBlob { digest, blob, .. }| Ok((digest, read(blob)?)));
    let artifacts = artifacts.into_iter().map(|artifact| (artifact.digest(), artifact)).collect();
    let loader = InMemory { blobs: blobs.collect::<Result<_, CodecError>>()?, artifacts, below };
    Ok((read(bytes)?, Arc::new(loader)))
}

impl<T: Serialize + DeserializeOwned + 'static> Element<T> {
    /// A value of its own, decoded anew: `T` need not be `Clone`.
    pub(crate) fn owned(&self) -> Result<T, CodecError> {
        let (bytes, loader) = match (self.part.get(), &self.reader) {
            (Some(Part::Inline(bytes)), Some(reader)) => (Bytes::from(bytes.as_slice()), Arc::clone(&reader.loader)),
            (Some(part), Some(reader)) if self.value.get().is_none() => {
                match fetch(&*reader.loader, &part.digest(), part.len()) {
                    Ok(bytes) => (bytes, Arc::clone(&reader.loader)),
                    Err(interrupt) => interrupt.raise(),
                }
            }
            _ => copied(&*self.get(), self.reader.as_ref().map(|reader| Arc::clone(&reader.loader)))?,
        };
        decode_value(&bytes, &loader)
    }
}

/// Blobs of a value that was encoded just to be decoded again; parts that were read from elsewhere are still there.
struct InMemory {
    blobs: BTreeMap<BlobDigest, Bytes>,
    /// Those in the value, which know best where they lie.
    artifacts: BTreeMap<BlobDigest, Artifact>,
    below: Option<Arc<dyn Loader>>,
}

impl Loader for InMemory {
    fn load(&self, digest: &BlobDigest) -> Result<Vec<u8>, Interrupt> {
        self.map(digest).map(Bytes::into_vec)
    }

    fn map(&self, digest: &BlobDigest) -> Result<Bytes, Interrupt> {
        match (self.blobs.get(digest), &self.below) {
            (Some(bytes), _) => Ok(bytes.clone()),
            (None, Some(below)) => below.map(digest),
            (None, None) => std::panic::panic_any("a part of an element is neither in memory nor saved".to_owned()),
        }
    }

    fn saved(&self, digest: &BlobDigest) -> Option<Vec<u8>> {
        self.below.as_ref()?.saved(digest)
    }

    fn source(&self, digest: &BlobDigest) -> Option<Artifact> {
        self.artifacts.get(digest).cloned().or_else(|| self.below.as_ref()?.source(digest))
    }

    fn open(&self, digest: &BlobDigest) -> Result<Opened, NotRead> {
        match &self.below {
            Some(below) => below.open(digest),
            None => Ok(Opened::Bytes(self.load(digest)?)),
        }
    }

    fn place(&self, digest: &BlobDigest, shape: Shape) -> Result<(Arc<Path>, Owner), NotRead> {
        match &self.below {
            Some(below) => below.place(digest, shape),
            None => Err(NotRead::Failed(io::Error::other("the artifact is not saved"))),
        }
    }

    fn put(&self, digest: &BlobDigest, shape: Shape, to: &Path, link: Link) -> Result<(), NotRead> {
        match &self.below {
            Some(below) => below.put(digest, shape, to, link),
            None => Err(NotRead::Failed(io::Error::other("the artifact is not saved"))),
        }
    }
}

/// Serializes what an `Arc` holds.
pub(crate) struct Shared<T>(pub(crate) Arc<T>);

impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (*self.0).serialize(serializer)
    }
}
