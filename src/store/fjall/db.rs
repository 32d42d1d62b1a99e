//! fjall behind a wall: its panics and errors become faults, its types stay here.

use crate::store::StoreError;
use crate::store::fjall::files::is_damage;
use crate::store::fjall::folder::{io_error, remove_file, sync_folder};
use crate::store::fjall::frame::{META, Meta, RawKey, seal};
use fjall::config::CompressionPolicy;
use fjall::{
    AbstractTree, CompressionType, Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, LsmError,
    OwnedWriteBatch, PersistMode, Slice,
};
use std::fs;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// What fjall could not do, and why.
#[derive(Debug)]
pub(super) enum Fault {
    /// Its files do not hold what they should.
    Damaged(String),
    /// The system refused: no room, no permission, too many open files.
    Failed(String),
}

/// A change to one key.
pub(super) struct Change<'a> {
    pub(super) key: RawKey,
    /// The new value, without its checksum; nothing to remove the key.
    pub(super) value: Option<&'a [u8]>,
}

/// How a group of changes is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Through the journal and the table in memory.
    Batch,
    /// Straight into new tables.
    Ingestion,
}

/// Some records in the order of their keys.
#[derive(Default)]
pub(super) struct Page {
    /// Keys with values as they are stored.
    pub(super) records: Vec<(Slice, Slice)>,
    /// The key behind which there may be more; nothing at the end.
    pub(super) next: Option<RawKey>,
    /// What was met that could not be read.
    pub(super) fault: Option<Fault>,
}

/// The database of a store.
pub(super) struct Db {
    database: Database,
    keyspace: Keyspace,
    path: PathBuf,
}

/// Values from this size on are kept apart from the keys, so that merging tables does not copy them.
const SEPARATE: u32 = 4 << 10;
/// Keys are checked often, and most often absent; 64 MiB hold the filters of ten million.
const CACHE: u64 = 64 << 20;
/// Ingestion adds a run to level 0, where every read looks at every run, and fjall stalls at 20.
const MAX_RUNS: usize = 8;
/// So many unreadable records in one page end it.
const MAX_FAULTS: usize = 1_000;

impl Db {
    /// Opens the database at `path`, or creates it.
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        guard(|| {
            // One thread flushes and merges: more of them cost time to start, and mamo needs the cores itself.
            let database = Database::builder(path)
                .worker_threads(1)
                .cache_size(CACHE)
                .journal_compression(CompressionType::None)
                .manual_journal_persist(true)
                .open()?;
            let keyspace = database.keyspace("records", options)?;
            Ok(Self { database, keyspace, path: path.to_path_buf() })
        })
    }

    /// What the database says about itself; nothing when it is new.
    pub(super) fn meta(&self) -> Result<Option<Meta>, Fault> {
        match self.get(META)? {
            Some(bytes) => Meta::from_bytes(&bytes).map(Some).ok_or_else(|| damaged("its first record is broken")),
            None => Ok(None),
        }
    }

    /// The value of a key as it is stored, with its checksum.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Slice>, Fault> {
        guard(|| self.keyspace.get(key))
    }

    /// Whether there is a value for a key, whatever it is.
    pub(super) fn contains(&self, key: &[u8]) -> Result<bool, Fault> {
        guard(|| self.keyspace.contains_key(key))
    }

    /// Up to `limit` keys that begin with `kind`, in order, from the first one behind `after`.
    ///
    /// What cannot be read is left out.
    pub(super) fn page(&self, kind: u8, after: Option<RawKey>, limit: usize) -> Page {
        let mut page = Page::default();
        let mut n_faults = 0;
        let start = after.map_or(Bound::Included(vec![kind]), |after| Bound::Excluded(after.to_vec()));
        let end = Bound::Excluded(vec![kind.saturating_add(1)]);
        let scan = guard(|| {
            for item in self.keyspace.range::<Vec<u8>, _>((start, end)) {
                // Each item on its own: a panic over one of them must not cost the rest of the page.
                match guard(|| item.into_inner()) {
                    Ok((key, value)) => {
                        page.next = key.as_ref().try_into().ok();
                        page.records.push((key, value));
                    }
                    Err(fault) => {
                        n_faults += 1;
                        page.fault.get_or_insert(fault);
                    }
                }
                if page.records.len() == limit || n_faults == MAX_FAULTS {
                    return Ok(());
                }
            }
            page.next = None;
            Ok(())
        });
        page.fault = page.fault.or(scan.err());
        if page.fault.is_some() {
            // Where a newer table cannot be read, the merge shows the older value below it. A look at the single key
            // meets the same fault and tells.
            page.records.retain(|(key, value)| self.get(key).is_ok_and(|found| found.as_ref() == Some(value)));
        }
        page
    }

    /// How a group of so many changes is best written now.
    pub(super) fn way(&self, n_changes: usize, min_ingestion: usize) -> Way {
        // A count that cannot be had means a fault that the write itself will meet.
        let short = || guard(|| Ok(self.keyspace.tree.l0_run_count() < MAX_RUNS)).unwrap_or(false);
        if n_changes >= min_ingestion && short() { Way::Ingestion } else { Way::Batch }
    }

    /// Writes changes, whose keys must be sorted and different, all or none; they are durable when this returns.
    pub(super) fn commit(&self, meta: Meta, changes: &[Change<'_>], way: Way) -> Result<(), Fault> {
        match way {
            Way::Batch => guard(|| self.commit_batch(meta, changes)),
            Way::Ingestion => self.ingest(meta, changes.iter().map(|change| (change.key.as_slice(), change.value))),
        }
    }

    /// Writes changes in the order of their keys straight into tables; durable when this returns.
    pub(super) fn ingest<K: AsRef<[u8]>, V: AsRef<[u8]>>(
        &self,
        meta: Meta,
        changes: impl Iterator<Item = (K, Option<V>)>,
    ) -> Result<(), Fault> {
        let mut sealed = Vec::new();
        guard(|| {
            // Ingestion flushes what is in memory, but fjall begins a new journal, and drops the old ones, only when it
            // flushes by itself. Without this a long run that does both has a journal without end.
            self.keyspace.rotate_memtable()?;
            let mut ingestion = self.keyspace.start_ingestion()?;
            ingestion.write(META, meta.to_bytes())?;
            for (key, value) in changes {
                match value {
                    Some(value) => {
                        sealed.clear();
                        seal(key.as_ref(), value.as_ref(), &mut sealed);
                        ingestion.write(key.as_ref(), sealed.as_slice())?;
                    }
                    None => ingestion.write_tombstone(key.as_ref())?,
                }
            }
            ingestion.finish()
        })?;
        self.sync_blobs()
    }

    fn commit_batch(&self, meta: Meta, changes: &[Change<'_>]) -> fjall::Result<()> {
        let mut batch = OwnedWriteBatch::with_capacity(self.database.clone(), changes.len() + 1);
        batch.insert(&self.keyspace, META, meta.to_bytes());
        let mut sealed = Vec::new();
        for change in changes {
            match change.value {
                Some(value) => {
                    sealed.clear();
                    seal(&change.key, value, &mut sealed);
                    batch.insert(&self.keyspace, change.key.as_slice(), sealed.as_slice());
                }
                None => batch.remove(&self.keyspace, change.key.as_slice()),
            }
        }
        batch.durability(Some(PersistMode::SyncAll)).commit()
    }

    /// fjall syncs new files of values, but not their names.
    fn sync_blobs(&self) -> Result<(), Fault> {
        let blobs = self.keyspace.path().join("blobs");
        if blobs.is_dir() { sync_folder(&blobs).map_err(|error| failed(&error)) } else { Ok(()) }
    }

    /// Writes everything into tables and empties the journal, so that the next opening has nothing to replay.
    pub(super) fn close(self) -> Result<(), Fault> {
        let flush = || {
            if guard(|| Ok(!self.keyspace.tree.active_memtable().is_empty()))? {
                guard(|| Ok(self.keyspace.tree.flush_active_memtable(0)?))?;
                self.sync_blobs()?;
            }
            guard(|| Ok(self.keyspace.tree.active_memtable().is_empty() && self.keyspace.sealed_memtable_count() == 0))
        };
        let flushed = flush();
        let path = self.path.clone();
        self.abandon();
        if flushed? {
            trim_journals(&path).map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    /// Ends without writing anything, for a database that is damaged.
    pub(super) fn abandon(self) {
        let Self { database, keyspace, .. } = self;
        let _ = guard(|| {
            drop(keyspace);
            drop(database);
            Ok(())
        });
    }
}

impl Fault {
    pub(super) fn into_error(self, action: &'static str) -> StoreError {
        let (Self::Damaged(message) | Self::Failed(message)) = self;
        StoreError::Database { action, message }
    }
}

/// The journals of the database at `path`, oldest first.
pub(super) fn journals(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let number = |path: &Path| path.file_stem()?.to_str()?.parse::<u64>().ok();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let journals = paths.filter(|path| path.extension().is_some_and(|extension| extension == "jnl"));
    let mut journals: Vec<_> = journals.filter_map(|path| Some((number(&path)?, path))).collect();
    journals.sort_unstable();
    journals.into_iter().map(|(_, path)| path).collect()
}

/// Empties the journals of a database that is closed and has everything in tables.
///
/// fjall would read what is in them once more and skip it. The last journal stays, empty: without one fjall would count
/// its sequence numbers from zero again, and take what is written next for older than what is there.
fn trim_journals(path: &Path) -> Result<(), StoreError> {
    let mut journals = journals(path);
    let Some(last) = journals.pop() else { return Ok(()) };
    journals.iter().try_for_each(|journal| remove_file(journal))?;
    if fs::metadata(&last).is_ok_and(|file| file.len() == 0) {
        return Ok(());
    }
    let truncate = |path: &Path| fs::File::options().write(true).open(path)?.set_len(0);
    truncate(&last).map_err(io_error("empty", &last))?;
    sync_folder(path)
}

fn options() -> KeyspaceCreateOptions {
    // Most bytes are digests, which do not compress. Values that would are the business of codecs.
    let values = KvSeparationOptions::default().separation_threshold(SEPARATE).compression(CompressionType::None);
    KeyspaceCreateOptions::default()
        .manual_journal_persist(true)
        .data_block_compression_policy(CompressionPolicy::all(CompressionType::None))
        .with_kv_separation(Some(values))
}

/// Runs a call of fjall, which may panic on files that are damaged.
fn guard<T>(call: impl FnOnce() -> fjall::Result<T>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(classify),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(Fault::Damaged(format!("fjall panicked: {}", text.unwrap_or("without a message"))))
        }
    }
}

/// Damage, or something that will pass when the system has more room or gives more rights?
fn classify(error: fjall::Error) -> Fault {
    let message = error.to_string();
    let refused = if let fjall::Error::Io(error) | fjall::Error::Storage(LsmError::Io(error)) = &error {
        // fjall creates files only where there must be none.
        !is_damage(error) && error.kind() != std::io::ErrorKind::AlreadyExists
    } else {
        matches!(error, fjall::Error::Locked)
    };
    if refused { Fault::Failed(message) } else { Fault::Damaged(message) }
}

fn damaged(message: &str) -> Fault {
    Fault::Damaged(message.into())
}

fn failed(error: &StoreError) -> Fault {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    Fault::Failed(format!("{error}{}", source.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_database_has_nothing_to_replay() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path()).unwrap();
        let change = Change { key: [1; 33], value: Some(b"value") };
        db.commit(Meta { format: 1, group: 1 }, &[change], Way::Batch).unwrap();
        db.close().unwrap();
        let journals = journals(folder.path());
        assert_eq!(journals.len(), 1);
        assert_eq!(fs::metadata(&journals[0]).unwrap().len(), 0);
        // Sequence numbers go on where they ended, or the older value would be found.
        let db = Db::open(folder.path()).unwrap();
        let change = Change { key: [1; 33], value: Some(b"newer") };
        db.commit(Meta { format: 1, group: 2 }, &[change], Way::Batch).unwrap();
        db.close().unwrap();
        let db = Db::open(folder.path()).unwrap();
        let page = db.page(1, None, 10);
        assert!(page.records.iter().all(|(_, value)| value.starts_with(b"newer")) && page.records.len() == 1);
        assert_eq!(db.meta().unwrap(), Some(Meta { format: 1, group: 2 }));
    }

    #[test]
    fn a_panic_of_fjall_is_damage_and_a_refusal_of_the_system_is_not() {
        assert!(
            matches!(guard::<()>(|| panic!("{} broken", 1)), Err(Fault::Damaged(text)) if text.contains("1 broken"))
        );
        let refused = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        assert!(matches!(classify(fjall::Error::Io(refused)), Fault::Failed(_)));
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        assert!(matches!(classify(fjall::Error::Io(missing)), Fault::Damaged(_)));
    }
}
