//! What a run would do, told without doing it.

use crate::error::Result;
use crate::exec::drive::make_plan;
use crate::exec::leaves::look_at_sources;
use crate::exec::ledger::Ledger;
use crate::exec::planning::Class;
use crate::exec::recorded::act_of;
use crate::exec::session::Session;
use crate::fingerprint::ValueDigest;
use crate::graph::Kind;
use std::collections::HashMap;

/// What a run would do.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) states: Vec<(String, PlanState)>,
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

    /// Number of nodes in a state.
    pub fn count(&self, state: PlanState) -> usize {
        self.states.iter().filter(|(_, s)| *s == state).count()
    }
}

/// Plans as a run does, and goes no further.
pub(crate) fn report(session: &Session, mut ledger: Ledger, pool: &rayon::ThreadPool) -> Result<Plan> {
    look_at_sources(session, &mut ledger, pool)?;
    let planned = make_plan(session, &mut ledger)?;
    let graph = &session.graph;
    let mut values: HashMap<u32, ValueDigest> = HashMap::new();
    let mut states = Vec::new();
    for node in graph.order().forwards() {
        let state = match planned.classes[node] {
            Class::Unseen => PlanState::NotNeeded,
            Class::Failed => PlanState::Failed,
            Class::Deferred => PlanState::AfterBarrier,
            Class::Known => {
                let value = match (planned.known.get(&node), graph.kind(node), ledger.leaves.get(&node)) {
                    (Some(known), _, _) => Some(known.value),
                    (None, Kind::Constant(constant), _) => Some(constant.digest),
                    (None, _, Some(Ok(looked))) => Some(looked.digest),
                    (None, Kind::Spec(_), Some(Err(_)) | None) => None,
                };
                values.extend(value.map(|value| (node, value)));
                PlanState::Fresh
            }
            Class::Stale => {
                let upstream: Option<Vec<ValueDigest>> =
                    graph.inputs(node).iter().map(|input| values.get(input).copied()).collect();
                match (upstream, graph.spec(node)) {
                    (Some(upstream), Some(spec)) => {
                        let content = spec.hashers.content_key(&upstream);
                        match act_of(&*session.store, &content)? {
                            // A target that is known, but was not kept.
                            Some(_) if planned.expected.contains_key(&node) => PlanState::Run,
                            Some(act) => {
                                values.insert(node, act.value);
                                PlanState::CutOff
                            }
                            None => PlanState::Run,
                        }
                    }
                    _ => PlanState::RunUnlessCutOff,
                }
            }
        };
        if !graph.is_output(node) {
            states.push((graph.identity(node), state));
        }
    }
    Ok(Plan { states })
}
