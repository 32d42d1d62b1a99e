//! Timeouts: when an execution takes too long it is asked to give up, and its node has failed from then on.
//!
//! A thread cannot be taken away from a function that runs in it. So the walker stays with the function until it returns,
//! and what it returns then is of no use; everybody else goes on at once.

use crate::exec::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, lock};
use crate::exec::wave::claims::{Asker, Done};
use crate::exec::wave::perform::Trouble;
use crate::exec::wave::walk::{Local, Wave};
use crate::fingerprint::ContentKey;
use crate::graph::Signals;
use crate::value::{Log, LogLevel};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The executions of a wave that may take too long.
#[derive(Default)]
pub(crate) struct Watchdog {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// By when they must have returned, and a number of their own.
    watches: BTreeMap<(Instant, u64), Arc<Watch>>,
    next: u64,
    is_over: bool,
}

/// An execution that may take too long.
pub(crate) struct Watch {
    /// What the function listens to: given when the time is over, and with those of the run.
    pub(crate) signals: Arc<Signals>,
    limit: Duration,
    log: Arc<Log>,
    /// Who has failed when the time is over; nothing when it is tried again.
    failing: Option<(Asker, ContentKey)>,
    phase: Mutex<Phase>,
    changed: Condvar,
}

/// How far an execution has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Within its time.
    Running,
    /// It returned in time.
    Returned,
    /// Its time is over, and those who wait for it are being told.
    Telling,
    /// They have been told.
    Told,
}

/// How an execution that was watched ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    InTime,
    /// Too late, and it is to be tried again.
    Late,
    /// Too late, and everybody knows that it has failed.
    Told,
}

impl Watchdog {
    /// Watches an execution that begins now.
    pub(crate) fn watch(
        &self,
        limit: Duration,
        outer: &Arc<Signals>,
        log: &Arc<Log>,
        failing: Option<(Asker, ContentKey)>,
    ) -> Arc<Watch> {
        let watch = Arc::new(Watch {
            signals: Arc::new(Signals::within(outer)),
            limit,
            log: Arc::clone(log),
            failing,
            phase: Mutex::new(Phase::Running),
            changed: Condvar::new(),
        });
        let now = Instant::now();
        // A time that no clock can tell never comes.
        if let Some(end) = now.checked_add(limit) {
            let mut state = lock(&self.state);
            state.next += 1;
            let number = state.next;
            state.watches.insert((end, number), Arc::clone(&watch));
            drop(state);
            self.changed.notify_one();
        }
        watch
    }

    /// The wave is over.
    pub(crate) fn end(&self) {
        lock(&self.state).is_over = true;
        self.changed.notify_one();
    }

    /// Waits for the next execution whose time is over; nothing when the wave is.
    fn next(&self) -> Option<Arc<Watch>> {
        let mut state = lock(&self.state);
        loop {
            if state.is_over {
                return None;
            }
            state.watches.retain(|_, watch| watch.is_running());
            let now = Instant::now();
            match state.watches.first_entry() {
                Some(first) if first.key().0 <= now => return Some(first.remove()),
                Some(first) => {
                    let left = first.key().0.saturating_duration_since(now);
                    state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
                }
                None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl Watch {
    /// What a node says that took too long.
    pub(crate) fn message(limit: Duration) -> String {
        format!("timed out after {limit:?}; `.timeout(..)` says how long it may take")
    }

    /// The execution has returned.
    pub(crate) fn returned(&self) -> Ended {
        let mut phase = self.phase();
        if *phase == Phase::Running {
            *phase = Phase::Returned;
            return Ended::InTime;
        }
        // The wave must not end before everybody has been told.
        while *phase == Phase::Telling {
            phase = self.changed.wait(phase).unwrap_or_else(PoisonError::into_inner);
        }
        if self.failing.is_some() { Ended::Told } else { Ended::Late }
    }

    fn is_running(&self) -> bool {
        *self.phase() == Phase::Running
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        lock(&self.phase)
    }
}

/// Lets the execution return, also when telling panics: in an observer, say.
struct Telling<'a>(&'a Watch);

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        *self.0.phase() = Phase::Told;
        self.0.changed.notify_all();
    }
}

impl Wave {
    /// Attends to executions that take too long until the wave is over.
    pub(crate) fn attend(&self) {
        let _guard = self.closing();
        while let Some(watch) = self.watchdog.next() {
            let mut phase = watch.phase();
            if *phase == Phase::Running {
                *phase = Phase::Telling;
                drop(phase);
                let _telling = Telling(&watch);
                self.overdue(&watch);
            }
        }
    }

    /// The time of an execution is over.
    fn overdue(&self, watch: &Watch) {
        let message = Watch::message(watch.limit);
        watch.log.add(LogLevel::Error, &message);
        watch.signals.stop();
        let Some((asker, content)) = &watch.failing else { return };
        let mut local = Local::default();
        self.note_tail(asker, &watch.log);
        match asker {
            Asker::Slot(index) => {
                let slot = &self.slots.slots[*index];
                self.trouble(*index, slot, Trouble::Failed(message), Some(content), &mut local);
            }
            Asker::Element { map, computation } => {
                let failure = self.element_failure(map, *computation, message);
                let node = self.session.graph.identity(self.slots.slots[map.slot].node);
                self.session.tell_failed(&node, Some(&map.label(*computation)), failure.message());
                let done = Done::Failed(failure);
                self.element_done(map, *computation, &done, &mut local);
                self.tell_later(content, done, &mut local);
            }
            Asker::Combination { reduce, combination } => {
                self.combination_trouble(reduce, *combination, *content, Trouble::Failed(message), &mut local);
            }
        }
        self.publish(&mut local);
    }

    /// What it said so far is told with the failure.
    fn note_tail(&self, asker: &Asker, log: &Log) {
        let graph = &self.session.graph;
        let name = |slot, label| format!("{}[{label}]", graph.identity(self.slots.slots[slot].node));
        let name = match asker {
            Asker::Slot(index) => graph.identity(self.slots.slots[*index].node),
            Asker::Element { map, computation } => name(map.slot, map.label(*computation)),
            Asker::Combination { reduce, combination } => name(reduce.slot, reduce.label(*combination)),
        };
        self.session.note_tail(name, &log.lines());
    }
}
