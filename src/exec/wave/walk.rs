//! A wave: what its workers share, how they tell each other, and its end.

use crate::exec::Outcome;
use crate::exec::capacity::Needs;
use crate::exec::clock::Took;
use crate::exec::costs::Noted;
use crate::exec::expand::Expanding;
use crate::exec::ledger::{Known, Ledger};
use crate::exec::planning::{Class, Planned};
use crate::exec::session::Session;
use crate::exec::sync::{Arc, AtomicU64, AtomicUsize, Mutex, Ordering, lock};
use crate::exec::table::position;
use crate::exec::wave::budget::Budget;
use crate::exec::wave::claims::{Claims, Done};
use crate::exec::wave::map::{MapRun, Maps};
use crate::exec::wave::queue::{Job, Queue, Work};
use crate::exec::wave::slots::{Conclusion, SlotId, Slots};
use crate::exec::wave::twins::Twins;
use crate::exec::wave::watchdog::Watchdog;
use crate::fingerprint::{ContentKey, Fingerprint, ValueDigest};
use crate::graph::{Body, Declared, NodeCtx, NodeId, NodeSpec, Persist};
use crate::store::Batch;
use crate::value::{Failure, Owner, Value};
use std::collections::btree_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

/// A wave on its way.
pub(crate) struct Wave {
    pub(crate) session: Arc<Session>,
    pub(crate) ledger: Ledger,
    pub(crate) slots: Slots,
    pub(crate) queue: Queue,
    pub(crate) walkers: usize,
    /// Whether any node takes more than a slot.
    pub(crate) has_requirements: bool,
    pub(crate) budget: Budget,
    pub(crate) claims: Claims,
    pub(crate) twins: Twins,
    pub(crate) end: Mutex<WaveEnd>,
    pub(crate) maps: Mutex<Maps>,
    /// Computations of maps that were set up ahead of their turn.
    pub(crate) n_ahead: AtomicUsize,
    pub(crate) watchdog: Watchdog,
    /// What nodes that are executed again gave before.
    expected: HashMap<NodeId, ValueDigest>,
    /// Nodes whose values are not saved, and that somebody reads who waits for a barrier.
    carried: BTreeSet<NodeId>,
    /// Nanoseconds and number of executed bodies, to find out how many to take at once.
    body_ns: AtomicU64,
    bodies: AtomicU64,
}

/// Why there has to be another wave.
#[derive(Default)]
pub(crate) struct WaveEnd {
    /// Nodes that gave another value than before.
    pub(crate) diverged: Vec<NodeId>,
    /// Those of them that are known by these values for the rest of the run, under their fingerprints.
    pub(crate) rooted: Vec<(Fingerprint, Known)>,
    /// Files that changed while they were used.
    pub(crate) changed: Vec<PathBuf>,
    /// Elements that failed, by what they compute.
    pub(crate) failed_elements: Vec<(ContentKey, Arc<Failure>)>,
    /// Nodes whose bytes somebody needs and nobody has.
    pub(crate) demanded: BTreeSet<NodeId>,
    /// Nodes that made a sub-graph, which is to be run.
    pub(crate) expanding: Vec<Expanding>,
    /// Whose values are lost, of graphs around this one.
    pub(crate) lost_outside: Vec<Owner>,
    /// Whether something failed that stops the run.
    pub(crate) is_halted: bool,
}

/// What a walker has done since it last told the others.
#[derive(Default)]
pub(crate) struct Local {
    pub(crate) records: Batch,
    pub(crate) recorded: Vec<NodeId>,
    pub(crate) concluded: Vec<SlotId>,
    /// What was computed, and for which others may wait.
    pub(crate) made: Vec<(ContentKey, Done)>,
    pub(crate) jobs: Vec<Job>,
    /// Jobs that need more than a slot.
    pub(crate) needing: Vec<(Needs, Job)>,
    /// The context of the node that ran last, to be used again: making one touches a counter that all walkers share.
    pub(crate) context: Option<NodeCtx>,
    pub(crate) noted: Noted,
}

/// Jobs that are expected to take less than this together are taken at once.
const GULP: u64 = 100_000;

/// Runs a wave to its end on `pool`.
pub(crate) fn run_wave(
    session: &Arc<Session>,
    ledger: Ledger,
    mut planned: Planned,
    pool: &rayon::ThreadPool,
    is_last: impl FnOnce(&WaveEnd) -> bool,
) -> (Ledger, WaveEnd) {
    let slots = Slots::new(&session.graph, &ledger, &mut planned, |node| session.expected_cost(node));
    let n_stale = position(planned.n_stale);
    let twins = Twins::new(&session.graph, &ledger, &planned, &slots);
    let carried = carried(&session.graph, &planned);
    let expected = std::mem::take(&mut planned.expected);
    drop(planned);
    let walkers = pool.current_num_threads();
    let budget = Budget::new(session.capacities.memory);
    let wave = Wave {
        session: Arc::clone(session),
        ledger,
        slots,
        queue: Queue::new(walkers, &session.capacities, budget.held(), session.jobserver.clone()),
        budget,
        walkers,
        has_requirements: session.graph.has_requirements(),
        claims: Claims::new(n_stale),
        twins,
        end: Mutex::default(),
        maps: Mutex::default(),
        n_ahead: AtomicUsize::new(0),
        watchdog: Watchdog::default(),
        expected,
        carried,
        body_ns: AtomicU64::new(0),
        bodies: AtomicU64::new(0),
    };
    wave.queue.push(wave.ready_at_once(), []);
    let start = session.ticker.now();
    wave.run(pool);
    session.costs.add_wave(session.ticker.since(start));
    wave.finish(is_last)
}

impl Wave {
    fn ready_at_once(&self) -> Vec<Job> {
        let slots = &self.slots.slots;
        let ready = |slot: &SlotId| {
            // Nobody else sees the slots yet.
            slots[*slot].conclusion.get().is_none() && slots[*slot].pending.load(Ordering::Relaxed) == 0
        };
        slots.ids().filter(ready).map(|slot| self.job(slot)).collect()
    }

    fn job(&self, slot: SlotId) -> Job {
        Job { urgency: self.slots.slots[slot].urgency, work: Work::Slot(slot) }
    }

    /// How many jobs to take at once: so many that taking them costs little, so few that others get their share.
    pub(crate) fn gulp(&self) -> usize {
        // Only a guess is made from these counters.
        let bodies = self.bodies.load(Ordering::Relaxed);
        let mean = self.body_ns.load(Ordering::Relaxed).checked_div(bodies).unwrap_or(GULP);
        usize::try_from(GULP.checked_div(mean).unwrap_or(64).clamp(1, 64)).unwrap_or(1)
    }

    /// A body took so long.
    pub(crate) fn note_body(&self, took: Took) {
        self.body_ns.fetch_add(took.all_ns(), Ordering::Relaxed);
        self.bodies.fetch_add(1, Ordering::Relaxed);
    }

    /// Records first, then the news: so no downstream record can become durable before its upstream ones.
    pub(crate) fn publish(&self, local: &mut Local) {
        let slots = &self.slots.slots;
        // Those who waited for a computation come out as they are told, with records of their own.
        while !local.made.is_empty() || !local.concluded.is_empty() || !local.records.is_empty() {
            self.hand_over(local);
            let concluded = std::mem::take(&mut local.concluded);
            for slot in &concluded {
                slots[*slot].publish();
            }
            for (content, done) in std::mem::take(&mut local.made) {
                self.tell_askers(&content, &done, local);
            }
            self.release_consumers(&concluded, local);
        }
        self.relieve(0, None);
        if !local.jobs.is_empty() || !local.needing.is_empty() {
            self.queue.push(local.jobs.drain(..), local.needing.drain(..));
        }
    }

    /// Nodes that waited for these alone are ready, and values that these alone needed are let go.
    fn release_consumers(&self, concluded: &[SlotId], local: &mut Local) {
        let slots = &self.slots.slots;
        for slot in concluded {
            let slot = *slot;
            for consumer in self.slots.consumers(slot) {
                // AcqRel: whoever takes the last count sees what the others concluded before they counted down.
                match slots[*consumer].pending.fetch_sub(1, Ordering::AcqRel) {
                    1 => local.jobs.push(self.job(*consumer)),
                    2 => self.follow(*consumer, local),
                    _ => {}
                }
            }
            for input in self.session.graph.inputs(slots[slot].node) {
                let input = &slots[self.slots.of(*input)];
                if input.readers.fetch_sub(1, Ordering::AcqRel) == 1 && !self.outlives_wave(input.node) {
                    drop(input.release());
                    if input.is_counted() {
                        self.uncount(self.slots.of(input.node));
                    }
                }
            }
        }
    }

    /// Whether a value stays in memory: it cannot be read back, and somebody will ask for it when the wave is over.
    pub(crate) fn outlives_wave(&self, node: NodeId) -> bool {
        self.ledger.is_wanted(node)
            || (self.ledger.is_target(node) && self.session.graph.spec(node).is_some_and(NodeSpec::is_transient))
            || (!self.carried.is_empty() && self.carried.contains(&node))
    }

    pub(crate) fn running(&self, slot: SlotId) -> Option<Arc<MapRun>> {
        lock(&self.maps).running.get(&slot).cloned()
    }

    /// Notes that a map is on its way; whether it was not before.
    pub(crate) fn add_running(&self, map: &Arc<MapRun>) -> bool {
        match lock(&self.maps).running.entry(map.slot) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(Arc::clone(map));
                true
            }
        }
    }

    pub(crate) fn remove_running(&self, slot: SlotId) {
        let removed = lock(&self.maps).running.remove(&slot);
        drop(removed);
    }

    /// What a node gave before, when it is executed again.
    pub(crate) fn expected(&self, node: NodeId) -> Option<ValueDigest> {
        if self.expected.is_empty() { None } else { self.expected.get(&node).copied() }
    }

    /// Hands the walker's records over, so that they can be read.
    pub(crate) fn hand_over(&self, local: &mut Local) {
        self.session.recorder.add(&mut local.records, &local.recorded);
        local.recorded.clear();
    }

    /// Somebody needs bytes of `node` that nobody has: it must be executed in the next wave.
    pub(crate) fn demand(&self, node: NodeId) {
        let node = self.session.graph.producer(node);
        lock(&self.end).demanded.insert(node);
    }

    /// Takes what the wave found out into the ledger.
    fn finish(mut self, is_last: impl FnOnce(&WaveEnd) -> bool) -> (Ledger, WaveEnd) {
        self.note_unfinished();
        self.session.recorder.flush();
        self.session.held_most.fetch_max(self.budget.most(), Ordering::Relaxed);
        let mut end = std::mem::take(&mut *lock(&self.end));
        let is_last = is_last(&end);
        let maps = std::mem::take(&mut *lock(&self.maps));
        for (node, counts) in maps.done {
            self.ledger.note_elements(node, counts);
        }
        for map in maps.running.into_values() {
            let slot = &self.slots.slots[map.slot];
            let counts = map.counts();
            // One that went along in vain was not looked into: its own record was there, or what it goes over failed.
            if slot.conclusion.get().is_none() || counts.executed > 0 {
                self.ledger.note_elements(slot.node, counts);
            }
            end.failed_elements.extend(map.take_failures());
        }
        for reduce in maps.reducing.into_values() {
            self.ledger.note_elements(self.slots.slots[reduce.slot].node, reduce.counts());
            end.failed_elements.extend(reduce.take_failures());
        }
        self.ledger.failed_elements.extend(end.failed_elements.drain(..));
        for (base, known) in end.rooted.drain(..) {
            self.ledger.root(base, known);
        }
        for slot in self.slots.slots.ids() {
            let slot = &self.slots.slots[slot];
            let node = slot.node;
            match slot.conclusion.get() {
                Some(Conclusion::Known(known)) => {
                    // One that still waits for its own inputs' bytes stays forced.
                    self.ledger.forced.remove(&node);
                    self.ledger.again.remove(&node);
                    self.ledger.note_outcome(node, slot.outcome());
                    // What comes from a settled failure is found nowhere else.
                    if !is_last || known.is_tainted || self.ledger.is_target(node) {
                        self.learn(node, known.clone(), slot.release());
                    }
                }
                Some(Conclusion::Failed(failure)) => {
                    self.ledger.fail(&self.session.graph, node, Arc::clone(failure));
                }
                Some(Conclusion::Skipped(cause)) => {
                    if self.session.graph.entry(node).flags.is_barrier {
                        self.ledger.barred.insert(node, Arc::clone(cause));
                    }
                    self.ledger.note_outcome(node, Outcome::Skipped);
                }
                // The next wave takes it up, or else it is skipped with the rest.
                None => {}
            }
        }
        (self.ledger, end)
    }
}

impl Wave {
    fn learn(&mut self, node: NodeId, known: Known, value: Option<Value>) {
        let graph = &self.session.graph;
        if graph.spec(node).is_none_or(|spec| matches!(spec.body, Body::Source(_))) {
            return;
        }
        if let Some(value) = value {
            // Values that can be read back are; these cannot.
            if self.ledger.is_wanted(node) || !is_saved(graph, node) {
                self.ledger.keep(node, known.value, value);
            }
        }
        if let Some(base) = self.ledger.record_key(&self.session.graph, node) {
            self.ledger.learn(node, base, known);
        }
    }
}

/// Whether values of the node can be read back.
pub(crate) fn is_saved(graph: &Declared, node: NodeId) -> bool {
    graph.spec(node).is_none_or(|spec| !spec.is_transient()) && graph.entry(node).flags.persist != Persist::Never
}

/// Nodes of this wave whose values are not saved, and that somebody reads whose turn comes only after it.
fn carried(graph: &Declared, planned: &Planned) -> BTreeSet<NodeId> {
    if planned.n_deferred == 0 {
        return BTreeSet::new();
    }
    let deferred = planned.classes.ids().filter(|node| planned.classes[*node] == Class::Deferred);
    deferred.flat_map(|node| graph.inputs(node)).copied().filter(|input| !is_saved(graph, *input)).collect()
}
