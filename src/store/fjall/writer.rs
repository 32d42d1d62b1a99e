//! The thread that writes: one group after the other, each whole or not at all.

use crate::store::fjall::db::{Change, Db, Fault};
use crate::store::fjall::files::MIN_FILE;
use crate::store::fjall::folder::{Progress, io_error, remove_file};
use crate::store::fjall::frame::{Meta, blob_key};
use crate::store::fjall::queue::Group;
use crate::store::fjall::salvage;
use crate::store::fjall::shared::Shared;
use crate::store::recent::{Change as Last, Recent};
use crate::store::{RecordKind, StoreError};
use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};

/// Groups of so many changes go straight into tables: below, flushing what is in memory costs more than it saves.
const MIN_INGESTION: usize = 50_000;

/// Writes the groups of a store's queue.
pub(super) struct Writer {
    shared: Arc<Shared>,
    meta: Meta,
    progress: Progress,
    /// The marker is set that says that records were replaced or removed.
    rooted: bool,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, meta: Meta) -> Self {
        let progress = Progress::open(&shared.folder);
        let rooted = shared.folder.marker(salvage::ROOTED).is_some();
        Self { shared, meta, progress, rooted }
    }

    /// Writes until the queue is closed, or a write fails.
    pub(super) fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let written = catch_unwind(AssertUnwindSafe(|| {
            while let Some(group) = shared.queue.take() {
                match self.write(&group) {
                    Ok(()) => shared.queue.done(&group),
                    Err(error) => shared.queue.fail(describe(&error)),
                }
            }
        }));
        if written.is_err() {
            shared.queue.fail("the writer panicked".into());
        }
    }

    fn write(&mut self, group: &Group) -> Result<(), StoreError> {
        let recent = &group.recent;
        // Before the records: a group that is half written after a crash must not be read as if nothing had ever been
        // replaced.
        if !self.rooted && recent.changes().any(|(key, value)| is_rooting(key.kind, value)) {
            self.shared.folder.set_marker(salvage::ROOTED, "")?;
            self.rooted = true;
        }
        self.write_files(recent)?;
        self.meta.group += 1;
        self.write_records(&changes(recent))?;
        for (digest, change) in recent.blobs() {
            if change == Last::Removed {
                self.shared.files.remove(digest)?;
            }
        }
        self.progress.write(self.meta.group);
        Ok(())
    }

    /// Large blobs first: no record is durable before the bytes that it names.
    fn write_files(&self, recent: &Recent) -> Result<(), StoreError> {
        let large = recent.blobs().filter_map(|(digest, change)| Some((digest, change.put()?.as_slice())));
        let mut large: Vec<_> = large.filter(|(_, bytes)| bytes.len() >= MIN_FILE).collect();
        if large.is_empty() {
            return Ok(());
        }
        large.sort_unstable();
        self.shared.files.write(&large)
    }

    fn write_records(&self, changes: &[Change<'_>]) -> Result<(), StoreError> {
        let written = match self.shared.with_db(|db| Ok(self.commit(db, changes)))? {
            // fjall merges tables behind our back, and takes nothing more when it cannot read one of them.
            Err(Fault::Damaged(reason)) => {
                self.repair(&reason)?;
                self.shared.with_db(|db| Ok(self.commit(db, changes)))?
            }
            written @ (Ok(()) | Err(Fault::Failed(_))) => written,
        };
        written.map_err(|fault| fault.into_error("write the store"))
    }

    fn commit(&self, db: &Db, changes: &[Change<'_>]) -> Result<(), Fault> {
        db.commit(self.meta, changes, db.way(changes.len(), MIN_INGESTION))
    }

    /// Replaces the database by what can be read of it; readers wait meanwhile.
    fn repair(&self, reason: &str) -> Result<(), StoreError> {
        // fjall also ends its threads, without saying why, when there is no room left. That is not damage.
        self.check_room()?;
        let mut db = self.shared.db.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(damaged) = db.take() {
            damaged.abandon();
        }
        let (repaired, repair) = salvage::repair(&self.shared.folder, reason)?;
        *db = Some(repaired);
        drop(db);
        self.shared.repaired(repair);
        Ok(())
    }

    fn check_room(&self) -> Result<(), StoreError> {
        let path = self.shared.folder.file("room.tmp");
        let write = || File::create(&path).and_then(|mut file| file.write_all(&[1; 1 << 20]).and(file.sync_all()));
        let room = write().map_err(io_error("write", &path));
        remove_file(&path)?;
        room
    }
}

/// The changes of a group in the order of their keys.
fn changes(recent: &Recent) -> Vec<Change<'_>> {
    let records = recent.changes().map(|(key, value)| Change { key: key.to_bytes(), value });
    let blobs = recent.blobs().filter_map(|(digest, change)| {
        let value = change.put().map(|bytes| bytes.as_slice());
        let small = value.is_none_or(|bytes| bytes.len() < MIN_FILE);
        small.then(|| Change { key: blob_key(digest), value })
    });
    let mut changes: Vec<_> = records.chain(blobs).collect();
    // Keys are digests behind their kind, so the first half of them is nearly always enough to tell them apart.
    changes.sort_by_cached_key(|change| change.key.first_chunk().map_or(0, |head| u128::from_be_bytes(*head)));
    if !changes.is_sorted_by_key(|change| change.key) {
        changes.sort_by_key(|change| change.key);
    }
    // Of several changes to one key the last one counts.
    changes.dedup_by(|later, earlier| {
        let is_same = later.key == earlier.key;
        if is_same {
            earlier.value = later.value;
        }
        is_same
    });
    changes
}

/// Whether losing this change, and keeping what was there before it, could make other records lie.
fn is_rooting(kind: RecordKind, value: Option<&[u8]>) -> bool {
    match kind {
        RecordKind::Root => true,
        RecordKind::Act | RecordKind::Deep => value.is_none(),
        RecordKind::Spec
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
        | RecordKind::Tag => false,
    }
}

/// An error with what caused it, for those who only get to see its text.
fn describe(error: &StoreError) -> String {
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
