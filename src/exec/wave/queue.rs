//! Ready work, most urgent first, and the walkers that take it.

use crate::exec::sync::Ordering::Relaxed;
use crate::exec::sync::{AtomicBool, Condvar, Mutex, PoisonError, lock};
use crate::exec::wave::map::{ComputationId, MapRun};
use crate::exec::wave::reduce::ReduceRun;
use crate::exec::wave::slots::SlotId;
use crate::exec::wave::tree::CombinationId;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

/// Something that a walker can do at once.
pub(crate) struct Job {
    /// Nanoseconds that the longest chain of work from here on is thought to take.
    pub(crate) urgency: u64,
    pub(crate) work: Work,
}

pub(crate) enum Work {
    /// All inputs of this slot are concluded.
    Slot(SlotId),
    /// A stale element of a map.
    Element { map: Arc<MapRun>, computation: ComputationId },
    /// A combination of a reduce.
    Combination { reduce: Arc<ReduceRun>, combination: CombinationId },
}

impl Work {
    /// Of equally urgent work the lower number comes first: nodes that were declared together read the same inputs,
    /// which are then still in the processor's caches.
    fn number(&self) -> u32 {
        match self {
            Self::Slot(slot) => slot.number(),
            Self::Element { computation, .. } => computation.number(),
            // Those below come first, so that few values wait for the one that they are combined with.
            Self::Combination { combination, .. } => combination.number(),
        }
    }
}

/// The queue of a wave.
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    /// Nothing more is to be started.
    is_closed: AtomicBool,
}

struct State {
    jobs: BinaryHeap<Job>,
    /// Walkers that work on something and may add jobs.
    busy: usize,
    /// Walkers that wait on `changed`.
    parked: usize,
}

/// How long a parked walker sleeps before it looks for nested rayon work again: rayon cannot wake it.
const NAP: Duration = Duration::from_millis(2);

impl Queue {
    /// For `walkers` walkers, all of which count as busy until they first ask.
    pub(crate) fn new(walkers: usize) -> Self {
        let state = State { jobs: BinaryHeap::new(), busy: walkers, parked: 0 };
        Self { state: Mutex::new(state), changed: Condvar::new(), is_closed: AtomicBool::new(false) }
    }

    pub(crate) fn push(&self, jobs: impl IntoIterator<Item = Job>) {
        let mut state = lock(&self.state);
        let before = state.jobs.len();
        state.jobs.extend(jobs);
        // The walker that pushes takes one of them itself.
        let spare = state.jobs.len().saturating_sub(before.max(1)).min(state.parked);
        drop(state);
        for _ in 0..spare {
            self.changed.notify_one();
        }
    }

    /// Nothing more is handed out; jobs that nobody took stay undone.
    pub(crate) fn close(&self) {
        let state = lock(&self.state);
        // Under the lock, so that no walker parks after it looked and before it is woken.
        self.is_closed.store(true, Relaxed);
        drop(state);
        self.changed.notify_all();
    }

    /// Whether nothing more is to be started.
    pub(crate) fn is_closed(&self) -> bool {
        // A hint to those who hold jobs already; nothing is read on the strength of it.
        self.is_closed.load(Relaxed)
    }

    /// Takes up to `most` jobs, but no more than a fair share; `idle` is called while there are none.
    ///
    /// The walker that asks has finished what it took before. Nothing when the wave is over: no jobs and nobody busy.
    pub(crate) fn take(
        &self,
        most: usize,
        walkers: usize,
        taken: &mut Vec<Job>,
        mut idle: impl FnMut() -> bool,
    ) -> bool {
        let mut state = lock(&self.state);
        state.busy -= 1;
        loop {
            if self.is_closed() || (state.jobs.is_empty() && state.busy == 0) {
                self.is_closed.store(true, Relaxed);
                drop(state);
                self.changed.notify_all();
                return false;
            }
            if !state.jobs.is_empty() {
                let share = state.jobs.len().div_ceil(walkers.max(1));
                for _ in 0..most.min(share).max(1) {
                    taken.extend(state.jobs.pop());
                }
                state.busy += 1;
                return true;
            }
            drop(state);
            // Nested data parallelism of a node's own: this thread is one of those that it may use.
            let helped = idle();
            state = lock(&self.state);
            if !helped && state.jobs.is_empty() && !self.is_closed() && state.busy > 0 {
                state.parked += 1;
                state = self.changed.wait_timeout(state, NAP).unwrap_or_else(PoisonError::into_inner).0;
                state.parked -= 1;
            }
        }
    }
}

impl PartialEq for Job {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Job {}

impl PartialOrd for Job {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Job {
    fn cmp(&self, other: &Self) -> Ordering {
        self.urgency.cmp(&other.urgency).then_with(|| other.work.number().cmp(&self.work.number()))
    }
}
