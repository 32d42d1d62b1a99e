//! What repair keeps and what it must not keep, in stores whose records depend on each other.

use crate::fingerprint::{ContentKey, Fingerprint, SpecDigest, ValueDigest};
use crate::store::fjall::db::Db;
use crate::store::fjall::folder::{FORMAT, Folder};
use crate::store::fjall::salvage::{DAMAGED, SALVAGING};
use crate::store::{
    Batch, Deep, FjallStore, Key, OpenOptions, OpenReport, RecordKind, Root, Store, StoreError, Upstream,
};
use std::fs;
use std::path::Path;

/// A node of the tests: its upstream nodes, and whether those have records.
type Node = (u8, &'static [(u8, bool)]);

/// A leaf without a record, a chain of three on it, and one node beside the chain.
const FIRST: &[Node] = &[(1, &[(100, false)])];
const SECOND: &[Node] = &[(2, &[(1, true), (100, false)]), (3, &[(2, true)]), (4, &[(100, false)])];

fn open(folder: &Path) -> (FjallStore, OpenReport) {
    FjallStore::open(folder, OpenOptions::default()).unwrap()
}

fn deep(node: u8) -> Key {
    Key::new(RecordKind::Deep, &[node; 32])
}

fn put(folder: &Path, nodes: &[Node], roots: &[u8]) {
    let (store, report) = open(folder);
    assert!(report.repair().is_none());
    let mut batch = Batch::default();
    for (node, upstream) in nodes {
        let upstream = upstream.iter().map(|(node, recorded)| Upstream {
            fingerprint: Fingerprint::from_bytes([*node; 32]),
            recorded: *recorded,
        });
        let record = Deep {
            content: ContentKey::from_bytes([*node; 32]),
            value: ValueDigest::from_bytes([*node; 32]),
            spec: SpecDigest::from_bytes([*node; 32]),
            run: 1,
            upstream: upstream.collect(),
            own: None,
        };
        batch.put(deep(*node), |out| record.write(out));
        batch.put(Key::new(RecordKind::Act, &[*node; 32]), |out| out.push(*node));
    }
    for node in roots {
        let root = Root { value: ValueDigest::from_bytes([*node; 32]), run: 1 };
        batch.put(Key::new(RecordKind::Root, &[*node; 32]), |out| root.write(out));
    }
    store.put(batch).unwrap();
}

fn nodes(store: &FjallStore, kind: RecordKind) -> Vec<u8> {
    store.scan(kind, None, 100).unwrap().into_iter().map(|(key, _)| key.digest[0]).collect()
}

/// The table that was written by the first of the sessions that [`put`] made.
fn remove_first_table(folder: &Path) {
    fs::remove_file(folder.join("db/keyspaces/1/tables/0")).unwrap();
}

#[test]
fn records_that_depend_on_lost_ones_are_dropped_and_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), FIRST, &[]);
    put(folder.path(), SECOND, &[]);
    remove_first_table(folder.path());
    let (store, report) = open(folder.path());
    let repair = report.repair().unwrap();
    assert_eq!((repair.n_salvaged(), repair.n_dropped(), repair.is_complete()), (4, 2, false), "{repair}");
    assert_eq!(nodes(&store, RecordKind::Deep), [4]);
    // What was computed is true whatever was lost.
    assert_eq!(nodes(&store, RecordKind::Act), [2, 3, 4]);
    drop(store);
    assert!(open(folder.path()).1.repair().is_none());
}

/// Without the lost root of node 9, records that were computed from an older value of it would be found again.
#[test]
fn all_aliases_are_dropped_when_a_root_may_be_lost() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), &[], &[9]);
    put(folder.path(), SECOND, &[8]);
    remove_first_table(folder.path());
    let (store, report) = open(folder.path());
    assert_eq!(report.repair().unwrap().n_dropped(), 4);
    assert_eq!((nodes(&store, RecordKind::Deep), nodes(&store, RecordKind::Root)), (vec![], vec![]));
    assert_eq!(nodes(&store, RecordKind::Act), [2, 3, 4]);
}

#[test]
fn nothing_is_dropped_when_everything_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), FIRST, &[9]);
    put(folder.path(), SECOND, &[]);
    fs::remove_file(folder.path().join("db/version")).unwrap();
    let (store, report) = open(folder.path());
    let repair = report.repair().unwrap();
    assert!(repair.is_complete() && repair.quarantine().unwrap().is_dir(), "{repair}");
    assert_eq!((nodes(&store, RecordKind::Deep), nodes(&store, RecordKind::Root)), (vec![1, 2, 3, 4], vec![9]));
}

/// The last change counts in salvage too, and so does a removal.
#[test]
fn removed_and_replaced_records_do_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), SECOND, &[]);
    let (store, _) = open(folder.path());
    let mut batch = Batch::default();
    batch.remove(deep(3));
    batch.put(Key::new(RecordKind::Act, &[2; 32]), |out| out.push(77));
    store.put(batch).unwrap();
    drop(store);
    Folder::create(folder.path()).unwrap().set_marker(DAMAGED, "for the test").unwrap();
    let (store, report) = open(folder.path());
    assert_eq!(report.repair().unwrap().reason(), "for the test");
    assert_eq!(nodes(&store, RecordKind::Deep), [2, 4]);
    assert_eq!(store.get_many(&[Key::new(RecordKind::Act, &[2; 32])]).unwrap(), [Some(vec![77])]);
}

#[test]
fn an_interrupted_repair_is_done_again() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), FIRST, &[]);
    let store = Folder::create(folder.path()).unwrap();
    // The process was killed after it had begun to fill the new database.
    store.set_marker(SALVAGING, "quarantine-1").unwrap();
    fs::rename(store.db(), store.file("quarantine-1")).unwrap();
    fs::remove_file(store.file("progress")).unwrap();
    Db::open(&store.db()).unwrap().close().unwrap();
    let (opened, report) = open(folder.path());
    assert!(report.repair().unwrap().is_complete());
    assert_eq!(nodes(&opened, RecordKind::Deep), [1]);
    drop(opened);
    assert!(open(folder.path()).1.repair().is_none());
}

#[test]
fn an_interrupted_creation_is_not_damage() {
    let folder = tempfile::tempdir().unwrap();
    let store = Folder::create(folder.path()).unwrap();
    fs::create_dir_all(store.db().join("keyspaces")).unwrap();
    fs::write(store.db().join("0.jnl"), [0; 100]).unwrap();
    assert!(open(folder.path()).1.repair().is_none());
}

#[test]
fn lost_groups_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), FIRST, &[]);
    let store = Folder::create(folder.path()).unwrap();
    fs::remove_dir_all(store.db()).unwrap();
    let report = open(folder.path()).1;
    assert_eq!(report.repair().unwrap().reason(), "the database is missing");
    assert!(report.repair().unwrap().quarantine().is_none());
    assert!(open(folder.path()).1.repair().is_none());
}

/// A store of another version is left alone, whatever else is the matter with it.
#[test]
fn another_format_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), FIRST, &[]);
    let store = Folder::create(folder.path()).unwrap();
    let sound = fs::read_to_string(store.file("format")).unwrap();
    let next = sound.replace(&format!("format {FORMAT}"), &format!("format {}", FORMAT + 1));
    let (text, _) = next.rsplit_once(' ').unwrap();
    let checksum = xxhash_rust::xxh3::xxh3_64(text.as_bytes());
    fs::write(store.file("format"), format!("{text} {checksum:016x}\n")).unwrap();
    let refused = FjallStore::open(folder.path(), OpenOptions::default()).unwrap_err();
    assert!(matches!(refused, StoreError::Format { found: 2, .. }));
    assert!(refused.to_string().contains("use the version of mamo that wrote it"), "{refused}");
    fs::write(store.file("format"), sound).unwrap();
    assert_eq!(nodes(&open(folder.path()).0, RecordKind::Deep), [1]);
}

/// Without a journal fjall counts from zero again: what was written next was older than what was there, and was taken for
/// flushed already when its own journal was replayed.
#[test]
fn a_missing_journal_does_not_hide_what_is_written_next() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), FIRST, &[]);
    fs::remove_file(folder.path().join("db/0.jnl")).unwrap();
    let (store, report) = open(folder.path());
    assert_eq!(report.repair().unwrap().reason(), "the journal of the database is missing");
    let mut batch = Batch::default();
    batch.put(Key::new(RecordKind::Act, &[1; 32]), |out| out.push(77));
    store.put(batch).unwrap();
    drop(store);
    assert_eq!(
        open(folder.path()).0.scan(RecordKind::Act, None, 9).unwrap(),
        [(Key::new(RecordKind::Act, &[1; 32]), vec![77])]
    );
}
