//! What the store says of nodes and computations: their values, where the bytes are, and whether they are there.

use crate::error::Result;
use crate::exec::ledger::{Known, Roots};
use crate::exec::store_error::store_error;
use crate::exec::sync::Arc;
use crate::exec::table::position;
use crate::exec::ways::read_way;
use crate::fingerprint::{BlobDigest, ContentKey, Fingerprint, ValueDigest, decode};
use crate::store::{Act, Deep, Key, Payload, RecordKind, Root, Store};
use crate::value::Part;

impl Known {
    /// What a node's record says.
    pub(crate) fn of(deep: Deep) -> Self {
        Self { value: deep.value, content: Some(deep.content), payload: deep.own.map(Arc::new), is_tainted: false }
    }
}

/// The bytes of a single record.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn record(store: &dyn Store, key: Key) -> Result<Option<Vec<u8>>> {
    Ok(store.get_many(&[key]).map_err(store_error)?.into_iter().next().flatten())
}

/// The record of a computation.
pub(crate) fn act_of(store: &dyn Store, content: &ContentKey) -> Result<Option<Act>> {
    let bytes = record(store, Key::new(RecordKind::Act, content.as_bytes()))?;
    Ok(bytes.as_deref().and_then(Act::read))
}

/// The record under a node's fingerprint.
pub(crate) fn deep_of(store: &dyn Store, base: &Fingerprint) -> Result<Option<Deep>> {
    let bytes = record(store, Key::new(RecordKind::Deep, base.as_bytes()))?;
    Ok(bytes.as_deref().and_then(Deep::read))
}

/// The nodes on which one rests that has no record of its own: an output of another, or one whose value is never saved.
pub(crate) fn way_of(store: &dyn Store, fingerprint: &Fingerprint) -> Result<Vec<Fingerprint>> {
    let bytes = record(store, Key::new(RecordKind::Way, fingerprint.as_bytes()))?;
    Ok(bytes.as_deref().map(read_way).unwrap_or_default())
}

/// Where the bytes of a value are: its node's own, or those that whoever computed the same has kept.
pub(crate) fn payload_of_value(
    store: &dyn Store,
    value: &ValueDigest,
    content: Option<&ContentKey>,
    own: Option<&Payload>,
) -> Result<Option<Payload>> {
    let shared = match (own, content) {
        (Some(Payload::Absent { .. }) | None, Some(content)) => act_of(store, content)?,
        (Some(_), _) | (None, None) => None,
    };
    let shared = shared.filter(|act| act.value == *value).map(|act| act.payload);
    Ok(shared.or_else(|| own.cloned()))
}

/// Whether the bytes are there: they may never have been kept, or be lost.
pub(crate) fn are_there(store: &dyn Store, payload: &Payload) -> Result<bool> {
    match payload {
        Payload::Inline(_) => Ok(true),
        Payload::Blob { digest, .. } => {
            let is_there = store.has_blobs(&[*digest]).map_err(store_error)?;
            Ok(is_there.first().is_some_and(|is_there| *is_there))
        }
        Payload::Absent { .. } => Ok(false),
    }
}

/// One of several outputs in the bytes that list them, and where its own bytes are.
pub(crate) fn output_part(manifest: &[u8], output: u32) -> Option<(Part, Payload)> {
    let parts: Vec<Part> = decode(manifest).ok()?;
    let part = parts.into_iter().nth(position(output))?;
    let payload = match &part {
        Part::Inline(bytes) => Payload::Inline(bytes.clone()),
        Part::Blob { digest, len } => Payload::Blob { digest: BlobDigest::from_bytes(*digest), len: *len },
    };
    Some((part, payload))
}

/// Whether nobody kept the bytes of a node: it was no target when it was executed, and nobody computed the same since.
pub(crate) fn was_not_kept(store: &dyn Store, deep: &Deep) -> Result<bool> {
    if !deep.own.as_ref().is_some_and(Payload::is_absent) {
        return Ok(false);
    }
    let payload = payload_of_value(store, &deep.value, Some(&deep.content), deep.own.as_ref())?;
    Ok(payload.is_none_or(|payload| payload.is_absent()))
}

/// All nodes that are known by their values from now on.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn load_roots(store: &dyn Store) -> Result<Roots> {
    const PAGE: usize = 10_000;
    let mut roots = Roots::default();
    let mut after = None;
    loop {
        let page = store.scan(RecordKind::Root, after, PAGE).map_err(store_error)?;
        for (key, bytes) in &page {
            if let Some(root) = Root::read(bytes) {
                roots.insert(Fingerprint::from_bytes(key.digest), root.value);
            }
        }
        match page.last() {
            Some((key, _)) if page.len() == PAGE => after = Some(*key),
            Some(_) | None => return Ok(roots),
        }
    }
}
