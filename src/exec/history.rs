//! What a run leaves behind for those who ask later: when, by which program, how it came out, which node was what.
//!
//! A plan lists the nodes of a run with their fingerprints, in chunks that are named by their content: runs of one
//! pipeline share all chunks in which nothing changed, and a run that changes nothing writes none.

use crate::error::Result;
use crate::exec::ledger::{Ledger, UNKNOWN};
use crate::exec::previews::note_previews;
use crate::exec::session::Session;
use crate::exec::store_error::store_error;
use crate::exec::sync::{AtomicU64, Ordering};
use crate::exec::{Outcome, RunCosts};
use crate::fingerprint::{RECIPE, executable_digest};
use crate::graph::{Declared, NodeId};
use crate::store::{Batch, Key, RecordKind};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// Nodes a chunk.
const CHUNK: usize = 1024;

/// Begins the chunks that know specs; in those of earlier versions the length of a name stood here, which is never so large.
pub(crate) const WITH_SPECS: [u8; 4] = *b"spec";

const PLAN: &[u8; 32] = b"mamo 1: plan of a run ----------";
const RUN: &[u8; 32] = b"mamo 1: number of a run --------";

/// Adds the run's record, and those of its plan that are not there yet.
pub(crate) fn record(session: &Session, ledger: &Ledger, costs: &RunCosts, took: Duration) -> Result<()> {
    let counts = ledger.counts(&session.graph);
    let mut batch = Batch::default();
    let plan = plan_key(session, ledger);
    let known = session.store.get_many(&[plan]).map_err(store_error)?;
    if known.iter().all(Option::is_none) {
        record_plan(session, ledger, plan, &mut batch)?;
    }
    let facts = Facts {
        took,
        // A run that executed nothing wrote no result, so nobody asks which program it was.
        executable: if counts.executed > 0 { executable_digest() } else { &[0; 32] },
        plan: &plan.digest,
        restarts: ledger.restarts,
        counts: OUTCOMES.map(|outcome| counts.of(outcome)),
        // Without the wait for the disk, on which this record waits as well.
        costs,
        forced: ledger.asked_again.iter().map(|node| session.graph.identity(*node)).collect(),
        has_older_values: !ledger.older_values(&session.graph).is_empty(),
    };
    facts.write(session.run, &mut batch);
    session.recorder.add(&mut batch, &[]);
    Ok(())
}

const OUTCOMES: [Outcome; 6] =
    [Outcome::NotNeeded, Outcome::Fresh, Outcome::CutOff, Outcome::Executed, Outcome::Failed, Outcome::Skipped];

/// Adds the record of an import: it stands among the runs, which is how what it brought is known to whoever collects garbage.
pub(crate) fn record_import(number: u64, plan: &[u8; 32], n_nodes: u64, batch: &mut Batch) {
    let counts = OUTCOMES.map(|outcome| if outcome == Outcome::Fresh { n_nodes } else { 0 });
    let (took, costs) = (Duration::ZERO, &RunCosts::default());
    Facts { took, executable: &[0; 32], plan, restarts: 0, counts, costs, forced: Vec::new(), has_older_values: false }
        .write(number, batch);
}

/// What the record of a run says.
struct Facts<'a> {
    took: Duration,
    executable: &'a [u8; 32],
    plan: &'a [u8; 32],
    restarts: u32,
    counts: [u64; 6],
    costs: &'a RunCosts,
    /// Nodes that somebody wanted executed once more.
    forced: Vec<String>,
    /// Whether stale nodes kept older values.
    has_older_values: bool,
}

impl Facts<'_> {
    fn write(&self, number: u64, batch: &mut Batch) {
        let Self { took, executable, plan, restarts, counts, costs, forced, has_older_values } = self;
        let now = end_of_run();
        batch.put(run_key(number), |out| {
            out.extend_from_slice(&RECIPE.to_le_bytes());
            out.extend_from_slice(&number.to_le_bytes());
            out.extend_from_slice(&now.to_le_bytes());
            out.extend_from_slice(&millis(*took).to_le_bytes());
            out.extend_from_slice(*executable);
            out.extend_from_slice(*plan);
            out.extend_from_slice(&restarts.to_le_bytes());
            for count in counts {
                out.extend_from_slice(&count.to_le_bytes());
            }
            for time in [costs.estimated, costs.spent, costs.executed, costs.saving, costs.loading] {
                out.extend_from_slice(&u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).to_le_bytes());
            }
            for count in [costs.executions, costs.loads, costs.hits, costs.unknown] {
                out.extend_from_slice(&count.to_le_bytes());
            }
            // No node has an empty name: it says that older values stood in.
            for node in forced.iter().map(String::as_str).chain(has_older_values.then_some("")) {
                out.extend_from_slice(&to_u32(node.len()).to_le_bytes());
                out.extend_from_slice(node.as_bytes());
            }
        });
    }
}

/// A plan's key follows from the names and from the targets' fingerprints, which stand for everything upstream of them
/// up to nodes that are known by value: their own are part of it.
fn plan_key(session: &Session, ledger: &Ledger) -> Key {
    let mut hasher = blake3::Hasher::new_keyed(PLAN);
    hasher.update(session.graph.names.digest().as_bytes());
    for node in ledger.targets.iter().copied().chain(ledger.nodes_by_value()) {
        hasher.update(&node.to_le_bytes());
        hasher.update(ledger.record_key(&session.graph, node).unwrap_or(UNKNOWN).as_bytes());
    }
    Key::new(RecordKind::Plan, hasher.finalize().as_bytes())
}

/// The records of a plan: that of the plan itself, behind those of its chunks.
pub(crate) fn plan_records(session: &Session, ledger: &Ledger) -> (Key, Vec<(Key, Vec<u8>)>) {
    let plan = plan_key(session, ledger);
    let mut records = chunks_of(session, ledger);
    let keys: Vec<Key> = records.iter().map(|(key, _)| *key).collect();
    records.push((plan, plan_bytes(&keys)));
    (plan, records)
}

fn chunks_of(session: &Session, ledger: &Ledger) -> Vec<(Key, Vec<u8>)> {
    let graph = &session.graph;
    let needed: Vec<NodeId> = graph.node_ids().filter(|node| ledger.is_needed(*node)).collect();
    let chunks = needed.chunks(CHUNK).map(|nodes| {
        let bytes = chunk_bytes(graph, ledger, nodes);
        (Key::new(RecordKind::Chunk, blake3::hash(&bytes).as_bytes()), bytes)
    });
    chunks.collect()
}

fn plan_bytes(chunks: &[Key]) -> Vec<u8> {
    let mut bytes = RECIPE.to_le_bytes().to_vec();
    bytes.extend(chunks.iter().flat_map(|key| key.digest));
    bytes
}

fn record_plan(session: &Session, ledger: &Ledger, plan: Key, batch: &mut Batch) -> Result<()> {
    let chunks = chunks_of(session, ledger);
    let keys: Vec<Key> = chunks.iter().map(|(key, _)| *key).collect();
    let known = session.store.get_many(&keys).map_err(store_error)?;
    for ((key, bytes), known) in chunks.iter().zip(known) {
        if known.is_none() {
            batch.put(*key, |out| out.extend_from_slice(bytes));
        }
    }
    batch.put(plan, |out| out.extend(plan_bytes(&keys)));
    note_previews(session, ledger, batch);
    Ok(())
}

/// A chunk: the digests of its specs, then its nodes, each with its name, its fingerprint and the number of its spec.
fn chunk_bytes(graph: &Declared, ledger: &Ledger, nodes: &[NodeId]) -> Vec<u8> {
    let mut numbers = BTreeMap::new();
    let mut specs = Vec::new();
    let mut listed = Vec::new();
    for node in nodes {
        let identity = graph.identity(*node);
        listed.extend_from_slice(&to_u32(identity.len()).to_le_bytes());
        listed.extend_from_slice(identity.as_bytes());
        // One for which an older value stood in was not what it is now.
        let key = ledger.record_key(graph, *node).filter(|key| !ledger.has_older_value(key));
        listed.extend_from_slice(key.unwrap_or(UNKNOWN).as_bytes());
        let spec = graph.spec(*node).filter(|spec| !spec.key.is_empty()).map(|spec| *spec.hashers.digest.as_bytes());
        let number = spec.map_or(u32::MAX, |spec| {
            *numbers.entry(spec).or_insert_with(|| {
                specs.push(spec);
                to_u32(specs.len() - 1)
            })
        });
        listed.extend_from_slice(&number.to_le_bytes());
    }
    let mut bytes = RECIPE.to_le_bytes().to_vec();
    bytes.extend_from_slice(&WITH_SPECS);
    bytes.extend_from_slice(&to_u32(specs.len()).to_le_bytes());
    bytes.extend(specs.iter().flatten());
    bytes.append(&mut listed);
    bytes
}

fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The present in milliseconds since 1970, later than that of the process's last run: short runs have an order, too.
fn end_of_run() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = millis(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default());
    // Relaxed: nothing else is read by it.
    let next = |last: u64| Some(now.max(last.saturating_add(1)));
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or(now);
    now.max(last.saturating_add(1))
}

/// Where the record of a run stands.
pub(crate) fn run_key(number: u64) -> Key {
    Key::new(RecordKind::Run, blake3::keyed_hash(RUN, &number.to_le_bytes()).as_bytes())
}

/// A number that no other run of this store has: from the clock and the process, mixed.
pub(crate) fn run_number() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&now.as_nanos().to_le_bytes());
    hasher.update(&std::process::id().to_le_bytes());
    let mut number = [0; 8];
    hasher.finalize_xof().fill(&mut number);
    u64::from_le_bytes(number)
}
