//! A process that is killed at any moment loses nothing that it saw durable, and no batch comes apart.

use crate::support::{Random, open_sound};
use mamo::fingerprint::BlobDigest;
use mamo::store::{Batch, Key, RecordKind, Store};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Set for the process that is to be killed; names the store's folder.
const CHILD: &str = "MAMO_TEST_STORE";
/// In each batch replaced by the number of the batch.
const HEAD: Key = Key::new(RecordKind::Run, &[0; 32]);

/// The content of batch `number`: the same in every process.
pub(crate) struct Content {
    pub(crate) records: Vec<(Key, Vec<u8>)>,
    blob: Option<Vec<u8>>,
}

pub(crate) fn content(number: u64) -> Content {
    let mut random = Random(number);
    // Every so often a group that is ingested, with small batches before and after it.
    let n_records = if is_large(number) { 55_000 } else { 1 + random.below(40) };
    let records = (0..n_records).map(|_| {
        let key = Key::new(RecordKind::Act, &random.digest());
        let n_bytes = 8 + usize::try_from(random.below(32)).unwrap();
        (key, random.bytes(n_bytes))
    });
    let records = records.collect();
    let blob = match number % 16 {
        3 => Some(random.bytes(10_000)),
        11 => Some(random.bytes(1 << 20)),
        _ => None,
    };
    Content { records, blob }
}

fn is_large(number: u64) -> bool {
    number % 1_000 == 15
}

pub(crate) fn batch(number: u64) -> Batch {
    let content = content(number);
    let mut batch = Batch::default();
    for (key, bytes) in &content.records {
        batch.put(*key, |out| out.extend_from_slice(bytes));
    }
    if let Some(bytes) = content.blob {
        batch.put_blob(BlobDigest::of(&bytes), bytes);
    }
    batch.put(HEAD, |out| out.extend_from_slice(&number.to_le_bytes()));
    batch
}

pub(crate) fn head(store: &dyn Store) -> u64 {
    let found = store.get_many(&[HEAD]).unwrap().pop().unwrap();
    found.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().unwrap()))
}

/// The process that is killed; does nothing when it runs as a test.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let store = open_sound(Path::new(&folder));
    let start = head(&store);
    for number in start + 1..start + 100_000 {
        store.put(batch(number)).unwrap();
        println!("put {number} durable {}", start + store.durable().0);
    }
}

/// When a child is killed: so many lines after
enum Kill {
    /// the start,
    Soon(u64),
    /// a large batch was put, so in the middle of its ingestion,
    Ingesting(u64),
    /// a large batch was seen durable.
    Ingested(u64),
}

/// Runs a child, kills it, and gives the last batch that it saw durable.
fn kill(folder: &Path, when: &Kill) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--nocapture"])
        .env(CHILD, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut durable, mut large, mut n_lines) = (0, None, 0);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // The harness prints the name of the test in front of the first line.
        let Some((_, line)) = line.split_once("put ") else { continue };
        let (put, seen) = line.split_once(" durable ").unwrap();
        let put = put.parse().unwrap();
        durable = seen.parse().unwrap();
        large = large.or(is_large(put).then_some(put));
        let (counts, limit) = match when {
            Kill::Soon(limit) => (true, limit),
            Kill::Ingesting(limit) => (large.is_some(), limit),
            Kill::Ingested(limit) => (large.is_some_and(|large| large <= durable), limit),
        };
        n_lines += u64::from(counts);
        if n_lines > *limit {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    durable
}

#[test]
fn what_was_seen_durable_survives_a_kill_and_batches_stay_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(7);
    let (mut n_batches, mut n_records) = (0, 0);
    for round in 0..10_u32 {
        let when = match round % 3 {
            0 => Kill::Soon(random.below(300)),
            1 => Kill::Ingesting(random.below(1_000)),
            _ => Kill::Ingested(random.below(200)),
        };
        let durable = kill(folder.path(), &when);
        let store = open_sound(folder.path());
        let head = head(&store);
        assert!(head >= durable, "batch {durable} was durable, the last one is {head}");
        for number in n_batches + 1..=head {
            let content = content(number);
            let (keys, values): (Vec<_>, Vec<_>) = content.records.into_iter().unzip();
            let found = store.get_many(&keys).unwrap();
            assert!(found.into_iter().flatten().eq(values), "records of batch {number}");
            if let Some(bytes) = content.blob {
                assert!(store.get_blob(&BlobDigest::of(&bytes)).unwrap() == Some(bytes), "blob of batch {number}");
            }
            n_records += keys.len();
        }
        // What comes next is not there in part.
        for number in head + 1..head + 5 {
            let keys: Vec<_> = content(number).records.into_iter().map(|(key, _)| key).collect();
            assert!(store.get_many(&keys).unwrap().iter().all(Option::is_none), "records of batch {number}");
        }
        n_batches = head;
    }
    let found = open_sound(folder.path()).scan(RecordKind::Act, None, usize::MAX).unwrap();
    assert_eq!(found.len(), n_records);
    // Otherwise this has tested nothing.
    assert!(n_records > 55_000, "{n_records}");
}
