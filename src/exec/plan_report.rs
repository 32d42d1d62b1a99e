//! What a run would do, told without doing it.

use crate::error::Result;
use crate::exec::drive::make_plan;
use crate::exec::leaves::look_at_sources;
use crate::exec::ledger::Ledger;
use crate::exec::planning::{Class, Planned};
use crate::exec::recorded::{act_of, payload_of_value};
use crate::exec::session::Session;
use crate::exec::table::Table;
use crate::fingerprint::{ValueDigest, transient_value};
use crate::graph::{Body, Kind, NodeId, NodeSpec};
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

/// What a run would do.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) states: Vec<(String, PlanState)>,
    pub(crate) estimate: Estimate,
    pub(crate) older_values: Vec<(String, SystemTime)>,
}

/// What executions would take, by what their functions took before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Estimate {
    /// The sum over all nodes, as if one thread did everything.
    pub work: Duration,
    /// Number of nodes of which nobody knows, since their functions were never executed with this store: left out of
    /// the sum.
    pub unknown: u64,
}

/// What a run would do with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlanState {
    /// Nothing: it is known.
    Fresh,
    /// Nothing: stale, but its inputs are known from before.
    CutOff,
    /// Execute it.
    Run,
    /// Execute it, unless what runs upstream gives what it gave before.
    RunUnlessCutOff,
    /// To be seen once a barrier upstream is known.
    AfterBarrier,
    /// Nothing: nobody asks.
    NotNeeded,
    /// Nothing: the source is not there.
    Failed,
}

impl Plan {
    /// The nodes with their states, in the order of the graph.
    pub fn nodes(&self) -> impl Iterator<Item = (&str, PlanState)> {
        self.states.iter().map(|(node, state)| (node.as_str(), *state))
    }

    /// Stale nodes of which the targets would read an older value, because of the [`Policy`](crate::Policy), with the end of the run
    /// that knew it, in the order of the graph. Their state is fresh or not needed.
    pub fn older_values(&self) -> impl Iterator<Item = (&str, SystemTime)> {
        self.older_values.iter().map(|(node, since)| (node.as_str(), *since))
    }

    /// Number of nodes in a state.
    pub fn count(&self, state: PlanState) -> usize {
        self.states.iter().filter(|(_, s)| *s == state).count()
    }

    /// What executing the nodes would take that a run would or may execute, at most: some may be cut off, and of a map or
    /// reduce as many parts are counted as it had before, in the mean, although some may be known.
    pub fn estimate(&self) -> Estimate {
        self.estimate
    }
}

impl PlanState {
    /// Whether a run would execute the node, or may.
    pub fn may_execute(self) -> bool {
        match self {
            Self::Run | Self::RunUnlessCutOff | Self::AfterBarrier => true,
            Self::Fresh | Self::CutOff | Self::NotNeeded | Self::Failed => false,
        }
    }
}

/// Plans as a run does, and goes no further.
pub(crate) fn report(session: &Session, mut ledger: Ledger, pool: &rayon::ThreadPool) -> Result<Plan> {
    look_at_sources(session, &mut ledger, pool)?;
    let planned = make_plan(session, &mut ledger)?;
    let graph = &session.graph;
    session.capacities.check(graph, &planned)?;
    let Foreseen { states, .. } = foresee(session, &ledger, &planned)?;
    let order = graph.order();
    let nodes = order.forwards().filter(|node| !graph.is_output(*node));
    let estimate = estimate(session, graph.node_ids().filter(|node| states[*node].may_execute()));
    let older_values =
        ledger.older_values(graph).into_iter().map(|(node, since)| (graph.identity(node), since)).collect();
    Ok(Plan { estimate, older_values, states: nodes.map(|node| (graph.identity(node), states[node])).collect() })
}

/// What executing these nodes would take.
fn estimate(session: &Session, nodes: impl Iterator<Item = NodeId>) -> Estimate {
    let mut estimate = Estimate::default();
    for function in nodes.filter_map(|node| session.costs.function(session.graph.spec_id(node)?)) {
        match session.costs.known(function).whole_ns() {
            Some(ns) => estimate.work = estimate.work.saturating_add(Duration::from_nanos(ns)),
            None => estimate.unknown += 1,
        }
    }
    estimate
}

/// What can be told of the nodes before anything runs.
pub(crate) struct Foreseen {
    pub(crate) states: Table<NodeId, PlanState>,
    /// Values that are known, or will be without executing anything.
    pub(crate) values: HashMap<NodeId, ValueDigest>,
}

/// Follows a plan from the sources down, as far as values are known.
pub(crate) fn foresee(session: &Session, ledger: &Ledger, planned: &Planned) -> Result<Foreseen> {
    let graph = &session.graph;
    let mut states = Table::new(graph.len(), PlanState::NotNeeded);
    let mut values: HashMap<NodeId, ValueDigest> = HashMap::new();
    for node in graph.order().forwards() {
        states[node] = match planned.classes[node] {
            Class::Unseen => PlanState::NotNeeded,
            Class::Failed => PlanState::Failed,
            Class::Deferred => PlanState::AfterBarrier,
            Class::Known => {
                values.extend(known_value(session, ledger, planned, node).map(|value| (node, value)));
                PlanState::Fresh
            }
            Class::Stale => {
                let upstream: Option<Vec<ValueDigest>> =
                    graph.inputs(node).iter().map(|input| values.get(input).copied()).collect();
                match (upstream, graph.spec(node)) {
                    // It is what its inputs and its code say, before it is made.
                    (Some(upstream), Some(spec)) if spec.is_transient() => {
                        values.insert(node, transient_value(&spec.hashers.content_key(&upstream)));
                        PlanState::Run
                    }
                    (Some(upstream), Some(spec)) => match known_output(session, planned, node, spec)? {
                        Some(value) => {
                            values.insert(node, value);
                            PlanState::Fresh
                        }
                        None => match act_of(&*session.store, &spec.hashers.content_key(&upstream))? {
                            // A target that is known, but was not kept.
                            Some(_) if planned.expected.contains_key(&node) => PlanState::Run,
                            Some(act) => {
                                values.insert(node, act.value);
                                PlanState::CutOff
                            }
                            None => PlanState::Run,
                        },
                    },
                    _ => PlanState::RunUnlessCutOff,
                }
            }
        };
    }
    Ok(Foreseen { states, values })
}

fn known_value(session: &Session, ledger: &Ledger, planned: &Planned, node: NodeId) -> Option<ValueDigest> {
    match (planned.known.get(&node), session.graph.kind(node), ledger.leaves.get(&node)) {
        (Some(known), _, _) => Some(known.value),
        (None, Kind::Constant(constant), _) => Some(constant.digest),
        (None, _, Some(Ok(looked))) => Some(looked.digest),
        (None, Kind::Spec(_), Some(Err(_)) | None) => None,
    }
}

/// The value of an output whose node is known: the node's own value lists it.
fn known_output(session: &Session, planned: &Planned, node: NodeId, spec: &NodeSpec) -> Result<Option<ValueDigest>> {
    let (Body::Output { output, .. }, [producer]) = (&spec.body, session.graph.inputs(node)) else { return Ok(None) };
    let Some(known) = planned.known.get(producer) else { return Ok(None) };
    let store = &*session.store;
    let manifest = payload_of_value(store, &known.value, known.content.as_ref(), known.payload.as_deref())?;
    Ok(manifest.and_then(|manifest| session.output(spec, *output, manifest)).map(|(value, _)| value))
}
