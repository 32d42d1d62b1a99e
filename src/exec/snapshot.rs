//! What is known of all nodes of a graph at once, for pictures of it.

use crate::error::Result;
use crate::exec::drive::make_plan;
use crate::exec::engine::unfinished;
use crate::exec::leaves::look_at_sources;
use crate::exec::ledger::Ledger;
use crate::exec::members::members_of;
use crate::exec::named::find_targets;
use crate::exec::plan_report::foresee;
use crate::exec::recorded::{act_of, deep_of, payload_of_value};
use crate::exec::report::newest_report;
use crate::exec::session::Session;
use crate::exec::sync::Arc;
use crate::exec::{Counts, Engine, Outcome, PlanState, Run};
use crate::fingerprint::{Fingerprint, SpecKey};
use crate::graph::{Declared, Graph, Kind, NodeId};
use std::time::Duration;

/// What is known of all nodes of a graph.
pub(crate) struct Snapshot {
    pub(crate) graph: Arc<Declared>,
    /// Nodes that are no outputs of others, in the order of the graph.
    pub(crate) nodes: Vec<(NodeId, NodeFacts)>,
}

/// What is known of a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeFacts {
    /// What a run would do with it.
    pub(crate) planned: Option<PlanState>,
    /// How it came out of a run.
    pub(crate) outcome: Option<Outcome>,
    /// What making its value took, whenever that was.
    pub(crate) took: Option<Duration>,
    /// Bytes of its value.
    pub(crate) bytes: Option<u64>,
    /// Elements of a map, combinations of a reduce.
    pub(crate) members: Option<u64>,
    /// How these came out of a run that looked into them.
    pub(crate) elements: Option<Counts>,
    pub(crate) fingerprint: Option<Fingerprint>,
    pub(crate) code: Option<[u8; 32]>,
    pub(crate) failure: Option<String>,
}

impl Engine {
    /// All nodes as they stand before a run of these targets.
    ///
    /// # Errors
    /// When there is no target or node of a name, and when the store cannot be read.
    pub(crate) fn snapshot(&self, graph: &Graph, targets: &[&str]) -> Result<Snapshot> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let (targets, _) = find_targets(declared, targets)?;
        let _running = self.inner.alone("the engine was asked")?;
        let session = self.inner.session(declared)?;
        let mut ledger = Ledger::new(declared, targets);
        look_at_sources(&session, &mut ledger, &self.inner.pool)?;
        let planned = make_plan(&session, &mut ledger)?;
        let foreseen = foresee(&session, &ledger, &planned)?;
        snapshot(&session, &ledger, |node, facts| facts.planned = Some(foreseen.states[node]))
    }
}

impl Run {
    /// All nodes as they came out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn snapshot(&self) -> Result<Snapshot> {
        let values = self.values();
        let ledger = &values.ledger;
        snapshot(&values.session, ledger, |node, facts| {
            facts.outcome = Some(ledger.outcomes[node]);
            facts.failure = ledger.failure(node).map(|failure| failure.message().to_owned());
            facts.elements = ledger.elements_of(node);
            // What it took whenever it was executed says nothing of this run.
            if ledger.outcomes[node] != Outcome::Executed {
                facts.took = None;
            }
        })
    }
}

fn snapshot(session: &Session, ledger: &Ledger, state: impl Fn(NodeId, &mut NodeFacts)) -> Result<Snapshot> {
    let graph = &session.graph;
    let mut nodes = Vec::new();
    for node in graph.order().forwards().filter(|node| !graph.is_output(*node)) {
        let mut facts = facts_of(session, ledger, node)?;
        state(node, &mut facts);
        nodes.push((node, facts));
    }
    Ok(Snapshot { graph: Arc::clone(graph), nodes })
}

fn facts_of(session: &Session, ledger: &Ledger, node: NodeId) -> Result<NodeFacts> {
    let (graph, store) = (&session.graph, &*session.store);
    let mut facts = NodeFacts { fingerprint: ledger.record_key(graph, node), ..NodeFacts::default() };
    let Kind::Spec(spec) = graph.kind(node) else { return Ok(facts) };
    if graph.is_function(node) {
        facts.code = SpecKey::from_bytes(&spec.key).map(|key| key.code);
    }
    let deep = match &facts.fingerprint {
        Some(base) => deep_of(store, base)?,
        None => None,
    };
    let Some(deep) = deep else {
        facts.failure = newest_report(store, &graph.identity(node))?.and_then(|report| report.failure);
        return Ok(facts);
    };
    facts.took = act_of(store, &deep.content)?.map(|act| Duration::from_nanos(act.cost_ns));
    let payload = payload_of_value(store, &deep.value, Some(&deep.content), deep.own.as_ref())?;
    facts.bytes = payload.map(|payload| payload.len());
    if spec.element.is_some() {
        let members = members_of(store, deep.content.as_bytes())?.members.len();
        facts.members = Some(u64::try_from(members).unwrap_or(u64::MAX));
    }
    Ok(facts)
}
