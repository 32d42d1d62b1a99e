//! What a run knows by now: fingerprints, values, outcomes. It outlives the waves of the run.

use crate::exec::look::Looked;
use crate::exec::table::Table;
use crate::exec::{Counts, Outcome};
use crate::fingerprint::{ContentKey, DigestMap, Fingerprint, ValueDigest, fingerprint_of_value, output_fingerprint};
use crate::graph::{Body, Declared, Kind};
use crate::store::Payload;
use crate::value::{Failure, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

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
    fingerprints: Table<Fingerprint>,
    /// Nodes whose fingerprint is that of their value: barriers and content-rooted ones.
    by_value: BTreeSet<u32>,
    /// Which nodes some target needs.
    is_needed: Table<bool>,
    pub(crate) targets: BTreeSet<u32>,
    pub(crate) leaves: BTreeMap<u32, Result<Looked, Arc<Failure>>>,
    known: HashMap<u32, (Fingerprint, Known)>,
    /// Values that are nowhere else, or that the user will ask for.
    values: HashMap<u32, (ValueDigest, Value)>,
    /// Nodes that must be executed although they are known, because somebody needs their lost bytes.
    pub(crate) forced: BTreeSet<u32>,
    pub(crate) outcomes: Table<Outcome>,
    pub(crate) failures: BTreeMap<u32, Arc<Failure>>,
    pub(crate) elements: Counts,
    pub(crate) restarts: u32,
    /// A node whose value is to be at hand after the run, however it is saved.
    pub(crate) wanted: Option<u32>,
}

/// Stands for a fingerprint that is not known yet; blake3 gives it with a probability of 2^-256.
pub(crate) const UNKNOWN: Fingerprint = Fingerprint::from_bytes([0; 32]);

impl Ledger {
    pub(crate) fn new(graph: &Declared, targets: BTreeSet<u32>) -> Self {
        let mut is_needed = Table::new(graph.len(), false);
        for target in &targets {
            is_needed[*target] = true;
        }
        for node in graph.order().backwards() {
            if is_needed[node] {
                for input in graph.inputs(node) {
                    is_needed[*input] = true;
                }
            }
        }
        Self {
            fingerprints: Table::new(graph.len(), UNKNOWN),
            by_value: BTreeSet::new(),
            is_needed,
            targets,
            leaves: BTreeMap::new(),
            known: HashMap::new(),
            values: HashMap::new(),
            forced: BTreeSet::new(),
            outcomes: Table::new(graph.len(), Outcome::NotNeeded),
            failures: BTreeMap::new(),
            elements: Counts::default(),
            restarts: 0,
            wanted: None,
        }
    }

    /// Whether some target needs the node.
    pub(crate) fn is_needed(&self, node: u32) -> bool {
        self.is_needed[node]
    }

    /// Whether the run was asked for the node itself.
    pub(crate) fn is_target(&self, node: u32) -> bool {
        self.targets.contains(&node)
    }

    /// Derives the fingerprints of all needed nodes from their upstream nodes' and from what is known by value.
    pub(crate) fn derive_fingerprints(&mut self, graph: &Declared, roots: &Roots) {
        self.by_value.clear();
        for node in graph.order().forwards() {
            if !self.is_needed[node] {
                continue;
            }
            self.fingerprints[node] = match graph.kind(node) {
                Kind::Constant(constant) => fingerprint_of_value(&constant.digest),
                Kind::Spec(spec) => match &spec.body {
                    Body::Source(_) => match self.leaves.get(&node) {
                        Some(Ok(looked)) => fingerprint_of_value(&looked.digest),
                        Some(Err(_)) | None => UNKNOWN,
                    },
                    Body::Function { .. }
                    | Body::Field(_)
                    | Body::Gather(_)
                    | Body::Settle(_)
                    | Body::Output { .. } => match self.structural(graph, node) {
                        Some(base) => self.effective(graph, node, base, roots),
                        None => UNKNOWN,
                    },
                },
            };
        }
    }

    fn effective(&mut self, graph: &Declared, node: u32, base: Fingerprint, roots: &Roots) -> Fingerprint {
        // The common case first: most graphs have neither roots nor barriers.
        if !roots.is_empty()
            && let Some(value) = roots.get(&base)
        {
            self.by_value.insert(node);
            let value = *value;
            // An equal node diverged: what was known of this one before is no longer so.
            if self.known.get(&node).is_some_and(|(_, known)| known.value != value) {
                self.known.remove(&node);
            }
            return fingerprint_of_value(&value);
        }
        if graph.entry(node).flags.is_barrier {
            self.by_value.insert(node);
            return self.known(node, &base).map_or(UNKNOWN, |known| fingerprint_of_value(&known.value));
        }
        base
    }

    /// The fingerprint under which a node's records are kept; nothing while an upstream one is unknown.
    pub(crate) fn structural(&self, graph: &Declared, node: u32) -> Option<Fingerprint> {
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
    pub(crate) fn record_key(&self, graph: &Declared, node: u32) -> Option<Fingerprint> {
        if self.by_value.contains(&node) {
            return self.structural(graph, node);
        }
        let fingerprint = self.fingerprints[node];
        (fingerprint != UNKNOWN).then_some(fingerprint)
    }

    /// Whether downstream nodes see the fingerprint of the node's value instead of its own.
    pub(crate) fn is_by_value(&self, node: u32) -> bool {
        self.by_value.contains(&node)
    }

    /// The fingerprint as downstream nodes see it.
    pub(crate) fn fingerprint(&self, node: u32) -> Option<Fingerprint> {
        let fingerprint = self.fingerprints[node];
        (fingerprint != UNKNOWN).then_some(fingerprint)
    }

    /// What is known of a node under this fingerprint.
    pub(crate) fn known(&self, node: u32, base: &Fingerprint) -> Option<&Known> {
        self.known.get(&node).filter(|(fingerprint, _)| fingerprint == base).map(|(_, known)| known)
    }

    /// The value of a node, when it is kept here and is still the one that is known.
    pub(crate) fn value(&self, node: u32, digest: &ValueDigest) -> Option<Value> {
        self.values.get(&node).filter(|(kept, _)| kept == digest).map(|(_, value)| value.clone())
    }

    /// As [`Ledger::value`], by what is known of the node now.
    pub(crate) fn present_value(&self, node: u32) -> Option<Value> {
        let (_, known) = self.known.get(&node)?;
        self.value(node, &known.value)
    }

    pub(crate) fn keep(&mut self, node: u32, digest: ValueDigest, value: Value) {
        self.values.insert(node, (digest, value));
    }

    pub(crate) fn learn(&mut self, node: u32, base: Fingerprint, known: Known) {
        self.known.insert(node, (base, known));
    }

    /// Counts a node's outcome; a node that was executed in this run stays executed when the run starts over.
    pub(crate) fn settle(&mut self, node: u32, outcome: Outcome) {
        if self.outcomes[node] != Outcome::Executed || matches!(outcome, Outcome::Failed) {
            self.outcomes[node] = outcome;
        }
    }

    pub(crate) fn counts(&self, graph: &Declared) -> Counts {
        let mut counts = Counts::default();
        for node in self.outcomes.numbers().filter(|node| !graph.is_output(*node)) {
            counts.add(self.outcomes[node]);
        }
        counts
    }
}
