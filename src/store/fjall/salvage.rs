//! Moves a damaged database aside, and starts a new one with what can be read of it.

use crate::store::StoreError;
use crate::store::fjall::db::{Db, Fault, Way};
use crate::store::fjall::folder::{FORMAT, Folder, Progress, io_error, remove_folder, sync_folder};
use crate::store::fjall::frame::Meta;
use crate::store::fjall::options::Repair;
use crate::store::fjall::orphans;
use crate::store::fjall::remains::Remains;
use std::fs;
use std::path::PathBuf;

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
    let group = Progress::read(folder).unwrap_or_default();
    let fault = |fault: Fault| fault.into_error("write what was salvaged");

    let meta = Meta { format: FORMAT, group };

    let (mut n_salvaged, mut n_dropped, mut complete) = (0_u64, 0, false);
    match &quarantine {
        Some(quarantine) => {
            let mut remains = Remains::open(quarantine);
            let salvaged = remains.by_ref().inspect(|_| n_salvaged += 1);
            db.ingest(meta, salvaged.map(|(key, value)| (key, Some(value)))).map_err(fault)?;
            complete = remains.is_complete() && remains.meta().map_or(0, |meta| meta.group) >= group;
        }
        None => db.commit(meta, &[], Way::Batch).map_err(fault)?,
    }
    if !complete {
        let rooted = folder.marker(ROOTED).is_some();
        let dropped = if rooted { orphans::drop_aliases(&db, meta) } else { orphans::drop_orphans(&db, meta) };
        n_dropped = dropped.map_err(fault)?;
    }
    folder.clear_marker(DAMAGED)?;
    folder.clear_marker(SALVAGING)?;
    let n_salvaged = n_salvaged.saturating_sub(n_dropped);
    Ok((db, Repair { reason: reason.into(), quarantine, n_salvaged, n_dropped, complete }))
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
