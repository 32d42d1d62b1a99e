//! The one entrance: which look goes with which source.

use crate::exec::look::clock::{ReadClock, ScratchClock};
use crate::exec::look::external::external_digest;
use crate::exec::look::secret::SecretKey;
use crate::exec::sync::{Arc, AtomicU64, OnceLock};
use crate::fingerprint::{BlobDigest, SchemaDigest, ValueDigest, value_digest};
use crate::graph::{Constant, Source};
use crate::store::Store;
use crate::value::{Artifact, BoxError, Value, ValueType, encode_bytes};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A source as it is now.
#[derive(Clone)]
pub(crate) struct Looked {
    pub(crate) value: Value,
    pub(crate) digest: ValueDigest,
}

/// Looks at sources, with the store's memory of what it saw before.
pub(crate) struct Looker {
    pub(super) store: Arc<dyn Store>,
    /// The file system's clock, by which files' times are judged.
    pub(super) clock: ReadClock,
    /// The wall clock, by which answers of probes grow old.
    pub(super) now: Box<dyn Fn() -> SystemTime + Send + Sync>,
    pub(super) environment: Box<dyn Fn(&str) -> Option<OsString> + Send + Sync>,
    /// With which secrets are hashed.
    pub(super) secret_key: Arc<SecretKey>,
    /// How many times a file was read.
    pub(super) n_hashed: AtomicU64,
}

impl Looker {
    /// Looks with the memory of `store`; reads the file system's clock by a file in `scratch`.
    pub(crate) fn new(store: Arc<dyn Store>, scratch: PathBuf) -> Self {
        let clock = ScratchClock::new(scratch);
        Self {
            store,
            clock: Box::new(move || clock.read()),
            now: Box::new(SystemTime::now),
            environment: Box::new(|name| std::env::var_os(name)),
            secret_key: Arc::default(),
            n_hashed: AtomicU64::new(0),
        }
    }

    /// Hashes secrets with this key.
    pub(crate) fn with_secret_key(self, secret_key: &Arc<SecretKey>) -> Self {
        Self { secret_key: Arc::clone(secret_key), ..self }
    }

    /// What time it is.
    pub(crate) fn now(&self) -> SystemTime {
        (self.now)()
    }

    /// What the source is now. Its digest is that of a constant with the same value.
    pub(crate) fn look(&self, source: &Source) -> Result<Looked, BoxError> {
        match source {
            Source::File { path } => Looked::at_artifact(self.file(path)?),
            Source::Folder { path } => Looked::at_artifact(self.folder(path)?),
            Source::Glob { pattern } => Looked::at(self.glob(pattern)?),
            Source::Env { name, default } => Looked::at(self.variable(name, default.as_deref())?),
            Source::Params { path, read, value_type } => self.params(path, *read, value_type),
            Source::Secret { name, origin, in_key } => self.secret(name, origin, *in_key),
            Source::Tool { name } => Looked::at(self.tool(name)?),
            Source::Probe { name, ttl, probe, value_type } => self.probe(name, *ttl, probe, value_type),
            Source::External { name, value, .. } => Ok(Looked { value: value.clone(), digest: external_digest(name) }),
        }
    }

    /// Whether the file or folder still has this content.
    pub(crate) fn is_unchanged(&self, path: &Path, digest: &BlobDigest) -> bool {
        let artifact = if path.is_dir() { self.folder(path) } else { self.file(path) };
        artifact.is_ok_and(|artifact| artifact.digest() == *digest)
    }
}

impl Looked {
    fn at<T: Serialize + DeserializeOwned + Send + Sync + 'static>(value: T) -> Result<Self, BoxError> {
        Self::of(Value::new(value), ValueType::serde::<T>())
    }

    pub(super) fn of(value: Value, value_type: &'static ValueType) -> Result<Self, BoxError> {
        let constant = Constant::of(value, value_type)?;
        Ok(Self { value: constant.value, digest: constant.digest })
    }

    /// As [`Looked::at`], without tracing the schema anew: there may be a hundred thousand files.
    fn at_artifact(artifact: Artifact) -> Result<Self, BoxError> {
        static SCHEMA: OnceLock<SchemaDigest> = OnceLock::new();
        let schema = SCHEMA.get_or_init(|| (ValueType::serde::<Artifact>().schema)().digest);
        let bytes = encode_bytes(&artifact)?;
        let digest = value_digest(schema, &BlobDigest::of(&bytes), u64::try_from(bytes.len())?);
        Ok(Self { value: Value::new(artifact), digest })
    }
}
