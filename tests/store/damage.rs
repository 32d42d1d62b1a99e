//! A damaged store opens, never gives wrong bytes, and takes new ones.

use crate::support::{Random, open, open_sound};
use mamo::fingerprint::BlobDigest;
use mamo::store::{Batch, Key, RecordKind, Store};
use std::path::{Path, PathBuf};
use std::{fs, io};

#[derive(Clone, Copy, Debug)]
enum Damage {
    Flip,
    Cut,
    Delete,
}

/// All that was ever put into the store that the tests damage.
struct Content {
    kind: RecordKind,
    /// In the order of their keys.
    records: Vec<(Key, Vec<u8>)>,
    blobs: Vec<Vec<u8>>,
    /// The values that one key had, one after the other.
    replaced: Vec<Vec<u8>>,
}

impl Content {
    fn new(kind: RecordKind) -> Self {
        Self { kind, records: Vec::new(), blobs: Vec::new(), replaced: Vec::new() }
    }

    /// A key whose value is replaced by every batch.
    fn replaced(&self) -> Key {
        Key::new(RecordKind::Probe, &[self.kind.to_byte(); 32])
    }

    fn put(&mut self, store: &dyn Store, random: &mut Random, n_records: usize, blobs: &[usize]) {
        let mut batch = Batch::default();
        for _ in 0..n_records {
            let (key, bytes) = (Key::new(self.kind, &random.digest()), random.bytes(24));
            batch.put(key, |out| out.extend_from_slice(&bytes));
            self.records.push((key, bytes));
        }
        self.records.sort();
        for size in blobs {
            let bytes = random.bytes(*size);
            batch.put_blob(BlobDigest::of(&bytes), bytes.clone());
            self.blobs.push(bytes);
        }
        self.replaced.push(random.bytes(8));
        batch.put(self.replaced(), |out| out.extend_from_slice(self.replaced.last().unwrap()));
        store.put(batch).unwrap();
        store.sync().unwrap();
    }

    /// Everything that the store gives is right; gives how much it lacks.
    fn check(&self, store: &dyn Store) -> usize {
        let found = store.scan(self.kind, None, usize::MAX).unwrap();
        let mut records = self.records.iter();
        assert!(found.iter().all(|found| records.any(|record| record == found)));
        let mut n_lost = self.records.len() - found.len();
        let (keys, values): (Vec<_>, Vec<_>) = self.records.iter().step_by(20).cloned().unzip();
        for (found, bytes) in store.get_many(&keys).unwrap().into_iter().zip(values) {
            assert!(found.is_none_or(|found| found == bytes));
        }
        for bytes in &self.blobs {
            match store.get_blob(&BlobDigest::of(bytes)).unwrap() {
                Some(found) => assert!(found == *bytes),
                None => n_lost += 1,
            }
        }
        let replaced = store.get_many(&[self.replaced()]).unwrap().pop().unwrap();
        assert!(replaced.is_none_or(|bytes| self.replaced.contains(&bytes)));
        n_lost
    }
}

/// A store of all kinds of files: tables that were ingested and flushed, separate values, large blobs, and a journal that
/// was not emptied, since this is the folder of a store that is open.
fn build(folder: &Path) -> Content {
    let live = tempfile::tempdir().unwrap();
    let mut random = Random(1);
    let mut content = Content::new(RecordKind::Act);
    content.put(&open_sound(live.path()), &mut random, 50_001, &[]);
    content.put(&open_sound(live.path()), &mut random, 1_000, &[10, 5_000, 200_000, 1 << 20]);
    let store = open_sound(live.path());
    content.put(&store, &mut random, 500, &[10, 5_000]);
    copy_of_live(live.path(), folder);
    content
}

/// A store that is open replaces files in the background: a copy without one that was replaced meanwhile is taken again.
fn copy_of_live(from: &Path, to: &Path) {
    while let Err(error) = try_copy(from, to) {
        assert_eq!(error.kind(), io::ErrorKind::NotFound, "{error}");
        fs::remove_dir_all(to).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    try_copy(from, to).unwrap();
}

fn try_copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.path().is_dir() { try_copy(&entry.path(), &to)? } else { fs::copy(entry.path(), to).map(|_| ())? }
    }
    Ok(())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

fn harm(file: &Path, damage: Damage) {
    let mut bytes = fs::read(file).unwrap();
    match damage {
        Damage::Flip => {
            let middle = bytes.len() / 2;
            if let Some(byte) = bytes.get_mut(middle) {
                *byte ^= 0x10;
            }
            fs::write(file, bytes).unwrap();
        }
        Damage::Cut => fs::write(file, &bytes[..bytes.len() / 2]).unwrap(),
        Damage::Delete => fs::remove_file(file).unwrap(),
    }
}

/// Damages every file of the store in turn, and expects that the store goes on each time.
fn check(damage: Damage) {
    let original = tempfile::tempdir().unwrap();
    let content = build(original.path());
    let mut n_repaired = 0;
    let files: Vec<_> = files(original.path());
    for file in &files {
        let name = file.strip_prefix(original.path()).unwrap();
        let case = format!("{damage:?} {}", name.display());
        let folder = tempfile::tempdir().unwrap();
        copy(original.path(), folder.path());
        harm(&folder.path().join(name), damage);

        let (store, report) = open(folder.path());
        let mut n_lost = content.check(&store);
        let mut more = Content::new(RecordKind::Spec);
        more.put(&store, &mut Random(2), 100, &[10, 1 << 20]);
        assert_eq!(more.check(&store), 0, "{case}");
        let damage_found = store.damage();
        drop(store);

        // What was found while reading is repaired now, without losing more, and then all is well.
        let (store, second) = open(folder.path());
        assert_eq!(second.repair().is_some(), damage_found.is_some(), "{case}");
        let n_lost_before = std::mem::replace(&mut n_lost, content.check(&store));
        assert!(n_lost <= n_lost_before && more.check(&store) == 0, "{case}");
        drop(store);
        let store = open_sound(folder.path());
        assert_eq!((more.check(&store), store.damage()), (0, None), "{case}");

        let reported = report.repair().is_some() || damage_found.is_some();
        n_repaired += usize::from(reported);
        // Large blobs are verified when they are read, and need no repair.
        assert!(n_lost == 0 || reported || name.starts_with("objects"), "{case}: lost {n_lost} without a word");
        let is_data = ["tables", "blobs", "objects"].iter().any(|folder| name.iter().any(|part| part == *folder))
            || name.extension().is_some_and(|extension| extension == "jnl");
        assert!(n_lost == 0 || is_data, "{case}: lost {n_lost}");
    }
    // Otherwise this has tested nothing.
    assert!(files.len() > 15 && n_repaired > 5, "{n_repaired} of {}", files.len());
}

#[test]
fn a_flipped_bit_in_any_file_is_survived() {
    check(Damage::Flip);
}

#[test]
fn any_file_cut_in_half_is_survived() {
    check(Damage::Cut);
}

#[test]
fn any_missing_file_is_survived() {
    check(Damage::Delete);
}

/// Any number of bytes in any place of any file but the large blobs.
#[test]
fn random_damage_is_survived() {
    let original = tempfile::tempdir().unwrap();
    let mut random = Random(5);
    let mut content = Content::new(RecordKind::Act);
    for _ in 0..5 {
        content.put(&open_sound(original.path()), &mut random, 400, &[10, 5_000]);
    }
    let live = open_sound(original.path());
    content.put(&live, &mut random, 200, &[10, 5_000]);
    let still = tempfile::tempdir().unwrap();
    copy_of_live(original.path(), still.path());
    let files = files(still.path());
    let n_cases = std::env::var("MAMO_TEST_CASES").map_or(40, |n| n.parse().unwrap());
    for case in 0..n_cases {
        let folder = tempfile::tempdir().unwrap();
        copy(still.path(), folder.path());
        let mut names = Vec::new();
        for _ in 0..1 + random.below(2) {
            let file = &files[pick(&mut random, files.len())];
            let name = file.strip_prefix(files[0].ancestors().nth(2).unwrap()).unwrap();
            let mut bytes = fs::read(folder.path().join(name)).unwrap();
            let start = pick(&mut random, bytes.len().max(1));
            match random.below(4) {
                0 => bytes.truncate(start),
                1 => bytes.iter_mut().skip(start).take(1 << random.below(13)).for_each(|byte| *byte = 0),
                2 => bytes.iter_mut().skip(start).take(1 << random.below(13)).for_each(|byte| *byte ^= 0x55),
                _ => bytes.iter_mut().skip(start).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
            }
            fs::write(folder.path().join(name), bytes).unwrap();
            names.push(name);
        }
        eprintln!("case {case}: {names:?}");
        let (store, _) = open(folder.path());
        content.check(&store);
        let mut more = Content::new(RecordKind::Spec);
        more.put(&store, &mut random, 10, &[10]);
        assert_eq!(more.check(&store), 0);
        drop(store);
        let (store, _) = open(folder.path());
        content.check(&store);
        assert_eq!(more.check(&store), 0);
        drop(store);
        open_sound(folder.path());
    }
}

fn pick(random: &mut Random, n: usize) -> usize {
    usize::try_from(random.below(u64::try_from(n).unwrap())).unwrap()
}

#[test]
fn a_sound_copy_of_an_open_store_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let content = build(folder.path());
    assert_eq!(content.check(&open_sound(folder.path())), 0);
    assert_eq!(content.check(&open_sound(folder.path())), 0);
}

/// fjall merges tables in a thread of its own, and takes no more writes when that fails.
#[test]
fn damage_that_is_met_while_merging_is_repaired_in_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(3);
    let mut before = Content::new(RecordKind::Act);
    for _ in 0..3 {
        before.put(&open_sound(folder.path()), &mut random, 300, &[]);
    }
    for table in files(&folder.path().join("db/keyspaces/1/tables")) {
        harm(&table, Damage::Flip);
    }
    // Nothing reads the damaged blocks but the merge, which comes after some tables more.
    let mut after = Content::new(RecordKind::Spec);
    let repaired = (0..50).find_map(|_| {
        let (store, report) = open(folder.path());
        assert!(report.repair().is_none(), "the run before did not get along");
        (0..10).for_each(|_| after.put(&store, &mut random, 10, &[]));
        let repair = store.repair()?;
        assert_eq!(after.check(&store), 0);
        Some((repair, before.check(&store)))
    });
    let (repair, n_lost) = repaired.expect("a merge that fails");
    assert!(!repair.is_complete() && n_lost > 0 && n_lost < 900, "{n_lost}: {repair}");
    let store = open_sound(folder.path());
    assert_eq!((before.check(&store), after.check(&store)), (n_lost, 0));
}
