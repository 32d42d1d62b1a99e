//! Removes records that depend on lost ones.

use crate::fingerprint::DigestMap;
use crate::store::fjall::db::{Change, Db, Fault, Way};
use crate::store::fjall::frame::{Meta, RawKey, unseal};
use crate::store::{Deep, Key, RecordKind};

const PAGE: usize = 10_000;

/// Removes every deep record of which a recorded upstream node has no deep record any more, transitively.
///
/// Gives the number of removed records.
pub(super) fn drop_orphans(db: &Db, meta: Meta) -> Result<u64, Fault> {
    let mut lost = Vec::new();
    let mut downstream: DigestMap<[u8; 32], Vec<[u8; 32]>> = DigestMap::default();
    let mut present: DigestMap<[u8; 32], ()> = DigestMap::default();
    for_each(db, RecordKind::Deep, |digest, value| {
        match Deep::read(value) {
            Some(deep) => {
                present.insert(digest, ());
                for upstream in deep.upstream.iter().filter(|upstream| upstream.recorded) {
                    downstream.entry(*upstream.fingerprint.as_bytes()).or_default().push(digest);
                }
            }
            // Its upstream nodes are not known, and nobody can read it.
            None => lost.push(digest),
        }
    })?;
    lost.extend(downstream.keys().filter(|upstream| !present.contains_key(*upstream)).copied());
    let mut removed = Vec::new();
    while let Some(upstream) = lost.pop() {
        for orphan in downstream.remove(&upstream).unwrap_or_default() {
            if present.remove(&orphan).is_some() {
                removed.push(orphan);
                lost.push(orphan);
            }
        }
    }
    remove(db, meta, RecordKind::Deep, removed)
}

/// Removes all records by which nodes are known without their upstream values; what they computed stays.
pub(super) fn drop_aliases(db: &Db, meta: Meta) -> Result<u64, Fault> {
    let mut n_removed = 0;
    for kind in [RecordKind::Deep, RecordKind::Root] {
        let mut digests = Vec::new();
        for_each(db, kind, |digest, _| digests.push(digest))?;
        n_removed += remove(db, meta, kind, digests)?;
    }
    Ok(n_removed)
}

fn for_each(db: &Db, kind: RecordKind, mut visit: impl FnMut([u8; 32], &[u8])) -> Result<(), Fault> {
    let mut next: Option<RawKey> = None;
    loop {
        let page = db.page(kind.to_byte(), next, PAGE);
        if let Some(fault) = page.fault {
            return Err(fault);
        }
        for (key, sealed) in &page.records {
            let digest = key.split_first().and_then(|(_, digest)| <[u8; 32]>::try_from(digest).ok());
            if let Some((digest, value)) = digest.zip(unseal(key, sealed)) {
                visit(digest, value);
            }
        }
        next = page.next;
        if next.is_none() {
            return Ok(());
        }
    }
}

fn remove(db: &Db, meta: Meta, kind: RecordKind, mut digests: Vec<[u8; 32]>) -> Result<u64, Fault> {
    digests.sort_unstable();
    // Part of them would be as bad as none of them: a group is written whole.
    let removal = |digest| Change { key: Key::new(kind, digest).to_bytes(), value: None };
    let changes: Vec<_> = digests.iter().map(removal).collect();
    if !changes.is_empty() {
        db.commit(meta, &changes, Way::Batch)?;
    }
    Ok(u64::try_from(changes.len()).unwrap_or(u64::MAX))
}
