//! When a file is read, and that no change goes unnoticed.

use super::world::World;
use crate::exec::look::seen::Seen;
use crate::exec::look::stat::{Stamp, Stat};
use crate::exec::look::{Looker, clock::Reading, clock::ScratchClock};
use crate::fingerprint::BlobDigest;
use crate::graph::Source;
use crate::store::{Batch, RecordKind};
use crate::{Artifact, Dict};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn an_unchanged_file_is_read_once() {
    let world = World::settled();
    world.write("a", "text");
    let (first, n_reads) = world.reads(&world.file("a"));
    assert_eq!(n_reads, 1);
    let (second, n_reads) = world.reads(&world.file("a"));
    assert_eq!((second.digest, n_reads), (first.digest, 0));
    let artifact = second.value.typed::<Artifact>().unwrap();
    assert_eq!((artifact.digest(), artifact.len()), (BlobDigest::of(b"text"), 4));
    assert_eq!(artifact.bytes().unwrap(), b"text");
}

#[test]
fn another_looker_trusts_what_the_store_remembers() {
    let world = World::settled();
    world.write("a", "text");
    world.check_reads(&world.file("a"), 1);
    let later = Looker::new(Arc::clone(&world.looker.store), world.path("scratch"));
    later.look(&world.file("a")).unwrap();
    assert_eq!(later.n_hashed.into_inner(), 0);
}

/// Within one step of the clock a second write leaves size and times as they are.
#[test]
fn a_file_written_just_now_is_read_again() {
    let world = World::racy();
    world.write("a", "text");
    world.check_reads(&world.file("a"), 1);
    world.check_reads(&world.file("a"), 1);
}

#[test]
fn rewriting_in_quick_succession_is_noticed() {
    let world = World::racy();
    for n in 100..200 {
        world.write("a", &n.to_string());
        assert_eq!(world.blob("a"), BlobDigest::of(n.to_string().as_bytes()));
    }
}

#[test]
fn equal_size_and_a_time_set_back_do_not_hide_a_change() {
    let world = World::settled();
    world.write("a", "old!");
    let modified = std::fs::metadata(world.path("a")).unwrap().modified().unwrap();
    assert_eq!(world.blob("a"), BlobDigest::of(b"old!"));
    world.write("a", "new!");
    std::fs::File::options().write(true).open(world.path("a")).unwrap().set_modified(modified).unwrap();
    assert_eq!(std::fs::metadata(world.path("a")).unwrap().modified().unwrap(), modified);
    assert_eq!(world.blob("a"), BlobDigest::of(b"new!"));
}

#[test]
fn another_file_in_its_place_is_noticed() {
    let world = World::settled();
    world.write("a", "old!");
    world.write("b", "new!");
    assert_eq!(world.blob("a"), BlobDigest::of(b"old!"));
    world.rename("b", "a");
    assert_eq!(world.blob("a"), BlobDigest::of(b"new!"));
}

#[test]
fn times_in_the_future_are_not_trusted() {
    let world = World::settled();
    world.write("a", "text");
    let future = std::time::SystemTime::now() + std::time::Duration::from_secs(1000);
    std::fs::File::options().write(true).open(world.path("a")).unwrap().set_modified(future).unwrap();
    world.check_reads(&world.file("a"), 1);
    world.check_reads(&world.file("a"), 1);
}

fn seen() -> Seen {
    let times = Stamp { seconds: 1_000_000, nanos: 500 };
    Seen {
        stat: Stat { device: 1, inode: 2, size: 3, mode: 4, modified: times, changed: times },
        digest: BlobDigest::of(b"abc"),
        verified: Reading { time: Stamp { seconds: 1_000_010, nanos: 0 }, device: 1 },
    }
}

#[test]
fn only_times_two_seconds_before_the_reading_vouch() {
    let check = |seconds: i64, nanos, expected| {
        let verified = Reading { time: Stamp { seconds: 1_000_000 + seconds, nanos }, device: 1 };
        let seen = Seen { verified, ..seen() };
        assert_eq!(seen.vouches_for(&seen.stat), expected, "{seconds} s {nanos} ns");
    };
    check(0, 500, false);
    check(2, 500, false);
    check(2, 501, true);
    check(-5, 0, false);
    check(10, 0, true);
    let later = Stamp { seconds: 1_000_009, nanos: 0 };
    for stat in [Stat { modified: later, ..seen().stat }, Stat { changed: later, ..seen().stat }] {
        assert!(!Seen { stat, ..seen() }.vouches_for(&stat));
    }
}

#[test]
fn every_field_of_the_stat_counts() {
    let stat = seen().stat;
    assert!(seen().vouches_for(&stat));
    let earlier = Stamp { seconds: 999_999, nanos: 500 };
    for other in [
        Stat { device: 9, ..stat },
        Stat { inode: 9, ..stat },
        Stat { size: 9, ..stat },
        Stat { mode: 9, ..stat },
        Stat { modified: earlier, ..stat },
        Stat { changed: earlier, ..stat },
    ] {
        assert!(!seen().vouches_for(&other), "{other:?}");
    }
}

#[test]
fn what_was_seen_reads_back_and_a_cut_record_is_a_miss() {
    let mut bytes = Vec::new();
    seen().write(&mut bytes);
    assert_eq!(Seen::read(&bytes), Some(seen()));
    assert_eq!(Seen::read(&bytes[..bytes.len() - 1]), None);
    bytes[0] ^= 1;
    assert_eq!(Seen::read(&bytes), None);
}

#[test]
fn the_clock_of_another_device_may_be_a_day_off() {
    let mut world = World::settled();
    world.write("a", "text");
    for (hours, n_reads) in [(23, 1), (25, 0)] {
        let clock = ScratchClock::new(world.path("scratch"));
        world.looker.clock = Box::new(move || {
            let Reading { time, device } = clock.read()?;
            Some(Reading { time: Stamp { seconds: time.seconds + hours * 3600, ..time }, device: !device })
        });
        world.check_reads(&world.file("a"), 1);
        world.check_reads(&world.file("a"), n_reads);
    }
}

#[test]
fn without_a_clock_every_look_reads() {
    let mut world = World::settled();
    world.looker.clock = Box::new(|| None);
    world.write("a", "text");
    world.check_reads(&world.file("a"), 1);
    world.check_reads(&world.file("a"), 1);
}

#[test]
fn the_scratch_clock_is_the_clock_of_files() {
    let world = World::racy();
    let time_of = |name: &str| Stat::of(&std::fs::metadata(world.path(name)).unwrap());
    world.write("before", "");
    let reading = ScratchClock::new(world.path("scratch")).read().unwrap();
    world.write("after", "");
    assert!(time_of("before").changed <= reading.time && reading.time <= time_of("after").changed);
    assert_eq!(reading.device, time_of("after").device);
}

/// The clock is read between the two stats, which makes it the place for a test to write from.
#[test]
fn a_file_that_changes_as_it_is_read_is_read_again() {
    let mut world = World::racy();
    world.write("a", "0");
    let (path, n_changes) = (world.path("a"), Arc::new(AtomicUsize::new(0)));
    let change = Arc::clone(&n_changes);
    world.looker.clock = Box::new(move || {
        if change.fetch_add(1, Ordering::Relaxed) < 3 {
            std::fs::write(&path, "0".repeat(change.load(Ordering::Relaxed) + 1)).unwrap();
        }
        None
    });
    let (looked, n_reads) = world.reads(&world.file("a"));
    assert_eq!((looked.value.typed::<Artifact>().unwrap().digest(), n_reads), (BlobDigest::of(b"0000"), 4));
}

#[cfg(target_os = "linux")]
#[test]
fn files_that_the_kernel_makes_up_are_always_read() {
    let mut world = World::settled();
    world.read_clock_ahead(100_000_000);
    let version = Source::File { path: "/proc/version".into() };
    world.check_reads(&version, 1);
    world.check_reads(&version, 1);
}

#[test]
fn a_forgotten_file_is_read() {
    let world = World::settled();
    world.write("a", "text");
    world.check_reads(&world.file("a"), 1);
    world.looker.forget(&[&world.path("a")]);
    world.check_reads(&world.file("a"), 1);
    world.check_reads(&world.file("a"), 0);
}

#[test]
fn a_damaged_memory_is_a_miss() {
    let world = World::settled();
    world.write("a", "text");
    world.check_reads(&world.file("a"), 1);
    let (key, _) = world.looker.store.scan(RecordKind::File, None, 1).unwrap().remove(0);
    let mut batch = Batch::default();
    batch.put(key, |out| out.extend_from_slice(&[1, 0, 3]));
    world.looker.store.put(batch).unwrap();
    world.check_reads(&world.file("a"), 1);
    world.check_reads(&world.file("a"), 0);
}

#[test]
fn where_a_file_lies_does_not_matter() {
    let world = World::settled();
    world.write("a", "text");
    world.write("b/c", "text");
    world.write("d", "texd");
    assert_eq!(world.digest(&world.file("a")), world.digest(&world.file("b/c")));
    assert_ne!(world.digest(&world.file("a")), world.digest(&world.file("d")));
}

#[test]
fn a_file_is_unchanged_while_its_content_is() {
    let world = World::racy();
    world.write("a", "text");
    let (path, digest) = (world.path("a"), world.blob("a"));
    assert!(world.looker.is_unchanged(&path, &digest));
    world.write("a", "texd");
    assert!(!world.looker.is_unchanged(&path, &digest));
    world.write("a", "text");
    assert!(world.looker.is_unchanged(&path, &digest));
    world.remove("a");
    assert!(!world.looker.is_unchanged(&path, &digest));
}

/// Else a node of one file would run again when the file comes out of a pattern.
#[test]
fn a_file_and_the_same_file_in_a_dict_are_equal_values() {
    use crate::Collection;
    use crate::fingerprint::value_digest;
    let world = World::settled();
    world.write("a", "text");
    let dict = world.look(&world.glob("a*")).value.typed::<Dict<String, Artifact>>().unwrap();
    let part = dict.part(&(), 0).unwrap().unwrap();
    let schema = <Dict<String, Artifact> as Collection>::item_schema().digest;
    let digest = value_digest(&schema, &part.digest(), part.len());
    assert_eq!(digest, world.digest(&world.file("a")));
}
