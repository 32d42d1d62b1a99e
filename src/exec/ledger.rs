//! What a run knows by now: fingerprints, values, outcomes. It outlives the waves of the run.

use crate::error::Result;
use crate::exec::expand::Outside;
use crate::exec::look::Looked;
use crate::exec::older::Older;
use crate::exec::sync::Arc;
use crate::exec::table::Table;
use crate::exec::{Counts, Outcome};
use crate::fingerprint::{ContentKey, DigestMap, Fingerprint, ValueDigest, fingerprint_of_value, output_fingerprint};
use crate::graph::{Body, Declared, Kind, NodeId};
use crate::store::{Payload, Store};
use crate::value::{Failure, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::SystemTime;

/// Nodes that are known by their values from now on: fingerprint -> value.
pub(crate) type Roots = DigestMap<Fingerprint, ValueDigest>;

/// What is known of a node's value.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) value: ValueDigest,
    /// The computation that gave it; nothing for leaves.
    pub(crate) content: Option<ContentKey>,
    /// Where its bytes are, when that is not said by the record of the computation.
    pub(crate) payload: Option<Arc<Payload>>,
    /// Whether it comes from a settled failure, so that the next run must try again.
    pub(crate) is_tainted: bool,
}

/// What a run knows by now.
pub(crate) struct Ledger {
    /// Fingerprints as downstream nodes see them; [`UNKNOWN`] below a barrier that is not known yet.
    fingerprints: Table<NodeId, Fingerprint>,
    /// Nodes whose fingerprint is that of their value: barriers, and content-rooted ones with that value.
    by_value: BTreeMap<NodeId, Option<ValueDigest>>,
    /// Roots of this run alone: nodes below a settled failure that gave another value when they were executed again.
    /// Kept for good, they would stand for what the node gives when nothing fails.
    own_roots: DigestMap<Fingerprint, Known>,
    /// What the targets need of each node.
    needs: Table<NodeId, Need>,
    pub(crate) targets: BTreeSet<NodeId>,
    pub(crate) leaves: BTreeMap<NodeId, std::result::Result<Looked, Arc<Failure>>>,
    known: HashMap<NodeId, (Fingerprint, Known)>,
    /// Values that are nowhere else, or that the user will ask for.
    values: HashMap<NodeId, (ValueDigest, Value)>,
    /// Nodes that must be executed although they are known, because somebody needs their lost bytes.
    pub(crate) forced: BTreeSet<NodeId>,
    /// Nodes that somebody wants executed once more, whatever is on record of their computations.
    pub(crate) again: BTreeSet<NodeId>,
    /// These, also when that is done.
    pub(crate) asked_again: BTreeSet<NodeId>,
    pub(crate) outcomes: Table<NodeId, Outcome>,
    failures: BTreeMap<NodeId, Failed>,
    /// Elements of maps that failed, by what they compute.
    pub(crate) failed_elements: DigestMap<ContentKey, Arc<Failure>>,
    /// Barriers that were skipped, with the cause: what is below them need not wait any more.
    pub(crate) barred: BTreeMap<NodeId, Arc<Failure>>,
    /// How elements came out of the maps that were looked into.
    elements: BTreeMap<NodeId, Counts>,
    pub(crate) restarts: u32,
    /// Nodes whose values are to be at hand after the run, however they are saved.
    wanted: BTreeSet<NodeId>,
    /// Older values that stand in for stale nodes; nothing in most runs.
    pub(crate) older: Option<Older>,
    /// What ended the run of a sub-graph early.
    pub(crate) outside: Outside,
    /// Whether sources are what an earlier run saw: one that is something else by now is an error.
    pub(crate) is_of_the_past: bool,
}

/// A failure, and what the node read: as long as that is the same, the node stays failed in this run.
#[derive(Clone)]
struct Failed {
    /// The fingerprint under which the node's record would stand; nothing for sources, which are looked at once.
    base: Option<Fingerprint>,
    failure: Arc<Failure>,
}

/// What the targets need of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    /// Nothing.
    Nothing,
    /// A value or a failure: on every way to a target the failure is settled.
    Either,
    /// A value: without it a target has none.
    Value,
}

/// Stands for a fingerprint that is not known yet; blake3 gives it with a probability of 2^-256.
pub(crate) const UNKNOWN: Fingerprint = Fingerprint::from_bytes([0; 32]);

impl Ledger {
    pub(crate) fn new(graph: &Declared, targets: BTreeSet<NodeId>) -> Self {
        let mut needs = Table::new(graph.len(), Need::Nothing);
        for target in &targets {
            needs[*target] = Need::Value;
        }
        for node in graph.order().backwards() {
            let is_settled = graph.spec(node).is_some_and(|spec| matches!(spec.body, Body::Settle(_)));
            let passed_on = match needs[node] {
                Need::Nothing => continue,
                Need::Value if !is_settled => Need::Value,
                Need::Value | Need::Either => Need::Either,
            };
            for input in graph.inputs(node) {
                if needs[*input] != Need::Value {
                    needs[*input] = passed_on;
                }
            }
        }
        Self {
            fingerprints: Table::new(graph.len(), UNKNOWN),
            by_value: BTreeMap::new(),
            own_roots: DigestMap::default(),
            needs,
            targets,
            leaves: BTreeMap::new(),
            known: HashMap::new(),
            values: HashMap::new(),
            forced: BTreeSet::new(),
            again: BTreeSet::new(),
            asked_again: BTreeSet::new(),
            outcomes: Table::new(graph.len(), Outcome::NotNeeded),
            failures: BTreeMap::new(),
            failed_elements: DigestMap::default(),
            barred: BTreeMap::new(),
            elements: BTreeMap::new(),
            restarts: 0,
            wanted: BTreeSet::new(),
            older: None,
            outside: Outside::default(),
            is_of_the_past: false,
        }
    }

    /// The ledger of a run that makes values anew which belong to those of this one: it sees the same sources.
    ///
    /// `lost` nodes are executed again, and the value of a `wanted` one is to be at hand afterwards.
    pub(crate) fn successor(&self, graph: &Declared, lost: BTreeSet<NodeId>, wanted: Option<NodeId>) -> Self {
        let has_value = |node: &NodeId| !matches!(self.outcomes[*node], Outcome::Failed | Outcome::Skipped);
        let targets = self.targets.iter().copied().filter(has_value).chain(wanted).collect();
        // What is persisted as a target is read back.
        let wanted = wanted.filter(|node| !self.targets.contains(node));
        let mut outcomes = Table::new(graph.len(), Outcome::NotNeeded);
        for failed in self.failures.keys() {
            outcomes[*failed] = Outcome::Failed;
        }
        let mut successor = Self {
            outcomes,
            leaves: self.leaves.clone(),
            known: self.known.clone(),
            values: self.values.clone(),
            failures: self.failures.clone(),
            failed_elements: self.failed_elements.clone(),
            own_roots: self.own_roots.clone(),
            wanted: self.wanted.iter().copied().chain(wanted).collect(),
            older: self.older.clone(),
            is_of_the_past: true,
            ..Self::new(graph, targets)
        };
        for node in lost.into_iter().map(|node| graph.producer(node)) {
            let base = self.record_key(graph, node);
            successor.force(node, base);
        }
        successor
    }

    /// Has a node, with this fingerprint, executed for its bytes, which are lost: an older value that stood in for it is given up.
    pub(crate) fn force(&mut self, node: NodeId, base: Option<Fingerprint>) {
        let older = base.zip(self.older.as_mut());
        match older.and_then(|(base, older)| older.give_up(&base).then_some(base)) {
            Some(base) => {
                self.own_roots.remove(&base);
                self.known.remove(&node);
            }
            None => drop(self.forced.insert(node)),
        }
    }

    /// Whether an older value stands in for nodes with this fingerprint.
    pub(crate) fn has_older_value(&self, base: &Fingerprint) -> bool {
        self.older.as_ref().is_some_and(|older| older.since(base).is_some())
    }

    /// Stale nodes whose older values stand in for them, as far as the targets read them, with the ends of the runs that knew them.
    pub(crate) fn older_values(&self, graph: &Declared) -> Vec<(NodeId, SystemTime)> {
        let Some(older) = &self.older else { return Vec::new() };
        let mut is_read = Table::new(graph.len(), false);
        self.targets.iter().for_each(|target| is_read[*target] = true);
        let mut found = Vec::new();
        for node in graph.order().backwards() {
            if !is_read[node] {
                continue;
            }
            match self.record_key(graph, node).and_then(|base| older.since(&base)) {
                Some(since) => found.push((node, since)),
                None => graph.inputs(node).iter().for_each(|input| is_read[*input] = true),
            }
        }
        found.reverse();
        found
    }

    /// Whether some target needs the node.
    pub(crate) fn is_needed(&self, node: NodeId) -> bool {
        self.needs[node] != Need::Nothing
    }

    /// Has nodes executed once more.
    pub(crate) fn execute_again(&mut self, nodes: BTreeSet<NodeId>) {
        self.forced.extend(&nodes);
        self.asked_again.clone_from(&nodes);
        self.again = nodes;
    }

    /// Whether some target has no value when the node has none: nobody settles its failure.
    pub(crate) fn reaches_target(&self, node: NodeId) -> bool {
        self.needs[node] == Need::Value
    }

    /// Whether the value is to be at hand after the run.
    pub(crate) fn is_wanted(&self, node: NodeId) -> bool {
        !self.wanted.is_empty() && self.wanted.contains(&node)
    }

    /// Whether the run was asked for the node itself.
    pub(crate) fn is_target(&self, node: NodeId) -> bool {
        self.targets.contains(&node)
    }

    /// Derives the fingerprints of all needed nodes from their upstream nodes' and from what is known by value.
    ///
    /// `recorded` looks up what the store knows of a barrier, whose value decides the fingerprints below it.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub(crate) fn derive_fingerprints(
        &mut self,
        graph: &Declared,
        store: &dyn Store,
        roots: &Roots,
        recorded: impl Fn(NodeId, &Fingerprint) -> Result<Option<Known>>,
    ) -> Result<()> {
        self.by_value.clear();
        for node in graph.order().forwards() {
            if !self.is_needed(node) {
                continue;
            }
            self.fingerprints[node] = match graph.kind(node) {
                Kind::Constant(constant) => fingerprint_of_value(&constant.digest),
                Kind::Spec(spec) => match &spec.body {
                    Body::Source(_) => match self.leaves.get(&node) {
                        Some(Ok(looked)) => fingerprint_of_value(&looked.digest),
                        // What is below is skipped, or settled: nothing of it is ever recorded.
                        Some(Err(failure)) => fingerprint_of_failure(failure),
                        None => UNKNOWN,
                    },
                    Body::Function { .. }
                    | Body::Field(_)
                    | Body::Gather(_)
                    | Body::Settle(_)
                    | Body::Output { .. } => match self.structural(graph, node) {
                        Some(base) => {
                            self.forget_outdated_failure(node, &base);
                            self.let_older_stand_in(graph, store, roots, node, &base)?;
                            self.effective(graph, node, base, roots, &recorded)?
                        }
                        None => UNKNOWN,
                    },
                },
            };
        }
        Ok(())
    }

    /// A node that reads something else now may have another outcome.
    fn forget_outdated_failure(&mut self, node: NodeId, base: &Fingerprint) {
        if !self.failures.is_empty() && self.failures.get(&node).is_some_and(|failed| failed.base != Some(*base)) {
            self.take_back(node);
        }
    }

    /// In a run that is not to bring everything up to date, a stale node is known by its older value.
    fn let_older_stand_in(
        &mut self,
        graph: &Declared,
        store: &dyn Store,
        roots: &Roots,
        node: NodeId,
        base: &Fingerprint,
    ) -> Result<()> {
        let Some(mut older) = self.older.take() else { return Ok(()) };
        let found = match (self.rooted(base, roots), self.failure(node)) {
            (None, None) => older.stand_in(store, graph, self, node, base),
            (Some(_), _) | (None, Some(_)) => Ok(None),
        };
        self.older = Some(older);
        self.own_roots.extend(found?.map(|known| (*base, known)));
        Ok(())
    }

    fn effective(
        &mut self,
        graph: &Declared,
        node: NodeId,
        base: Fingerprint,
        roots: &Roots,
        recorded: impl Fn(NodeId, &Fingerprint) -> Result<Option<Known>>,
    ) -> Result<Fingerprint> {
        // The common case first: most graphs have neither roots nor barriers.
        if let Some(value) = self.rooted(&base, roots) {
            self.by_value.insert(node, Some(value));
            // An equal node diverged: what was known of this one before is no longer so.
            if self.known.get(&node).is_some_and(|(_, known)| known.value != value) {
                self.known.remove(&node);
            }
            // One of this run has no record in which it could be found.
            if let (Some(known), None) = (self.own_roots.get(&base), self.known(node, &base)) {
                let known = known.clone();
                self.learn(node, base, known);
            }
            return Ok(fingerprint_of_value(&value));
        }
        if graph.entry(node).flags.is_barrier {
            self.by_value.insert(node, None);
            if let Some(known) = self.known(node, &base) {
                return Ok(fingerprint_of_value(&known.value));
            }
            if let Some(cause) = self.failure(node).or_else(|| self.barred.get(&node)) {
                return Ok(fingerprint_of_failure(cause));
            }
            let Some(known) = recorded(node, &base)? else { return Ok(UNKNOWN) };
            let fingerprint = fingerprint_of_value(&known.value);
            self.note_outcome(node, Outcome::Fresh);
            self.learn(node, base, known);
            return Ok(fingerprint);
        }
        Ok(base)
    }

    /// The value by which downstream nodes know a node that gave another one before.
    fn rooted(&self, base: &Fingerprint, roots: &Roots) -> Option<ValueDigest> {
        if roots.is_empty() && self.own_roots.is_empty() {
            return None;
        }
        self.own_roots.get(base).map(|known| known.value).or_else(|| roots.get(base).copied())
    }

    /// The fingerprint under which a node's records are kept; nothing while an upstream one is unknown.
    pub(crate) fn structural(&self, graph: &Declared, node: NodeId) -> Option<Fingerprint> {
        let inputs = graph.inputs(node);
        if inputs.iter().any(|input| self.fingerprints[*input] == UNKNOWN) {
            return None;
        }
        let spec = graph.spec(node)?;
        if let (Body::Output { output, .. }, [producer]) = (&spec.body, inputs) {
            return Some(output_fingerprint(&self.fingerprints[*producer], *output));
        }
        Some(spec.hashers.fingerprint(inputs.iter().map(|input| &self.fingerprints[*input])))
    }

    /// As [`Ledger::structural`], without deriving it again where downstream nodes see the same.
    pub(crate) fn record_key(&self, graph: &Declared, node: NodeId) -> Option<Fingerprint> {
        if self.is_by_value(node) {
            return self.structural(graph, node);
        }
        let fingerprint = self.fingerprints[node];
        (fingerprint != UNKNOWN).then_some(fingerprint)
    }

    /// Whether downstream nodes see the fingerprint of the node's value instead of its own.
    pub(crate) fn is_by_value(&self, node: NodeId) -> bool {
        self.by_value.contains_key(&node)
    }

    /// Whether the node has a record under the fingerprint that downstream nodes see.
    pub(crate) fn has_record(&self, graph: &Declared, node: NodeId) -> bool {
        let Some(spec) = graph.spec(node) else { return false };
        let is_virtual = matches!(spec.body, Body::Source(_) | Body::Output { .. });
        !is_virtual && !spec.is_transient() && !self.is_by_value(node)
    }

    /// Nodes of which downstream nodes see the value's fingerprint.
    pub(crate) fn nodes_by_value(&self) -> impl Iterator<Item = NodeId> {
        self.by_value.keys().copied()
    }

    /// The value for which a content-rooted node stands with those below it.
    pub(crate) fn root_of(&self, node: NodeId) -> Option<ValueDigest> {
        self.by_value.get(&node).copied().flatten()
    }

    /// The fingerprint as downstream nodes see it.
    pub(crate) fn fingerprint(&self, node: NodeId) -> Option<Fingerprint> {
        let fingerprint = self.fingerprints[node];
        (fingerprint != UNKNOWN).then_some(fingerprint)
    }

    /// What is known of a node under this fingerprint.
    pub(crate) fn known(&self, node: NodeId, base: &Fingerprint) -> Option<&Known> {
        self.known.get(&node).filter(|(fingerprint, _)| fingerprint == base).map(|(_, known)| known)
    }

    /// The value of a node, when it is kept here and is still the one that is known.
    pub(crate) fn value(&self, node: NodeId, digest: &ValueDigest) -> Option<Value> {
        self.values.get(&node).filter(|(kept, _)| kept == digest).map(|(_, value)| value.clone())
    }

    /// As [`Ledger::value`], by what is known of the node now: not by what it was before the run started over.
    pub(crate) fn present_value(&self, graph: &Declared, node: NodeId) -> Option<Value> {
        let base = self.record_key(graph, node)?;
        let known = self.known(node, &base)?;
        self.value(node, &known.value)
    }

    pub(crate) fn keep(&mut self, node: NodeId, digest: ValueDigest, value: Value) {
        self.values.insert(node, (digest, value));
    }

    pub(crate) fn learn(&mut self, node: NodeId, base: Fingerprint, known: Known) {
        self.known.insert(node, (base, known));
    }

    /// Makes nodes of this fingerprint known by their value for the rest of this run.
    pub(crate) fn root(&mut self, base: Fingerprint, known: Known) {
        self.own_roots.insert(base, known);
    }

    /// Counts a node's outcome; a node that was executed in this run stays executed when the run starts over, unless it
    /// has no value then.
    pub(crate) fn note_outcome(&mut self, node: NodeId, outcome: Outcome) {
        let stays = match self.outcomes[node] {
            Outcome::Executed => !matches!(outcome, Outcome::Failed | Outcome::Skipped),
            // Known by now, because it was cut off before.
            Outcome::CutOff => outcome == Outcome::Fresh,
            Outcome::NotNeeded | Outcome::Fresh | Outcome::Failed | Outcome::Skipped => false,
        };
        if !stays {
            self.outcomes[node] = outcome;
        }
    }

    /// Notes that a node failed; it is not tried again in this run while it reads the same.
    pub(crate) fn fail(&mut self, graph: &Declared, node: NodeId, failure: Arc<Failure>) {
        let is_source = graph.spec(node).is_some_and(|spec| matches!(spec.body, Body::Source(_)));
        let base = if is_source { None } else { self.record_key(graph, node) };
        self.failures.insert(node, Failed { base, failure });
        self.note_outcome(node, Outcome::Failed);
    }

    /// Why a node failed.
    pub(crate) fn failure(&self, node: NodeId) -> Option<&Arc<Failure>> {
        self.failures.get(&node).map(|failed| &failed.failure)
    }

    /// All failures, by node.
    pub(crate) fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.failures.values().map(|failed| &*failed.failure)
    }

    /// The run starts over: what was skipped may have a value this time, or not be needed.
    pub(crate) fn reopen_skipped(&mut self) {
        self.barred.clear();
        for node in self.outcomes.ids() {
            if self.outcomes[node] == Outcome::Skipped {
                self.outcomes[node] = Outcome::NotNeeded;
            }
        }
    }

    /// A failure that is none any more: the node's outcome is open again.
    pub(crate) fn take_back(&mut self, node: NodeId) {
        if self.failures.remove(&node).is_some() {
            self.outcomes[node] = Outcome::NotNeeded;
        }
    }

    /// Adds how the elements of a map came out of a wave.
    pub(crate) fn note_elements(&mut self, map: NodeId, mut counts: Counts) {
        if let Some(before) = self.elements.get(&map)
            && before.nodes == counts.nodes
        {
            // What was executed before the run started over is found in the store now.
            let moved = before.executed.min(counts.cut_off);
            counts.executed += moved;
            counts.cut_off -= moved;
        }
        self.elements.insert(map, counts);
    }

    /// How the elements of a map came out; nothing when it was not looked into.
    pub(crate) fn elements_of(&self, map: NodeId) -> Option<Counts> {
        self.elements.get(&map).copied()
    }

    /// How elements of maps came out, of those maps that were looked into.
    pub(crate) fn elements(&self) -> Counts {
        self.elements.values().fold(Counts::default(), |sum, counts| sum.plus(*counts))
    }

    pub(crate) fn counts(&self, graph: &Declared) -> Counts {
        let mut counts = Counts::default();
        for node in self.outcomes.ids().filter(|node| !graph.is_output(*node)) {
            counts.add(self.outcomes[node]);
        }
        counts
    }
}

/// Stands for the fingerprint of a source that cannot be read, and of a barrier that has no value in this run.
fn fingerprint_of_failure(failure: &Failure) -> Fingerprint {
    const FAILED: &[u8; 32] = b"mamo 1: source without a value -";
    Fingerprint::from_bytes(*blake3::keyed_hash(FAILED, failure.to_string().as_bytes()).as_bytes())
}
