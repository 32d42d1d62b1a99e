//! Moves a damaged database aside, and starts a new one with what can be read of it.

use crate::store::StoreError;
use crate::store::fjall::db::{Db, Fault, Way};
use crate::store::fjall::folder::{FORMAT, Folder, Progress, io_error, remove_folder, sync_folder};
use crate::store::fjall::frame::Meta;
use crate::store::fjall::options::Repair;
use crate::store::fjall::orphans;
use crate::store::fjall::remains::Remains;
use std::fs;
use std::path::{Path, PathBuf};

/// Marker: the database has to be repaired; its text says why.
pub(super) const DAMAGED: &str = "damaged";
/// Marker: a repair is going on; its text is the name of the quarantine.
pub(super) const SALVAGING: &str = "salvaging";
/// Marker: records were replaced or removed, so that an older version of one may be a lie.
pub(super) const ROOTED: &str = "rooted";

/// Repairs the store in `folder`, which must be locked and have no database open.
///
/// Can be interrupted at any moment and is then done again at the next opening.
pub(super) fn repair(folder: &Folder, reason: &str) -> Result<(Db, Repair), StoreError> {
    let quarantine = move_aside(folder)?;
    let db = open_new(folder)?;
    // Another number would only make the next opening believe that records were lost.
    let meta = Meta { format: FORMAT, group: Progress::read(folder).unwrap_or_default() };
    let filled = fill(folder, &db, meta, quarantine.as_deref());
    let Filled { n_found, n_dropped, complete } =
        filled.map_err(|fault| fault.into_error("write what was salvaged"))?;
    folder.clear_marker(DAMAGED)?;
    folder.clear_marker(SALVAGING)?;
    let n_salvaged = n_found.saturating_sub(n_dropped);
    Ok((db, Repair { reason: reason.into(), quarantine, n_salvaged, n_dropped, complete }))
}

/// What a new database got from a damaged one.
struct Filled {
    n_found: u64,
    /// Records that went again, since those on which they rest were not found.
    n_dropped: u64,
    complete: bool,
}

/// Writes what can be read of the database in `quarantine`, and drops what cannot be relied on without the rest.
fn fill(folder: &Folder, db: &Db, meta: Meta, quarantine: Option<&Path>) -> Result<Filled, Fault> {
    let (mut n_found, mut complete) = (0, false);
    match quarantine {
        Some(quarantine) => {
            let mut remains = Remains::open(quarantine);
            let found = remains.by_ref().inspect(|_| n_found += 1);
            db.ingest(meta, found.map(|(key, value)| (key, Some(value))))?;
            complete = remains.is_complete() && remains.meta().map_or(0, |meta| meta.group) >= meta.group;
        }
        None => db.commit(meta, &[], Way::Batch)?,
    }
    let n_dropped = if complete {
        0
    } else if folder.marker(ROOTED).is_some() {
        orphans::drop_aliases(db, meta)?
    } else {
        orphans::drop_orphans(db, meta)?
    };
    Ok(Filled { n_found, n_dropped, complete })
}

/// Moves the database into quarantine; nothing if there is none.
fn move_aside(folder: &Folder) -> Result<Option<PathBuf>, StoreError> {
    let db = folder.db();
    let resumed = folder.marker(SALVAGING).filter(|name| name.starts_with("quarantine") && !name.contains('/'));
    let name = match resumed {
        Some(name) => name,
        None => {
            let name = folder.free_quarantine();
            folder.set_marker(SALVAGING, &name)?;
            name
        }
    };
    let quarantine = folder.file(&name);
    if quarantine.exists() {
        // What is there is a new database that was not finished.
        remove_folder(&db)?;
    } else if db.exists() {
        fs::rename(&db, &quarantine).map_err(io_error("move", &db))?;
        sync_folder(folder.path())?;
    }
    Ok(quarantine.exists().then_some(quarantine))
}

fn open_new(folder: &Folder) -> Result<Db, StoreError> {
    Db::open(&folder.db()).map_err(|fault| fault.into_error("start a new database"))
}
