//! Forgetting what nodes gave, because somebody says so.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::drive::make_plan;
use crate::exec::gc::{Marks, Waste, protected, remove, scan};
use crate::exec::leaves::look_at_sources;
use crate::exec::ledger::Ledger;
use crate::exec::members::members_of;
use crate::exec::past::Past;
use crate::exec::recorded::{act_of, deep_of, record};
use crate::exec::session::Session;
use crate::exec::store_error::store_error;
use crate::exec::tags::{Tag, tags};
use crate::exec::ways::read_way;
use crate::fingerprint::{BlobDigest, ContentKey, Fingerprint};
use crate::graph::NodeId;
use crate::store::{Act, Batch, Deep, Key, Payload, RecordKind, Store};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A node that was forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forgotten {
    /// Its identity.
    pub node: String,
    /// Versions of it that were on record.
    pub versions: u64,
}

/// A node, and the fingerprints under which it was known.
pub(crate) struct Versions {
    /// Its identity.
    pub(crate) node: String,
    pub(crate) fingerprints: BTreeSet<Fingerprint>,
}

/// Forgets nodes in all their versions.
///
/// # Errors
/// When something that would go is tagged, and when the store cannot be read or written.
pub(crate) fn forget(
    session: &Session,
    mut ledger: Ledger,
    pool: &rayon::ThreadPool,
    nodes: &BTreeSet<NodeId>,
    with_downstream: bool,
) -> Result<Vec<Forgotten>> {
    look_at_sources(session, &mut ledger, pool)?;
    make_plan(session, &mut ledger)?;
    let mut past = Past::read(&*session.store)?;
    let mut all = Vec::new();
    for node in nodes {
        let node_name = session.graph.identity(*node);
        let mut fingerprints: BTreeSet<Fingerprint> =
            past.fingerprints(&node_name)?.into_iter().map(|(_, fingerprint)| fingerprint).collect();
        fingerprints.extend(ledger.record_key(&session.graph, *node));
        all.push(Versions { node: node_name, fingerprints });
    }
    forget_versions(&*session.store, all, with_downstream)
}

/// Forgets all that is on record under fingerprints that nodes had.
///
/// # Errors
/// When something that would go is tagged, and when the store cannot be read or written.
pub(crate) fn forget_versions(
    store: &dyn Store,
    nodes: Vec<Versions>,
    with_downstream: bool,
) -> Result<Vec<Forgotten>> {
    let mut named: BTreeSet<Fingerprint> = BTreeSet::new();
    let mut told = Vec::new();
    for Versions { node, fingerprints } in nodes {
        let mut n_known = 0;
        for fingerprint in &fingerprints {
            let is_known = deep_of(store, fingerprint)?.is_some() || severed_of(store, fingerprint)?.is_some();
            n_known += u64::from(is_known);
        }
        named.extend(fingerprints);
        told.push(Forgotten { node, versions: n_known });
    }
    let below = Below::of(store, &named)?;
    let mut gone = Gone::default();
    for fingerprint in &below.downstream_first {
        gone.node(store, *fingerprint, with_downstream || named.contains(fingerprint))?;
    }
    gone.remove(store)?;
    Ok(told)
}

pub(crate) fn refuse_tagged(store: &dyn Store, gone: &Gone) -> Result<()> {
    for tag in tags(store)? {
        let mut needs = Marks::default();
        needs.node(store, tag.fingerprint())?;
        if gone.records.iter().any(|key| needs.records.contains(key)) {
            let Tag { name, node, .. } = tag.told(None);
            let (how, remedy) = match name {
                Some(name) => (format!("tagged `{name}`"), format!("`untag {name} {node}`")),
                None => ("pinned".to_owned(), format!("`unpin {node}`")),
            };
            let message = format!("node `{node}` is {how} and would be forgotten, or rests on what would");
            return Err(Error::new(ErrorKind::Tagged, message).with_node(&node).with_hint(format!("{remedy} first")));
        }
    }
    Ok(())
}

/// Forgets all that is not tagged; gives the bytes that went.
///
/// # Errors
/// When the store cannot be read or written.
pub(crate) fn flush(store: &dyn Store) -> Result<u64> {
    let waste = Waste::of(store, &protected(store)?)?;
    remove(store, &waste)?;
    store.compact().map_err(store_error)?;
    Ok(waste.bytes())
}

/// Records under fingerprints that rest on given ones, with these.
pub(crate) struct Below {
    pub(crate) downstream_first: Vec<Fingerprint>,
}

impl Below {
    pub(crate) fn of(store: &dyn Store, named: &BTreeSet<Fingerprint>) -> Result<Self> {
        let mut readers: HashMap<Fingerprint, Vec<Fingerprint>> = HashMap::new();
        for kind in [RecordKind::Deep, RecordKind::Severed] {
            scan(store, kind, |key, bytes| {
                for upstream in Deep::read(&bytes).map(|deep| deep.upstream).unwrap_or_default() {
                    readers.entry(upstream.fingerprint).or_default().push(Fingerprint::from_bytes(key.digest));
                }
            })?;
        }
        // Readers of a node that has no record rest on those that it reads.
        scan(store, RecordKind::Way, |key, bytes| {
            for upstream in read_way(&bytes) {
                readers.entry(upstream).or_default().push(Fingerprint::from_bytes(key.digest));
            }
        })?;
        // Depth first: each is listed behind all that rest on it.
        let mut downstream_first = Vec::new();
        let mut seen = HashSet::new();
        let mut open: Vec<(Fingerprint, bool)> = named.iter().map(|fingerprint| (*fingerprint, false)).collect();
        while let Some((fingerprint, is_left)) = open.pop() {
            if is_left {
                downstream_first.push(fingerprint);
            } else if seen.insert(fingerprint) {
                open.push((fingerprint, true));
                open.extend(readers.get(&fingerprint).into_iter().flatten().map(|reader| (*reader, false)));
            }
        }
        Ok(Self { downstream_first })
    }
}

/// What goes.
#[derive(Default)]
pub(crate) struct Gone {
    /// Those that depend on others before these.
    pub(crate) records: Vec<Key>,
    /// Bytes that these named.
    pub(crate) blobs: Marks,
    /// Nodes whose values stay, to be found by whoever forgets them next: where, and what was known of each.
    severed: Vec<(Key, Vec<u8>)>,
}

impl Gone {
    /// Takes it away, records before the bytes that they name.
    ///
    /// # Errors
    /// When something of it is tagged, and when the store cannot be read or written.
    pub(crate) fn remove(self, store: &dyn Store) -> Result<()> {
        refuse_tagged(store, &self)?;
        let kept = protected(store)?;
        let mut batch = Batch::default();
        self.severed.iter().for_each(|(key, record)| batch.put(*key, |out| out.extend_from_slice(record)));
        store.put(batch).map_err(store_error)?;
        let mut waste = Waste { records: self.records.iter().map(|key| (*key, 0)).collect(), ..Waste::default() };
        remove(store, &waste)?;
        waste.records.clear();
        waste.blobs = unnamed(store, self.blobs, &kept)?;
        remove(store, &waste)
    }

    fn node(&mut self, store: &dyn Store, fingerprint: Fingerprint, with_values: bool) -> Result<()> {
        let key = Key::new(RecordKind::Deep, fingerprint.as_bytes());
        let severed = Key::new(RecordKind::Severed, fingerprint.as_bytes());
        if !with_values && let Some(bytes) = record(store, key)? {
            self.severed.push((severed, bytes));
        }
        for kind in [RecordKind::Deep, RecordKind::Root, RecordKind::Accept] {
            self.records.push(Key::new(kind, fingerprint.as_bytes()));
        }
        if !with_values {
            return Ok(());
        }
        self.records.extend([severed, Key::new(RecordKind::Members, fingerprint.as_bytes())]);
        let mut open = members_of(store, fingerprint.as_bytes())?.members;
        for deep in deep_of(store, &fingerprint)?.into_iter().chain(severed_of(store, &fingerprint)?) {
            if let Some(Payload::Blob { digest, .. }) = deep.own {
                self.blobs.blob(store, digest)?;
            }
            open.push(Key::new(RecordKind::Act, deep.content.as_bytes()));
        }
        while let Some(key) = open.pop() {
            if key.kind == RecordKind::Deep {
                self.node(store, Fingerprint::from_bytes(key.digest), true)?;
                continue;
            }
            let content = ContentKey::from_bytes(key.digest);
            if let Some(Act { payload: Payload::Blob { digest, .. }, .. }) = act_of(store, &content)? {
                self.blobs.blob(store, digest)?;
            }
            open.extend(members_of(store, content.as_bytes())?.members);
            self.records.extend([key, Key::new(RecordKind::Members, content.as_bytes())]);
        }
        Ok(())
    }
}

/// What was known of a node until something upstream of it was forgotten: the computation that gave its value is still on record.
fn severed_of(store: &dyn Store, fingerprint: &Fingerprint) -> Result<Option<Deep>> {
    let bytes = record(store, Key::new(RecordKind::Severed, fingerprint.as_bytes()))?;
    Ok(bytes.as_deref().and_then(Deep::read))
}

/// Those of the blobs that nothing names any more.
fn unnamed(store: &dyn Store, candidates: Marks, kept: &Marks) -> Result<BTreeMap<BlobDigest, u64>> {
    let mut named = Vec::new();
    let blob = |payload: Option<Payload>| match payload {
        Some(Payload::Blob { digest, .. }) => Some(digest),
        Some(Payload::Inline(_) | Payload::Absent { .. }) | None => None,
    };
    scan(store, RecordKind::Act, |_, bytes| named.extend(blob(Act::read(&bytes).map(|act| act.payload))))?;
    scan(store, RecordKind::Deep, |_, bytes| named.extend(blob(Deep::read(&bytes).and_then(|deep| deep.own))))?;
    let mut marks = kept.clone();
    named.into_iter().try_for_each(|digest| marks.blob(store, digest))?;
    marks.failures(store, 0)?;
    Ok(candidates.blobs.into_iter().filter(|digest| !marks.blobs.contains(digest)).map(|digest| (digest, 0)).collect())
}
