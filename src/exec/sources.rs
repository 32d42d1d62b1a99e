//! The source files and folders of a run by their content.

use crate::exec::sync::{Mutex, lock};
use crate::fingerprint::{BlobDigest, DigestMap};
use crate::value::{Artifact, Dict, Value};

/// The source files and folders of a run by their content, as it saw them last.
///
/// A value that was read back names them by their content alone, and their bytes need not be in the store.
#[derive(Default)]
pub(crate) struct Sources(Mutex<State>);

#[derive(Default)]
struct State {
    values: Vec<Value>,
    /// Made when somebody asks: patterns may match a million files.
    by_content: Option<DigestMap<BlobDigest, Artifact>>,
}

impl Sources {
    /// Takes the place of what was seen before: what a file held before it changed is nowhere any more.
    pub(crate) fn replace(&self, values: Vec<Value>) {
        *lock(&self.0) = State { values, by_content: None };
    }

    /// The file or folder that has this content.
    pub(crate) fn get(&self, digest: &BlobDigest) -> Option<Artifact> {
        let State { values, by_content } = &mut *lock(&self.0);
        let by_content = by_content.get_or_insert_with(|| values.iter().flat_map(artifacts).collect());
        by_content.get(digest).cloned()
    }
}

/// The files and folders in the value of a source.
fn artifacts(value: &Value) -> Vec<(BlobDigest, Artifact)> {
    let one = value.downcast::<Artifact>();
    let many = value.downcast::<Dict<String, Artifact>>();
    let all = one.into_iter().chain(many.iter().flat_map(|dict| dict.values()));
    all.map(|artifact| (artifact.digest(), (*artifact).clone())).collect()
}
