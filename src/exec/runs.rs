//! Runs that are over: when they were, what they did, and what differs between two of them.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::past::{Past, PastNode, PastRun};
use crate::exec::previews::preview_at;
use crate::exec::recorded::{act_of, deep_of};
use crate::exec::report::report_of_run;
use crate::exec::why::{inputs_change, past_changes};
use crate::exec::{Cause, Change, Counts, RunCosts};
use crate::fingerprint::{Fingerprint, ValueDigest, fingerprint_of_value};
use crate::store::{Store, Upstream};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

/// A run that is over, as it is on record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunRecord {
    /// What it is called: 16 hexadecimal digits, of which as many do as tell it from others.
    pub id: String,
    /// When it ended.
    pub at: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// Digest of the program, in hexadecimal; nothing when it executed nothing.
    pub executable: Option<String>,
    /// How its nodes came out.
    pub counts: Counts,
    /// How often it started over.
    pub restarts: u32,
    /// What it cost, and saved.
    pub costs: RunCosts,
}

/// What a run did with a node.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunNode {
    /// Its identity.
    pub node: String,
    /// What became of it.
    pub ended: RunNodeEnd,
    /// Digest of the value that it has since, in hexadecimal.
    pub value: Option<String>,
    /// Whether somebody wanted it executed once more.
    pub is_forced: bool,
}

/// What became of a node in a run that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunNodeEnd {
    /// It was executed, or something of it: elements, combinations.
    Executed {
        /// How long that took.
        took: Duration,
    },
    /// Its inputs turned out to be known.
    CutOff,
    /// It was known from an earlier run, and perhaps not looked at.
    Known,
    /// It failed, with this message.
    Failed(String),
    /// There is nothing on record: it is a source, its value is never saved, or it was forgotten.
    NoRecord,
}

/// What is different in one run and another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunDiff {
    /// Nodes that only the earlier one has.
    pub removed: Vec<String>,
    /// Nodes that only the later one has.
    pub added: Vec<String>,
    /// What changed of nodes, apart from what follows from others.
    pub causes: Vec<Cause>,
    /// Nodes that are others because of these.
    pub followed: Vec<String>,
    /// Of all that changed, nodes that have the same value in both.
    pub same_value: Vec<String>,
}

/// The runs of a store, newest first.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn runs(store: &dyn Store) -> Result<Vec<RunRecord>> {
    Ok(Past::read(store)?.runs().iter().map(RunRecord::of).collect())
}

/// What a run did with each node, by what the run is called: `last`, `last-1`, or the beginning of its id.
///
/// # Errors
/// When there is no such run, and when the store cannot be read.
pub(crate) fn run_nodes(store: &dyn Store, name: &str) -> Result<(RunRecord, Vec<RunNode>)> {
    let past = Past::read(store)?;
    let run = find(past.runs(), name)?;
    let forced = run.forced(store)?;
    let mut nodes: Vec<(String, PastNode)> = past.nodes(&run)?.into_iter().collect();
    nodes.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let told = nodes.into_iter().map(|(name, node)| run_node(store, &run, &forced, name, &node.fingerprint));
    Ok((RunRecord::of(&run), told.collect::<Result<_>>()?))
}

/// What a run did with a node.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn run_node(
    store: &dyn Store,
    run: &PastRun,
    forced: &BTreeSet<String>,
    name: String,
    fingerprint: &Fingerprint,
) -> Result<RunNode> {
    let (ended, value) = ended(store, run, &name, fingerprint)?;
    Ok(RunNode { is_forced: forced.contains(&name), node: name, ended, value: value.map(|value| value.to_string()) })
}

/// What became of a node in a run, and its value.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn ended(
    store: &dyn Store,
    run: &PastRun,
    name: &str,
    fingerprint: &Fingerprint,
) -> Result<(RunNodeEnd, Option<ValueDigest>)> {
    if let Some(message) = report_of_run(store, run.number, name)?.and_then(|report| report.failure) {
        return Ok((RunNodeEnd::Failed(message), None));
    }
    let Some(deep) = deep_of(store, fingerprint)? else { return Ok((RunNodeEnd::NoRecord, None)) };
    let act = act_of(store, &deep.content)?;
    let [_, _, n_cut_off, n_executed, _, _] = run.counts;
    let ended = match act {
        // A map of which all elements were known takes none.
        Some(act) if act.run == run.number && act.cost_ns > 0 && n_executed > 0 => {
            RunNodeEnd::Executed { took: Duration::from_nanos(act.cost_ns) }
        }
        // It was executed once more, and gave something else.
        Some(act) if deep.run == run.number && act.value != deep.value => {
            RunNodeEnd::Executed { took: Duration::from_nanos(act.cost_ns) }
        }
        // What an import brought bears its number, and was executed elsewhere.
        Some(_) | None if deep.run == run.number && n_cut_off + n_executed > 0 => RunNodeEnd::CutOff,
        Some(_) | None => RunNodeEnd::Known,
    };
    Ok((ended, Some(deep.value)))
}

/// What is different in a later run than in an earlier one.
///
/// # Errors
/// When there is no such run, and when the store cannot be read.
pub(crate) fn diff(store: &dyn Store, earlier: &str, later: &str) -> Result<(RunRecord, RunRecord, RunDiff)> {
    let past = Past::read(store)?;
    let (earlier, later) = (find(past.runs(), earlier)?, find(past.runs(), later)?);
    let before = past.nodes(&earlier)?.into_iter().collect();
    let now = past.nodes(&later)?.into_iter().collect();
    Ok((RunRecord::of(&earlier), RunRecord::of(&later), compare(store, &before, &now)?))
}

/// What is different in some nodes than in others of the same names.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn compare(
    store: &dyn Store,
    before: &BTreeMap<String, PastNode>,
    now: &BTreeMap<String, PastNode>,
) -> Result<RunDiff> {
    let mut found = RunDiff {
        removed: before.keys().filter(|node| !now.contains_key(*node)).cloned().collect(),
        added: now.keys().filter(|node| !before.contains_key(*node)).cloned().collect(),
        ..RunDiff::default()
    };
    let changed: BTreeMap<_, _> = now
        .iter()
        .filter_map(|(name, now)| {
            let before = before.get(name).filter(|before| before.fingerprint != now.fingerprint)?;
            Some((now.fingerprint, (name, before)))
        })
        .collect();
    // Downstream of a node that is known by its value, that is what stands for it.
    let mut values = BTreeSet::new();
    for fingerprint in changed.keys() {
        values.extend(deep_of(store, fingerprint)?.map(|deep| fingerprint_of_value(&deep.value)));
    }
    let (all_before, all_now) = (before, now);
    for (name, node) in now {
        let (producer, now) = (producer_of(name, now), node);
        let Some((_, before)) = changed.get(&now.fingerprint).filter(|(changed, _)| *changed == name) else { continue };
        let changes = match (before.spec, now.spec) {
            (Some(before), Some(now)) if before != now => past_changes(store, &before, &now)?,
            _ => Vec::new(),
        };
        let (then, deep) = (deep_of(store, &before.fingerprint)?, deep_of(store, &now.fingerprint)?);
        let is_changed =
            |upstream: &Upstream| changed.contains_key(&upstream.fingerprint) || values.contains(&upstream.fingerprint);
        let reads_changed = deep.as_ref().is_some_and(|deep| deep.upstream.iter().any(is_changed));
        match (changes.is_empty(), &deep) {
            (false, _) => {
                found.causes.extend(changes.into_iter().map(|change| Cause { node: name.clone(), change }));
            }
            // An output of a node that is another one.
            (true, None) if now.spec.is_none() && producer.is_some() => found.followed.push(name.clone()),
            // A source or a value.
            (true, _) if now.spec.is_none() => {
                let (from, to) = (preview_at(store, &before.fingerprint)?, preview_at(store, &now.fingerprint)?);
                found.causes.push(Cause { node: name.clone(), change: Change::Value { from, to } });
            }
            (true, Some(deep)) if !reads_changed => {
                let former = then.as_ref().map(|then| names_of(&then.upstream, all_before)).unwrap_or_default();
                let change = inputs_change(&former, &names_of(&deep.upstream, all_now));
                found.causes.push(Cause { node: name.clone(), change });
            }
            // Also what failed or was skipped, of which nothing is on record.
            (true, Some(_) | None) => found.followed.push(name.clone()),
        }
        if then.zip(deep).is_some_and(|(then, now)| then.value == now.value) {
            found.same_value.push(name.clone());
        }
    }
    Ok(found)
}

/// Nodes that are read, as far as they are known by their fingerprints.
fn names_of(upstream: &[Upstream], nodes: &BTreeMap<String, PastNode>) -> BTreeSet<String> {
    let read: BTreeSet<Fingerprint> = upstream.iter().map(|upstream| upstream.fingerprint).collect();
    nodes.iter().filter(|(_, node)| read.contains(&node.fingerprint)).map(|(name, _)| name.clone()).collect()
}

/// The node of which this is an output, with its name: outputs have specs no more than sources have.
pub(crate) fn producer_of<'a>(name: &'a str, nodes: &'a BTreeMap<String, PastNode>) -> Option<(&'a str, &'a PastNode)> {
    let (producer, _) = name.rsplit_once('.')?;
    nodes.get(producer).filter(|producer| producer.spec.is_some()).map(|node| (producer, node))
}

/// The run that is called so.
pub(crate) fn find(runs: &[PastRun], name: &str) -> Result<PastRun> {
    let unknown = |message: String| {
        Err(Error::new(ErrorKind::UnknownName, message)
            .with_hint("`runs` lists them; `last` is the newest, `last-1` the one before"))
    };
    if let Some(back) = name.strip_prefix("last") {
        let back =
            if back.is_empty() { Some(0) } else { back.strip_prefix('-').and_then(|back| back.parse::<usize>().ok()) };
        return match back.and_then(|back| runs.get(back)) {
            Some(run) => Ok(*run),
            None => unknown(format!("there is no run `{name}`: {} are on record", runs.len())),
        };
    }
    let is_id = name.len() >= 4 && name.chars().all(|digit| digit.is_ascii_hexdigit());
    let mut found = runs.iter().filter(|run| is_id && id_of(run).starts_with(&name.to_lowercase()));
    match (found.next(), found.next()) {
        (Some(run), None) => Ok(*run),
        (Some(_), Some(_)) => unknown(format!("several runs begin with `{name}`")),
        (None, _) => unknown(format!("there is no run `{name}`")),
    }
}

fn id_of(run: &PastRun) -> String {
    format!("{:016x}", run.number)
}

impl RunRecord {
    pub(crate) fn of(run: &PastRun) -> Self {
        let [not_needed, fresh, cut_off, executed, failed, skipped] = run.counts;
        let counts = Counts { nodes: run.counts.iter().sum(), executed, cut_off, fresh, not_needed, failed, skipped };
        Self {
            id: id_of(run),
            at: SystemTime::UNIX_EPOCH + Duration::from_millis(run.at_ms),
            took: Duration::from_millis(run.took_ms),
            executable: run.executable.map(|digest| blake3::Hash::from_bytes(digest).to_hex().to_string()),
            counts,
            restarts: run.restarts,
            costs: run.costs,
        }
    }
}
