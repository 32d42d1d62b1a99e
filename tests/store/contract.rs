//! The same operations on the store in memory, the store on disk, and two maps give the same answers.

use crate::support::open_sound;
use mamo::fingerprint::BlobDigest;
use mamo::store::{Batch, FjallStore, Key, MemoryStore, RecordKind, Store};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// One operation; records and blobs are numbers, so that they meet again.
#[derive(Clone, Debug)]
enum Operation {
    Put(Vec<Change>),
    Get(Vec<(RecordKind, u8)>),
    Scan(RecordKind, Option<u8>, usize),
    Sync,
    Reopen,
}

#[derive(Clone, Debug)]
enum Change {
    Put(RecordKind, u8, usize),
    Remove(RecordKind, u8),
    PutBlob(usize),
    RemoveBlob(usize),
}

/// What a store should hold.
#[derive(Default)]
struct Model {
    records: BTreeMap<Key, Vec<u8>>,
    blobs: BTreeMap<BlobDigest, Vec<u8>>,
    n_puts: u64,
}

/// Sizes on both sides of the limits between inline, separate and file.
const BLOBS: [usize; 6] = [0, 100, (4 << 10) + 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 7];

fn kinds() -> impl Strategy<Value = RecordKind> {
    prop::sample::select(vec![RecordKind::Act, RecordKind::Deep, RecordKind::Root, RecordKind::Probe])
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        8 => (kinds(), 0..20_u8, prop_oneof![20 => 0..300_usize, 1 => 4_000..9_000_usize])
            .prop_map(|(kind, number, size)| Change::Put(kind, number, size)),
        3 => (kinds(), 0..20_u8).prop_map(|(kind, number)| Change::Remove(kind, number)),
        1 => (0..BLOBS.len()).prop_map(Change::PutBlob),
        1 => (0..BLOBS.len()).prop_map(Change::RemoveBlob),
    ]
}

fn operations() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => prop::collection::vec(changes(), 0..12).prop_map(Operation::Put),
        3 => prop::collection::vec((kinds(), 0..20_u8), 0..12).prop_map(Operation::Get),
        3 => (kinds(), prop::option::of(0..20_u8), 0..30_usize)
            .prop_map(|(kind, after, limit)| Operation::Scan(kind, after, limit)),
        1 => Just(Operation::Sync),
        1 => Just(Operation::Reopen),
    ]
}

fn key(kind: RecordKind, number: u8) -> Key {
    // Neighbours in number are not neighbours in order.
    let mut digest = *blake3::hash(&[number / 2]).as_bytes();
    digest[31] = number % 2;
    Key::new(kind, &digest)
}

fn blob(number: usize) -> (BlobDigest, Vec<u8>) {
    let bytes = vec![b'x'; BLOBS[number]];
    (BlobDigest::of(&bytes), bytes)
}

fn batch(changes: &[Change], model: &mut Model) -> Batch {
    model.n_puts += 1;
    let mut batch = Batch::default();
    for change in changes {
        match change {
            Change::Put(kind, number, size) => {
                let bytes = vec![u8::try_from(model.n_puts % 251).unwrap(); *size];
                batch.put(key(*kind, *number), |out| out.extend_from_slice(&bytes));
                model.records.insert(key(*kind, *number), bytes);
            }
            Change::Remove(kind, number) => {
                batch.remove(key(*kind, *number));
                model.records.remove(&key(*kind, *number));
            }
            Change::PutBlob(_) => {}
            Change::RemoveBlob(number) => {
                batch.remove_blob(blob(*number).0);
                model.blobs.remove(&blob(*number).0);
            }
        }
    }
    // Within a batch blobs are put after all have been removed.
    for change in changes {
        if let Change::PutBlob(number) = change {
            let (digest, bytes) = blob(*number);
            batch.put_blob(digest, bytes.clone());
            model.blobs.insert(digest, bytes);
        }
    }
    batch
}

/// Compares everything that a store answers with the model.
fn check(store: &dyn Store, model: &Model) {
    for kind in RecordKind::ALL {
        let expected: Vec<_> = model.records.iter().filter(|(key, _)| key.kind == kind).collect();
        let found = store.scan(kind, None, usize::MAX).unwrap();
        assert_eq!(found.iter().map(|(key, bytes)| (key, bytes)).collect::<Vec<_>>(), expected);
    }
    let keys: Vec<_> =
        [RecordKind::Act, RecordKind::Cost].iter().flat_map(|kind| (0..21).map(|n| key(*kind, n))).collect();
    let expected: Vec<_> = keys.iter().map(|key| model.records.get(key).cloned()).collect();
    assert_eq!(store.get_many(&keys).unwrap(), expected);
    let digests: Vec<_> = (0..BLOBS.len()).map(|number| blob(number).0).collect();
    let has: Vec<_> = digests.iter().map(|digest| model.blobs.contains_key(digest)).collect();
    assert_eq!(store.has_blobs(&digests).unwrap(), has);
    for digest in &digests {
        assert_eq!(store.get_blob(digest).unwrap().as_ref(), model.blobs.get(digest));
    }
}

fn scan(model: &Model, kind: RecordKind, after: Option<Key>, limit: usize) -> Vec<(Key, Vec<u8>)> {
    let records = model.records.iter().filter(|(key, _)| key.kind == kind && after.is_none_or(|after| **key > after));
    records.take(limit).map(|(key, bytes)| (*key, bytes.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn stores_and_maps_give_the_same_answers(operations in prop::collection::vec(operations(), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let memory = MemoryStore::new();
        let mut disk = Some(open_sound(folder.path()));
        let mut model = Model::default();
        for operation in &operations {
            let stores: [&dyn Store; 2] = [&memory, disk.as_ref().unwrap()];
            match operation {
                Operation::Put(changes) => {
                    for store in stores {
                        let mut again = Model { n_puts: model.n_puts, ..Model::default() };
                        store.put(batch(changes, &mut again)).unwrap();
                    }
                    batch(changes, &mut model);
                }
                Operation::Get(keys) => {
                    let keys: Vec<_> = keys.iter().map(|(kind, number)| key(*kind, *number)).collect();
                    let expected: Vec<_> = keys.iter().map(|key| model.records.get(key).cloned()).collect();
                    for store in stores {
                        prop_assert_eq!(&store.get_many(&keys).unwrap(), &expected);
                    }
                }
                Operation::Scan(kind, after, limit) => {
                    let after = after.map(|number| key(*kind, number));
                    let expected = scan(&model, *kind, after, *limit);
                    for store in stores {
                        prop_assert_eq!(&store.scan(*kind, after, *limit).unwrap(), &expected);
                    }
                }
                Operation::Sync => {
                    for store in stores {
                        let ticket = store.sync().unwrap();
                        prop_assert_eq!(store.durable(), ticket);
                    }
                }
                Operation::Reopen => {
                    drop(disk.take());
                    disk = Some(open_sound(folder.path()));
                }
            }
        }
        let stores: [&dyn Store; 2] = [&memory, disk.as_ref().unwrap()];
        stores.into_iter().for_each(|store| check(store, &model));
        disk.as_ref().unwrap().sync().unwrap();
        check(disk.as_ref().unwrap(), &model);
        drop(disk);
        check(&open_sound(folder.path()), &model);
    }
}

/// Enough records for sorted ingestion, several times, with removals and replacements among them.
#[test]
fn large_groups_are_ingested_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open_sound(folder.path());
    let mut model = Model::default();
    for round in 0..4_u32 {
        let mut batch = Batch::default();
        for number in 0..60_000_u32 {
            let key = Key::new(RecordKind::Act, blake3::hash(&number.to_le_bytes()).as_bytes());
            if number % 4 == round {
                batch.remove(key);
                model.records.remove(&key);
            } else {
                let bytes = (number ^ round).to_le_bytes().to_vec();
                batch.put(key, |out| out.extend_from_slice(&bytes));
                model.records.insert(key, bytes);
            }
        }
        store.put(batch).unwrap();
        if round == 1 {
            drop(store);
            store = open_sound(folder.path());
        }
    }
    check_acts(&store, &model);
    store.sync().unwrap();
    check_acts(&store, &model);
    drop(store);
    check_acts(&open_sound(folder.path()), &model);
}

fn check_acts(store: &FjallStore, model: &Model) {
    let mut found = BTreeMap::new();
    let mut after = None;
    loop {
        let page = store.scan(RecordKind::Act, after, 1_000).unwrap();
        after = page.last().map(|(key, _)| *key);
        let last = page.len() < 1_000;
        found.extend(page);
        if last {
            break;
        }
    }
    assert!(found == model.records, "{} records instead of {}", found.len(), model.records.len());
    let keys = (0..60_000_u32).step_by(7).map(|n| Key::new(RecordKind::Act, blake3::hash(&n.to_le_bytes()).as_bytes()));
    let keys: Vec<_> = keys.collect();
    let expected: Vec<_> = keys.iter().map(|key| model.records.get(key).cloned()).collect();
    assert!(store.get_many(&keys).unwrap() == expected);
}

#[test]
fn a_waited_for_ticket_is_durable_and_tickets_grow() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_sound(folder.path());
    let mut last = store.durable();
    for number in 0..5 {
        let mut batch = Batch::default();
        batch.put(key(RecordKind::Act, number), |out| out.push(number));
        let ticket = store.put(batch).unwrap();
        assert!(ticket > last);
        last = ticket;
    }
    assert_eq!(store.wait_durable(last).unwrap(), last);
    assert_eq!(store.durable(), last);
}

#[test]
fn a_second_open_is_refused_until_the_first_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_sound(folder.path());
    let refused = FjallStore::open(folder.path(), Default::default()).unwrap_err();
    assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
    drop(store);
    open_sound(folder.path());
}
