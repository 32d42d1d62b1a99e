//! Large values: written piece by piece, read where they lie.

use crate::support::Bench;
use expect_test::expect;
use mamo::{BoxError, Bytes, Codec, Failure, Graph, List, Node, Persist, field, node};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

const MIB: usize = 1 << 20;

fn pattern(len: usize) -> Vec<u8> {
    (0_u8..=250).flat_map(|byte| [byte; 7]).cycle().take(len).collect()
}

#[node]
fn raw(len: usize) -> Bytes {
    pattern(len).into()
}

#[node]
fn vector(len: usize) -> Vec<u8> {
    pattern(len)
}

#[node]
fn sum(bytes: &[u8], factor: u64) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>() * factor
}

/// Files of the store that hold a large value.
fn objects(folder: &Path) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(folder.join("objects")).unwrap().map(|entry| entry.unwrap().path());
    let files = folders.filter(|path| path.is_dir()).flat_map(|path| std::fs::read_dir(path).unwrap());
    files.map(|entry| entry.unwrap().path()).collect()
}

/// Written in memory (1 and 3 MiB) and through a file (9 MiB), small ones with the records.
#[test]
fn a_later_process_maps_large_bytes_and_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (len, is_mapped) in [(100, false), (10_000, false), (MIB, true), (3 * MIB, true), (9 * MIB, true)] {
        let pipeline = |g: &Graph| Ok(g.add(raw::node(g.value(len))));
        let bench = Bench::open(folder.path());
        assert_eq!(bench.check(pipeline, expect!["raw"]).unwrap(), pattern(len).into());
        drop(bench);
        let bench = Bench::open(folder.path());
        let bytes = bench.check(pipeline, expect![""]).unwrap();
        assert_eq!(bytes.is_mapped(), is_mapped, "{len}");
        drop(bench);
        // It outlives the engine.
        assert_eq!(bytes, pattern(len).into());
    }
}

#[derive(Serialize, Deserialize, Clone)]
struct Scan {
    name: String,
    pixels: Bytes,
    thumb: Bytes,
}

#[node]
fn scan(len: usize) -> Scan {
    Scan { name: "scan".into(), pixels: pattern(len).into(), thumb: pattern(10).into() }
}

#[test]
fn bytes_inside_a_struct_are_mapped_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |g: &Graph| Ok(g.add(scan::node(g.value(6 * MIB))));
    drop(Bench::open(folder.path()).check(pipeline, expect!["scan"]).unwrap());
    let scan = Bench::open(folder.path()).check(pipeline, expect![""]).unwrap();
    assert!(scan.pixels.is_mapped() && scan.thumb.is_mapped());
    assert_eq!((scan.name.as_str(), scan.pixels, scan.thumb), ("scan", pattern(6 * MIB).into(), pattern(10).into()));
}

#[test]
fn a_field_of_a_large_value_is_a_value_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |g: &Graph| {
        let pixels = g.add(g.add(scan::node(g.value(6 * MIB))).field(field!(Scan, pixels)));
        Ok(g.add(sum::node(pixels, g.value(1))))
    };
    let expected: u64 = pattern(6 * MIB).iter().map(|byte| u64::from(*byte)).sum();
    assert_eq!(Bench::open(folder.path()).check(pipeline, expect!["scan scan.pixels sum"]).unwrap(), expected);
    assert_eq!(Bench::open(folder.path()).check(pipeline, expect![""]).unwrap(), expected);
}

#[node]
fn pieces(n: usize) -> List<Bytes> {
    (1..=n).map(|i| Bytes::from(pattern(i * 2 * MIB))).collect()
}

#[node]
fn reversed(piece: &[u8]) -> Bytes {
    piece.iter().rev().copied().collect()
}

#[node]
fn total_len(pieces: &List<Bytes>) -> usize {
    pieces.iter().map(|piece| piece.len()).sum()
}

#[test]
fn elements_of_lists_are_mapped_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |g: &Graph| {
        let pieces = g.add(pieces::node(g.value(4)));
        let reversed = g.add(reversed::map(pieces));
        g.add(total_len::node(reversed));
        Ok((pieces, reversed))
    };
    let check = |bench: &Bench| {
        let (run, (pieces, reversed)) = bench.run(pipeline);
        let (pieces, reversed) = (run.get(pieces).unwrap(), run.get(reversed).unwrap());
        for i in 1..=4 {
            let piece = pieces.get(i - 1).unwrap();
            let mut expected = pattern(i * 2 * MIB);
            assert_eq!(&**piece, expected);
            expected.reverse();
            assert_eq!(&**reversed.get(i - 1).unwrap(), expected);
        }
        (bench.log.take(), pieces.get(3).unwrap().is_mapped() && reversed.get(0).unwrap().is_mapped())
    };
    let first = check(&Bench::open(folder.path()));
    assert_eq!(first.0, "pieces reversed[0] reversed[1] reversed[2] reversed[3] total_len");
    assert_eq!(check(&Bench::open(folder.path())), (String::new(), true));
}

/// The bytes of one object change without its name; only who reads it can tell.
fn flip(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn damaged_bytes_are_made_again_and_never_handed_out() {
    for len in [2 * MIB, 9 * MIB] {
        let folder = tempfile::tempdir().unwrap();
        let pipeline = |factor: u64| {
            move |g: &Graph| {
                let raw = g.add(raw::node(g.value(len)));
                Ok(g.add(sum::node(raw, g.value(factor))))
            }
        };
        let first = Bench::open(folder.path()).check(pipeline(1), expect!["raw sum"]).unwrap();
        // Read by another process, which notes that it was sound.
        assert_eq!(Bench::open(folder.path()).check(pipeline(2), expect!["sum"]).unwrap(), 2 * first);
        let objects = objects(folder.path());
        assert_eq!(objects.len(), 1);
        flip(&objects[0]);
        assert_eq!(Bench::open(folder.path()).check(pipeline(2), expect![""]).unwrap(), 2 * first);
        assert_eq!(Bench::open(folder.path()).check(pipeline(3), expect!["raw sum"]).unwrap(), 3 * first);
        assert_eq!(Bench::open(folder.path()).check(pipeline(4), expect!["sum"]).unwrap(), 4 * first);
    }
}

/// A store keeps equal bytes once, whichever way they came.
#[test]
fn what_went_through_a_file_is_the_same_value() {
    #[node]
    fn shout(text: &str) -> String {
        text.to_uppercase()
    }
    #[node]
    fn as_map(len: usize) -> BTreeMap<String, Vec<u16>> {
        BTreeMap::from([("a".into(), vec![7; len]), ("b".into(), vec![300; len])])
    }
    #[node]
    fn count(map: &BTreeMap<String, Vec<u16>>) -> usize {
        map.values().map(Vec::len).sum()
    }
    let bench = Bench::in_memory();
    let text = |g: &Graph, name: &str, text: &str| g.add(shout::node(g.value(text.repeat(3 * MIB))).name(name));
    // The constant was only hashed, the node's result went through a file, and `again` computes from equal bytes.
    let pipeline = |g: &Graph| {
        let once = text(g, "once", "ab");
        let constant = g.value("AB".repeat(3 * MIB));
        let map = g.add(count::node(g.add(as_map::node(g.value(4 * MIB)))));
        Ok((g.add(shout::node(once).name("again")), g.add(shout::node(constant).name("of constant")), map))
    };
    let (run, (again, of_constant, map)) = bench.run(pipeline);
    assert_eq!(run.get(again).unwrap(), run.get(of_constant).unwrap());
    assert_eq!(*run.get(map).unwrap(), 8 * MIB);
    // One of the two was computed, the other one is the same computation.
    let log = bench.log.take();
    assert_eq!(log.matches("again").count() + log.matches("of constant").count(), 2, "{log}");
    assert_eq!(log.matches('~').count(), 1, "{log}");
}

#[test]
fn values_that_are_not_kept_leave_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |factor: u64| {
        move |g: &Graph| {
            let vector = g.add(vector::node(g.value(9 * MIB)).persist(Persist::Never));
            Ok(g.add(sum::node(vector, g.value(factor))))
        }
    };
    Bench::open(folder.path()).check(pipeline(1), expect!["sum vector"]).unwrap();
    assert!(!folder.path().join("objects").exists() || objects(folder.path()).is_empty());
    // Somebody needed it again: now it is kept.
    Bench::open(folder.path()).check(pipeline(2), expect!["sum vector"]).unwrap();
    assert_eq!(objects(folder.path()).len(), 1);
}

/// The first bytes say how often the second one is repeated.
struct Repeated {
    n: u64,
    byte: u8,
}

enum Unfolded {}

impl Codec<Repeated> for Unfolded {
    const ID: &'static str = "unfolded";

    fn encode(value: &Repeated, out: &mut dyn Write) -> Result<(), BoxError> {
        out.write_all(&value.n.to_le_bytes())?;
        (0..value.n).try_for_each(|_| out.write_all(&[value.byte; 1000]))?;
        if value.n == 13 { Err("unlucky".into()) } else { Ok(()) }
    }

    fn decode(bytes: &Bytes) -> Result<Repeated, BoxError> {
        let n = u64::from_le_bytes(*bytes.first_chunk().ok_or("too short")?);
        Ok(Repeated { n, byte: *bytes.last().ok_or("too short")? })
    }
}

#[node(codec = Unfolded)]
fn repeated(n: u64) -> Repeated {
    Repeated { n, byte: 9 }
}

#[node]
fn read(repeated: &Repeated, plus: u64) -> u64 {
    repeated.n + u64::from(repeated.byte) + plus
}

#[test]
fn a_codec_writes_and_reads_more_than_is_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |plus: u64| {
        move |g: &Graph| -> mamo::Result<Node<u64>> {
            Ok(g.add(read::node(g.add(repeated::node(g.value(20_000))), g.value(plus))))
        }
    };
    assert_eq!(Bench::open(folder.path()).check(pipeline(1), expect!["read repeated"]).unwrap(), 20_010);
    assert_eq!(Bench::open(folder.path()).check(pipeline(2), expect!["read"]).unwrap(), 20_011);
    let objects = objects(folder.path());
    assert_eq!(std::fs::metadata(&objects[0]).unwrap().len(), 20_000_008);
}

#[node]
fn lucky(len: usize) -> Result<Bytes, String> {
    if len == 13 { Err("unlucky".into()) } else { Ok(pattern(len).into()) }
}

#[node]
fn lens(settled: &List<Result<Bytes, Failure>>, plus: usize) -> Vec<usize> {
    settled.iter().map(|one| (*one).as_ref().map_or(0, |bytes| bytes.len() + plus)).collect()
}

#[test]
fn settled_elements_go_through_files_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |plus: usize| {
        move |g: &Graph| {
            let all = g.add(lucky::map(g.value(vec![MIB, 13, 6 * MIB])));
            Ok(g.add(lens::node(g.settle_each(all), g.value(plus))))
        }
    };
    let expected = expect!["!settle_each(lucky)[1] lens settle_each(lucky)[0] settle_each(lucky)[2]"];
    assert_eq!(Bench::open(folder.path()).check(pipeline(0), expected).unwrap(), [MIB, 0, 6 * MIB]);
    let expected = expect!["!settle_each(lucky)[1] lens"];
    assert_eq!(Bench::open(folder.path()).check(pipeline(1), expected).unwrap(), [MIB + 1, 0, 6 * MIB + 1]);
}

#[node]
fn maybe(len: usize) -> Option<usize> {
    (len > 0).then_some(len)
}

#[test]
fn an_option_of_large_bytes_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |g: &Graph| Ok(g.add(raw::map(g.add(maybe::node(g.value(7 * MIB))))));
    let bytes = Bench::open(folder.path()).check(pipeline, expect!["maybe raw[0]"]).unwrap();
    let again = Bench::open(folder.path()).check(pipeline, expect![""]).unwrap();
    assert_eq!(bytes, again);
    assert!(again.unwrap().is_mapped());
}
