//! What a run executes: what is out of date, more than that, or less.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::engine::{Engine, unfinished};
use crate::exec::ledger::Ledger;
use crate::exec::named::{find_node, find_targets};
use crate::exec::older::Older;
use crate::exec::plan_report::{Plan, report};
use crate::exec::run::Run;
use crate::graph::{Body, Declared, Graph, NodeId};
use std::collections::{BTreeSet, VecDeque};

/// What a run executes: what is out of date, when nothing else is said.
///
/// A run by [`missing_only`](Self::missing_only) or [`depth`](Self::depth) gives values that do not belong to the present code and
/// inputs: [`Run::older_values`] tells which. The next run that is not told so executes those nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    forced: Vec<String>,
    /// So many levels of nodes are brought up to date, targets first; all of them when not said.
    levels: Option<usize>,
}

impl Policy {
    /// Executes what is out of date, and nothing more.
    pub fn stale() -> Self {
        Self::default()
    }

    /// Executes a node once more, by name: of a map all elements, of a reduce all combinations.
    ///
    /// Its former value stays until it has another one. When it gives the same again, nothing below it is executed; when it does not,
    /// it is known by the new value from then on, and what is below follows.
    #[must_use]
    pub fn force(mut self, node: impl Into<String>) -> Self {
        self.forced.push(node.into());
        self
    }

    /// Executes only what has no value: a stale node that has an older one keeps it for this run, whatever changed since. It is the
    /// newest one on record that is of the node's type and whose bytes are there. Engines in memory alone know of no earlier run.
    ///
    /// What is executed below such a node reads its older value, and is recorded for that: no later run takes it for anything else.
    #[must_use]
    pub fn missing_only(self) -> Self {
        self.depth(0)
    }

    /// Brings only so many levels of nodes up to date: the targets are one, the nodes with functions that they read another. Stale nodes
    /// further up keep their older values, as by [`missing_only`](Self::missing_only); one that has none is executed.
    #[must_use]
    pub fn depth(mut self, levels: usize) -> Self {
        self.levels = Some(levels);
        self
    }

    /// The nodes that are to be executed once more.
    fn forced(&self, graph: &Declared, ledger: &Ledger) -> Result<BTreeSet<NodeId>> {
        let mut nodes = BTreeSet::new();
        for name in &self.forced {
            let node = graph.producer(find_node(graph, name)?);
            let refused = |message: &str, hint: &str| {
                let message = format!("node `{name}` cannot be forced: {message}");
                Err(Error::new(ErrorKind::NotForced, message).with_node(name).with_hint(hint.to_owned()))
            };
            match graph.spec(node).map(|spec| &spec.body) {
                Some(Body::Function { .. }) => {}
                Some(Body::Source(_)) => return refused("it is a source", "every run looks at its sources anyway"),
                Some(Body::Field(_) | Body::Gather(_) | Body::Settle(_) | Body::Output { .. }) | None => {
                    return refused("it has no function", "force a node that it reads");
                }
            }
            if !ledger.is_needed(node) {
                return refused("no target needs it", "name it as a target as well");
            }
            nodes.insert(node);
        }
        Ok(nodes)
    }

    /// A ledger for these targets.
    ///
    /// # Errors
    /// When a node cannot be forced.
    fn ledger(&self, graph: &Declared, targets: BTreeSet<NodeId>) -> Result<Ledger> {
        let mut ledger = Ledger::new(graph, targets);
        let forced = self.forced(graph, &ledger)?;
        if let Some(levels) = self.levels {
            let mut nodes = further_up(graph, &ledger.targets, levels);
            nodes.retain(|node| !forced.contains(node));
            ledger.older = Some(Older::of(nodes));
        }
        ledger.execute_again(forced);
        Ok(ledger)
    }
}

/// Nodes that the targets need, beyond so many levels of nodes with functions.
fn further_up(graph: &Declared, targets: &BTreeSet<NodeId>, levels: usize) -> BTreeSet<NodeId> {
    let is_level = |node: NodeId| graph.spec(node).is_some_and(|spec| matches!(spec.body, Body::Function { .. }));
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    // Nodes that make no level of their own go in front, so that each is met on its shortest way first.
    let mut open: VecDeque<(NodeId, usize)> = targets.iter().map(|target| (*target, 0)).collect();
    while let Some((node, above)) = open.pop_front() {
        if !seen.insert(node) {
            continue;
        }
        let depth = if is_level(node) { above + 1 } else { above };
        if depth > levels {
            found.insert(node);
        }
        for input in graph.inputs(node) {
            if is_level(*input) { open.push_back((*input, depth)) } else { open.push_front((*input, depth)) }
        }
    }
    found
}

impl Engine {
    /// As [`Engine::run_targets`], by a policy.
    ///
    /// # Errors
    /// As [`Engine::run_targets`], and when a node cannot be forced: it is a source, or no target needs it.
    pub fn run_by(&self, graph: &Graph, targets: &[&str], policy: &Policy) -> Result<Run> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let (targets, names) = find_targets(declared, targets)?;
        self.inner.run(declared, policy.ledger(declared, targets)?, names)
    }

    /// As [`Engine::plan`], by a policy.
    ///
    /// # Errors
    /// As [`Engine::run_by`].
    pub fn plan_by(&self, graph: &Graph, targets: &[&str], policy: &Policy) -> Result<Plan> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let (targets, _) = find_targets(declared, targets)?;
        let ledger = policy.ledger(declared, targets)?;
        let _running = self.inner.alone("the engine was asked")?;
        report(&self.inner.session(declared)?, ledger, &self.inner.pool)
    }
}
