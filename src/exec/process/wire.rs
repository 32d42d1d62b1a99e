//! What the two processes say to each other. Both are the same program, so there are no versions.

use crate::exec::process::call::Which;
use crate::fingerprint::BlobDigest;
use crate::value::{Blob, Encoded, LogLines, NamedBlob, Reference, References, Shape, SpillFile};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;

type Digest = [u8; 32];

/// To the worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ToWorker {
    Call(Request),
    Answer(Result<Answer, Refusal>),
    /// The node is to give up.
    Stop,
}

/// From the worker.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum FromWorker {
    /// It knows what it is there for.
    Hello,
    /// It has built its graph.
    Ready,
    /// It has the call, and executes it.
    Begun,
    /// It has no graph.
    Unfit(String),
    Ask(Ask),
    /// What the node has said so far, after it was told to give up.
    SoFar(LogLines),
    Done {
        log: LogLines,
        ended: Ended,
    },
}

/// A computation.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    /// Its identity, and its spec's digest.
    pub(super) node: String,
    pub(super) spec: Digest,
    pub(super) which: Which,
    /// Of each input, what it is known by; nothing when it is read by this computation alone.
    pub(super) operands: Vec<Option<Digest>>,
    pub(super) key: Option<Vec<u8>>,
    /// For the seed.
    pub(super) upstream: Vec<Digest>,
    /// How many threads there are for what the function does in parallel.
    pub(super) threads: u32,
    /// Programs among the inputs, and where they lie.
    pub(super) tools: Vec<(Digest, OsString)>,
}

/// How a computation came out.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Ended {
    Value(Output),
    Failed(String),
    /// It was told that something is lost.
    Lost,
    /// A file changed.
    Changed(#[serde(with = "any_path")] PathBuf),
}

/// What a worker asks for; where a number stands, it is that of the operand.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Ask {
    Operand(u32),
    Blob(u32, Digest),
    /// A large one: where it lies, if it is a file.
    Map(u32, Digest),
    Saved(u32, Digest),
    Source(u32, Digest),
    Open(u32, Digest),
    Place(u32, Digest, Shape),
    Put {
        operand: u32,
        digest: Digest,
        shape: Shape,
        #[serde(with = "any_path")]
        to: PathBuf,
        may_link: bool,
    },
    MakeFolder,
    FreePath,
    TakeBlobs(Vec<WireBlob>),
    TakeFile {
        #[serde(with = "any_path")]
        path: PathBuf,
        digest: Digest,
        len: u64,
    },
    TakeFolder(#[serde(with = "any_path")] PathBuf),
    KeepSource {
        #[serde(with = "any_path")]
        path: PathBuf,
        shape: Shape,
        digest: Digest,
    },
}

/// What the worker is answered.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Bytes(Vec<u8>),
    /// A file with these bytes, or a folder.
    Path(#[serde(with = "any_path")] PathBuf),
    Source {
        #[serde(with = "any_path")]
        path: PathBuf,
        len: u64,
        manifest: Option<Vec<u8>>,
    },
    Stored {
        digest: Digest,
        len: u64,
    },
    Done(bool),
    Nothing,
}

/// Why there is no answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Refusal {
    /// It is lost, and will be made again.
    Lost,
    Failed(String),
}

/// Bytes with their name.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WireBlob {
    digest: Digest,
    place: BlobPlace,
    references: Vec<(Digest, Shape)>,
}

#[derive(Debug, Serialize, Deserialize)]
enum BlobPlace {
    Bytes(Vec<u8>),
    /// A file that is whoever's who reads this.
    File(#[serde(with = "any_path")] PathBuf, u64),
}

/// An encoded value.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Output {
    bytes: WireBlob,
    blobs: Vec<WireBlob>,
}

impl From<NamedBlob> for WireBlob {
    fn from(NamedBlob { digest, blob, references }: NamedBlob) -> Self {
        let place = match blob {
            Blob::Memory(bytes) => BlobPlace::Bytes(bytes),
            Blob::File(file) => {
                let len = file.len();
                BlobPlace::File(file.leave(), len)
            }
        };
        let reference = |one: &Reference| (*one.digest.as_bytes(), one.shape);
        let references = references.as_slice().iter().map(reference).collect();
        Self { digest: *digest.as_bytes(), place, references }
    }
}

impl From<WireBlob> for NamedBlob {
    fn from(WireBlob { digest, place, references }: WireBlob) -> Self {
        let digest = BlobDigest::from_bytes(digest);
        let blob = match place {
            BlobPlace::Bytes(bytes) => Blob::Memory(bytes),
            BlobPlace::File(path, len) => Blob::File(Box::new(SpillFile::new(path).named(digest, len))),
        };
        let reference = |(digest, shape)| Reference { digest: BlobDigest::from_bytes(digest), shape };
        let references = References::from(references.into_iter().map(reference).collect::<Vec<_>>());
        Self { digest, blob, references }
    }
}

impl From<Encoded> for Output {
    fn from(Encoded { bytes, references, blobs }: Encoded) -> Self {
        let bytes = NamedBlob { digest: bytes.digest(), blob: bytes, references };
        Self { bytes: bytes.into(), blobs: blobs.into_iter().map(WireBlob::from).collect() }
    }
}

impl From<Output> for Encoded {
    fn from(Output { bytes, blobs }: Output) -> Self {
        let NamedBlob { blob, references, .. } = bytes.into();
        Self { bytes: blob, references, blobs: blobs.into_iter().map(NamedBlob::from).collect() }
    }
}

/// Paths as the system has them: serde itself refuses those that are not Unicode.
mod any_path {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    pub(super) fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        OsString::deserialize(deserializer).map(PathBuf::from)
    }
}

/// Sends one message.
pub(super) fn send<T: Serialize>(mut to: impl Write, message: &T) -> io::Result<()> {
    let bytes = postcard::to_stdvec(message).map_err(io::Error::other)?;
    let len = u64::try_from(bytes.len()).map_err(io::Error::other)?;
    to.write_all(&len.to_le_bytes())?;
    to.write_all(&bytes)
}

/// Receives one message; an error when there are no more.
pub(super) fn receive<T: DeserializeOwned>(mut from: impl Read) -> io::Result<T> {
    let mut len = [0; 8];
    from.read_exact(&mut len)?;
    let mut bytes = Vec::new();
    let len = u64::from_le_bytes(len);
    if from.take(len).read_to_end(&mut bytes)? != usize::try_from(len).map_err(io::Error::other)? {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    postcard::from_bytes(&bytes).map_err(io::Error::other)
}
