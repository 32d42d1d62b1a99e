//! One store for several: whoever has it open, all see the same, and nothing is lost when that one goes.

use crate::crash::{batch, content, head};
use crate::support::{Random, open_sound};
use mamo::fingerprint::BlobDigest;
use mamo::store::{Adopted, Batch, Key, OpenOptions, RecordKind, SharedStore, Store, StoreError};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Set for the process that is to be killed; names the store's folder.
const CHILD: &str = "MAMO_TEST_SHARED_STORE";

fn share(folder: &Path) -> SharedStore {
    SharedStore::open(folder, OpenOptions::default()).unwrap().0
}

fn key(number: u64) -> Key {
    Key::new(RecordKind::Probe, BlobDigest::of(&number.to_le_bytes()).as_bytes())
}

/// Sizes on both sides of the limit from which blobs are files.
fn blob(random: &mut Random) -> Vec<u8> {
    let size = [0, 100, 5_000, (1 << 20) - 1, 1 << 20][usize::try_from(random.below(5)).unwrap()];
    vec![u8::try_from(random.below(3)).unwrap(); size]
}

/// What a store should hold.
#[derive(Default)]
struct Model {
    records: BTreeMap<Key, Vec<u8>>,
    blobs: BTreeMap<BlobDigest, Option<Vec<u8>>>,
}

impl Model {
    fn check(&self, store: &dyn Store) {
        let keys: Vec<_> = (0..20).map(key).collect();
        let expected: Vec<_> = keys.iter().map(|key| self.records.get(key).cloned()).collect();
        assert_eq!(store.get_many(&keys).unwrap(), expected);
        let all: Vec<_> = self.records.iter().map(|(key, bytes)| (*key, bytes.clone())).collect();
        assert_eq!(store.scan(RecordKind::Probe, None, 100).unwrap(), all);
        let digests: Vec<_> = self.blobs.keys().copied().collect();
        let has: Vec<_> = self.blobs.values().map(Option::is_some).collect();
        assert_eq!(store.has_blobs(&digests).unwrap(), has);
        for (digest, bytes) in &self.blobs {
            assert!(store.get_blob(digest).unwrap() == *bytes);
        }
        let listed: Vec<_> = store.blobs(None, 100).unwrap().into_iter().map(|(digest, _)| digest).collect();
        let there: Vec<_> = self.blobs.iter().filter(|(_, bytes)| bytes.is_some()).map(|(digest, _)| *digest).collect();
        assert_eq!(listed, there);
    }
}

#[test]
fn whoever_asks_sees_what_anybody_put_and_holders_come_and_go() {
    for seed in 0..12 {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("store");
        let mut random = Random(seed);
        let mut model = Model::default();
        let mut stores: Vec<SharedStore> = (0..3).map(|_| share(&place)).collect();
        let mut n_moved = 0;
        for _ in 0..60 {
            let which = usize::try_from(random.below(3)).unwrap();
            let store = &stores[which];
            match random.below(8) {
                0..3 => {
                    let mut batch = Batch::default();
                    for _ in 0..random.below(4) {
                        let (key, bytes) = (key(random.below(20)), random.bytes(9));
                        batch.put(key, |out| out.extend_from_slice(&bytes));
                        model.records.insert(key, bytes);
                    }
                    let removed = key(random.below(20));
                    batch.remove(removed);
                    model.records.remove(&removed);
                    let ticket = store.put(batch).unwrap();
                    assert!(random.below(4) > 0 || store.sync().unwrap() >= ticket);
                }
                3 => {
                    let mut batch = Batch::default();
                    let bytes = blob(&mut random);
                    batch.put_blob(BlobDigest::of(&bytes), bytes.clone());
                    model.blobs.insert(BlobDigest::of(&bytes), Some(bytes));
                    store.put(batch).unwrap();
                }
                4 => {
                    let mut batch = Batch::default();
                    let digest = BlobDigest::of(&blob(&mut random));
                    batch.remove_blob(digest);
                    model.blobs.insert(digest, None);
                    store.put(batch).unwrap();
                }
                5 => {
                    let path = folder.path().join("finished");
                    let bytes = blob(&mut random);
                    std::fs::write(&path, &bytes).unwrap();
                    let digest = BlobDigest::of(&bytes);
                    let len = u64::try_from(bytes.len()).unwrap();
                    store.adopt(vec![Adopted { digest, len, path: path.clone() }]).unwrap();
                    assert!(!path.exists());
                    model.blobs.insert(digest, Some(bytes));
                }
                6 => model.check(store),
                _ => {
                    n_moved += u64::from(store.is_holder());
                    drop(stores.remove(which));
                    stores.push(share(&place));
                }
            }
        }
        stores.iter().for_each(|store| model.check(store));
        assert_eq!(stores.iter().filter(|store| store.is_holder()).count(), 1);
        assert!(seed > 0 || n_moved > 0, "no holder went");
        drop(stores);
        model.check(&open_sound(&place));
    }
}

#[test]
fn a_ticket_that_was_given_by_a_holder_that_went_is_durable() {
    let folder = tempfile::tempdir().unwrap();
    let holder = share(folder.path());
    let client = share(folder.path());
    let mut last = client.durable();
    for number in 0..50 {
        let ticket = client.put(batch(number + 1)).unwrap();
        assert!(ticket > last);
        last = ticket;
    }
    drop(holder);
    assert!(client.sync().unwrap() >= last);
    assert!(client.is_holder());
    let next = client.put(batch(51)).unwrap();
    assert!(next > last, "{next:?} {last:?}");
    assert!(client.durable() >= last);
}

/// The process that is killed; does nothing when it runs as a test.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let store = share(Path::new(&folder));
    println!("put open");
    let start = head(&store);
    for number in start + 1..start + 100_000 {
        store.put(batch(number)).unwrap();
        println!("put {number} durable {}", store.durable().0);
    }
}

type Lines = BufReader<std::process::ChildStdout>;

fn start(folder: &Path) -> (Child, Lines) {
    start_as(folder, "shared::child")
}

fn start_as(folder: &Path, test: &str) -> (Child, Lines) {
    start_in(Path::new("."), folder, test)
}

/// Starts a test as a process that works in `current`, on a store that may lie below that.
fn start_in(current: &Path, store: &Path, test: &str) -> (Child, Lines) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .current_dir(current)
        .env(CHILD, store)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    (child, lines)
}

#[test]
fn a_killed_holder_costs_the_others_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(3);
    let mut mine = BTreeMap::new();
    for round in 0..8_u64 {
        let (mut child, mut lines) = start(folder.path());
        let mut line = String::new();
        while !line.contains("put open") {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0);
        }
        let store = share(folder.path());
        assert!(!store.is_holder());
        let is_killed = AtomicBool::new(false);
        let n_lines = random.below(300);
        std::thread::scope(|scope| {
            let putting = scope.spawn(|| {
                let mut put = Vec::new();
                // Some before and some after it.
                let mut after = 0;
                while after < 20 {
                    after += u64::from(is_killed.load(Ordering::SeqCst));
                    let number = round << 32 | u64::try_from(put.len()).unwrap();
                    let bytes = vec![u8::try_from(round).unwrap(); 5 + put.len() % 40];
                    let mut batch = Batch::default();
                    batch.put(key(number), |out| out.extend_from_slice(&bytes));
                    batch.put_blob(BlobDigest::of(&bytes), bytes.clone());
                    store.put(batch).unwrap();
                    put.push((key(number), bytes));
                }
                put
            });
            let mut lines = lines.by_ref().lines().take(usize::try_from(n_lines).unwrap() + 1);
            assert!(lines.by_ref().all(|line| line.unwrap().contains("put")));
            child.kill().unwrap();
            child.wait().unwrap();
            is_killed.store(true, Ordering::SeqCst);
            mine.extend(putting.join().unwrap());
        });
        assert!(store.is_holder());
        let head = head(&store);
        assert!((0..head).all(|number| is_whole(&store, number + 1)), "{head}");
        drop(store);
        let store = open_sound(folder.path());
        let (keys, values): (Vec<_>, Vec<_>) = mine.clone().into_iter().unzip();
        assert!(store.get_many(&keys).unwrap().into_iter().flatten().eq(values), "round {round}");
    }
}

fn is_whole(store: &dyn Store, number: u64) -> bool {
    let (keys, values): (Vec<_>, Vec<_>) = content(number).records.into_iter().unzip();
    store.get_many(&keys).unwrap().into_iter().flatten().eq(values)
}

#[test]
fn what_a_client_is_told_of_is_durable() {
    let folder = tempfile::tempdir().unwrap();
    let holder = share(folder.path());
    let client = share(folder.path());
    for number in 1..30 {
        let ticket = holder.put(batch(number)).unwrap();
        assert_eq!(head(&client), number);
        assert!(holder.durable() >= ticket);
    }
}

#[test]
fn whoever_wants_to_be_alone_waits_for_the_others_and_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let holder = share(folder.path());
    let client = share(folder.path());
    for store in [&holder, &client] {
        let error = store.alone().unwrap_err();
        assert!(matches!(&error, StoreError::Locked { .. }), "{error}");
        assert!(error.to_string().contains(&format!("process {} on ", std::process::id())), "{error}");
    }
    drop(client);
    // It takes a moment until the holder hears of that.
    let alone = std::iter::repeat_with(|| holder.alone()).find_map(Result::ok).unwrap();
    let error = SharedStore::open(folder.path(), OpenOptions::default()).unwrap_err();
    assert!(matches!(&error, StoreError::Locked { .. }), "{error}");
    drop(alone);
    let client = share(folder.path());
    // The one that goes meanwhile leaves it to the one that waits.
    drop(holder);
    client.sync().unwrap();
    drop(client.alone().unwrap());
}

#[test]
fn a_client_that_waits_to_be_alone_has_its_turn_when_the_holder_goes() {
    let folder = tempfile::tempdir().unwrap();
    let holder = share(folder.path());
    let client = SharedStore::open(folder.path(), OpenOptions::default().wait(Duration::MAX)).unwrap().0;
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.alone().unwrap());
        drop(holder);
        drop(waiting.join().unwrap());
    });
    assert!(client.is_holder());
}

#[test]
fn a_store_that_is_open_without_a_socket_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let alone = open_sound(folder.path());
    let refused = SharedStore::open(folder.path(), OpenOptions::default()).unwrap_err();
    assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| SharedStore::open(folder.path(), OpenOptions::default().wait(Duration::MAX)));
        drop(alone);
        assert!(waiting.join().unwrap().unwrap().0.is_holder());
    });
}

#[test]
fn only_its_user_may_enter_where_the_socket_is() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let _holder = share(folder.path());
    let text = std::fs::read_to_string(folder.path().join("holder")).unwrap();
    let socket = Path::new(text.lines().nth(1).unwrap().strip_prefix("listens at ").unwrap());
    let mode = std::fs::metadata(socket.parent().unwrap()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn whoever_talks_nonsense_is_not_let_in_and_disturbs_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let holder = share(folder.path());
    let text = std::fs::read_to_string(folder.path().join("holder")).unwrap();
    let socket = text.lines().nth(1).unwrap().strip_prefix("listens at ").unwrap();
    for nonsense in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0; 16], &[0xff; 64], b""] {
        let mut connection = std::os::unix::net::UnixStream::connect(socket).unwrap();
        connection.write_all(nonsense).unwrap();
        connection.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // The end of it, however it comes.
        let _ = connection.read_to_end(&mut answer);
    }
    // One that says nothing and stays.
    let _silent = std::os::unix::net::UnixStream::connect(socket).unwrap();
    let client = share(folder.path());
    client.put(batch(1)).unwrap();
    assert_eq!(head(&holder), 1);
    drop(holder);
}

/// What a cleaner of temporary folders takes away is not waited for.
#[test]
fn a_holder_whose_socket_is_gone_ends_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let holder = share(folder.path());
    let text = std::fs::read_to_string(folder.path().join("holder")).unwrap();
    std::fs::remove_file(text.lines().nth(1).unwrap().strip_prefix("listens at ").unwrap()).unwrap();
    holder.put(batch(1)).unwrap();
    drop(holder);
    assert_eq!(head(&open_sound(folder.path())), 1);
}

/// A client that was stopped while it was answered does not keep its holder from ending.
#[test]
fn a_holder_ends_beside_a_client_that_does_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let holder = share(folder.path());
    let bytes = vec![7; 900_000];
    let mut put = Batch::default();
    put.put_blob(BlobDigest::of(&bytes), bytes.clone());
    holder.put(put).unwrap();
    let (mut child, mut lines) = start_as(folder.path(), "shared::asking_child");
    let mut line = String::new();
    while !line.contains("asks") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0);
    }
    // It asks again and again, so it is stopped in the middle of an answer, or soon after it.
    let stop =
        |signal| assert!(Command::new("kill").arg(signal).arg(child.id().to_string()).status().unwrap().success());
    stop("-STOP");
    drop(holder);
    open_sound(folder.path());
    stop("-CONT");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The process that is stopped; does nothing when it runs as a test.
#[test]
fn asking_child() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let store = share(Path::new(&folder));
    let digest = BlobDigest::of(&vec![7; 900_000]);
    println!("asks");
    for _ in 0..100_000 {
        store.get_blob(&digest).unwrap().unwrap();
    }
}

/// A process that works in another folder than its holder.
#[test]
fn places_of_blobs_are_the_same_in_all_folders() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, mut lines) = start_in(folder.path(), Path::new("s t\u{e9}"), "shared::child");
    let mut line = String::new();
    while !line.contains("put open") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0);
    }
    let store = share(&folder.path().join("s t\u{e9}"));
    assert!(!store.is_holder());
    let bytes = vec![9; (1 << 20) + 1];
    let mut put = Batch::default();
    put.put_blob(BlobDigest::of(&bytes), bytes.clone());
    store.put(put).unwrap();
    store.sync().unwrap();
    let place = store.blob_files(&[BlobDigest::of(&bytes)]).unwrap().pop().flatten().unwrap();
    assert!(std::fs::read(place).unwrap() == bytes);
    child.kill().unwrap();
    child.wait().unwrap();
}
