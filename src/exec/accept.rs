//! Accepting a change of code: a node keeps the value that it has, without being executed.
//!
//! What is accepted is a value at the node's present inputs, never one code for another: the node becomes known by that
//! value under its new fingerprint, as one does that gave another value when it was executed again. Other inputs have
//! other fingerprints, so they execute the new code; nodes below see the value's fingerprint, so nothing that is
//! recorded of them claims to come from the new code.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::drive::make_plan;
use crate::exec::leaves::look_at_sources;
use crate::exec::ledger::{Ledger, UNKNOWN};
use crate::exec::past::Past;
use crate::exec::plan_report::{Foreseen, PlanState, foresee};
use crate::exec::recorded::{are_there, deep_of, payload_of_value};
use crate::exec::session::Session;
use crate::exec::store_error::store_error;
use crate::exec::sync::lock;
use crate::fingerprint::{Fingerprint, RECIPE, SpecHashers, SpecKey, ValueDigest};
use crate::graph::{Body, NodeId, NodeSpec};
use crate::store::{Alias, Batch, Deep, Key, RecordKind, RecordReader, Root, Store, Upstream};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

/// That a change of a node's code was declared not to matter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Acceptance {
    /// Identity of the node.
    pub node: String,
    /// Who said so, why, and when.
    pub remark: Remark,
    /// When that was.
    pub at: SystemTime,
    /// Version of the code that gave the value, in hexadecimal.
    pub from: String,
    /// Version of the code that was not executed, in hexadecimal.
    pub to: String,
    /// Who took it back, and when, if somebody did.
    pub revoked: Option<(Remark, SystemTime)>,
}

/// Who declares something, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remark {
    /// Who.
    pub who: String,
    /// Why; empty when nothing was said.
    pub because: String,
}

impl Remark {
    /// A remark of somebody's.
    pub fn by(who: impl Into<String>) -> Self {
        Self { who: who.into(), because: String::new() }
    }

    /// Adds the reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.because = reason.into();
        self
    }
}

/// Which nodes are meant.
#[derive(Clone, Debug)]
pub(crate) enum Chosen {
    /// These, by number.
    Named(BTreeSet<NodeId>),
    /// All that would run because of their code alone.
    All,
}

/// Whose acceptances are taken back.
#[derive(Debug)]
pub(crate) enum Named {
    /// Those of a node.
    Node(NodeId),
    /// Those under a name that no node has, and what is said when there are none either.
    Former(String, Error),
}

impl Named {
    pub(crate) fn node(&self) -> Option<NodeId> {
        match self {
            Self::Node(node) => Some(*node),
            Self::Former(..) => None,
        }
    }
}

/// An acceptance as it is kept; a fingerprint has a list of them, oldest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    node: String,
    value: [u8; 32],
    from: [u8; 32],
    to: [u8; 32],
    said: Said,
    revoked: Option<Said>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Said {
    who: String,
    because: String,
    at_ms: u64,
}

/// A value that a node had with other code.
struct Former {
    deep: Deep,
    code: [u8; 32],
}

/// Accepts the present code of nodes, upstream ones first.
///
/// # Errors
/// When a named node is not stale by its code alone; those upstream of it that were named too are accepted by then.
pub(crate) fn accept(
    session: &Session,
    mut ledger: Ledger,
    pool: &rayon::ThreadPool,
    chosen: &Chosen,
    remark: &Remark,
) -> Result<Vec<Acceptance>> {
    look_at_sources(session, &mut ledger, pool)?;
    let mut past = Past::read(&*session.store)?;
    let mut accepted = Vec::new();
    let mut done = BTreeSet::new();
    let mut bases = BTreeSet::new();
    // What is accepted makes the inputs of further nodes known.
    loop {
        let planned = make_plan(session, &mut ledger)?;
        let foreseen = foresee(session, &ledger, &planned)?;
        let mut refusal = None;
        let n_before = done.len();
        for node in session.graph.order().forwards() {
            let is_chosen = match chosen {
                Chosen::Named(nodes) => nodes.contains(&node),
                Chosen::All => foreseen.states[node] == PlanState::Run,
            };
            if !is_chosen || done.contains(&node) {
                continue;
            }
            let base = ledger.record_key(&session.graph, node);
            // What was accepted of a node holds for those that are equal to it.
            if base.is_some_and(|base| bases.contains(&base)) {
                done.insert(node);
                continue;
            }
            match former(session, &ledger, &mut past, &foreseen, node) {
                Ok(former) => {
                    accepted.push(write(session, &ledger, node, &former, remark)?);
                    done.insert(node);
                    bases.extend(base);
                }
                Err(error) if error.kind() == ErrorKind::NotAccepted => refusal = refusal.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        let is_stuck = done.len() == n_before;
        match (chosen, refusal) {
            (Chosen::Named(_), None) => return Ok(accepted),
            (Chosen::Named(_), Some(refusal)) if is_stuck => return Err(refusal),
            (Chosen::All, _) if is_stuck => return Ok(accepted),
            (Chosen::Named(_) | Chosen::All, _) => {}
        }
    }
}

/// Takes acceptances of nodes back, whatever inputs they were for: the present code is executed again.
///
/// # Errors
/// When a node has none.
pub(crate) fn revoke(
    session: &Session,
    mut ledger: Ledger,
    pool: &rayon::ThreadPool,
    named: Vec<Named>,
    remark: &Remark,
) -> Result<Vec<Acceptance>> {
    look_at_sources(session, &mut ledger, pool)?;
    make_plan(session, &mut ledger)?;
    let store = &*session.store;
    let graph = &session.graph;
    let is_meant = |named: &Named, base: &Fingerprint, entry: &Entry| match named {
        Named::Node(node) => entry.node == graph.identity(*node) || ledger.record_key(graph, *node) == Some(*base),
        Named::Former(name, _) => entry.node == *name,
    };
    let mut found = vec![false; named.len()];
    let mut revoked = Vec::new();
    let mut batch = Batch::default();
    let mut roots = lock(&session.roots).clone();
    for (base, mut entries) in entries(store)? {
        let in_force = || entries.iter().filter(|entry| entry.revoked.is_none());
        let mut is_changed = false;
        for (named, found) in named.iter().zip(&mut found) {
            let is_one = in_force().any(|entry| is_meant(named, &base, entry));
            *found |= is_one;
            is_changed |= is_one;
        }
        if !is_changed {
            continue;
        }
        // Nodes with one fingerprint have one value, so all that was said of it is taken back.
        for entry in entries.iter_mut().filter(|entry| entry.revoked.is_none()) {
            entry.revoked = Some(Said::now(session, remark));
            revoked.push(entry.acceptance());
            // Lost bytes may have been made again since, by the present code: that value stays.
            if roots.get(&base) == Some(&ValueDigest::from_bytes(entry.value)) {
                roots.remove(&base);
                batch.remove(Key::new(RecordKind::Root, base.as_bytes()));
                batch.remove(Key::new(RecordKind::Deep, base.as_bytes()));
            }
        }
        batch.put(Key::new(RecordKind::Accept, base.as_bytes()), |out| write_entries(&entries, out));
    }
    if let Some((named, _)) = named.into_iter().zip(found).find(|(_, found)| !found) {
        return Err(match named {
            Named::Node(node) => {
                let message = format!("no change of the code of node `{}` is accepted", graph.identity(node));
                Error::new(ErrorKind::NotAccepted, message).with_node(graph.identity(node))
            }
            Named::Former(_, unknown) => unknown,
        });
    }
    session.recorder.add(&mut batch, &[]);
    session.recorder.sync()?;
    *lock(&session.roots) = roots;
    Ok(revoked)
}

/// All acceptances of a store, oldest first; also those that were taken back.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn acceptances(store: &dyn Store) -> Result<Vec<Acceptance>> {
    let mut all: Vec<Acceptance> =
        entries(store)?.iter().flat_map(|(_, entries)| entries).map(Entry::acceptance).collect();
    all.sort_by(|a, b| (a.at, &a.node).cmp(&(b.at, &b.node)));
    Ok(all)
}

/// The acceptance by which the node with this fingerprint has its value, if one does.
pub(crate) fn accepted_at(
    store: &dyn Store,
    base: &Fingerprint,
    root: Option<ValueDigest>,
) -> Result<Option<Acceptance>> {
    let Some(root) = root else { return Ok(None) };
    let entries = entries_at(store, base)?;
    let holds = |entry: &&Entry| entry.revoked.is_none() && entry.value == *root.as_bytes();
    Ok(entries.iter().rev().find(holds).map(Entry::acceptance))
}

/// The value that a node had at its present inputs with other code.
fn former(
    session: &Session,
    ledger: &Ledger,
    past: &mut Past<'_>,
    foreseen: &Foreseen,
    node: NodeId,
) -> Result<Former> {
    let graph = &session.graph;
    let identity = graph.identity(node);
    let refuse = |message: &str, hint: &str| {
        let message = format!("node `{identity}` {message}");
        Error::new(ErrorKind::NotAccepted, message).with_node(identity.clone()).with_hint(hint)
    };
    let spec = match graph.spec(node) {
        Some(spec) if matches!(spec.body, Body::Function { .. }) => spec,
        Some(_) | None => return Err(refuse("has no code of its own", "accept the nodes that it reads")),
    };
    match foreseen.states[node] {
        PlanState::Run => {}
        PlanState::Fresh | PlanState::CutOff => {
            return Err(refuse("would not be executed, so there is nothing to accept", "`plan` lists what would"));
        }
        PlanState::RunUnlessCutOff | PlanState::AfterBarrier => {
            return Err(refuse("reads nodes that are stale themselves", "run or accept those first"));
        }
        PlanState::NotNeeded | PlanState::Failed => {
            return Err(refuse("reads a source that cannot be read", "see to the source first"));
        }
    }
    let own = SpecKey::from_bytes(&spec.key).filter(|_| !spec.is_transient());
    let Some(own) = own else { return Err(refuse("is transient, so it has no value to keep", "run it")) };
    // What is known under its present fingerprint already is not replaced by what it was before.
    let known = ledger.record_key(graph, node).map(|base| deep_of(&*session.store, &base)).transpose()?;
    if known.flatten().is_some() {
        return Err(refuse("would be executed for its bytes alone, which were not kept", "run it"));
    }
    let upstream: Vec<ValueDigest> =
        graph.inputs(node).iter().filter_map(|input| foreseen.values.get(input).copied()).collect();
    let mut why_not = None;
    for (_, base) in past.fingerprints(&identity)? {
        let Some(deep) = deep_of(&*session.store, &base)? else { continue };
        match is_former(session, spec, &own, &upstream, &deep)? {
            Ok(code) => return Ok(Former { deep, code }),
            Err(reason) => why_not = why_not.or(Some(reason)),
        }
    }
    Err(refuse(why_not.unwrap_or("has no value from an earlier run"), "run it"))
}

/// The code that gave a recorded value, when nothing but the code differs from what is there now; else why not.
fn is_former(
    session: &Session,
    spec: &NodeSpec,
    own: &SpecKey,
    upstream: &[ValueDigest],
    deep: &Deep,
) -> Result<Result<[u8; 32], &'static str>> {
    let store = &*session.store;
    let key = Key::new(RecordKind::Spec, deep.spec.as_bytes());
    let bytes = store.get_many(&[key]).map_err(store_error)?.into_iter().next().flatten();
    let Some((bytes, former)) = bytes.and_then(|bytes| SpecKey::from_bytes(&bytes).map(|key| (bytes, key))) else {
        return Ok(Err("has no value of which it is known how it was made"));
    };
    if former.results != own.results {
        return Ok(Err("gives another type than it did"));
    }
    if (SpecKey { code: own.code, ..former.clone() }) != *own {
        return Ok(Err("differs in more than its code from what it was"));
    }
    if SpecHashers::new(&bytes).content_key(upstream) != deep.content || deep.spec == spec.hashers.digest {
        return Ok(Err("has no value from an earlier run with the inputs that it has now"));
    }
    let payload = payload_of_value(store, &deep.value, Some(&deep.content), deep.own.as_ref())?;
    match payload {
        Some(payload) if payload.is_absent() || are_there(store, &payload)? => Ok(Ok(former.code)),
        Some(_) | None => Ok(Err("had a value whose bytes are lost")),
    }
}

fn write(session: &Session, ledger: &Ledger, node: NodeId, former: &Former, remark: &Remark) -> Result<Acceptance> {
    let graph = &session.graph;
    let Former { deep, code } = former;
    let base = ledger.record_key(graph, node).unwrap_or(UNKNOWN);
    let to = graph.spec(node).and_then(|spec| SpecKey::from_bytes(&spec.key)).map(|key| key.code).unwrap_or_default();
    let entry = Entry {
        node: graph.identity(node),
        value: *deep.value.as_bytes(),
        from: *code,
        to,
        said: Said::now(session, remark),
        revoked: None,
    };
    let acceptance = entry.acceptance();
    let key = Key::new(RecordKind::Accept, base.as_bytes());
    let mut entries = entries_at(&*session.store, &base)?;
    entries.push(entry);
    let inputs = graph.inputs(node).iter().map(|input| Upstream {
        fingerprint: ledger.fingerprint(*input).unwrap_or(UNKNOWN),
        recorded: ledger.has_record(graph, *input),
    });
    // The record says what is so: this value, by that computation of the former code.
    let alias = Alias { content: deep.content, value: deep.value, spec: deep.spec, run: session.run };
    let root = Root { value: deep.value, run: session.run };
    let mut batch = Batch::default();
    batch.put(Key::new(RecordKind::Root, base.as_bytes()), |out| root.write(out));
    batch.put(Key::new(RecordKind::Deep, base.as_bytes()), |out| alias.write(out, inputs, deep.own.as_ref()));
    batch.put(key, |out| write_entries(&entries, out));
    session.recorder.add(&mut batch, &[]);
    session.recorder.sync()?;
    session.root(base, deep.value);
    Ok(acceptance)
}

impl Entry {
    fn acceptance(&self) -> Acceptance {
        let hex = |version: [u8; 32]| blake3::Hash::from_bytes(version).to_hex().to_string();
        let Self { node, from, to, said, revoked, .. } = self;
        Acceptance {
            node: node.clone(),
            remark: said.remark(),
            at: said.at(),
            from: hex(*from),
            to: hex(*to),
            revoked: revoked.as_ref().map(|said| (said.remark(), said.at())),
        }
    }
}

impl Said {
    fn now(session: &Session, remark: &Remark) -> Self {
        let now = session.looker.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let Remark { who, because } = remark.clone();
        Self { who, because, at_ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX) }
    }

    fn remark(&self) -> Remark {
        Remark { who: self.who.clone(), because: self.because.clone() }
    }

    fn at(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.at_ms)
    }
}

fn entries_at(store: &dyn Store, base: &Fingerprint) -> Result<Vec<Entry>> {
    let bytes = store.get_many(&[Key::new(RecordKind::Accept, base.as_bytes())]).map_err(store_error)?;
    bytes.into_iter().flatten().next().map_or(Ok(Vec::new()), |bytes| read_entries(&bytes))
}

fn entries(store: &dyn Store) -> Result<Vec<(Fingerprint, Vec<Entry>)>> {
    const PAGE: usize = 1000;
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan(RecordKind::Accept, after, PAGE).map_err(store_error)?;
        for (key, bytes) in &page {
            all.push((Fingerprint::from_bytes(key.digest), read_entries(bytes)?));
        }
        match page.last() {
            Some((key, _)) if page.len() == PAGE => after = Some(*key),
            Some(_) | None => return Ok(all),
        }
    }
}

fn write_entries(entries: &[Entry], out: &mut Vec<u8>) {
    out.extend_from_slice(&RECIPE.to_le_bytes());
    // Serialising plain structs of strings and numbers into memory has no way to fail.
    out.extend(postcard::to_stdvec(entries).unwrap_or_default());
}

/// What is written down nowhere else: a list that cannot be read is no empty one, and is not written over.
fn read_entries(bytes: &[u8]) -> Result<Vec<Entry>> {
    let entries = RecordReader::of_recipe(bytes).and_then(|reader| postcard::from_bytes(reader.rest()).ok());
    entries.ok_or_else(|| {
        Error::new(ErrorKind::Store, "what was accepted is written in a form that this version of mamo cannot read")
            .with_hint("use the version of mamo that wrote it, or another store with `--store`")
    })
}
