//! Work that takes more than a slot: it waits until it gets all that it takes.
//!
//! Only bodies wait: what turns out to be known, or to be computed by somebody else, is found out before.

use crate::exec::capacity::{Needs, ORDINARY};
use crate::exec::sync::{Arc, lock};
use crate::exec::wave::element::MappedNode;
use crate::exec::wave::map::{ComputationId, MapRun};
use crate::exec::wave::queue::{Job, Work};
use crate::exec::wave::reduce::{ReduceRun, ReducedNode};
use crate::exec::wave::resolve::Pending;
use crate::exec::wave::slots::SlotId;
use crate::exec::wave::tree::CombinationId;
use crate::exec::wave::walk::{Local, Wave};
use crate::fingerprint::ValueDigest;
use crate::graph::NodeId;

/// A slot whose computation is claimed, and whose body is yet to run.
pub(crate) struct BodyJob {
    pub(crate) slot: SlotId,
    /// What it gave before, for one that is executed again.
    expected: Option<ValueDigest>,
}

impl Wave {
    /// What a body of the node takes, beyond a slot; nothing for most.
    pub(crate) fn needs(&self, node: NodeId) -> Option<Needs> {
        if !self.has_requirements {
            return None;
        }
        self.session.capacities.needs(&self.session.graph, node)
    }

    /// Has the slot's body wait when it takes more than a slot; whether it does. Of maps and reduces it is the elements
    /// and combinations that take something.
    pub(crate) fn waits(&self, pending: &Pending<'_>, local: &mut Local) -> bool {
        let Pending { index, slot, spec, expected, .. } = *pending;
        let own = self.needs(slot.node);
        let estimate = self.estimate(slot.node);
        if (own.is_none() && estimate == 0) || MappedNode::of(spec).is_some() || ReducedNode::of(spec).is_some() {
            return false;
        }
        let mut needs = own.unwrap_or(ORDINARY);
        needs.memory = needs.memory.saturating_add(estimate).min(self.budget.limit);
        self.relieve(needs.memory, Some(slot.node));
        let work = Work::Body(Box::new(BodyJob { slot: index, expected }));
        local.needing.push((needs, Job { urgency: slot.urgency, work }));
        true
    }

    /// The slot's body has what it takes.
    pub(crate) fn run_body(&self, body: &BodyJob, local: &mut Local) {
        let BodyJob { slot: index, expected } = *body;
        let slot = &self.slots.slots[index];
        let (Some(spec), Some(content)) = (self.session.graph.spec(slot.node), self.content(index)) else { return };
        let is_tainted = self.has_tainted_input(slot.node);
        self.execute_now(&Pending { index, slot, spec, content, is_tainted, expected }, local);
    }

    /// An element that is known to be stale is to be executed.
    pub(crate) fn push_element(&self, map: &Arc<MapRun>, computation: ComputationId, local: &mut Local) {
        let slot = &self.slots.slots[map.slot];
        let job = Job { urgency: slot.urgency, work: Work::Element { map: Arc::clone(map), computation } };
        self.push(slot.node, job, local);
    }

    /// A combination is to be looked up, or executed when it has been.
    pub(crate) fn push_combination(&self, reduce: &Arc<ReduceRun>, combination: CombinationId, local: &mut Local) {
        let slot = &self.slots.slots[reduce.slot];
        let job = Job { urgency: slot.urgency, work: Work::Combination { reduce: Arc::clone(reduce), combination } };
        let state = lock(&reduce.combinations[combination].state);
        let is_looked_up = state.is_claimed || state.is_awaited;
        drop(state);
        if is_looked_up {
            self.push(slot.node, job, local);
        } else {
            local.jobs.push(job);
        }
    }

    fn push(&self, node: NodeId, job: Job, local: &mut Local) {
        match self.needs(node) {
            Some(needs) => local.needing.push((needs, job)),
            None => local.jobs.push(job),
        }
    }
}
