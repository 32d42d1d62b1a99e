//! Values that are carried from one store to another in a file, and files that are not what they were.

use crate::lost::lose_files;
use crate::support::Bench;
use expect_test::{Expect, expect};
use mamo::{
    Artifact, BoxError, Bytes, Dict, ErrorKind, Failure, Gc, Graph, Imported, List, Node, NodeCtx, Persist, RunNodeEnd,
    node, source,
};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Two stores and a file between them.
pub(crate) struct Pair {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) here: Bench,
    pub(crate) there: Bench,
}

impl Pair {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let open = |name: &str| Bench::open(&folder.path().join(name));
        let (here, there) = (open("here"), open("there"));
        Self { folder, here, there }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("values.mamo")
    }

    /// Runs a pipeline here, and carries nodes of it over.
    #[track_caller]
    pub(crate) fn carry<H>(&self, pipeline: impl Fn(&Graph) -> mamo::Result<H>, nodes: &[&str]) -> Imported {
        self.here.run(&pipeline);
        self.export(pipeline, nodes).unwrap();
        self.there.engine.import(&self.file()).unwrap()
    }

    pub(crate) fn export<H>(
        &self,
        pipeline: impl Fn(&Graph) -> mamo::Result<H>,
        nodes: &[&str],
    ) -> mamo::Result<mamo::Exported> {
        self.here.engine.export(&Graph::build(pipeline).unwrap().0, nodes, &self.file())
    }
}

#[node]
fn square(x: u64) -> u64 {
    x * x
}

#[node]
fn text(n: u32) -> String {
    format!("{n} ").repeat(2000)
}

#[node]
fn length(text: &str) -> usize {
    text.len()
}

#[node]
fn joined(left: &str, right: &str) -> String {
    format!("{left}{right}")
}

#[node]
fn file(ctx: &NodeCtx, n: u32) -> Result<Artifact, BoxError> {
    let mut out = ctx.output_file("file")?;
    out.write_all(format!("file {n} ").repeat(if n.is_multiple_of(2) { 1 } else { 200_000 }).as_bytes())?;
    out.finish()
}

#[node]
fn folder(ctx: &NodeCtx, file: &Artifact) -> Result<Artifact, BoxError> {
    let folder = ctx.output_dir()?;
    folder.put("a/large", file)?;
    fs::write(folder.path().join("small"), "small")?;
    folder.finish()
}

#[derive(Debug, Serialize, Deserialize, Clone)]
struct Nested {
    files: List<Artifact>,
    folders: Dict<String, (u32, Option<Artifact>)>,
}

#[node]
fn nested(file: &Artifact, folder: &Artifact) -> Nested {
    Nested {
        files: [file.clone()].into_iter().collect(),
        folders: [("f".to_owned(), (7, Some(folder.clone())))].into_iter().collect(),
    }
}

#[node(outputs(halves, rest))]
fn split(n: usize) -> (String, Vec<u32>) {
    ("half ".repeat(n), vec![7; 500])
}

#[node]
fn count(rest: &[u32]) -> usize {
    rest.len()
}

#[node]
fn total(numbers: &[u64]) -> u64 {
    numbers.iter().sum()
}

#[node(expand)]
fn halved(g: &Graph, numbers: &[u64]) -> Result<Node<u64>, BoxError> {
    if numbers.len() <= 2 {
        return Ok(g.add(total::node(g.value(numbers.to_vec()))));
    }
    let (left, right) = numbers.split_at(numbers.len() / 2);
    let left = g.add(halved::node(g.value(left.to_vec())).name("left"));
    let right = g.add(halved::node(g.value(right.to_vec())).name("right"));
    Ok(g.add(total::node(g.gather([left, right]))))
}

/// What all targets of the pipeline below hold.
#[derive(Clone, Debug, PartialEq)]
struct All {
    texts: Vec<String>,
    whole: String,
    nested: (Vec<u8>, Vec<u8>, PathBuf),
    halves: String,
    count: usize,
    sum: u64,
    barred: usize,
}

type Handles = (Node<List<String>>, Node<String>, Node<Nested>, Node<String>, Node<usize>, Node<u64>, Node<usize>);

/// Everything that there is to carry: maps, reduces, files and folders in structs, several outputs, sub-graphs, barriers.
fn everything(numbers: Vec<u32>) -> impl Fn(&Graph) -> mamo::Result<Handles> {
    move |g| {
        let texts = g.add(text::map(g.value(numbers.iter().copied().collect::<List<u32>>())));
        let whole = g.add(joined::reduce(texts));
        let file = g.add(file::node(g.value(5)));
        let nested = g.add(nested::node(file, g.add(folder::node(file))));
        let (halves, rest) = g.add(split::node(g.value(3)));
        let count = g.add(count::node(rest));
        let sum = g.add(halved::node(g.value(vec![1, 2, 3, 4, 5])));
        let barrier = g.add(text::node(g.value(9)).name("barrier").barrier());
        let barred = g.add(length::node(barrier));
        g.target("texts", texts);
        g.target("whole", whole);
        g.target("nested", nested);
        g.target("halves", halves);
        g.target("count", count);
        g.target("sum", sum);
        g.target("barred", barred);
        Ok((texts, whole, nested, halves, count, sum, barred))
    }
}

fn all(bench: &Bench, numbers: Vec<u32>) -> All {
    let (run, (texts, whole, nested, halves, count, sum, barred)) = bench.run(everything(numbers));
    let nested = run.get(nested).unwrap();
    let folder = nested.folders.get("f").unwrap().1.clone().unwrap();
    let small = fs::read(folder.path().unwrap().join("small")).unwrap();
    let large = fs::read(folder.path().unwrap().join("a/large")).unwrap();
    assert_eq!(nested.files.get(0).unwrap().bytes().unwrap(), large);
    let names = folder.entries().unwrap().iter().map(|(name, _)| name.to_path_buf()).collect();
    All {
        texts: run.get(texts).unwrap().iter().map(|text| text.to_string()).collect(),
        whole: run.get(whole).unwrap().to_string(),
        nested: (large, small, names),
        halves: run.get(halves).unwrap().to_string(),
        count: *run.get(count).unwrap(),
        sum: *run.get(sum).unwrap(),
        barred: *run.get(barred).unwrap(),
    }
}

#[test]
fn a_run_executes_nothing_for_nodes_that_were_carried_over() {
    let pair = Pair::new();
    let before = all(&pair.here, vec![1, 2, 3]);
    let exported = pair.export(everything(vec![1, 2, 3]), &[]).unwrap();
    let names: Vec<&str> = exported.nodes.iter().map(|node| &*node.node).collect();
    assert_eq!(names, ["text", "joined", "nested", "split", "count", "halved", "length"]);
    assert_eq!(exported.bytes, fs::metadata(pair.file()).unwrap().len());
    // The store from which it comes is of no use to it.
    fs::remove_dir_all(pair.folder.path().join("here").join("objects")).unwrap();
    let imported = pair.there.engine.import(&pair.file()).unwrap();
    assert_eq!((imported.records, imported.blobs), (exported.records, exported.blobs));
    assert_eq!((imported.records_known, imported.records_left_out, imported.blobs_known), (0, 0, 0));
    assert!(imported.nodes.iter().all(|node| node.is_known), "{imported:?}");
    assert_eq!(all(&pair.there, vec![1, 2, 3]), before);
    expect![""].assert_eq(&pair.there.last());
    assert!(pair.there.engine.verify().unwrap().is_sound());
    // Elements and combinations were carried one by one, and so were the nodes of the sub-graph.
    all(&pair.there, vec![1, 2, 3, 4]);
    expect!["joined[0..=3] text[3]"].assert_eq(&pair.there.last());
    let parts = |g: &Graph| Ok(g.add(halved::node(g.value(vec![3, 4, 5]))));
    assert_eq!(pair.there.check(parts, expect![""]).unwrap(), 12);
}

#[test]
fn only_what_was_chosen_is_carried() {
    let pair = Pair::new();
    let pipeline = |g: &Graph| {
        let text = g.add(text::node(g.value(1)));
        let (length, other) = (g.add(length::node(text)), g.add(square::node(g.value(12))));
        g.target("length", length);
        g.target("other", other);
        Ok((length, other))
    };
    let imported = pair.carry(pipeline, &["length"]);
    assert_eq!(imported.nodes.len(), 1);
    let (run, (length, other)) = pair.there.run(pipeline);
    expect!["square"].assert_eq(&pair.there.last());
    assert_eq!((*run.get(length).unwrap(), *run.get(other).unwrap()), (4000, 144));
    // What is upstream went along.
    assert_eq!(pair.there.check(|g| Ok(g.add(text::node(g.value(1)))), expect![""]).unwrap().len(), 4000);
}

#[test]
fn an_import_stands_among_the_runs_and_executed_nothing() {
    let pair = Pair::new();
    let pipeline = |g: &Graph| Ok(g.add(length::node(g.add(text::node(g.value(1))))));
    pair.carry(pipeline, &[]);
    let (run, nodes) = pair.there.engine.run_nodes("last").unwrap();
    assert_eq!((run.counts.executed, run.counts.fresh, run.executable), (0, 1, None));
    let known: Vec<&str> =
        nodes.iter().filter(|node| node.ended == RunNodeEnd::Known).map(|node| &*node.node).collect();
    assert_eq!(known, ["length", "text"], "{nodes:?}");
    // An edit is compared with it.
    let edited = |g: &Graph| Ok(g.add(length::node(g.add(text::node(g.value(2))))));
    let why = pair.there.engine.why(&Graph::build(edited).unwrap().0, "length").unwrap();
    assert_eq!(why.since, Some(run.at));
    // The run that did execute them says so.
    let (_, here) = pair.here.engine.run_nodes("last").unwrap();
    assert!(here.iter().any(|node| matches!(node.ended, RunNodeEnd::Executed { .. })), "{here:?}");
}

#[test]
fn nothing_is_taken_twice() {
    let pair = Pair::new();
    let first = pair.carry(everything(vec![1, 2]), &[]);
    assert!(first.records > 20 && first.blobs > 5, "{first:?}");
    let again = pair.there.engine.import(&pair.file()).unwrap();
    assert_eq!((again.records, again.blobs, again.blob_bytes, again.records_left_out), (0, 0, 0, 0));
    assert_eq!((again.records_known, again.blobs_known), (first.records, first.blobs));
    assert_eq!(again.nodes, first.nodes);
    assert_eq!(pair.there.engine.runs().unwrap().len(), 1, "an import stands among the runs");
    // Nor by the store that made it all.
    let own = pair.here.engine.import(&pair.file()).unwrap();
    assert_eq!((own.records, own.blobs, own.records_left_out), (0, 0, 0));
    assert_eq!(pair.here.engine.runs().unwrap().len(), 1);
}

#[node]
fn large(n: usize) -> Bytes {
    vec![7; n].into()
}

#[node]
fn first(bytes: &[u8], plus: u64) -> u64 {
    u64::from(bytes[0]) + plus
}

#[test]
fn large_values_are_carried_and_bring_back_what_was_lost() {
    let pair = Pair::new();
    let pipeline = |g: &Graph| Ok(g.add(large::node(g.value(5 << 20))));
    let imported = pair.carry(pipeline, &["large"]);
    assert_eq!((imported.blobs, imported.blob_bytes), (1, (5 << 20) + 4));
    assert_eq!(pair.there.check(pipeline, expect![""]).unwrap().len(), 5 << 20);
    let reads =
        |plus: u64| move |g: &Graph| Ok(g.add(first::node(g.add(large::node(g.value(5 << 20))), g.value(plus))));
    assert_eq!(pair.there.check(reads(1), expect!["first"]).unwrap(), 8);
    assert_eq!(lose_files(&pair.folder.path().join("there")), 1);
    let again = pair.there.engine.import(&pair.file()).unwrap();
    assert_eq!((again.records, again.blobs), (0, 1));
    assert_eq!(pair.there.check(reads(2), expect!["first"]).unwrap(), 9);
    let held = fs::read_dir(pair.folder.path().join("there/scratch")).unwrap().flatten();
    let left: Vec<_> =
        held.filter(|held| held.path().is_dir()).flat_map(|held| fs::read_dir(held.path()).unwrap()).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Bytes that were not kept there come along.
#[test]
fn a_value_that_was_not_kept_there_gets_its_bytes() {
    let pair = Pair::new();
    let pipeline = |persist: Persist| {
        move |g: &Graph| {
            let text = g.add(text::node(g.value(1)).persist(persist));
            Ok(g.add(length::node(text)))
        }
    };
    pair.there.check(pipeline(Persist::Never), expect!["length text"]).unwrap();
    pair.carry(pipeline(Persist::Auto), &[]);
    let text = |g: &Graph| Ok(g.add(text::node(g.value(1))));
    assert_eq!(pair.there.check(text, expect![""]).unwrap().len(), 4000);
}

#[test]
fn what_was_imported_is_garbage_when_its_import_is() {
    let pair = Pair::new();
    let pipeline = |g: &Graph| Ok(g.add(length::node(g.add(text::node(g.value(1))))));
    pair.carry(pipeline, &[]);
    let report = pair.there.engine.gc(&Gc::default().keep_runs(1)).unwrap();
    assert_eq!((report.records, report.blobs), (0, 0), "the import is the last run");
    pair.there.check(pipeline, expect![""]).unwrap();
    pair.there.check(|g| Ok(g.add(square::node(g.value(3)))), expect!["square"]).unwrap();
    let report = pair.there.engine.gc(&Gc::default().keep_runs(1)).unwrap();
    assert_eq!(report.blobs, 1);
    pair.there.check(pipeline, expect!["length text"]).unwrap();
}

/// A file of a few kilobytes, with blobs and records of most kinds.
fn small_file(pair: &Pair) -> Vec<u8> {
    let pipeline = |g: &Graph| {
        let texts = g.add(text::map(g.value([1, 2].into_iter().collect::<List<u32>>())));
        let file = g.add(file::node(g.value(2)));
        Ok((g.add(joined::reduce(texts)), g.add(folder::node(file))))
    };
    pair.here.run(pipeline);
    pair.export(pipeline, &[]).unwrap();
    fs::read(pair.file()).unwrap()
}

/// Nothing of a file is taken that is not what was exported.
#[track_caller]
fn refused(pair: &Pair, bytes: &[u8], what: &str) {
    let damaged = pair.folder.path().join("damaged.mamo");
    fs::write(&damaged, bytes).unwrap();
    let error = pair.there.engine.import(&damaged).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotImported, "{what}: {error}");
    assert!(error.to_string().contains(damaged.to_str().unwrap()), "{what}: {error}");
    let size = pair.there.engine.size().unwrap();
    assert_eq!((size.records, size.blobs), (0, 0), "{what}");
}

#[test]
fn every_flipped_byte_is_found() {
    let mut pair = Pair::new();
    pair.there = Bench::in_memory();
    let bytes = small_file(&pair);
    let mut state = 1_u64;
    for at in (0..bytes.len()).filter(|at| *at < 600 || at % 23 == 0 || at + 300 > bytes.len()) {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (state >> 61);
        refused(&pair, &damaged, &format!("byte {at} of {}", bytes.len()));
    }
    pair.there.engine.import(&pair.file()).unwrap();
}

#[test]
fn a_file_that_ends_early_or_late_is_refused() {
    let mut pair = Pair::new();
    pair.there = Bench::in_memory();
    let bytes = small_file(&pair);
    for len in (0..bytes.len()).filter(|len| *len < 120 || len % 37 == 0 || len + 90 > bytes.len()) {
        refused(&pair, &bytes[..len], &format!("{len} of {}", bytes.len()));
    }
    refused(&pair, &[bytes.as_slice(), b"x"].concat(), "one byte more");
    refused(&pair, &[bytes.as_slice(), bytes.as_slice()].concat(), "twice");
    // Without one of its entries, which are all sound: the first ends behind its head and its bytes.
    let len = usize::try_from(u64::from_le_bytes(bytes[53..61].try_into().unwrap())).unwrap();
    let second = 20 + 81 + len;
    let third =
        second + 81 + usize::try_from(u64::from_le_bytes(bytes[second + 33..second + 41].try_into().unwrap())).unwrap();
    refused(&pair, &[&bytes[..second], &bytes[third..]].concat(), "without its second entry");
    refused(&pair, &[&bytes[..20], &bytes[second..]].concat(), "without its first entry");
    pair.there.engine.import(&pair.file()).unwrap();
}

#[test]
fn messages_say_what_is_wrong_with_a_file() {
    let pair = Pair::new();
    let bytes = small_file(&pair);
    let name = pair.folder.path().join("it.mamo");
    let check = |bytes: &[u8], expected: Expect| {
        fs::write(&name, bytes).unwrap();
        let error = format!("{:?}", pair.there.engine.import(&name).unwrap_err());
        expected.assert_eq(&error.replace(name.to_str().unwrap(), "it.mamo"));
    };
    check(
        b"PNG",
        expect![[r#"
        `it.mamo` is damaged in the entry at byte 0: the file ends too early; nothing of it was taken
        hint: copy it once more, or export once more"#]],
    );
    check(
        b"a file of another kind altogether",
        expect!["`it.mamo` is no file that was exported, or its beginning is damaged"],
    );
    let mut later = bytes.clone();
    later[16] = 2;
    check(
        &later,
        expect![[r#"
            `it.mamo` has format 2 and recipe 1, this build reads format 1 and recipe 1; nothing of it was taken
            hint: import it with the version of mamo that exported it"#]],
    );
    let mut flipped = bytes.clone();
    flipped[110] ^= 1;
    check(
        &flipped,
        expect![[r#"
        `it.mamo` is damaged in the entry at byte 20: bytes do not fit their checksum; nothing of it was taken
        hint: copy it once more, or export once more"#]],
    );
    check(
        &bytes[..bytes.len() - 5],
        expect![[r#"
        `it.mamo` is damaged in the entry at byte 25550: the file ends too early; nothing of it was taken
        hint: copy it once more, or export once more"#]],
    );
    fs::remove_file(&name).unwrap();
    let error = pair.there.engine.import(&name).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotImported);
    assert!(format!("{error:?}").starts_with(&format!("cannot read `{}`\ncaused by: ", name.display())), "{error:?}");
}

#[node]
fn fails(n: u64) -> Result<u64, String> {
    Err(format!("not {n}"))
}

#[node]
fn at_most(settled: &Result<u64, Failure>) -> u64 {
    settled.as_ref().copied().unwrap_or(3)
}

#[test]
fn what_is_not_up_to_date_is_not_exported() {
    let pair = Pair::new();
    let path = pair.folder.path().join("data.txt");
    fs::write(&path, "data").unwrap();
    let source_path = path.clone();
    let pipeline = move |x: u64| {
        let path = source_path.clone();
        move |g: &Graph| {
            let x = g.add(source::param("x", x));
            let read = g.add(bytes_of::node(g.add(source::file(&path))));
            let hidden = g.add(text::node(g.value(4)).name("hidden").persist(Persist::Never));
            let settled = g.settle(g.add(fails::node(x)));
            g.target("square", g.add(square::node(x)));
            g.target("read", read);
            g.target("reader", g.add(length::node(hidden)));
            g.target("settled", g.add(at_most::node(settled)));
            Ok(())
        }
    };
    let check = |x: u64, nodes: &[&str], expected: Expect| {
        let error = pair.export(pipeline(x), nodes).unwrap_err();
        assert!(error.kind() == ErrorKind::NotExported || error.kind() == ErrorKind::UnknownName, "{error}");
        expected.assert_eq(&format!("{error:?}").replace(path.to_str().unwrap(), "data.txt"));
        assert!(!pair.file().exists());
    };
    check(
        2,
        &["square"],
        expect![[r#"
        node `square` is not up to date: it has no value on record at its present code and inputs
        hint: run it first; what is made of a settled failure is never on record"#]],
    );
    pair.here.run(pipeline(2));
    check(
        3,
        &["read", "square"],
        expect![[r#"
        node `square` is not up to date: it has no value on record at its present code and inputs
        hint: run it first; what is made of a settled failure is never on record"#]],
    );
    check(
        2,
        &["hidden"],
        expect![[r#"
        node `hidden` is up to date, but the bytes of its value are not in the store: it is `Persist::Never`
        hint: run it as a target, which is kept whatever the node says, or export nodes that read it"#]],
    );
    check(
        2,
        &["param:x"],
        expect![[r#"
        `param:x` is a source or a constant: there is nothing to export
        hint: a run looks at it where it takes place; export nodes that read it"#]],
    );
    check(
        2,
        &["settled"],
        expect![[r#"
        node `at_most` is not up to date: it has no value on record at its present code and inputs
        hint: run it first; what is made of a settled failure is never on record"#]],
    );
    check(
        2,
        &["sqare"],
        expect![[r#"
        there is no target or node `sqare`
        hint: did you mean `square`?"#]],
    );
    fs::remove_file(&path).unwrap();
    check(
        2,
        &["read"],
        expect![[r#"
        node `bytes_of` has no value at present: node `file:data.txt` failed: cannot read `data.txt`: no such file or folder
        hint: run it first"#]],
    );
    let constant = |g: &Graph| {
        g.target("x", g.value(1));
        Ok(())
    };
    let error = pair.export(constant, &[]).unwrap_err();
    expect!["all targets are sources and constants: there is nothing to export"].assert_eq(&format!("{error:?}"));
    // Of all that there is, what can be had is told.
    fs::write(&path, "data").unwrap();
    pair.export(pipeline(2), &["square", "read", "reader"]).unwrap();
    // One who asks for the value itself has it kept.
    pair.here.engine.run_targets(&Graph::build(pipeline(2)).unwrap().0, &["hidden"]).unwrap();
    pair.export(pipeline(2), &["hidden"]).unwrap();
}

#[node]
fn bytes_of(path: &Path) -> Result<Vec<u8>, BoxError> {
    Ok(fs::read(path)?)
}

#[test]
fn a_file_is_replaced_when_the_new_one_is_whole() {
    let pair = Pair::new();
    let pipeline = |n: u32| move |g: &Graph| Ok(g.add(text::node(g.value(n))));
    pair.carry(pipeline(1), &[]);
    let before = fs::read(pair.file()).unwrap();
    let export = || pair.export(pipeline(1), &[]);
    export().unwrap();
    assert_eq!(fs::read(pair.file()).unwrap(), before, "the same values are the same file");
    pair.carry(pipeline(2), &[]);
    assert_ne!(fs::read(pair.file()).unwrap(), before);
    let error =
        pair.here.engine.export(&Graph::build(pipeline(1)).unwrap().0, &[], &pair.folder.path().join("no/file"));
    assert_eq!(error.unwrap_err().kind(), ErrorKind::NotExported);
    // A folder is in the way: what was written goes again.
    fs::remove_file(pair.file()).unwrap();
    fs::create_dir(pair.file()).unwrap();
    assert_eq!(export().unwrap_err().kind(), ErrorKind::NotExported);
    let mut names: Vec<_> = fs::read_dir(pair.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["here", "there", "values.mamo"]);
}

/// Who looks at damage in its store writes no file that holds it.
#[test]
fn a_damaged_blob_is_not_exported() {
    let pair = Pair::new();
    let pipeline = |g: &Graph| Ok(g.add(large::node(g.value(2 << 20))));
    pair.here.run(pipeline);
    let objects = pair.folder.path().join("here/objects");
    let shard = fs::read_dir(objects).unwrap().flatten().find(|entry| entry.path().is_dir()).unwrap();
    let object = fs::read_dir(shard.path()).unwrap().next().unwrap().unwrap().path();
    let len = usize::try_from(fs::metadata(&object).unwrap().len()).unwrap();
    fs::remove_file(&object).unwrap();
    fs::write(&object, vec![9; len]).unwrap();
    let error = pair.export(pipeline, &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Store, "{error}");
    assert!(!pair.file().exists());
}

/// A file of the first format, which every build reads that does not say otherwise. It holds `length` and `text`, as
/// `what_was_imported_is_garbage_when_its_import_is` carries them.
#[test]
fn files_of_the_first_format_are_read() {
    let bench = Bench::in_memory();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/export-1.mamo");
    let imported = bench.engine.import(&file).unwrap();
    let nodes: Vec<&str> = imported.nodes.iter().map(|node| &*node.node).collect();
    assert_eq!((nodes, imported.records, imported.blobs, imported.blob_bytes), (vec!["length"], 8, 1, 4002));
    assert!(imported.nodes[0].is_known && bench.engine.verify().unwrap().is_sound());
}
