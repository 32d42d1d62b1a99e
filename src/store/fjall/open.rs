//! Opening a store: the lock, the format, and the question whether the database is sound.

use crate::store::StoreError;
use crate::store::fjall::db::{Db, Fault, journals};
use crate::store::fjall::folder::{FORMAT, Folder, Progress, io_error, remove_folder};
use crate::store::fjall::frame::Meta;
use crate::store::fjall::holder::{Door, Holder, Lock};
use crate::store::fjall::manifest::{Manifest, trees};
use crate::store::fjall::options::{OpenOptions, OpenReport, Repair};
use crate::store::fjall::shared::Shared;
use crate::store::fjall::store::FjallStore;
use crate::store::fjall::writer::Writer;
use crate::store::fjall::{journal, orphans, salvage};
use std::fs;
use std::path::Path;
use std::sync::Arc;

impl FjallStore {
    /// Opens the store in `folder`, or creates it.
    ///
    /// A damaged store is repaired, which can take as long as reading all of it; the report says so.
    ///
    /// # Errors
    /// When another process has the store, when it has another format, or when the system refuses a file.
    pub fn open(folder: &Path, options: OpenOptions) -> Result<(Self, OpenReport), StoreError> {
        let folder = Folder::create(folder)?;
        let lock = Lock::acquire(&folder, options.wait)?;
        lock.announce(&Door::Closed);
        Self::open_with(folder, lock)
    }

    /// Opens the store in `folder`, or creates it, unless another process has it. Others wait until this one has
    /// [said](Self::announce) how they reach it.
    pub(in crate::store) fn try_open(folder: &Path) -> Result<Result<(Self, OpenReport), Holder>, StoreError> {
        let folder = Folder::create(folder)?;
        match Lock::try_acquire(&folder)? {
            Some(lock) => Self::open_with(folder, lock).map(Ok),
            None => Ok(Err(Holder::of(&folder))),
        }
    }

    fn open_with(folder: Folder, lock: Lock) -> Result<(Self, OpenReport), StoreError> {
        folder.check_format()?;
        let (db, meta, repair) = open_db(&folder)?;
        let shared = Arc::new(Shared::new(folder, db));
        let writer = Writer::new(Arc::clone(&shared), meta);
        let thread = std::thread::Builder::new().name("mamo:store".into()).spawn(|| writer.run());
        let thread = thread.map_err(|error| StoreError::Database {
            action: "start the writer of the store",
            message: error.to_string(),
        })?;
        Ok((Self { shared, writer: Some(thread), lock }, OpenReport { repair }))
    }
}

fn open_db(folder: &Folder) -> Result<(Db, Meta, Option<Repair>), StoreError> {
    match open_as_it_is(folder)? {
        Opened::Sound(db, meta) => Ok((db, meta, None)),
        Opened::Damaged(reason) => {
            let (db, repair) = salvage::repair(folder, &reason)?;
            let meta = db.meta().map_err(|fault| fault.into_error("open the repaired store"))?;
            Ok((db, meta.unwrap_or(NEW), Some(repair)))
        }
    }
}

enum Opened {
    Sound(Db, Meta),
    /// It was not opened, for this reason.
    Damaged(String),
}

fn open_as_it_is(folder: &Folder) -> Result<Opened, StoreError> {
    if let Some(reason) = find_damage(folder)? {
        return Ok(Opened::Damaged(reason));
    }
    prepare(&folder.db())?;
    let n_journals = journals(&folder.db()).len();
    match open_sound(folder) {
        Ok((db, meta)) => {
            check_format(folder, meta)?;
            // A journal that is not the last one can lose its end without a trace, and keep what came after it.
            if n_journals > 1 {
                orphans::drop_orphans(&db, meta).map_err(|fault| fault.into_error("check the store"))?;
            }
            Ok(Opened::Sound(db, meta))
        }
        Err(Fault::Damaged(reason)) => Ok(Opened::Damaged(reason)),
        Err(fault @ Fault::Failed(_)) => Err(fault.into_error("open the store")),
    }
}

/// What a database says that nothing was written into yet.
const NEW: Meta = Meta { format: FORMAT, group: 0 };

/// Opens a database in which no damage was found so far.
fn open_sound(folder: &Folder) -> Result<(Db, Meta), Fault> {
    let db = Db::open(&folder.db())?;
    let meta = match db.meta() {
        Ok(meta) => meta.unwrap_or(NEW),
        Err(fault) => {
            db.abandon();
            return Err(fault);
        }
    };
    // fjall ends a journal silently at the first byte that makes no sense.
    match Progress::read(folder) {
        Some(group) if group > meta.group => {
            db.abandon();
            Err(Fault::Damaged(format!("the last {} groups of records are missing", group - meta.group)))
        }
        _ => Ok((db, meta)),
    }
}

fn check_format(folder: &Folder, meta: Meta) -> Result<(), StoreError> {
    if meta.format == FORMAT {
        return Ok(());
    }
    Err(StoreError::Format { path: folder.path().to_path_buf(), found: meta.format, supported: FORMAT })
}

/// Looks for what fjall would not see as damage, or would make worse.
fn find_damage(folder: &Folder) -> Result<Option<String>, StoreError> {
    if folder.marker(salvage::SALVAGING).is_some() {
        return Ok(Some("an earlier repair was interrupted".into()));
    }
    if let Some(reason) = folder.marker(salvage::DAMAGED) {
        return Ok(Some(reason));
    }
    let db = folder.db();
    if !db.exists() {
        // Its records are in no folder that this store has.
        let lost = Progress::read(folder).is_some_and(|group| group > 0);
        return Ok(lost.then(|| "the database is missing".into()));
    }
    let trees = trees(&db);
    if !db.join("version").exists() {
        // The version is written before the first tree, so without both the creation was interrupted.
        if !trees.is_empty() {
            return Ok(Some("the version of the database is missing".into()));
        }
        remove_folder(&db)?;
        return Ok(None);
    }
    if journals(&db).is_empty() {
        // fjall would count its sequence numbers from zero again.
        return Ok(Some("the journal of the database is missing".into()));
    }
    if !trees.is_empty() && !db.join("keyspaces").join("0").exists() {
        // fjall would remove every tree of which the missing one does not know.
        return Ok(Some("the list of trees is missing".into()));
    }
    for tree in trees.iter().chain([&db.join("keyspaces").join("0")]) {
        if let Err(reason) = Manifest::check(tree) {
            return Ok(Some(reason));
        }
    }
    Ok(None)
}

/// Puts right what fjall would stumble over in a database that is not damaged, or not there yet.
fn prepare(db: &Path) -> Result<(), StoreError> {
    for path in journals(db) {
        journal::trim(&path).map_err(io_error("trim", &path))?;
    }
    // A lock file without which fjall opens nothing; it only has to be there, since the store has its own lock.
    if db.exists() && !db.join("lock").exists() {
        let _ = fs::File::create(db.join("lock"));
    }
    Ok(())
}
