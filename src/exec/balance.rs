//! What a run cost, and what it would have cost if nothing had been known: the time that mamo saves.

use crate::exec::Outcome;
use crate::exec::costs::{Noted, Tally};
use crate::exec::ledger::Ledger;
use crate::exec::session::Session;
use crate::exec::table::Table;
use crate::graph::{Body, NodeId};
use std::time::Duration;

/// What a run cost, and what it would have cost if nothing had been known.
///
/// All times are sums over the threads of the engine, as if one thread had done everything: two nodes of a second each
/// cost two seconds, also side by side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunCosts {
    /// What executing everything that the targets need would take: of what the run executed as it took, of all else by
    /// what its function took before, in the mean. Of a map or reduce that nobody looked into the number of elements is
    /// that of those that were, in the mean. Nodes that failed or were skipped are left out.
    pub estimated: Duration,
    /// What the run took: looking at sources, planning, waiting for the disk in the end, and all that its threads did in
    /// between, executing included, apart from waiting for each other.
    pub spent: Duration,
    /// What of that the functions took which were executed, without encoding what they gave. Elements that a function
    /// reads of a list as it goes are part of it.
    pub executed: Duration,
    /// What of that encoding and naming results took, and handing them over to the store.
    pub saving: Duration,
    /// What of that reading values back took, of values that were read back as a whole.
    pub loading: Duration,
    /// Number of executions: nodes, elements, combinations.
    pub executions: u64,
    /// Number of values that were read back.
    pub loads: u64,
    /// Number of nodes, elements and combinations that were known or cut off. What is upstream of one that is known was not
    /// looked at and is not among them.
    pub hits: u64,
    /// Number of nodes of which nobody knows what they cost, since their function was never executed with this store. They
    /// are left out of the estimate.
    pub unknown: u64,
}

impl RunCosts {
    /// The time that the run saved: zero when it saved none.
    pub fn saved(&self) -> Duration {
        self.estimated.saturating_sub(self.spent)
    }

    /// The time by which the run took longer than it would have without mamo: zero when it did not.
    pub fn lost(&self) -> Duration {
        self.spent.saturating_sub(self.estimated)
    }
}

/// How many executions the targets need of a function.
#[derive(Clone, Copy, Default)]
struct Needed {
    /// Nodes that were executed, or maps and reduces that were looked into: so many executions without mamo.
    seen: u64,
    /// Nodes that were not.
    unseen: u64,
}

/// Adds to the session's costs how often what was known was taken, and how large maps are. Once, when the run is over.
pub(crate) fn note_hits(session: &Session, ledger: &Ledger) {
    let graph = &session.graph;
    let mut noted = Noted::default();
    for node in graph.node_ids().filter(|node| ledger.outcomes[*node] != Outcome::NotNeeded) {
        let Some(function) = graph.spec_id(node).and_then(|spec| session.costs.function(spec)) else { continue };
        let mut tally = Tally::default();
        if matches!(ledger.outcomes[node], Outcome::Fresh | Outcome::CutOff) {
            tally.hits = 1;
        }
        if let Some(counts) = ledger.elements_of(node) {
            tally.part_hits = counts.cut_off + counts.fresh;
            if is_several(session, node) && counts.failed + counts.skipped == 0 {
                (tally.wholes, tally.parts) = (1, counts.nodes);
            }
        }
        if tally != Tally::default() {
            session.costs.note(function, tally, &mut noted);
        }
    }
    session.costs.hand_over(&mut noted);
}

/// What a run cost that is over, `took_ns` long.
pub(crate) fn costs_of(session: &Session, ledger: &Ledger, took_ns: u64) -> RunCosts {
    let graph = &session.graph;
    let costs = &session.costs;
    let mut needed = Table::new(costs.functions().count(), Needed::default());
    for node in graph.node_ids().filter(|node| ledger.is_needed(*node) && has_value(ledger, *node)) {
        let Some(function) = graph.spec_id(node).and_then(|spec| costs.function(spec)) else { continue };
        let needed: &mut Needed = &mut needed[function];
        match ledger.elements_of(node) {
            Some(counts) if is_several(session, node) => needed.seen += counts.nodes - counts.failed - counts.skipped,
            Some(_) | None if ledger.outcomes[node] == Outcome::Executed && !is_several(session, node) => {
                needed.seen += 1;
            }
            Some(_) | None => needed.unseen += 1,
        }
    }
    let mut all = Tally::default();
    let (mut estimated_ns, mut unknown) = (0u64, 0);
    for function in costs.functions() {
        let (now, known, Needed { seen, unseen }) = (costs.now(function), costs.known(function), needed[function]);
        all = all.plus(now);
        let Some(mean_ns) = known.mean_ns() else {
            unknown += unseen;
            continue;
        };
        // What was executed twice, because the run started over, would have been executed once.
        let executed_ns = match now.executions.checked_sub(seen) {
            None | Some(0) => now.compute_ns,
            Some(_) => now.mean_ns().unwrap_or(0).saturating_mul(seen),
        };
        let others = seen.saturating_sub(now.executions).saturating_add(unseen.saturating_mul(known.size()));
        estimated_ns = estimated_ns.saturating_add(executed_ns).saturating_add(mean_ns.saturating_mul(others));
    }
    let spent_ns = took_ns.saturating_sub(costs.waves_ns()).saturating_add(costs.busy_ns());
    RunCosts {
        estimated: Duration::from_nanos(estimated_ns),
        spent: Duration::from_nanos(spent_ns),
        executed: Duration::from_nanos(all.compute_ns),
        saving: Duration::from_nanos(all.save_ns),
        loading: Duration::from_nanos(all.load_ns),
        executions: all.executions,
        loads: all.loads,
        hits: all.hits + all.part_hits,
        unknown,
    }
}

fn has_value(ledger: &Ledger, node: NodeId) -> bool {
    !matches!(ledger.outcomes[node], Outcome::Failed | Outcome::Skipped)
}

/// Whether a node is several executions.
fn is_several(session: &Session, node: NodeId) -> bool {
    match session.graph.spec(node).map(|spec| &spec.body) {
        Some(Body::Function { function, .. }) => function.kind().is_some(),
        Some(_) | None => false,
    }
}
