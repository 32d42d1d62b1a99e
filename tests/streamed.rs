//! Large files and values are never whole in memory: they are written, hashed, kept, read and put into folders piece by piece.
//!
//! Each case runs in a process of its own, which may have 256 MiB of data, and counts what it allocates. With
//! `MAMO_STREAMED_MIB=4096` in the environment they take some minutes and 10 GiB on disk; `cargo xtask streamed` does that.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests throughout")]

use mamo::{Artifact, BoxError, Bytes, Codec, Engine, Graph, Node, NodeCtx, node};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

mod counting;

const MIB: u64 = 1 << 20;

/// A MiB of it is written again and again.
static BLOCK: [u8; 1 << 20] = [7; 1 << 20];

/// By which way a file of so many MiB is made.
#[node]
fn make(ctx: &NodeCtx, mib: u64, is_by_path: bool) -> Result<Artifact, BoxError> {
    let mut out = ctx.output_file("large")?;
    if is_by_path {
        let mut file = std::fs::File::create(out.path())?;
        (0..mib).try_for_each(|_| file.write_all(&BLOCK))?;
    } else {
        (0..mib).try_for_each(|_| out.write_all(&BLOCK))?;
    }
    out.finish()
}

#[node]
fn folder(ctx: &NodeCtx, one: &Artifact, other: &Artifact) -> Result<Artifact, BoxError> {
    let dir = ctx.output_dir()?;
    dir.put("one", one)?;
    dir.put("sub/other", other)?;
    dir.finish()
}

#[node]
fn count(folder: &Path, file: &Artifact) -> Result<u64, BoxError> {
    let mut file = file.open()?;
    let mut block = vec![0; 1 << 20];
    let mut len = 0;
    loop {
        match file.read(&mut block)? {
            0 => break,
            n => len += u64::try_from(n)?,
        }
    }
    Ok(len + std::fs::metadata(folder.join("sub/other"))?.len())
}

/// So many MiB, made while they are written, and read where they lie.
enum Blocks {
    Made(u64),
    Read(Bytes),
}

impl Blocks {
    fn len(&self) -> u64 {
        match self {
            Self::Made(mib) => mib * MIB,
            Self::Read(bytes) => u64::try_from(bytes.len()).unwrap(),
        }
    }

    fn middle(&self) -> u8 {
        match self {
            Self::Made(_) => BLOCK[0],
            Self::Read(bytes) => bytes[bytes.len() / 2],
        }
    }
}

enum Streamed {}

impl Codec<Blocks> for Streamed {
    const ID: &'static str = "blocks";

    fn encode(blocks: &Blocks, out: &mut dyn Write) -> Result<(), BoxError> {
        match blocks {
            Blocks::Made(mib) => Ok((0..*mib).try_for_each(|_| out.write_all(&BLOCK))?),
            Blocks::Read(bytes) => Ok(out.write_all(bytes)?),
        }
    }

    fn decode(bytes: &Bytes) -> Result<Blocks, BoxError> {
        Ok(Blocks::Read(bytes.clone()))
    }
}

#[node(codec = Streamed)]
fn blocks(mib: u64) -> Blocks {
    Blocks::Made(mib)
}

#[node]
fn look(blocks: &Blocks, plus: u64) -> u64 {
    blocks.len() + u64::from(blocks.middle()) + plus
}

/// The same by serde's way: a list of blocks, of which each is read where it lies.
struct Sequence(Blocks);

struct Block;

impl Serialize for Block {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&BLOCK)
    }
}

impl Serialize for Sequence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..usize::try_from(self.0.len() / MIB).unwrap()).map(|_| Block))
    }
}

impl<'de> Deserialize<'de> for Sequence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Counted;
        impl<'de> Visitor<'de> for Counted {
            type Value = Sequence;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("blocks")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut blocks: A) -> Result<Sequence, A::Error> {
                let mut mib = 0;
                while let Some(block) = blocks.next_element::<Bytes>()? {
                    mib += u64::from(block.first() == Some(&BLOCK[0]));
                }
                Ok(Sequence(Blocks::Made(mib)))
            }
        }
        deserializer.deserialize_seq(Counted)
    }
}

#[node]
fn sequence(mib: u64) -> Sequence {
    Sequence(Blocks::Made(mib))
}

#[node]
fn look_at_sequence(sequence: &Sequence, plus: u64) -> u64 {
    sequence.0.len() + plus
}

/// What a case allocates at most at a time, in MiB.
const LIMIT: usize = 48;
/// How much data its process may have, in MiB.
#[cfg(target_os = "linux")]
const DATA: u64 = 256;
const CHILD: &str = "MAMO_STREAMED_CHILD";

/// Runs the case in a process of its own.
fn alone(name: &str, case: impl FnOnce(u64, &Engine)) {
    if std::env::var_os(CHILD).is_none() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = command.args(["--exact", name, "--nocapture"]).env(CHILD, "1").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "no test is called {name}");
        return;
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { maximum, .. } = getrlimit(Resource::Data);
        setrlimit(Resource::Data, Rlimit { current: Some(DATA * MIB), maximum }).unwrap();
    }
    let mib = std::env::var("MAMO_STREAMED_MIB").map_or(256, |mib| mib.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::builder().jobs(2).open(folder.path()).unwrap();
    let ((), peak) = counting::peak_of(|| case(mib, &engine));
    assert!(peak < LIMIT << 20, "{} MiB at a time", peak >> 20);
}

fn run<T: Copy + Send + Sync + 'static>(engine: &Engine, pipeline: impl FnOnce(&Graph) -> Node<T>) -> (T, u64) {
    let (graph, node) = Graph::build(|g| Ok(pipeline(g))).unwrap();
    let run = engine.run(&graph).unwrap();
    (*run.get(node).unwrap(), run.counts().executed)
}

#[test]
fn a_large_file_is_never_whole_in_memory() {
    alone("a_large_file_is_never_whole_in_memory", |mib, engine| {
        let answer = run(engine, |g| {
            let file = |by_path: bool| make::node(g.value(mib), g.value(by_path)).name(format!("make {by_path}"));
            let files = [g.add(file(false)), g.add(file(true))];
            let folder = g.add(folder::node(files[0], files[1]));
            g.add(count::node(folder, files[0]))
        });
        assert_eq!(answer, (2 * mib * MIB, 4));
    });
}

#[test]
fn a_large_value_of_a_codec_is_never_whole_in_memory() {
    alone("a_large_value_of_a_codec_is_never_whole_in_memory", |mib, engine| {
        let look = |plus| run(engine, |g| g.add(look::node(g.add(blocks::node(g.value(mib))), g.value(plus))));
        assert_eq!(look(0), (mib * MIB + 7, 2));
        assert_eq!(look(1), (mib * MIB + 8, 1));
    });
}

#[test]
fn a_large_value_of_serdes_is_never_whole_in_memory() {
    alone("a_large_value_of_serdes_is_never_whole_in_memory", |mib, engine| {
        let look =
            |plus| run(engine, |g| g.add(look_at_sequence::node(g.add(sequence::node(g.value(mib))), g.value(plus))));
        assert_eq!(look(0), (mib * MIB, 2));
        assert_eq!(look(1), (mib * MIB + 1, 1));
    });
}

#[test]
fn what_is_carried_to_another_store_is_never_whole_in_memory() {
    alone("what_is_carried_to_another_store_is_never_whole_in_memory", |mib, engine| {
        let pipeline = |g: &Graph| Ok(g.add(blocks::node(g.value(mib))));
        let (graph, blocks) = Graph::build(pipeline).unwrap();
        engine.run(&graph).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("blocks.mamo");
        engine.export(&graph, &["blocks"], &file).unwrap();
        let other = Engine::builder().jobs(2).open(folder.path().join("store")).unwrap();
        assert_eq!(other.import(&file).unwrap().blob_bytes, mib * MIB);
        let run = other.run(&graph).unwrap();
        assert_eq!((run.counts().executed, run.get(blocks).unwrap().len()), (0, mib * MIB));
    });
}

/// One page of it is looked at: neither the process's own memory nor what it has mapped and read becomes much.
#[cfg(target_os = "linux")]
#[test]
fn a_large_value_is_not_read_to_be_looked_at() {
    alone("a_large_value_is_not_read_to_be_looked_at", |mib, engine| {
        let look = |plus| run(engine, |g| g.add(look::node(g.add(blocks::node(g.value(mib))), g.value(plus))));
        assert_eq!(look(0), (mib * MIB + 7, 2));
        let before = resident();
        assert_eq!(look(1), (mib * MIB + 8, 1));
        assert_eq!(look(2), (mib * MIB + 9, 1));
        let grown = resident() - before;
        assert!(grown < 32, "{grown} MiB more in memory");
    });
}

/// How much of the process was in memory at most, in MiB.
#[cfg(target_os = "linux")]
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() / 1024
}
