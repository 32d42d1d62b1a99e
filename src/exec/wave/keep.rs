//! Keeping what a node failed on: what is saved is named, what is not is saved now.

use crate::exec::kept::{FailedOn, KeptInput, Place, Which};
use crate::exec::report::Keep;
use crate::exec::sync::lock;
use crate::exec::wave::map::{Computation, ElementRun, MapRun};
use crate::exec::wave::perform::guarded;
use crate::exec::wave::reduce::{ReduceRun, ReducedNode};
use crate::exec::wave::slots::Conclusion;
use crate::exec::wave::walk::Wave;
use crate::fingerprint::{ContentKey, ValueDigest};
use crate::graph::{Body, Kind, NodeId, NodeSpec};
use crate::store::Payload;
use crate::value::{Blob, Encoded, Lent, Part, Value, keeping_sources, redacted};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

impl Wave {
    /// What a node failed on.
    pub(crate) fn node_inputs(
        &self,
        node: NodeId,
        values: &[Value],
        present: u64,
        keep: &mut Keep,
    ) -> Option<FailedOn> {
        let graph = &self.session.graph;
        let spec = graph.spec(node)?;
        let upstream: Vec<ValueDigest> = self.upstream_values(node).collect();
        let inputs = graph.inputs(node).iter().zip(values).map(|(input, value)| self.input(*input, Some(value), keep));
        let inputs = inputs.collect::<Option<_>>()?;
        let content = spec.hashers.content_key(&upstream);
        Some(failed_on(spec, (content, present), &upstream, inputs, Which::Whole))
    }

    /// What an element failed on.
    pub(crate) fn element_inputs(
        &self,
        (map, run, known): (&MapRun, &ElementRun, &Computation),
        present: u64,
        keep: &mut Keep,
    ) -> Option<FailedOn> {
        let graph = &self.session.graph;
        let node = self.slots.slots[map.slot].node;
        let spec = graph.spec(node)?;
        let key = known.key.as_ref().map(|key| key.bytes.clone());
        let nodes = graph.inputs(node);
        let n_lists = nodes.len().saturating_sub(map.shared.len());
        let mut inputs = Vec::with_capacity(nodes.len());
        let which = match (run.item(), map.inputs.get()) {
            (Some(item), _) => {
                let item = self.part(item.part, keep);
                inputs.extend(nodes.iter().take(n_lists).map(|list| self.not_read(*list)));
                Which::Ahead { item, key }
            }
            (None, Some(known)) => {
                for (list, values) in nodes.iter().zip(&known.lists) {
                    inputs.push(self.input(*list, Some(values.collection()), keep)?);
                }
                Which::Element { number: u64::try_from(run.index).ok()?, key }
            }
            (None, None) => return None,
        };
        for (input, value) in nodes.iter().skip(n_lists).zip(&map.shared) {
            inputs.push(self.input(*input, Some(value), keep)?);
        }
        Some(failed_on(spec, (known.content, present), &known.upstream, inputs, which))
    }

    /// What a combination failed on.
    pub(crate) fn combination_inputs(
        &self,
        (reduce, node): (&ReduceRun, &ReducedNode<'_>),
        upstream: &[ValueDigest],
        sides: &[Lent<'_>],
        keep: &mut Keep,
    ) -> Option<FailedOn> {
        let graph = &self.session.graph;
        let id = self.slots.slots[reduce.slot].node;
        let spec = graph.spec(id)?;
        let nodes = graph.inputs(id);
        let n_own = nodes.len().saturating_sub(reduce.shared.len());
        let mut inputs: Vec<KeptInput> = nodes.iter().take(n_own).map(|own| self.not_read(*own)).collect();
        for (input, value) in nodes.iter().skip(n_own).zip(&reduce.shared) {
            inputs.push(self.input(*input, Some(value), keep)?);
        }
        let mut parts = Vec::new();
        for side in sides {
            let encode =
                || keeping_sources(&self.session.keeper, || Ok(node.reducing.element.encode(side.as_any())?));
            let encoded = guarded(&self.session, encode).ok().filter(|encoded| !tells_secret(encoded))?;
            parts.push(encoded.into_part(&mut keep.blobs));
        }
        let content = node.hashers.content_key(upstream);
        let which = Which::Combination { sides: parts };
        Some(failed_on(spec, (content, node.present), upstream, inputs, which))
    }

    fn not_read(&self, input: NodeId) -> KeptInput {
        KeptInput { node: self.session.graph.identity(input), value: [0; 32], place: Place::NotRead }
    }

    /// An input whose value is known, and at hand if it was read.
    fn input(&self, input: NodeId, value: Option<&Value>, keep: &mut Keep) -> Option<KeptInput> {
        let digest = self.values_of(&[input]).next().or_else(|| match self.session.graph.kind(input) {
            Kind::Constant(constant) => Some(constant.digest),
            Kind::Spec(_) => None,
        })?;
        let place = lock(&self.session.reports.kept).get(&(input, digest)).cloned();
        let place = place.unwrap_or_else(|| {
            let place = self.place(input, value, keep);
            lock(&self.session.reports.kept).insert((input, digest), place.clone());
            place
        });
        Some(KeptInput { node: self.session.graph.identity(input), value: *digest.as_bytes(), place })
    }

    /// Where the value of an input is; it is saved if it is not.
    fn place(&self, input: NodeId, value: Option<&Value>, keep: &mut Keep) -> Place {
        let graph = &self.session.graph;
        if let Kind::Spec(NodeSpec { body: Body::Source(_), .. }) = graph.kind(input) {
            return Place::Source;
        }
        let Some(value_type) = graph.value_type(input) else { return Place::Unsaved };
        if value_type.bytes.is_none() {
            return Place::Transient;
        }
        if let Some(Conclusion::Known(known)) = self.slots.get(input).and_then(|slot| slot.conclusion.get()) {
            match self.payload(known) {
                Some(Payload::Inline(bytes)) => return Place::Saved(Part::new(bytes, &mut keep.blobs)),
                Some(Payload::Blob { digest, len }) => {
                    return Place::Saved(Part::Blob { digest: *digest.as_bytes(), len });
                }
                Some(Payload::Absent { .. }) | None => {}
            }
        }
        let encode = |value: &Value| {
            let encode = || keeping_sources(&self.session.keeper, || Ok(value_type.encode(value.as_any())?));
            guarded(&self.session, encode).ok()
        };
        match value.and_then(encode) {
            // Perhaps it is for the secret's sake that nobody keeps the value.
            Some(encoded) if tells_secret(&encoded) => Place::Unsaved,
            Some(encoded) => Place::Saved(encoded.into_part(&mut keep.blobs)),
            None => Place::Unsaved,
        }
    }

    /// The encoded form of an element that its map holds.
    fn part(&self, part: Part, keep: &mut Keep) -> Part {
        // What is named is saved with the element above.
        match part {
            Part::Inline(bytes) => Part::new(bytes, &mut keep.blobs),
            Part::Blob { .. } => part,
        }
    }
}

/// Whether a secret's text stands in what would be saved.
fn tells_secret(encoded: &Encoded) -> bool {
    let tells = |bytes: &[u8]| matches!(redacted(&String::from_utf8_lossy(bytes)), Cow::Owned(_));
    let blobs = encoded.blobs.iter().map(|named| &named.blob);
    let mut all = std::iter::once(&encoded.bytes).chain(blobs);
    all.any(|blob| match blob {
        Blob::Memory(bytes) => tells(bytes),
        // What cannot be read is not kept.
        Blob::File(file) => any_window(file.path(), tells).unwrap_or(true),
    })
}

/// Whether `is_it` holds for any part of a file: a mebibyte each, which overlap by what is longer than any secret.
fn any_window(path: &Path, is_it: impl Fn(&[u8]) -> bool) -> io::Result<bool> {
    const WINDOW: u64 = 1 << 20;
    const OVERLAP: usize = 64 << 10;
    let mut file = File::open(path)?;
    let mut window = Vec::new();
    loop {
        let n_read = file.by_ref().take(WINDOW).read_to_end(&mut window)?;
        if n_read == 0 || is_it(&window) {
            return Ok(n_read > 0);
        }
        window.drain(..window.len().saturating_sub(OVERLAP));
    }
}

fn failed_on(
    spec: &NodeSpec,
    (content, present): (ContentKey, u64),
    upstream: &[ValueDigest],
    inputs: Vec<KeptInput>,
    which: Which,
) -> FailedOn {
    FailedOn {
        spec: *spec.hashers.digest.as_bytes(),
        content: *content.as_bytes(),
        present,
        upstream: upstream.iter().map(|value| *value.as_bytes()).collect(),
        inputs,
        which,
    }
}

#[cfg(test)]
mod tests {
    use super::any_window;

    #[test]
    fn what_lies_across_two_windows_is_seen() {
        let is_in = |start: usize| {
            let file = tempfile::NamedTempFile::new().unwrap();
            let bytes = [&vec![b'.'; start], &b"secret"[..], &[b'.'; 9]].concat();
            std::fs::write(file.path(), bytes).unwrap();
            any_window(file.path(), |window| window.windows(6).any(|part| part == b"secret")).unwrap()
        };
        let window = 1 << 20;
        assert!([0, window - 3, window, 2 * window - 1].into_iter().all(is_in));
        let empty = tempfile::NamedTempFile::new().unwrap();
        assert!(!any_window(empty.path(), |window| !window.is_empty()).unwrap());
    }
}
