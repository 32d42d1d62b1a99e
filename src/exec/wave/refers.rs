//! Values that name files and folders which lie elsewhere in the store: whether these are still there.

use crate::exec::sync::Arc;
use crate::exec::wave::perform::caught;
use crate::exec::wave::slots::SlotId;
use crate::exec::wave::walk::Wave;
use crate::graph::Body;
use crate::store::Payload;
use crate::value::{Artifact, Bytes, noting_artifacts};

impl Wave {
    /// Whether the files and folders are there that an element of a map names.
    ///
    /// Asked only of maps that are executed again for lost bytes: the element is read for it.
    pub(crate) fn has_files(&self, map: SlotId, payload: &Payload) -> bool {
        let node = self.slots.slots[map].node;
        let element = match self.session.graph.spec(node).map(|spec| &spec.body) {
            Some(Body::Function { function, .. }) => function.mapping.map(|mapping| mapping.element),
            Some(_) | None => None,
        };
        let Some(element) = element else { return true };
        let bytes = match payload {
            Payload::Inline(bytes) => Some(Bytes::from(bytes.as_slice())),
            Payload::Blob { digest, len } => self.session.blob(digest, *len),
            Payload::Absent { .. } => None,
        };
        let Some(bytes) = bytes else { return false };
        let loader = self.session.loader(node);
        // Encoded anew only to see which artifacts there are.
        let noted = caught(|| {
            let value = element.decode(&bytes, &loader)?;
            let (encoded, artifacts) = noting_artifacts(|| element.encode(value.as_any()));
            Ok(encoded.map(|_| artifacts)?)
        });
        let is_there = |artifact: &Artifact| {
            let is_stored = artifact.loader().is_some_and(|its| Arc::ptr_eq(its, &loader));
            !is_stored || self.session.loaders.shelf.has(&artifact.digest(), artifact.shape())
        };
        noted.is_ok_and(|artifacts| artifacts.iter().all(is_there))
    }
}
