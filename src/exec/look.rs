//! Looking at the world outside: what sources are now.

use crate::fingerprint::{BlobDigest, ValueDigest, schema_of, value_digest};
use crate::graph::{Constant, Source};
use crate::store::Store;
use crate::value::{Artifact, BoxError, Dict, Tool, Value, ValueType};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A source as it is now.
pub(crate) struct Looked {
    pub(crate) value: Value,
    pub(crate) digest: ValueDigest,
}

/// Looks at sources, with the store's memory of what it saw before.
pub(crate) struct Looker {
    pub(crate) store: Arc<dyn Store>,
    /// A folder in which a file may be made to read the file system's clock.
    pub(crate) scratch: PathBuf,
}

impl Looker {
    pub(crate) fn new(store: Arc<dyn Store>, scratch: PathBuf) -> Self {
        Self { store, scratch }
    }

    pub(crate) fn look(&self, source: &Source) -> Result<Looked, BoxError> {
        match source {
            Source::File { path } => {
                let artifact = self.file(path)?;
                let digest = artifact_digest(&artifact);
                Ok(Looked { value: Value::new(artifact), digest })
            }
            Source::Glob { pattern } => {
                let mut map = BTreeMap::new();
                let prefix: PathBuf =
                    Path::new(pattern).iter().take_while(|p| !p.to_string_lossy().contains(['*', '?', '['])).collect();
                for path in glob::glob(pattern)? {
                    let path = path?;
                    let name = path.strip_prefix(&prefix).unwrap_or(&path).to_string_lossy().into_owned();
                    map.insert(name, self.file(&path)?);
                }
                let mut hasher = blake3::Hasher::new();
                for (name, artifact) in &map {
                    hasher.update(name.as_bytes());
                    hasher.update(&[0]);
                    hasher.update(artifact_digest(artifact).as_bytes());
                }
                let digest = hasher.finalize().into();
                let dict: Dict<String, Artifact> = map.into_iter().collect();
                Ok(Looked { value: Value::new(dict), digest })
            }
            Source::Env { name, default } => {
                let value = std::env::var(name).ok().or_else(|| default.clone()).ok_or("not set")?;
                let constant = Constant::new(value, ValueType::serde::<String>())?;
                Ok(Looked { value: constant.value, digest: constant.digest })
            }
            Source::Probe { probe, value_type, .. } => {
                let value = probe()?;
                let constant = Constant::of(value, value_type)?;
                Ok(Looked { value: constant.value, digest: constant.digest })
            }
            Source::External { name, value, .. } => {
                Ok(Looked { value: value.clone(), digest: blake3::hash(name.as_bytes()).into() })
            }
            Source::Tool { name } => {
                let path = std::env::var_os("PATH")
                    .and_then(|paths| std::env::split_paths(&paths).map(|p| p.join(name)).find(|p| p.is_file()))
                    .ok_or("not found")?;
                let digest = *BlobDigest::of(&std::fs::read(&path)?).as_bytes();
                Ok(Looked {
                    value: Value::new(Tool::new(name.clone(), digest, path)),
                    digest: ValueDigest::from_bytes(digest),
                })
            }
            Source::Folder { .. } => Err("folders are not there yet".into()),
        }
    }

    fn file(&self, path: &Path) -> Result<Artifact, BoxError> {
        let bytes = std::fs::read(path).map_err(|e| format!("cannot read `{}`: {e}", path.display()))?;
        let len = u64::try_from(bytes.len())?;
        Ok(Artifact::source_file(std::path::absolute(path)?.into(), BlobDigest::of(&bytes), len))
    }

    /// Whether the file still has this content.
    pub(crate) fn is_unchanged(&self, path: &Path, digest: &BlobDigest) -> bool {
        std::fs::read(path).is_ok_and(|bytes| BlobDigest::of(&bytes) == *digest)
    }
}

fn artifact_digest(artifact: &Artifact) -> ValueDigest {
    let mut bytes = Vec::new();
    let _ = crate::fingerprint::encode(artifact, &mut bytes);
    value_digest(&schema_of::<Artifact>().digest, &BlobDigest::of(&bytes), u64::try_from(bytes.len()).unwrap_or(0))
}
