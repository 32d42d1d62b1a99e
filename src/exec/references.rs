//! What saved bytes name and do not hold, written down beside them: whoever keeps the bytes keeps that as well.
//!
//! Only a type knows how to read its values, and whoever collects garbage has no types. So what a value's bytes name is
//! noted while they are encoded. The other ways cost more or find less: each computation's record with all that its value
//! needs would list the elements' references again in each collection, and those of elements that were computed before
//! are not known then; reading all bytes for anything that looks like a digest reads the whole store and misses what a
//! codec has compressed. What names something is a blob of its own, however small, so that a name leads to the record.

use crate::error::Result;
use crate::exec::store_error::store_error;
use crate::fingerprint::{BlobDigest, RECIPE};
use crate::store::{Batch, Key, RecordKind, RecordReader, Store};
use crate::value::{Reference, References, Shape};

const FILE: u8 = 0;
const FOLDER: u8 = 1;

/// Writes down what the bytes with this digest name, if anything.
pub(crate) fn note_references(of: &BlobDigest, references: &References, records: &mut Batch) {
    if references.is_empty() {
        return;
    }
    records.put(Key::new(RecordKind::References, of.as_bytes()), |out| {
        out.extend_from_slice(&RECIPE.to_le_bytes());
        for Reference { digest, shape } in references.as_slice() {
            out.push(match shape {
                Shape::File => FILE,
                Shape::Folder => FOLDER,
            });
            out.extend_from_slice(digest.as_bytes());
        }
    });
}

/// What the bytes with this digest name.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn references_of(store: &dyn Store, of: &BlobDigest) -> Result<References> {
    let found = store.get_many(&[Key::new(RecordKind::References, of.as_bytes())]).map_err(store_error)?;
    let read = |bytes: &[u8]| {
        let mut reader = RecordReader::of_recipe(bytes)?;
        let mut references = Vec::new();
        while let Some(kind) = reader.byte() {
            let shape = if kind == FOLDER { Shape::Folder } else { Shape::File };
            references.push(Reference { digest: BlobDigest::from_bytes(reader.array()?), shape });
        }
        Some(References::from(references))
    };
    Ok(found.into_iter().flatten().next().as_deref().and_then(read).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::{Engine, OnFailure};
    use crate::graph::{Graph, Node, NodeCtx, Persist, source};
    use crate::node;
    use crate::store::{Act, Deep, MemoryStore, Payload};
    use crate::value::{Artifact, BoxError, Dict, Failure, List, Listed, Manifest};
    use serde::{Deserialize, Serialize};
    use std::collections::BTreeSet;
    use std::io::Write;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    static MADE: AtomicU32 = AtomicU32::new(0);

    fn file_of(ctx: &NodeCtx, n: u32) -> Result<Artifact, BoxError> {
        MADE.fetch_add(1, Ordering::SeqCst);
        let mut out = ctx.output_file("file")?;
        out.write_all(format!("file {n} ").repeat(if n.is_multiple_of(2) { 1 } else { 20_000 }).as_bytes())?;
        out.finish()
    }

    #[node(krate = crate)]
    fn file(ctx: &NodeCtx, n: u32) -> Result<Artifact, BoxError> {
        file_of(ctx, n)
    }

    #[node(krate = crate)]
    fn folder(ctx: &NodeCtx, n: u32) -> Result<Artifact, BoxError> {
        let file = file_of(ctx, n)?;
        let folder = ctx.output_dir()?;
        folder.put("a/large", &file)?;
        std::fs::write(folder.path().join("small"), "small")?;
        folder.finish()
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Nested {
        name: String,
        files: List<Artifact>,
        tables: Dict<String, List<(u32, Option<Artifact>, Vec<u8>)>>,
    }

    #[node(krate = crate)]
    fn nested(ctx: &NodeCtx, source: &Artifact, given: &Artifact, n: u32) -> Result<Nested, BoxError> {
        let row = |n| Ok((n, Some(file_of(ctx, n)?), vec![7; 1000]));
        let rows = [row(n), row(n + 1)].into_iter().collect::<Result<List<_>, BoxError>>()?;
        let tables = [("t".to_owned(), rows)].into_iter().collect();
        let files = [source.clone(), given.clone(), file_of(ctx, n + 3)?].into_iter().collect();
        Ok(Nested { name: "x".repeat(2000), files, tables })
    }

    #[node(krate = crate)]
    fn taken(nested: &Nested) -> List<Artifact> {
        nested.files.clone()
    }

    #[node(krate = crate)]
    fn odd(ctx: &NodeCtx, n: u32) -> Result<Option<Artifact>, BoxError> {
        if n % 2 == 1 { file_of(ctx, n + 100).map(Some) } else { Ok(None) }
    }

    #[node(krate = crate)]
    fn both(ctx: &NodeCtx, n: u32) -> Result<Vec<Artifact>, BoxError> {
        Ok(vec![file_of(ctx, n + 200)?, file_of(ctx, n + 201)?])
    }

    #[node(krate = crate)]
    fn joined(left: &List<Artifact>, right: &List<Artifact>) -> List<Artifact> {
        left.iter().chain(right.iter()).map(|one| Artifact::clone(&one)).collect()
    }

    #[node(krate = crate)]
    fn single(ctx: &NodeCtx, n: u32) -> Result<List<Artifact>, BoxError> {
        Ok([file_of(ctx, n + 300)?].into_iter().collect())
    }

    #[node(krate = crate, outputs(left, right))]
    fn two(ctx: &NodeCtx, n: u32) -> Result<(Artifact, Vec<u8>), BoxError> {
        Ok((file_of(ctx, n + 400)?, vec![1; 5000]))
    }

    #[derive(Debug, Serialize, Deserialize, Clone)]
    struct Pair {
        first: Artifact,
        second: u32,
    }

    #[node(krate = crate)]
    fn pair(ctx: &NodeCtx, n: u32) -> Result<Pair, BoxError> {
        Ok(Pair { first: file_of(ctx, n + 500)?, second: n })
    }

    #[node(krate = crate)]
    fn unchanged(all: &List<Artifact>) -> List<Artifact> {
        all.clone()
    }

    type Shown = Box<dyn Fn(&crate::Run) -> String>;

    fn text_of(artifact: &Artifact) -> String {
        if artifact.is_folder() {
            let path = artifact.path().unwrap();
            return artifact
                .entries()
                .unwrap()
                .iter()
                .map(|(name, file)| {
                    let bytes = std::fs::read(path.join(name)).unwrap();
                    assert_eq!(bytes, file.bytes().unwrap());
                    format!("{} {}", name.display(), bytes.len())
                })
                .collect();
        }
        format!("{:?} {}", artifact, artifact.bytes().unwrap().len())
    }

    fn all_of(list: &List<Artifact>) -> String {
        list.iter().map(|one| text_of(&one)).collect()
    }

    fn shown<T: Send + Sync + 'static>(g: &Graph, node: Node<T>, show: impl Fn(&T) -> String + 'static) -> Shown {
        g.target("it", node);
        Box::new(move |run| show(&run.get(node).unwrap()))
    }

    /// Values that name files in every way there is; of case `number` one, and how all that it refers to is read.
    fn case(g: &Graph, number: usize, file_path: &std::path::Path) -> Shown {
        let source = g.add(source::file(file_path));
        let list = || g.value((0..5).collect::<List<u32>>());
        match number {
            0 => shown(g, g.add(file::node(g.value(4))), text_of),
            1 => shown(g, g.add(folder::node(g.value(3))), text_of),
            2 => {
                let nested = g.add(nested::node(source, g.add(file::node(g.value(5))), g.value(6)));
                shown(g, nested, |nested: &Nested| {
                    let rows = |rows: &List<(u32, Option<Artifact>, Vec<u8>)>| -> String {
                        rows.iter().map(|row| text_of(row.1.as_ref().unwrap()) + &row.2.len().to_string()).collect()
                    };
                    let tables = nested.tables.iter().map(|(name, table)| name.clone() + &rows(&table));
                    all_of(&nested.files) + &tables.collect::<String>()
                })
            }
            3 => {
                let nested = nested::node(source, g.add(file::node(g.value(5))), g.value(6)).persist(Persist::Never);
                shown(g, g.add(taken::node(g.add(nested))), all_of)
            }
            4 => shown(g, g.add(file::map(list())), all_of),
            5 => shown(g, g.gather([8, 9].map(|n| g.add(file::node(g.value(n)).name(n.to_string())))), all_of),
            6 => {
                let files = g.add(file::map(g.value([1, 3, 4].into_iter().collect::<List<u32>>())));
                shown(g, g.settle_each(files), |all: &List<Result<Artifact, Failure>>| {
                    all.iter().map(|one| one.as_ref().as_ref().map_or_else(ToString::to_string, text_of)).collect()
                })
            }
            7 => shown(g, g.add(odd::filter_map(list())), all_of),
            8 => shown(g, g.add(both::flat_map(list())), all_of),
            9 => shown(g, g.add(joined::reduce(g.add(single::map(list())))), all_of),
            10 => shown(g, g.add(two::node(g.value(1))).0, text_of),
            11 => shown(g, g.add(pair::node(g.value(1))), |pair: &Pair| text_of(&pair.first)),
            12 => shown(g, g.add(file::map(g.value(Some(3)))), |one: &Option<Artifact>| text_of(one.as_ref().unwrap())),
            13 => shown(g, g.settle(g.add(folder::node(g.value(7)))), |one: &Result<Artifact, Failure>| {
                one.as_ref().map_or_else(ToString::to_string, text_of)
            }),
            // What was read back is written again.
            14 => shown(g, g.add(unchanged::node(g.add(file::map(list())))), all_of),
            15 => {
                let files = g.add(file::map(list()).persist(Persist::Never));
                let copies = ["a", "b"].map(|name| g.add(unchanged::node(files).name(name)));
                shown(g, g.add(joined::node(copies[0], copies[1])), all_of)
            }
            _ => shown(
                g,
                g.add(file::map(g.value((0..3).map(|n| (n, n)).collect::<std::collections::BTreeMap<_, _>>()))),
                |all: &Dict<u32, Artifact>| all.iter().map(|(n, one)| n.to_string() + &text_of(&one)).collect(),
            ),
        }
    }

    const CASES: usize = 17;

    /// All blobs from which this one can be read.
    fn mark(store: &dyn Store, digest: BlobDigest, marked: &mut BTreeSet<BlobDigest>) {
        if !marked.insert(digest) {
            return;
        }
        for Reference { digest, shape } in references_of(store, &digest).unwrap().as_slice() {
            mark(store, *digest, marked);
            let manifest = store.get_blob(digest).unwrap().unwrap();
            let listing = if *shape == Shape::Folder { Manifest::read(&manifest).unwrap() } else { Vec::new() };
            marked.extend(listing.into_iter().filter_map(|(_, listed)| match listed {
                Listed::File(file) => Some(file.digest),
                Listed::Alias(_) | Listed::Link(_) => None,
            }));
        }
    }

    fn copied(from: &dyn Store, to: &dyn Store, kind: RecordKind) {
        let mut batch = Batch::default();
        for (key, bytes) in from.scan(kind, None, usize::MAX).unwrap() {
            batch.put(key, |out| out.extend_from_slice(&bytes));
        }
        to.put(batch).unwrap();
    }

    #[test]
    fn all_that_a_value_names_is_found_from_it() {
        let scratch = tempfile::tempdir().unwrap();
        for number in 0..CASES {
            let source = scratch.path().join("source.txt");
            std::fs::write(&source, "source").unwrap();
            let before: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let after: Arc<dyn Store> = Arc::new(MemoryStore::new());
            let (graph, shown) = Graph::build(|g| Ok(case(g, number, &source))).unwrap();
            let run = |store: &Arc<dyn Store>| {
                let builder = Engine::builder().on_failure(OnFailure::KeepGoing);
                let run = builder.with_store(Arc::clone(store)).unwrap().run(&graph).unwrap();
                let declared = Arc::clone(&run.session().graph);
                assert_eq!(declared.targets.len(), 1);
                (shown(&run), declared)
            };
            let (expected, declared) = run(&before);
            let target = declared.producer(declared.targets[0].1);
            let spec = declared.spec(target).unwrap().hashers.digest;
            let deeps = before.scan(RecordKind::Deep, None, usize::MAX).unwrap().into_iter();
            let deep = deeps.filter_map(|(_, deep)| Deep::read(&deep)).find(|deep| deep.spec == spec).unwrap();
            let act = before.get_many(&[Key::new(RecordKind::Act, deep.content.as_bytes())]).unwrap().remove(0);
            let payload = deep.own.or(act.and_then(|act| Act::read(&act)).map(|act| act.payload)).unwrap();
            let Payload::Blob { digest, .. } = payload else { panic!("{number}: {payload:?}") };
            let mut marked = BTreeSet::new();
            mark(&*before, digest, &mut marked);
            RecordKind::ALL.iter().for_each(|kind| copied(&*before, &*after, *kind));
            let mut batch = Batch::default();
            marked.iter().for_each(|digest| batch.put_blob(*digest, before.get_blob(digest).unwrap().unwrap()));
            after.put(batch).unwrap();
            // What is read must come from there.
            let made = MADE.load(Ordering::SeqCst);
            assert_eq!(run(&after).0, expected, "{number}");
            assert_eq!(MADE.load(Ordering::SeqCst), made, "case {number}: something was lost, and made again");
        }
    }
}
