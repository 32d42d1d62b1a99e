//! Large files are never whole in memory: they are written, hashed, kept, read and put into folders piece by piece.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests throughout")]

use mamo::{Artifact, BoxError, Engine, Graph, NodeCtx, node};
use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the bytes that are allocated at a time.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[expect(unsafe_code, reason = "an allocator is unsafe to implement")]
// SAFETY: everything is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller's promise is the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// By which way a file of so many MiB is made.
#[node]
fn make(ctx: &NodeCtx, mib: u64, is_by_path: bool) -> Result<Artifact, BoxError> {
    let mut out = ctx.output_file("large")?;
    let block = vec![7; 1 << 20];
    if is_by_path {
        let mut file = std::fs::File::create(out.path())?;
        (0..mib).try_for_each(|_| file.write_all(&block))?;
    } else {
        (0..mib).try_for_each(|_| out.write_all(&block))?;
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

fn check(mib: u64) {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::builder().jobs(2).open(folder.path()).unwrap();
    let pipeline = |g: &Graph| {
        let file = |is_by_path: bool| make::node(g.value(mib), g.value(is_by_path)).name(format!("make {is_by_path}"));
        let files = [g.add(file(false)), g.add(file(true))];
        let folder = g.add(folder::node(files[0], files[1]));
        Ok(g.add(count::node(folder, files[0])))
    };
    let (graph, count) = Graph::build(pipeline).unwrap();
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let run = engine.run(&graph).unwrap();
    assert_eq!(*run.get(count).unwrap(), 2 * (mib << 20));
    let peak = PEAK.load(Ordering::Relaxed) - before;
    assert!(peak < 48 << 20, "{} MiB at a time", peak >> 20);
}

/// With `MAMO_STREAMED_MIB=4096` in the environment it takes a minute and 10 GiB on disk.
#[test]
fn a_large_file_is_never_whole_in_memory() {
    check(std::env::var("MAMO_STREAMED_MIB").map_or(256, |mib| mib.parse().unwrap()));
}
