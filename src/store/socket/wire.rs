//! What clients and holder say to each other.
//!
//! A message is a head of [postcard](https://postcard.jamesmunns.com/wire-format) and a body: the bytes of records and blobs,
//! one after the other, whose lengths stand in the head. So no byte of a value is looked at on the way.

use crate::fingerprint::BlobDigest;
use crate::store::{Batch, Key, RecordKind};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The version of all this; processes of other versions wait for each other instead.
pub(super) const PROTOCOL: u32 = 1;

type Digest = [u8; 32];

/// To the holder.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Call {
    /// The first one: who calls.
    Hello {
        protocol: u32,
        /// Different for each client.
        number: u64,
        process: String,
    },
    Get(Vec<WireKey>),
    Put(WireBatch),
    Durable,
    Sync,
    Scan {
        kind: u8,
        after: Option<Digest>,
        limit: u64,
    },
    GetBlob(Digest),
    HasBlobs(Vec<Digest>),
    /// Digests and lengths, and where the files lie.
    Adopt(Vec<(Digest, u64, WirePath)>),
    BlobFiles(Vec<Digest>),
    Blobs {
        after: Option<Digest>,
        limit: u64,
    },
    DiskSize,
}

/// From the holder.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// It speaks the same version.
    Welcome,
    /// It does not, or nobody is let in now.
    NotNow(String),
    /// Of each record, how many bytes of the body are its own.
    Records(Vec<Option<u64>>),
    /// A batch was taken, and how far the writes have come.
    Put {
        ticket: u64,
        durable: u64,
    },
    Durable(u64),
    Page(Vec<(Digest, u64)>),
    /// The body, or nothing.
    Blob(bool),
    Has(Vec<bool>),
    Adopted,
    Files(Vec<Option<WirePath>>),
    Blobs(Vec<(Digest, u64)>),
    DiskSize(Option<u64>),
    /// The last one, to no call: the holder takes nothing more, and everything that it took is durable.
    Closed {
        durable: u64,
    },
    /// What the store said.
    Failed(String),
}

/// A record's kind and digest.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct WireKey(u8, Digest);

/// A path, which need not be text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct WirePath(Vec<u8>);

/// A batch without the bytes in it, which are the body in this order.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireBatch {
    /// Keys with the lengths of what is put, or nothing for what is removed.
    records: Vec<(WireKey, Option<u64>)>,
    blobs: Vec<(Digest, u64)>,
    removed_blobs: Vec<Digest>,
}

/// A head with its body.
#[derive(Debug)]
pub(super) struct Message<T> {
    pub(super) head: T,
    pub(super) body: Vec<u8>,
}

/// Takes a body apart.
#[derive(Clone, Copy)]
pub(super) struct Body<'a>(&'a [u8]);

impl From<&Key> for WireKey {
    fn from(key: &Key) -> Self {
        Self(key.kind.to_byte(), key.digest)
    }
}

impl WireKey {
    /// Nothing for a kind that this build does not know.
    pub(super) fn key(self) -> Option<Key> {
        Some(Key::new(kind(self.0)?, &self.1))
    }
}

impl From<&Path> for WirePath {
    fn from(path: &Path) -> Self {
        Self(path.as_os_str().as_bytes().to_vec())
    }
}

impl From<WirePath> for PathBuf {
    fn from(WirePath(bytes): WirePath) -> Self {
        OsString::from_vec(bytes).into()
    }
}

impl From<&Batch> for Message<Call> {
    fn from(batch: &Batch) -> Self {
        let mut body = Vec::with_capacity(batch.size());
        let records = batch.records().map(|(key, bytes)| {
            body.extend_from_slice(bytes.unwrap_or_default());
            (key.into(), bytes.map(length))
        });
        let records = records.collect();
        let blobs = batch.blobs().iter().map(|(digest, bytes)| {
            body.extend_from_slice(bytes);
            (*digest.as_bytes(), length(bytes))
        });
        let blobs = blobs.collect();
        let removed_blobs = batch.removed_blobs().iter().map(|digest| *digest.as_bytes()).collect();
        Self { head: Call::Put(WireBatch { records, blobs, removed_blobs }), body }
    }
}

impl WireBatch {
    /// The batch, if head and body belong together.
    pub(super) fn batch(&self, body: &[u8]) -> Option<Batch> {
        let mut body = Body(body);
        let mut batch = Batch::default();
        for (key, len) in &self.records {
            let key = key.key()?;
            match len {
                Some(len) => {
                    let bytes = body.take(*len)?;
                    batch.put(key, |out| out.extend_from_slice(bytes));
                }
                None => batch.remove(key),
            }
        }
        for (digest, len) in &self.blobs {
            batch.put_blob(BlobDigest::from_bytes(*digest), body.take(*len)?.to_vec());
        }
        self.removed_blobs.iter().for_each(|digest| batch.remove_blob(BlobDigest::from_bytes(*digest)));
        body.is_empty().then_some(batch)
    }
}

impl<T> From<T> for Message<T> {
    fn from(head: T) -> Self {
        Self { head, body: Vec::new() }
    }
}

impl<T: Serialize> Message<T> {
    /// As it is sent.
    pub(super) fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let head = postcard::to_stdvec(&self.head).map_err(io::Error::other)?;
        let mut bytes = Vec::with_capacity(16 + head.len() + self.body.len());
        bytes.extend_from_slice(&length(&head).to_le_bytes());
        bytes.extend_from_slice(&length(&self.body).to_le_bytes());
        bytes.extend_from_slice(&head);
        bytes.extend_from_slice(&self.body);
        Ok(bytes)
    }

    pub(super) fn send(&self, mut to: impl Write) -> io::Result<()> {
        to.write_all(&self.to_bytes()?)
    }
}

impl<T: DeserializeOwned> Message<T> {
    /// An error when there are no more.
    pub(super) fn receive(mut from: impl Read) -> io::Result<Self> {
        let mut lengths = [[0; 8]; 2];
        for length in &mut lengths {
            from.read_exact(length)?;
        }
        let [head, body] = lengths.map(u64::from_le_bytes);
        let head = read(&mut from, head)?;
        let body = read(&mut from, body)?;
        Ok(Self { head: postcard::from_bytes(&head).map_err(io::Error::other)?, body })
    }
}

impl<'a> Body<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next bytes; nothing when there are not so many.
    pub(super) fn take(&mut self, len: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(len).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// The kind of records that a byte stands for.
pub(super) fn kind(byte: u8) -> Option<RecordKind> {
    RecordKind::ALL.into_iter().find(|kind| kind.to_byte() == byte)
}

pub(super) fn length(bytes: impl AsRef<[u8]>) -> u64 {
    u64::try_from(bytes.as_ref().len()).unwrap_or(u64::MAX)
}

/// Whatever length was announced, no more memory is taken than bytes come.
fn read(from: impl Read, len: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = from.take(len).read_to_end(&mut bytes)?;
    if u64::try_from(read).is_ok_and(|read| read == len) { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        let mut batch = Batch::default();
        batch.put(Key::new(RecordKind::Act, &[1; 32]), |out| out.extend_from_slice(b"one"));
        batch.remove(Key::new(RecordKind::Tag, &[2; 32]));
        batch.put(Key::new(RecordKind::Run, &[3; 32]), |_| {});
        batch.put_blob(BlobDigest::of(b"blob"), b"blob".to_vec());
        batch.remove_blob(BlobDigest::of(b"gone"));
        batch
    }

    #[test]
    fn batches_arrive_as_they_were_sent() {
        let sent = batch();
        let bytes = Message::<Call>::from(&sent).to_bytes().unwrap();
        let received = Message::<Call>::receive(bytes.as_slice()).unwrap();
        let Call::Put(wire) = received.head else { panic!("{:?}", received.head) };
        let batch = wire.batch(&received.body).unwrap();
        assert_eq!(batch.records().collect::<Vec<_>>(), sent.records().collect::<Vec<_>>());
        assert_eq!(batch.blobs(), sent.blobs());
        assert_eq!(batch.removed_blobs(), sent.removed_blobs());
    }

    #[test]
    fn a_body_that_is_too_short_or_too_long_is_no_batch() {
        let message = Message::<Call>::from(&batch());
        let Call::Put(wire) = &message.head else { panic!("{:?}", message.head) };
        for len in 0..message.body.len() {
            assert!(wire.batch(&message.body[..len]).is_none());
        }
        assert!(wire.batch(&[message.body.as_slice(), b"x"].concat()).is_none());
    }

    #[test]
    fn an_interrupted_message_is_an_error() {
        let bytes = Message::<Call>::from(&batch()).to_bytes().unwrap();
        for len in 0..bytes.len() {
            assert!(Message::<Call>::receive(&bytes[..len]).is_err());
        }
    }
}
