//! Every byte of a store: whether it is what it was, and whether all is there that it needs.

use crate::error::Result;
use crate::exec::gc::Waste;
use crate::exec::gc::{Marks, for_each_blob, remove, scan};
use crate::exec::store_error::store_error;
use crate::fingerprint::{BlobDigest, Fingerprint};
use crate::store::{Act, Deep, Key, Payload, RecordKind, Store};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What reading all of a store found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// Records that were read.
    pub records: u64,
    /// Blobs that were read, and their bytes.
    pub blobs: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Records that make no sense.
    pub broken_records: u64,
    /// Blobs whose bytes are not those of their name.
    pub broken_blobs: u64,
    /// Records of nodes that rest on others which are missing.
    pub orphans: u64,
    /// Values whose bytes, or parts of them, are missing: evicted or lost. They are made again when somebody needs them, and
    /// are no damage.
    pub without_bytes: u64,
}

impl Verification {
    /// Whether nothing is damaged.
    pub fn is_sound(&self) -> bool {
        self.broken_records == 0 && self.broken_blobs == 0 && self.orphans == 0
    }
}

/// Reads all.
///
/// # Errors
/// When the store cannot be read at all.
pub(crate) fn verify(store: &dyn Store) -> Result<Verification> {
    Ok(look(store)?.0)
}

/// Reads all, and takes away what cannot be relied on.
///
/// # Errors
/// When the store cannot be read or written.
pub(crate) fn repair(store: &dyn Store) -> Result<Verification> {
    let (found, waste) = look(store)?;
    if !found.is_sound() {
        remove(store, &waste)?;
        store.compact().map_err(store_error)?;
    }
    Ok(found)
}

fn look(store: &dyn Store) -> Result<(Verification, Waste)> {
    let mut found = Verification::default();
    let mut waste = Waste::default();
    let mut payloads = Vec::new();
    let mut aliases: BTreeMap<Fingerprint, Vec<Fingerprint>> = BTreeMap::new();
    for kind in RecordKind::ALL {
        scan(store, kind, |key, bytes| {
            found.records += 1;
            let is_sound = match kind {
                RecordKind::Act => match Act::read(&bytes) {
                    Some(act) => {
                        payloads.push(act.payload);
                        true
                    }
                    None => false,
                },
                RecordKind::Deep => match Deep::read(&bytes) {
                    Some(deep) => {
                        let recorded = deep.upstream.iter().filter(|upstream| upstream.recorded);
                        let upstream = recorded.map(|upstream| upstream.fingerprint).collect();
                        aliases.insert(Fingerprint::from_bytes(key.digest), upstream);
                        payloads.extend(deep.own);
                        true
                    }
                    None => false,
                },
                // What else there is says nothing that a run believes without looking.
                RecordKind::Root
                | RecordKind::Spec
                | RecordKind::Code
                | RecordKind::Accept
                | RecordKind::File
                | RecordKind::Probe
                | RecordKind::Evicted
                | RecordKind::Cost
                | RecordKind::Run
                | RecordKind::Plan
                | RecordKind::Chunk
                | RecordKind::Published
                | RecordKind::Report
                | RecordKind::References
                | RecordKind::Members
                | RecordKind::Way
                | RecordKind::Preview
                | RecordKind::Severed
                | RecordKind::Tag => true,
            };
            if !is_sound {
                found.broken_records += 1;
                waste.records.push((key, 0));
            }
        })?;
    }
    let orphans = orphans(&aliases);
    found.orphans = u64::try_from(orphans.len()).unwrap_or(u64::MAX);
    waste.records.extend(orphans.into_iter().map(|orphan| (Key::new(RecordKind::Deep, orphan.as_bytes()), 0)));
    let there = look_at_blobs(store, &mut found, &mut waste)?;
    for payload in payloads {
        if let Payload::Blob { digest, .. } = payload {
            let mut needs = Marks::default();
            needs.blob(store, digest)?;
            found.without_bytes += u64::from(!needs.blobs.is_subset(&there));
        }
    }
    Ok((found, waste))
}

/// Reads all blobs; gives those that are sound.
fn look_at_blobs(store: &dyn Store, found: &mut Verification, waste: &mut Waste) -> Result<BTreeSet<BlobDigest>> {
    let mut listed = Vec::new();
    for_each_blob(store, |digest, size| listed.push((digest, size)))?;
    let mut there = BTreeSet::new();
    for (digest, size) in listed {
        // A large one that is damaged is taken away by the store as it is read.
        let is_sound = store.get_blob(&digest).map_err(store_error)?.is_some();
        found.blobs += 1;
        found.bytes += size;
        if is_sound {
            there.insert(digest);
        } else {
            found.broken_blobs += 1;
            waste.blobs.insert(digest, size);
        }
    }
    Ok(there)
}

/// Records of nodes that rest on missing ones, and those that rest on these.
fn orphans(aliases: &BTreeMap<Fingerprint, Vec<Fingerprint>>) -> Vec<Fingerprint> {
    let mut orphans: HashSet<Fingerprint> = HashSet::new();
    let mut order = Vec::new();
    loop {
        let is_orphan = |upstream: &Fingerprint| !aliases.contains_key(upstream) || orphans.contains(upstream);
        let new: Vec<Fingerprint> = aliases
            .iter()
            .filter(|(fingerprint, upstream)| !orphans.contains(*fingerprint) && upstream.iter().any(is_orphan))
            .map(|(fingerprint, _)| *fingerprint)
            .collect();
        if new.is_empty() {
            // Those farthest down first.
            order.reverse();
            return order;
        }
        orphans.extend(&new);
        order.extend(new);
    }
}
