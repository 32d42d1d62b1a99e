//! From nodes to a file with all that another store needs to know them.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::Engine;
use crate::exec::drive::make_plan;
use crate::exec::engine::unfinished;
use crate::exec::gc::Marks;
use crate::exec::history::plan_records;
use crate::exec::leaves::look_at_sources;
use crate::exec::ledger::Ledger;
use crate::exec::named::{find_node, find_targets};
use crate::exec::planning::cause_of;
use crate::exec::recorded::{deep_of, load_roots, payload_of_value};
use crate::exec::session::Session;
use crate::exec::store_error::store_error;
use crate::exec::sync::lock;
use crate::exec::transfer::format::{CARRIED, Carried, Contents, What};
use crate::exec::transfer::writer::Writer;
use crate::fingerprint::{BlobDigest, Fingerprint, ValueDigest};
use crate::graph::{Body, Declared, Graph, NodeId, Persist};
use crate::store::{Deep, Key, Payload, RecordKind, Store};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What was written to a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// The nodes that were chosen.
    pub nodes: Vec<ExportedNode>,
    /// Records in the file.
    pub records: u64,
    /// Blobs in the file.
    pub blobs: u64,
    /// Size of the file in bytes.
    pub bytes: u64,
}

/// A node of which the present value was written to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExportedNode {
    /// Its identity.
    pub node: String,
    /// Digest of the value, in hexadecimal.
    pub value: String,
}

/// Records are looked up so many at a time.
const PAGE: usize = 1000;

impl Engine {
    /// Writes the present values of nodes to a file, with all that another store needs to know them: [`Engine::import`]
    /// takes it over, and a run there of the same program with the same sources executes nothing for these nodes. None
    /// means all targets. An older file of that name is replaced when the new one is whole.
    ///
    /// What is upstream goes along as far as it is kept. Answers of probes and named external values do not: a run looks at
    /// sources where it takes place. What depends on a secret that is part of keys is known to this store alone.
    ///
    /// ```
    /// # use mamo::{Engine, Graph, node};
    /// #[node]
    /// fn model(seed: u64) -> Vec<u64> {
    ///     vec![seed; 3]
    /// }
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let file = folder.path().join("model.mamo");
    /// let (graph, model) = Graph::build(|g| Ok(g.add(model::node(g.value(7)))))?;
    /// let (here, there) = (Engine::in_memory(), Engine::in_memory());
    /// here.run(&graph)?;
    /// here.export(&graph, &["model"], &file)?;
    /// there.import(&file)?;
    /// let run = there.run(&graph)?;
    /// assert_eq!((run.counts().executed, run.get(model)?.len()), (0, 3));
    /// # Ok::<(), mamo::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no node of a name, when one has no value at its present code and inputs or its bytes are not kept, when
    /// the store cannot be read, and when the file cannot be written.
    pub fn export(&self, graph: &Graph, nodes: &[&str], file: &Path) -> Result<Exported> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let chosen = chosen(declared, nodes)?;
        let _running = self.inner.alone("the engine was asked")?;
        let session = self.inner.session(declared)?;
        export(&session, Ledger::new(declared, chosen.clone()), &self.inner.pool, &chosen, file)
    }
}

/// The named nodes, or all targets that are made by something.
fn chosen(graph: &Declared, names: &[&str]) -> Result<BTreeSet<NodeId>> {
    if names.is_empty() {
        let (targets, _) = find_targets(graph, &[])?;
        let chosen: BTreeSet<NodeId> =
            targets.into_iter().map(|node| graph.producer(node)).filter(|node| is_made(graph, *node)).collect();
        if chosen.is_empty() {
            return Err(refused("all targets are sources and constants: there is nothing to export".to_owned()));
        }
        return Ok(chosen);
    }
    let mut chosen = BTreeSet::new();
    for name in names {
        let node = graph.producer(find_node(graph, name)?);
        if !is_made(graph, node) {
            let message = format!("`{name}` is a source or a constant: there is nothing to export");
            let hint = "a run looks at it where it takes place; export nodes that read it";
            return Err(refused(message).with_node(graph.identity(node)).with_hint(hint));
        }
        chosen.insert(node);
    }
    Ok(chosen)
}

fn is_made(graph: &Declared, node: NodeId) -> bool {
    graph.spec(node).is_some_and(|spec| !matches!(spec.body, Body::Source(_)))
}

fn export(
    session: &Session,
    mut ledger: Ledger,
    pool: &rayon::ThreadPool,
    chosen: &BTreeSet<NodeId>,
    file: &Path,
) -> Result<Exported> {
    look_at_sources(session, &mut ledger, pool)?;
    make_plan(session, &mut ledger)?;
    let store = &*session.store;
    let graph = &session.graph;
    let roots = lock(&session.roots).clone();
    let (plan, plan_records) = plan_records(session, &ledger);
    let mut contents = Contents { plan: plan.digest, ..Contents::default() };
    let mut needed = BTreeSet::new();
    let mut marks = Marks::default();
    for node in chosen {
        let (fingerprint, deep) = present(session, &ledger, *node)?;
        let identity = graph.identity(*node);
        let bytes = bytes_of(store, &deep)?.ok_or_else(|| without_bytes(graph, *node))?;
        needed.extend(bytes);
        marks.node(store, fingerprint)?;
        let (fingerprint, value) = (*fingerprint.as_bytes(), *deep.value.as_bytes());
        contents.nodes.push(Carried { node: identity, fingerprint, value });
    }
    // Records lead to what is upstream, but for nodes that are known by value, nodes behind one of their outputs, and those
    // above a value that is never saved. Executed again there, each might give another value than went into these.
    for node in graph.node_ids().filter(|node| ledger.is_needed(*node)) {
        if let Some(fingerprint) = ledger.record_key(graph, node) {
            marks.node(store, fingerprint)?;
        }
    }
    let mut writer = Writer::create(file)?;
    // Serialising plain structs of strings and numbers into memory has no way to fail.
    writer.entry(What::Contents, &postcard::to_stdvec(&contents).unwrap_or_default())?;
    let blobs = write_blobs(store, &marks.blobs, &needed, &mut writer)?;
    let records = write_records(store, &marks, &mut writer)?;
    plan_records.iter().try_for_each(|(key, bytes)| writer.entry(What::Plan(*key), bytes))?;
    // A record is replaced only by one of another value, which makes the node a root: what was read may be of both.
    if load_roots(store)? != roots {
        let message = "a node gave another value while it was exported, to a run of another process";
        return Err(refused(message.to_owned()).with_hint("export once more"));
    }
    let bytes = writer.finish()?;
    Ok(Exported { nodes: contents.nodes.into_iter().map(ExportedNode::from).collect(), records, blobs, bytes })
}

impl From<Carried> for ExportedNode {
    fn from(carried: Carried) -> Self {
        Self { node: carried.node, value: ValueDigest::from_bytes(carried.value).to_string() }
    }
}

/// The record of a node at its present code and inputs.
fn present(session: &Session, ledger: &Ledger, node: NodeId) -> Result<(Fingerprint, Deep)> {
    let graph = &session.graph;
    let known = match ledger.record_key(graph, node) {
        Some(base) => deep_of(&*session.store, &base)?.map(|deep| (base, deep)),
        None => None,
    };
    known.ok_or_else(|| {
        let identity = graph.identity(node);
        let refused = |message: String, hint| refused(message).with_node(&identity).with_hint(hint);
        if graph.spec(node).is_some_and(|spec| spec.is_transient()) {
            let message = format!("the value of node `{identity}` cannot be saved, so it cannot be exported");
            return refused(message, "export nodes that read it");
        }
        if let Some(failure) = cause_of(graph, ledger, node) {
            return refused(format!("node `{identity}` has no value at present: {failure}"), "run it first");
        }
        let message =
            format!("node `{identity}` is not up to date: it has no value on record at its present code and inputs");
        refused(message, "run it first; what is made of a settled failure is never on record")
    })
}

/// The blobs of a value; nothing when some are not there.
fn bytes_of(store: &dyn Store, deep: &Deep) -> Result<Option<BTreeSet<BlobDigest>>> {
    let payload = payload_of_value(store, &deep.value, Some(&deep.content), deep.own.as_ref())?;
    let digest = match payload {
        Some(Payload::Inline(_)) => return Ok(Some(BTreeSet::new())),
        Some(Payload::Blob { digest, .. }) => digest,
        Some(Payload::Absent { .. }) | None => return Ok(None),
    };
    let mut marks = Marks::default();
    marks.blob(store, digest)?;
    let digests: Vec<BlobDigest> = marks.blobs.iter().copied().collect();
    let are_there = store.has_blobs(&digests).map_err(store_error)?;
    Ok(are_there.into_iter().all(|is_there| is_there).then_some(marks.blobs))
}

fn without_bytes(graph: &Declared, node: NodeId) -> Error {
    let identity = graph.identity(node);
    let (why, hint) = match graph.entry(node).flags.persist {
        Persist::Never => (
            "it is `Persist::Never`",
            "run it as a target, which is kept whatever the node says, or export nodes that read it",
        ),
        Persist::Auto | Persist::Always => ("they were evicted or lost", "run it first: they are made again"),
    };
    let message = format!("node `{identity}` is up to date, but the bytes of its value are not in the store: {why}");
    refused(message).with_node(identity).with_hint(hint)
}

/// Writes all that are there, and must be there when they are `needed`; gives their number.
fn write_blobs(
    store: &dyn Store,
    blobs: &BTreeSet<BlobDigest>,
    needed: &BTreeSet<BlobDigest>,
    writer: &mut Writer,
) -> Result<u64> {
    let mut count = 0;
    for digest in blobs {
        let path = store.blob_files(&[*digest]).map_err(store_error)?.pop().flatten();
        match path {
            Some(path) if !writer.blob_file(*digest, &path)? => return Err(damaged(digest)),
            Some(_) => count += 1,
            None => match store.get_blob(digest).map_err(store_error)? {
                Some(bytes) => {
                    writer.entry(What::Blob(*digest), &bytes)?;
                    count += 1;
                }
                None if needed.contains(digest) => return Err(damaged(digest)),
                // Upstream: evicted or lost, and made again there as it would be here.
                None => {}
            },
        }
    }
    Ok(count)
}

/// Writes all that are there; gives their number.
fn write_records(store: &dyn Store, marks: &Marks, writer: &mut Writer) -> Result<u64> {
    let mut by_kind: BTreeMap<RecordKind, Vec<Key>> = BTreeMap::new();
    #[expect(clippy::iter_over_hash_type, reason = "the keys are sorted before anything is written")]
    for key in &marks.records {
        by_kind.entry(key.kind).or_default().push(*key);
    }
    let mut count = 0;
    for kind in CARRIED {
        let mut keys = by_kind.remove(&kind).unwrap_or_default();
        keys.sort_unstable();
        if kind == RecordKind::Deep {
            keys = upstream_first(store, &keys)?;
        }
        for keys in keys.chunks(PAGE) {
            for (key, bytes) in keys.iter().zip(store.get_many(keys).map_err(store_error)?) {
                let Some(bytes) = bytes else { continue };
                writer.entry(What::Record(*key), &bytes)?;
                count += 1;
            }
        }
    }
    Ok(count)
}

/// Records of nodes, each behind those of the nodes that it rests on: who takes only the first of them has whole ones.
fn upstream_first(store: &dyn Store, keys: &[Key]) -> Result<Vec<Key>> {
    let mut upstream: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
    for keys in keys.chunks(PAGE) {
        for (key, bytes) in keys.iter().zip(store.get_many(keys).map_err(store_error)?) {
            let Some(deep) = bytes.as_deref().and_then(Deep::read) else { continue };
            let recorded = deep.upstream.iter().filter(|upstream| upstream.recorded);
            let recorded = recorded.map(|upstream| Key::new(RecordKind::Deep, upstream.fingerprint.as_bytes()));
            upstream.insert(*key, recorded.collect());
        }
    }
    let mut order = Vec::with_capacity(upstream.len());
    let mut seen = BTreeSet::new();
    let mut open: Vec<(Key, bool)> = upstream.keys().rev().map(|key| (*key, false)).collect();
    while let Some((key, is_left)) = open.pop() {
        if is_left {
            order.push(key);
        } else if seen.insert(key) {
            let Some(upstream) = upstream.get(&key) else {
                let message = "the store is damaged: a record of a node rests on one that is missing";
                return Err(Error::new(ErrorKind::Store, message).with_hint("`repair`, and run again"));
            };
            open.push((key, true));
            open.extend(upstream.iter().rev().map(|upstream| (*upstream, false)));
        }
    }
    Ok(order)
}

fn damaged(digest: &BlobDigest) -> Error {
    let message = format!("the store is damaged: blob `{digest:.16}` is not what it was");
    Error::new(ErrorKind::Store, message).with_hint("`repair` takes it away; run again then")
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::NotExported, message)
}
