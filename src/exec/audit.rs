//! Executing a sample of what is on record once more, to find functions that do not give the same twice.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::alone::{Alone, Reason, Recorded, reason_of};
use crate::exec::clock::Took;
use crate::exec::drive::make_plan;
use crate::exec::leaves::look_at_sources;
use crate::exec::ledger::Ledger;
use crate::exec::session::Session;
use crate::exec::wave::Trouble;
use crate::fingerprint::{ContentKey, ValueDigest};
use crate::graph::NodeId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is to be executed once more.
///
/// A sample is drawn from the nodes, elements of maps and combinations of reduces that the targets need and of which there
/// are records. Every node has its turn before any has a second one.
#[derive(Clone, Debug, PartialEq)]
pub struct Audit {
    nodes: Vec<String>,
    sample: Sample,
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Sample {
    All,
    Count(usize),
    Share(f64),
}

/// What executing things once more has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditReport {
    /// How many computations there are of which the sample was drawn.
    pub computations: usize,
    /// Those of the sample, in the order of the graph.
    pub audited: Vec<Audited>,
    /// Nodes that could not be executed once more, in whole or in part, and why.
    pub left_out: Vec<LeftOut>,
}

/// A computation that was executed once more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Audited {
    /// Identity of the node.
    pub node: String,
    /// Which element of a map, or combination of a reduce.
    pub element: Option<String>,
    /// Digest of the value that is on record, in hexadecimal.
    pub recorded: String,
    /// What it gave now.
    pub verdict: Verdict,
    /// What executing the function took now; of one that failed, with reading what it reads.
    pub took: Duration,
}

/// What a computation gave when it was executed once more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The same value.
    Same,
    /// Another one, with this digest in hexadecimal.
    Other(String),
    /// A failure, with this message.
    Failed(String),
}

/// A node of which something could not be executed once more.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut {
    /// Identity of the node.
    pub node: String,
    /// Why.
    pub reason: String,
}

impl Audit {
    /// Everything that is on record.
    pub fn all() -> Self {
        Self { nodes: Vec::new(), sample: Sample::All, seed: 0 }
    }

    /// Up to `n` computations.
    pub fn count(n: usize) -> Self {
        Self { sample: Sample::Count(n), ..Self::all() }
    }

    /// This part of all computations, between 0 and 1; one at least, unless the part is 0.
    pub fn share(part: f64) -> Self {
        Self { sample: Sample::Share(part), ..Self::all() }
    }

    /// Of this node or target alone, and others that are named so.
    #[must_use]
    pub fn node(mut self, name: impl Into<String>) -> Self {
        self.nodes.push(name.into());
        self
    }

    /// Draws another sample: with the same seed and records it is the same one.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(String::as_str)
    }
}

impl AuditReport {
    /// Computations that did not give the same twice.
    pub fn unstable(&self) -> impl Iterator<Item = &Audited> {
        self.audited.iter().filter(|audited| audited.verdict != Verdict::Same)
    }
}

impl Audited {
    /// The computation's name: `fit`, or `fit[JFK]`.
    pub fn name(&self) -> String {
        match &self.element {
            Some(element) => format!("{}[{element}]", self.node),
            None => self.node.clone(),
        }
    }
}

/// Executes a sample of the ledger's targets and what is upstream of them, or of `named` nodes among these.
///
/// # Errors
/// When the store cannot be read, and when the run is stopped.
pub(crate) fn audit(
    session: &Session,
    mut ledger: Ledger,
    pool: &rayon::ThreadPool,
    audit: &Audit,
    named: &BTreeSet<NodeId>,
) -> Result<AuditReport> {
    look_at_sources(session, &mut ledger, pool)?;
    make_plan(session, &mut ledger)?;
    let alone = Alone { session, ledger: &ledger };
    let mut report = AuditReport::default();
    let recorded = recorded(alone, named, &mut report)?;
    report.computations = recorded.len();
    let mut chosen: BTreeMap<NodeId, Vec<Recorded>> = BTreeMap::new();
    for one in draw(recorded, audit) {
        chosen.entry(one.node).or_default().push(one);
    }
    for node in session.graph.order().forwards() {
        if let Some(computations) = chosen.remove(&node) {
            execute(alone, pool, node, computations, &mut report)?;
        }
    }
    Ok(report)
}

/// The computations of which the sample is drawn: all that are on record, equal ones once.
fn recorded(alone: Alone<'_>, named: &BTreeSet<NodeId>, report: &mut AuditReport) -> Result<Vec<Recorded>> {
    let (graph, ledger) = (&alone.session.graph, alone.ledger);
    let is_meant = |node: &NodeId| {
        graph.is_function(*node) && ledger.is_needed(*node) && (named.is_empty() || named.contains(node))
    };
    let mut recorded = Vec::new();
    let mut seen = BTreeSet::new();
    for node in graph.order().forwards().filter(is_meant) {
        stop_if_asked(alone.session)?;
        match alone.recorded(node)? {
            Ok(found) => recorded.extend(found.into_iter().filter(|one| seen.insert(*one.content.as_bytes()))),
            Err(reason) => report.leave_out(graph.identity(node), reason),
        }
    }
    Ok(recorded)
}

/// Executes computations of one node once more.
fn execute(
    alone: Alone<'_>,
    pool: &rayon::ThreadPool,
    node: NodeId,
    mut computations: Vec<Recorded>,
    report: &mut AuditReport,
) -> Result<()> {
    let session = alone.session;
    let name = session.graph.identity(node);
    let opened = match alone.open(node)? {
        Ok(opened) => opened,
        Err(reason) => {
            report.leave_out(name, reason);
            return Ok(());
        }
    };
    computations.sort_by_key(|one| one.place);
    for one in &computations {
        stop_if_asked(session)?;
        let start = session.ticker.now();
        // On the engine's own threads, as in a run.
        let executed = pool.install(|| opened.execute(one));
        let took_ns = session.ticker.since(start);
        report.add(name.clone(), opened.label(one.place), one, executed, took_ns);
    }
    Ok(())
}

impl AuditReport {
    fn add(
        &mut self,
        node: String,
        element: Option<String>,
        one: &Recorded,
        executed: std::result::Result<(ValueDigest, Took), Trouble>,
        all_ns: u64,
    ) {
        let (verdict, took_ns) = match executed {
            Ok((value, took)) if value == one.value => (Verdict::Same, took.compute_ns),
            Ok((value, took)) => (Verdict::Other(hex(&value)), took.compute_ns),
            Err(Trouble::Failed(message)) => (Verdict::Failed(message), all_ns),
            Err(trouble @ (Trouble::Interrupted(_) | Trouble::Told)) => {
                return self.leave_out(node, reason_of(trouble));
            }
        };
        let took = Duration::from_nanos(took_ns);
        self.audited.push(Audited { node, element, recorded: hex(&one.value), verdict, took });
    }

    fn leave_out(&mut self, node: String, reason: Reason) {
        let left_out = LeftOut { node, reason };
        if !self.left_out.contains(&left_out) {
            self.left_out.push(left_out);
        }
    }
}

/// Draws the sample: the first computation of each node comes before any second one, otherwise by chance.
fn draw(recorded: Vec<Recorded>, audit: &Audit) -> Vec<Recorded> {
    let n = match audit.sample {
        Sample::All => return recorded,
        Sample::Count(n) => n,
        Sample::Share(part) => share_of(recorded.len(), part),
    };
    let mut by_node: BTreeMap<NodeId, Vec<([u8; 32], Recorded)>> = BTreeMap::new();
    for one in recorded {
        by_node.entry(one.node).or_default().push((chance(audit.seed, &one.content), one));
    }
    let mut ranked = Vec::new();
    for (_, mut computations) in by_node {
        computations.sort_by_key(|(chance, _)| *chance);
        ranked.extend(computations.into_iter().enumerate().map(|(rank, (chance, one))| ((rank, chance), one)));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().take(n).map(|(_, one)| one).collect()
}

/// So many of `all`, rounded up.
fn share_of(all: usize, part: f64) -> usize {
    // By bisection, since no conversion between the two kinds of numbers is free of loss.
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let wanted = count(all) * part.clamp(0.0, 1.0);
    let (mut low, mut high) = (0, all);
    while low < high {
        let middle = low + (high - low) / 2;
        if count(middle) < wanted { low = middle + 1 } else { high = middle }
    }
    low
}

fn chance(seed: u64, content: &ContentKey) -> [u8; 32] {
    const SAMPLE: &[u8; 32] = b"mamo 1: sample of an audit -----";
    let mut hasher = blake3::Hasher::new_keyed(SAMPLE);
    hasher.update(&seed.to_le_bytes());
    hasher.update(content.as_bytes());
    *hasher.finalize().as_bytes()
}

fn hex(value: &ValueDigest) -> String {
    blake3::Hash::from_bytes(*value.as_bytes()).to_hex().to_string()
}

fn stop_if_asked(session: &Session) -> Result<()> {
    if session.signals.is_stopped() {
        return Err(Error::new(ErrorKind::Stopped, "the audit was stopped"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::alone::Place;

    fn recorded(sizes: &[usize]) -> Vec<Recorded> {
        let one = |node: usize, element: usize| {
            let content = ContentKey::from_bytes(*blake3::hash(format!("{node} {element}").as_bytes()).as_bytes());
            let value = ValueDigest::from_bytes([0; 32]);
            Recorded { node: NodeId::from_index(node), place: Place::Element(element), content, value }
        };
        let sizes = sizes.iter().enumerate();
        sizes.flat_map(|(node, size)| (0..*size).map(move |element| one(node, element))).collect()
    }

    fn drawn(sizes: &[usize], audit: &Audit) -> Vec<(usize, Place)> {
        let mut drawn: Vec<_> =
            draw(recorded(sizes), audit).into_iter().map(|one| (one.node.index(), one.place)).collect();
        drawn.sort();
        drawn
    }

    #[test]
    fn every_node_has_its_turn_before_any_has_a_second_one() {
        let counts = |n: usize| {
            let drawn = drawn(&[1, 100, 2], &Audit::count(n));
            [0, 1, 2].map(|node| drawn.iter().filter(|(drawn, _)| *drawn == node).count())
        };
        assert_eq!([counts(3), counts(5), counts(6)], [[1, 1, 1], [1, 2, 2], [1, 3, 2]]);
        assert_eq!(counts(1000), [1, 100, 2]);
        assert_eq!(drawn(&[1, 2], &Audit::all()).len(), 3);
    }

    #[test]
    fn a_seed_decides_about_the_sample() {
        let sample = |seed| drawn(&[1000], &Audit::count(10).seed(seed));
        assert_eq!(sample(1), sample(1));
        assert_ne!(sample(1), sample(2));
    }

    #[test]
    fn shares_are_rounded_up() {
        let shares = [(100, 0.5), (10, 0.01), (10, 0.0), (10, 7.0), (0, 0.5), (3, 0.5), (10, f64::NAN)];
        assert_eq!(shares.map(|(all, part)| share_of(all, part)), [50, 1, 0, 10, 0, 2, 0]);
    }
}
