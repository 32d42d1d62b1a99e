//! Ready work, most urgent first, and the workers that take it.

use crate::exec::capacity::{Capacities, Needs};
use crate::exec::jobserver::{Jobserver, Token};
use crate::exec::sync::Ordering::Relaxed;
use crate::exec::sync::{Arc, AtomicBool, AtomicU64, Condvar, Mutex, lock, wait, wait_for};
use crate::exec::wave::admission::{Admission, Pick, WorkerKind};
use crate::exec::wave::map::{ComputationId, MapRun};
use crate::exec::wave::needs::BodyJob;
use crate::exec::wave::reduce::ReduceRun;
use crate::exec::wave::slots::SlotId;
use crate::exec::wave::tree::CombinationId;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::time::Duration;

/// Something that a worker can do at once.
pub(crate) struct Job {
    /// Nanoseconds that the longest chain of work from here on is thought to take.
    pub(crate) urgency: u64,
    pub(crate) work: Work,
}

pub(crate) enum Work {
    /// All inputs of this slot are concluded.
    Slot(SlotId),
    /// A slot whose computation is ours, and that has what its body takes.
    Body(Box<BodyJob>),
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
            Self::Body(body) => body.slot.number(),
            Self::Element { computation, .. } => computation.number(),
            // Those below come first, so that few values wait for the one that they are combined with.
            Self::Combination { combination, .. } => combination.number(),
        }
    }
}

/// The queue of a wave.
pub(crate) struct Queue {
    state: Mutex<State>,
    /// For walkers.
    changed: Condvar,
    /// For threads of blocking nodes.
    unblocked: Condvar,
    /// Nothing more is to be started.
    is_closed: AtomicBool,
    jobserver: Option<Arc<Jobserver>>,
}

struct State {
    jobs: BinaryHeap<Job>,
    admission: Admission,
    /// Workers that work on something and may add jobs.
    busy: usize,
    /// Walkers that wait on `changed`.
    parked: usize,
    /// Bytes of values on their way.
    held: Arc<AtomicU64>,
    threads: Threads,
}

/// Threads of blocking nodes.
struct Threads {
    started: usize,
    /// Those that wait on `unblocked`.
    idle: usize,
    limit: usize,
}

/// A thread that takes work, with what its present work takes.
pub(crate) struct Worker<'a> {
    kind: WorkerKind,
    holding: Option<Needs>,
    /// Leave to work, where a jobserver gives it.
    token: Option<Token<'a>>,
}

/// What a worker does next.
pub(crate) enum Next {
    /// What it took.
    Work,
    /// Start a thread for a blocking node, which has what it takes.
    Thread(Job, Needs),
    /// Nothing: the wave is over, or nothing more is to be started.
    Over,
}

/// How long a parked walker sleeps before it looks for nested rayon work again: rayon cannot wake it.
const NAP: Duration = Duration::from_millis(2);

impl Worker<'_> {
    pub(crate) fn walker() -> Self {
        Self { kind: WorkerKind::Walker, holding: None, token: None }
    }

    /// A thread that was started for a body that takes `needs`.
    pub(crate) fn blocking(needs: Needs) -> Self {
        Self { kind: WorkerKind::Blocking, holding: Some(needs), token: None }
    }
}

impl Queue {
    /// For `walkers` walkers, all of which count as busy until they first ask.
    pub(crate) fn new(
        walkers: usize,
        capacities: &Capacities,
        held: Arc<AtomicU64>,
        jobserver: Option<Arc<Jobserver>>,
    ) -> Self {
        let state = State {
            jobs: BinaryHeap::new(),
            admission: Admission::new(capacities),
            busy: walkers,
            parked: 0,
            held,
            threads: Threads { started: 0, idle: 0, limit: capacities.blocking_threads },
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            unblocked: Condvar::new(),
            is_closed: AtomicBool::new(false),
            jobserver,
        }
    }

    /// Adds ordinary jobs, and others that need more than a slot.
    pub(crate) fn push(&self, jobs: impl IntoIterator<Item = Job>, needing: impl IntoIterator<Item = (Needs, Job)>) {
        let mut state = lock(&self.state);
        let before = state.jobs.len();
        state.jobs.extend(jobs);
        let mut n_needing = 0;
        for (needs, job) in needing {
            n_needing += 1;
            state.admission.wait(needs, job);
        }
        // The walker that pushes takes one of them itself.
        let spare = (state.jobs.len() + n_needing).saturating_sub(before.max(1)).min(state.parked);
        let idle = state.threads.idle.min(n_needing);
        drop(state);
        for _ in 0..spare {
            self.changed.notify_one();
        }
        for _ in 0..idle {
            self.unblocked.notify_one();
        }
    }

    /// Nothing more is handed out; jobs that nobody took stay undone.
    pub(crate) fn close(&self) {
        let state = lock(&self.state);
        // Under the lock, so that no worker parks after it looked and before it is woken.
        self.is_closed.store(true, Relaxed);
        drop(state);
        self.wake_all();
    }

    fn wake_all(&self) {
        self.changed.notify_all();
        self.unblocked.notify_all();
    }

    /// Whether nothing more is to be started.
    pub(crate) fn is_closed(&self) -> bool {
        // A hint to those who hold jobs already; nothing is read on the strength of it.
        self.is_closed.load(Relaxed)
    }

    /// Takes up to `most` jobs, but no more than a fair share; `idle` is called while there are none.
    ///
    /// The worker that asks has finished what it took before, and gives back what that took. The wave is over when there
    /// are no jobs and nobody is busy.
    pub(crate) fn take<'a>(
        &'a self,
        worker: &mut Worker<'a>,
        most: usize,
        walkers: usize,
        taken: &mut Vec<Job>,
        mut idle: impl FnMut() -> bool,
    ) -> Next {
        // Others may have waited for it longer than this one will.
        worker.token = None;
        let mut state = lock(&self.state);
        if state.finished(worker) {
            // Somebody in a line may have waited for it.
            self.wake_all();
        }
        loop {
            if self.is_closed() || state.is_over() {
                self.is_closed.store(true, Relaxed);
                drop(state);
                self.wake_all();
                return Next::Over;
            }
            if let Some((job, needs)) = state.for_new_thread(worker.kind) {
                return Next::Thread(job, needs);
            }
            if let Some(server) = self.lacks_token(worker)
                && state.has_work_for(worker.kind)
            {
                drop(state);
                worker.token = server.token();
                state = lock(&self.state);
                if worker.token.is_none() {
                    // Nobody tells when there is one.
                    state = wait_for(&self.changed, state, NAP);
                }
                continue;
            }
            if state.take(worker, most, walkers, taken) {
                return Next::Work;
            }
            if worker.kind == WorkerKind::Blocking {
                state.threads.idle += 1;
                state = wait(&self.unblocked, state);
                state.threads.idle -= 1;
                continue;
            }
            drop(state);
            worker.token = None;
            // Nested data parallelism of a node's own: this thread is one of those that it may use.
            let helped = idle();
            state = lock(&self.state);
            if !helped && !self.is_closed() && !state.is_over() && !state.has_work_for(worker.kind) {
                state.parked += 1;
                state = wait_for(&self.changed, state, NAP);
                state.parked -= 1;
            }
        }
    }

    /// The server that a walker has to ask before it works.
    fn lacks_token(&self, worker: &Worker<'_>) -> Option<&Jobserver> {
        self.jobserver.as_deref().filter(|_| worker.kind == WorkerKind::Walker && worker.token.is_none())
    }

    /// The system gives no thread: the job waits for one that there is, or else for a walker.
    pub(crate) fn no_thread(&self, job: Job, needs: Needs) {
        let mut state = lock(&self.state);
        state.busy -= 1;
        state.threads.started -= 1;
        state.threads.limit = state.threads.started;
        state.admission.give_back(&needs);
        state.admission.wait(needs, job);
    }
}

impl State {
    /// Whether there is nothing to do, and nobody who may still add something.
    fn is_over(&self) -> bool {
        self.jobs.is_empty() && self.admission.is_idle() && self.busy == 0
    }

    /// A worker is done with what it took; whether others may have waited for that.
    fn finished(&mut self, worker: &mut Worker<'_>) -> bool {
        self.busy -= 1;
        let slots = worker.holding.take().map_or(0, |needs| {
            self.admission.give_back(&needs);
            needs.slots
        });
        // Ordinary work waits as well for one who took several slots.
        !self.admission.is_idle() || (slots > 1 && !self.jobs.is_empty())
    }

    fn kind(&self, kind: WorkerKind) -> WorkerKind {
        if kind == WorkerKind::Walker && self.threads.limit == 0 { WorkerKind::LoneWalker } else { kind }
    }

    fn choose(&mut self, kind: WorkerKind) -> Option<Pick> {
        let ordinary = self.jobs.peek().map(|job| job.urgency);
        let (kind, held) = (self.kind(kind), self.held());
        self.admission.choose(kind, ordinary, held, self.busy == 0)
    }

    fn held(&self) -> u64 {
        self.held.load(Relaxed)
    }

    fn has_work_for(&mut self, kind: WorkerKind) -> bool {
        self.choose(kind).is_some()
    }

    /// The job of a blocking node for which a thread has to be started: there are more of them than threads that wait.
    fn for_new_thread(&mut self, kind: WorkerKind) -> Option<(Job, Needs)> {
        let Threads { started, idle, limit } = self.threads;
        if self.admission.is_idle() || started >= limit {
            return None;
        }
        let ready = idle + usize::from(kind == WorkerKind::Blocking);
        if self.admission.n_blocking() <= ready {
            return None;
        }
        let Pick::Line(line) = self.choose(WorkerKind::Blocking)? else { return None };
        let held = self.held();
        let (job, needs) = self.admission.admit_first(line, held)?;
        self.threads.started += 1;
        // The thread, and the worker that starts it.
        self.busy += 2;
        Some((job, needs))
    }

    /// Whether the worker got something.
    fn take(&mut self, worker: &mut Worker<'_>, most: usize, walkers: usize, taken: &mut Vec<Job>) -> bool {
        match self.choose(worker.kind) {
            Some(Pick::Ordinary) => {
                let share = self.jobs.len().div_ceil(walkers.max(1));
                for _ in 0..most.min(share).max(1) {
                    taken.extend(self.jobs.pop());
                }
                let held = self.held();
                worker.holding = Some(self.admission.admit_ordinary(held));
            }
            Some(Pick::Line(line)) => {
                let held = self.held();
                let Some((job, needs)) = self.admission.admit_first(line, held) else { return false };
                taken.push(job);
                worker.holding = Some(needs);
            }
            None => return false,
        }
        self.busy += 1;
        true
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
