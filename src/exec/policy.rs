//! What a run executes besides what is out of date.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::engine::{Engine, unfinished};
use crate::exec::ledger::Ledger;
use crate::exec::named::{find_node, find_targets};
use crate::exec::plan_report::{Plan, report};
use crate::exec::run::Run;
use crate::graph::{Body, Declared, Graph, NodeId};
use std::collections::BTreeSet;

/// What a run executes besides what is out of date: nothing more, when not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    forced: Vec<String>,
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
            if !ledger.is_read(node) {
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
        ledger.execute_again(forced);
        Ok(ledger)
    }
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
