//! Deciding what must be looked at again: a pure function of graph, store and what is known so far.

use crate::error::Result;
use crate::exec::ledger::{Known, Ledger};
use crate::exec::recorded::was_not_kept;
use crate::exec::store_error::store_error;
use crate::exec::sync::Arc;
use crate::exec::table::Table;
use crate::fingerprint::{Fingerprint, ValueDigest};
use crate::graph::{Body, Declared, Kind, NodeId, Persist};
use crate::store::{Deep, Key, RecordKind, Store};
use crate::value::Failure;
use std::collections::{BTreeSet, HashMap};

/// What a plan says of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Nobody asked.
    Unseen,
    /// Its value is known; nothing upstream was looked at for its sake.
    Known,
    /// Its fingerprint has no record: to be cut off or executed once its inputs are known.
    Stale,
    /// Its fingerprint follows from that of a node whose value is not known yet.
    Deferred,
    /// A source that could not be read, a node that failed earlier in the run, or a barrier that was skipped.
    Failed,
}

/// What a run is to look at next.
pub(crate) struct Planned {
    pub(crate) classes: Table<NodeId, Class>,
    pub(crate) known: HashMap<NodeId, Known>,
    /// Values that forced nodes had when they were last executed.
    pub(crate) expected: HashMap<NodeId, ValueDigest>,
    pub(crate) n_stale: u32,
    pub(crate) n_deferred: u32,
}

/// Whether the store has any record of a kind: a new one need not be asked a million times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contents {
    pub(crate) has_deep: bool,
    pub(crate) has_act: bool,
}

impl Contents {
    pub(crate) fn of(store: &dyn Store) -> Result<Self> {
        let has = |kind| store.scan(kind, None, 1).map(|page| !page.is_empty()).map_err(store_error);
        Ok(Self { has_deep: has(RecordKind::Deep)?, has_act: has(RecordKind::Act)? })
    }
}

/// Looks from the targets down: a record stops the descent, so a run with nothing to do asks once a target.
pub(crate) fn plan(graph: &Declared, ledger: &Ledger, store: &dyn Store, contents: Contents) -> Result<Planned> {
    let mut planned = Planned {
        classes: Table::new(graph.len(), Class::Unseen),
        known: HashMap::new(),
        expected: HashMap::new(),
        n_stale: 0,
        n_deferred: 0,
    };
    let mut descent = Descent { graph, ledger, store, contents, planned: &mut planned, frontier: Vec::new() };
    for node in ledger.targets.iter().chain(&ledger.again) {
        descent.visit(*node);
    }
    while !descent.frontier.is_empty() {
        let asked = std::mem::take(&mut descent.frontier);
        descent.look_up(&asked)?;
    }
    Ok(planned)
}

struct Descent<'a> {
    graph: &'a Declared,
    ledger: &'a Ledger,
    store: &'a dyn Store,
    contents: Contents,
    planned: &'a mut Planned,
    /// Nodes to be looked up in the store, with their fingerprints.
    frontier: Vec<(NodeId, Fingerprint)>,
}

impl Descent<'_> {
    /// Classifies a node and, without recursion, everything below it that needs no look-up.
    fn visit(&mut self, node: NodeId) {
        let mut stack = vec![node];
        while let Some(node) = stack.pop() {
            if self.planned.classes[node] != Class::Unseen {
                continue;
            }
            let class = self.classify(node);
            self.planned.classes[node] = class;
            match class {
                Class::Stale => {
                    self.planned.n_stale += 1;
                    stack.extend_from_slice(self.graph.inputs(node));
                }
                Class::Deferred => {
                    self.planned.n_deferred += 1;
                    let unknown = |input: &&NodeId| self.ledger.fingerprint(**input).is_none();
                    stack.extend(self.graph.inputs(node).iter().filter(unknown));
                }
                Class::Unseen | Class::Known | Class::Failed => {}
            }
        }
    }

    /// [`Class::Unseen`] for a node that has to be looked up first.
    fn classify(&mut self, node: NodeId) -> Class {
        let Kind::Spec(spec) = self.graph.kind(node) else { return Class::Known };
        if self.ledger.barred.contains_key(&node) {
            return Class::Failed;
        }
        match &spec.body {
            Body::Source(_) => match self.ledger.leaves.get(&node) {
                Some(Ok(_)) => Class::Known,
                Some(Err(_)) | None => Class::Failed,
            },
            // An output is what its node's record says.
            Body::Output { .. } if self.ledger.fingerprint(node).is_some() => Class::Stale,
            Body::Function { .. } | Body::Field(_) | Body::Gather(_) | Body::Settle(_) | Body::Output { .. } => {
                let Some(base) = self.ledger.record_key(self.graph, node) else { return Class::Deferred };
                // What failed once in a run stays failed in it; the next run tries again.
                if self.ledger.failure(node).is_some() {
                    return Class::Failed;
                }
                let is_forced = self.ledger.forced.contains(&node);
                if let Some(known) = self.ledger.known(node, &base) {
                    if !is_forced {
                        self.planned.known.insert(node, known.clone());
                        return Class::Known;
                    }
                    self.planned.expected.insert(node, known.value);
                    return Class::Stale;
                }
                if !self.contents.has_deep {
                    return Class::Stale;
                }
                self.frontier.push((node, base));
                Class::Unseen
            }
        }
    }

    fn look_up(&mut self, asked: &[(NodeId, Fingerprint)]) -> Result<()> {
        let keys: Vec<Key> = asked.iter().map(|(_, base)| Key::new(RecordKind::Deep, base.as_bytes())).collect();
        let answers = self.store.get_many(&keys).map_err(store_error)?;
        for ((node, _), answer) in asked.iter().zip(answers) {
            if self.planned.classes[*node] != Class::Unseen {
                continue;
            }
            let Some(deep) = answer.as_deref().and_then(Deep::read) else {
                self.descend(*node);
                continue;
            };
            if self.ledger.forced.contains(node) {
                self.planned.expected.insert(*node, deep.value);
                self.descend(*node);
                continue;
            }
            if must_have_bytes(self.graph, self.ledger, *node) && was_not_kept(self.store, &deep)? {
                self.planned.expected.insert(*node, deep.value);
                self.descend(*node);
                continue;
            }
            self.planned.classes[*node] = Class::Known;
            self.planned.known.insert(*node, Known::of(deep));
        }
        Ok(())
    }

    fn descend(&mut self, node: NodeId) {
        self.planned.classes[node] = Class::Stale;
        self.planned.n_stale += 1;
        for input in self.graph.inputs(node) {
            self.visit(*input);
        }
    }
}

/// Whether the node must have its bytes, whoever else has computed the same.
pub(crate) fn must_have_bytes(graph: &Declared, ledger: &Ledger, node: NodeId) -> bool {
    ledger.is_target(node) || graph.entry(node).flags.persist == Persist::Always
}

/// The failure for which a node was skipped, or its own.
pub(crate) fn cause_of(graph: &Declared, ledger: &Ledger, node: NodeId) -> Option<Arc<Failure>> {
    let mut stack = vec![node];
    let mut seen = BTreeSet::new();
    while let Some(node) = stack.pop() {
        if let Some(failure) = ledger.failure(node) {
            return Some(Arc::clone(failure));
        }
        // A settled failure is a value to those below.
        let is_settled = graph.spec(node).is_some_and(|spec| matches!(spec.body, Body::Settle(_)));
        if seen.insert(node) && !is_settled {
            stack.extend_from_slice(graph.inputs(node));
        }
    }
    None
}
