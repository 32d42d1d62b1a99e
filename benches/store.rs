//! What the store adds to fjall: CPU time of putting records, against raw sorted ingestion of the same bytes.
//!
//! `cargo bench --bench store` prints microseconds of CPU time a record, over all threads, and the ratio. The two are run
//! in turn, several times, and the best of each counts: other load on the machine only ever adds.

#![expect(clippy::expect_used, clippy::print_stdout, reason = "a bench prints, and ends when it cannot measure")]

use mamo::store::{Batch, FjallStore, Key, OpenOptions, RecordKind, Store};
use std::path::Path;
use std::time::{Duration, Instant};

const N_RECORDS: usize = 200_000;
const N_BYTES: usize = 200;
const N_BATCH: usize = 2_000;
const N_ROUNDS: usize = 5;

type Records = Vec<(Key, Vec<u8>)>;

fn main() {
    let records = records();
    let mut best: [Option<Duration>; 4] = [None; 4];
    for _ in 0..N_ROUNDS {
        let rounds: [fn(&Records, &Path) -> Duration; 4] = [raw, store, raw_and_close, store_and_close];
        for (best, round) in best.iter_mut().zip(rounds) {
            let folder = tempfile::tempdir().expect("a folder");
            let time = round(&records, folder.path());
            *best = Some(best.map_or(time, |best| best.min(time)));
        }
    }
    let [raw, store, raw_closed, store_closed] = best.map(Option::unwrap_or_default);
    report("put and sync", store, raw);
    report("with opening and closing", store_closed, raw_closed);
    startup(&records);
}

fn report(what: &str, store: Duration, raw: Duration) {
    let each = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(u32::try_from(N_RECORDS).unwrap_or(u32::MAX));
    let ratio = store.as_secs_f64() / raw.as_secs_f64();
    println!("{what}: store {:.2} us, raw ingestion {:.2} us, ratio {ratio:.2}", each(store), each(raw));
}

/// Opening a store with records in it, looking one up, and closing it again.
fn startup(records: &Records) {
    let folder = tempfile::tempdir().expect("a folder");
    store_and_close(records, folder.path());
    let mut best: Option<(Duration, Duration)> = None;
    for _ in 0..20 {
        let (wall, start) = (Instant::now(), cpu_time());
        let store = open(folder.path());
        let keys: Vec<_> = records.iter().take(1).map(|(key, _)| *key).collect();
        assert!(store.get_many(&keys).expect("a sound store").iter().all(Option::is_some));
        drop(store);
        let time = (wall.elapsed(), cpu_time().saturating_sub(start));
        best = Some(best.map_or(time, |best| best.min(time)));
    }
    let (wall, cpu) = best.unwrap_or_default();
    println!("open, get, close: {:.2} ms, of them {:.2} ms CPU", wall.as_secs_f64() * 1e3, cpu.as_secs_f64() * 1e3);
}

fn records() -> Records {
    let digest = |n: usize, kind: &str| *blake3::hash(format!("{kind} {n}").as_bytes()).as_bytes();
    let record = |n: usize| {
        let kind = if n.is_multiple_of(2) { RecordKind::Act } else { RecordKind::Deep };
        let value = (0..N_BYTES / 32 + 1).flat_map(|i| digest(n * 8 + i, "value")).take(N_BYTES).collect();
        (Key::new(kind, &digest(n, "key")), value)
    };
    (0..N_RECORDS).map(record).collect()
}

fn store(records: &Records, folder: &Path) -> Duration {
    let store = open(folder);
    timed(|| put(&store, records))
}

fn store_and_close(records: &Records, folder: &Path) -> Duration {
    timed(|| put(&open(folder), records))
}

fn open(folder: &Path) -> FjallStore {
    FjallStore::open(folder, OpenOptions::default()).expect("a sound store").0
}

fn put(store: &FjallStore, records: &Records) {
    for chunk in records.chunks(N_BATCH) {
        let mut batch = Batch::default();
        for (key, value) in chunk {
            batch.put(*key, |out| out.extend_from_slice(value));
        }
        store.put(batch).expect("a sound store");
    }
    store.sync().expect("a sound store");
}

fn raw(records: &Records, folder: &Path) -> Duration {
    let (database, keyspace) = open_raw(folder);
    let time = timed(|| ingest(&keyspace, records));
    drop((keyspace, database));
    time
}

fn raw_and_close(records: &Records, folder: &Path) -> Duration {
    timed(|| {
        let (_database, keyspace) = open_raw(folder);
        ingest(&keyspace, records);
    })
}

fn open_raw(folder: &Path) -> (fjall::Database, fjall::Keyspace) {
    let database = fjall::Database::builder(folder).worker_threads(1).open().expect("a database");
    let uncompressed = fjall::config::CompressionPolicy::all(fjall::CompressionType::None);
    let options = || fjall::KeyspaceCreateOptions::default().data_block_compression_policy(uncompressed);
    let keyspace = database.keyspace("records", options).expect("a keyspace");
    (database, keyspace)
}

fn ingest(keyspace: &fjall::Keyspace, records: &Records) {
    let mut sorted: Vec<_> = records.iter().map(|(key, value)| (key.to_bytes(), value)).collect();
    sorted.sort_unstable_by_key(|(key, _)| *key);
    let mut ingestion = keyspace.start_ingestion().expect("an ingestion");
    for (key, value) in sorted {
        ingestion.write(key.as_slice(), value.as_slice()).expect("a record");
    }
    ingestion.finish().expect("records");
}

fn timed(run: impl FnOnce()) -> Duration {
    let start = cpu_time();
    run();
    cpu_time().saturating_sub(start)
}

/// CPU time of this process: all threads, those that have ended too, user and system.
#[expect(unsafe_code, reason = "no safe clock counts the time of threads that have ended")]
fn cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a whole `timespec` that lives through the call.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0);
    let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), nanoseconds)
}
