//! Who may start: what running bodies take, what is left, and who waits for it.
//!
//! A body takes all that it needs at once or nothing, so bodies that wait hold nothing and cannot wait for each other in a
//! circle. Ordinary ones take a slot, which is a comparison under the queue's lock; the others stand in lines.

use crate::exec::capacity::{Capacities, Needs, ORDINARY, PoolId};
use crate::exec::wave::queue::Job;
use std::collections::BinaryHeap;

/// What is taken of what there is, and who waits. Part of the queue's state, under its lock.
pub(crate) struct Admission {
    slots: Share<u32>,
    memory: Share<u64>,
    pools: Vec<Share<u32>>,
    /// Those who need the same wait in one line: only the first of each has to be looked at.
    lines: Vec<Line>,
    n_waiting: usize,
    /// Counts the lines that became impatient.
    clock: u64,
}

/// How much of something is taken.
#[derive(Clone, Copy)]
struct Share<T> {
    taken: T,
    whole: T,
}

/// Jobs that need the same, most urgent first.
struct Line {
    needs: Needs,
    jobs: BinaryHeap<Job>,
    /// How often others took what the first of them waits for.
    overtaken: u32,
    /// Since when nobody who came later may take what is reserved.
    impatient_since: Option<u64>,
    reserved: Resources,
}

/// A set of resources; the pool is that of the needs beside which it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Resources {
    slots: bool,
    memory: bool,
    pool: bool,
}

/// Who asks for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkerKind {
    /// One of the engine's own threads.
    Walker,
    /// A walker where the system gives no threads for bodies that wait.
    LoneWalker,
    /// A thread for bodies that wait.
    Blocking,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// Work that needs a slot at most.
    Ordinary,
    /// The first of this line.
    Line(usize),
}

/// A body that waits for more than it can get at once is overtaken so often; then what it waits for is kept for it.
const PATIENCE: u32 = 8;

impl Admission {
    pub(crate) fn new(capacities: &Capacities) -> Self {
        Self {
            slots: Share { taken: 0, whole: capacities.slots },
            memory: Share { taken: 0, whole: capacities.memory },
            pools: capacities.pools.iter().map(|(_, whole)| Share { taken: 0, whole: *whole }).collect(),
            lines: Vec::new(),
            n_waiting: 0,
            clock: 0,
        }
    }

    /// Whether nobody stands in a line.
    pub(crate) fn is_idle(&self) -> bool {
        self.n_waiting == 0
    }

    /// Jobs in lines for threads of their own.
    pub(crate) fn n_blocking(&self) -> usize {
        self.lines.iter().filter(|line| line.needs.is_blocking).map(|line| line.jobs.len()).sum()
    }

    /// Puts a job into its line.
    pub(crate) fn wait(&mut self, needs: Needs, job: Job) {
        self.n_waiting += 1;
        match self.lines.iter_mut().find(|line| line.needs == needs) {
            Some(line) => line.jobs.push(job),
            None => {
                let (overtaken, impatient_since, reserved) = (0, None, Resources::default());
                self.lines.push(Line { needs, jobs: BinaryHeap::from([job]), overtaken, impatient_since, reserved });
            }
        }
    }

    /// What is most urgent of all that fits; `ordinary` is the urgency of the first ordinary job, `held` what values on
    /// their way take of the memory.
    ///
    /// When nobody runs (`is_alone`), whatever is most urgent fits: there is no better moment to come.
    pub(crate) fn choose(
        &mut self,
        kind: WorkerKind,
        ordinary: Option<u64>,
        held: u64,
        is_alone: bool,
    ) -> Option<Pick> {
        if self.n_waiting == 0 {
            // Nearly always.
            return ordinary.filter(|_| kind != WorkerKind::Blocking && self.slots.has(1)).map(|_| Pick::Ordinary);
        }
        self.reserve(held);
        let ordinary = ordinary.filter(|_| kind != WorkerKind::Blocking);
        let fits = |needs: &Needs, since: Option<u64>| {
            self.lacks(needs, held) == Resources::default() && !self.is_reserved(needs, since)
        };
        let mut best = ordinary.filter(|_| fits(&ORDINARY, None)).map(|urgency| (urgency, Pick::Ordinary));
        for (index, line) in self.lines.iter().enumerate() {
            let Some(first) = line.jobs.peek().filter(|_| kind.takes(&line.needs)) else { continue };
            let is_better = best.is_none_or(|(urgency, _)| first.urgency >= urgency);
            if is_better && fits(&line.needs, line.impatient_since) {
                best = Some((first.urgency, Pick::Line(index)));
            }
        }
        if best.is_none() && is_alone {
            let lines = self.lines.iter().enumerate().filter(|(_, line)| kind.takes(&line.needs));
            let firsts = lines.filter_map(|(index, line)| Some((line.jobs.peek()?.urgency, Pick::Line(index))));
            best = firsts.max_by_key(|(urgency, _)| *urgency);
            best = best.or(ordinary.map(|urgency| (urgency, Pick::Ordinary)));
        }
        best.map(|(_, pick)| pick)
    }

    /// Takes an ordinary job's slot.
    pub(crate) fn admit_ordinary(&mut self, held: u64) -> Needs {
        self.admit(ORDINARY, held)
    }

    /// Takes what the first of a line needs.
    pub(crate) fn admit_first(&mut self, line: usize, held: u64) -> Option<(Job, Needs)> {
        let line = self.lines.get_mut(line)?;
        let (job, needs) = (line.jobs.pop()?, line.needs);
        (line.overtaken, line.impatient_since, line.reserved) = (0, None, Resources::default());
        self.n_waiting -= 1;
        self.admit(needs, held);
        Some((job, needs))
    }

    fn admit(&mut self, needs: Needs, held: u64) -> Needs {
        if self.n_waiting > 0 {
            self.note_overtaken(&needs, held);
        }
        self.slots.taken = self.slots.taken.saturating_add(needs.slots);
        self.memory.taken = self.memory.taken.saturating_add(needs.memory);
        if let Some(pool) = self.pool_mut(needs.pool) {
            pool.taken += 1;
        }
        needs
    }

    /// Gives back what a body took.
    pub(crate) fn give_back(&mut self, needs: &Needs) {
        self.slots.taken = self.slots.taken.saturating_sub(needs.slots);
        self.memory.taken = self.memory.taken.saturating_sub(needs.memory);
        if let Some(pool) = self.pool_mut(needs.pool) {
            pool.taken = pool.taken.saturating_sub(1);
        }
    }

    /// Who lacks what is taken now has been overtaken once more.
    fn note_overtaken(&mut self, by: &Needs, held: u64) {
        for index in 0..self.lines.len() {
            let Some(line) = self.lines.get(index).filter(|line| !line.jobs.is_empty()) else { continue };
            let lacks = self.lacks(&line.needs, held);
            if !lacks.are_used(&line.needs, by) {
                continue;
            }
            let Some(line) = self.lines.get_mut(index) else { continue };
            line.overtaken += 1;
            if line.overtaken >= PATIENCE && line.impatient_since.is_none() {
                line.impatient_since = Some(self.clock);
                self.clock += 1;
            }
        }
    }

    /// Keeps for those who were overtaken too often what they lack, until they have all that they need.
    fn reserve(&mut self, held: u64) {
        for index in 0..self.lines.len() {
            let Some(line) = self.lines.get(index).filter(|line| line.impatient_since.is_some()) else { continue };
            let lacks = self.lacks(&line.needs, held);
            if let Some(line) = self.lines.get_mut(index) {
                line.reserved = line.reserved.or(lacks);
            }
        }
    }

    /// Whether somebody who has been impatient for longer waits for a part of this.
    fn is_reserved(&self, needs: &Needs, since: Option<u64>) -> bool {
        self.lines.iter().any(|line| {
            let is_earlier = line.impatient_since.is_some_and(|earlier| since.is_none_or(|since| earlier < since));
            is_earlier && line.reserved.are_used(&line.needs, needs)
        })
    }

    /// What is not there.
    fn lacks(&self, needs: &Needs, held: u64) -> Resources {
        let memory = Share { taken: self.memory.taken.saturating_add(held), ..self.memory };
        Resources {
            slots: !self.slots.has(needs.slots),
            memory: needs.memory > 0 && !memory.has(needs.memory),
            pool: needs.pool.and_then(|PoolId(pool)| self.pools.get(pool)).is_some_and(|pool| !pool.has(1)),
        }
    }

    fn pool_mut(&mut self, pool: Option<PoolId>) -> Option<&mut Share<u32>> {
        self.pools.get_mut(pool?.0)
    }
}

impl Share<u32> {
    fn has(&self, more: u32) -> bool {
        more == 0 || self.whole.saturating_sub(self.taken) >= more
    }
}

impl Share<u64> {
    fn has(&self, more: u64) -> bool {
        self.whole.saturating_sub(self.taken) >= more
    }
}

impl Resources {
    /// Whether any of these, of which `needs` speaks, is something that `by` takes.
    fn are_used(self, needs: &Needs, by: &Needs) -> bool {
        (self.slots && by.slots > 0)
            || (self.memory && by.memory > 0)
            || (self.pool && needs.pool.is_some() && needs.pool == by.pool)
    }

    fn or(self, other: Self) -> Self {
        let Self { slots, memory, pool } = other;
        Self { slots: self.slots || slots, memory: self.memory || memory, pool: self.pool || pool }
    }
}

impl WorkerKind {
    fn takes(self, needs: &Needs) -> bool {
        match self {
            Self::Walker => !needs.is_blocking,
            Self::LoneWalker => true,
            Self::Blocking => needs.is_blocking,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::table::Id;
    use crate::exec::wave::queue::Work;
    use crate::exec::wave::slots::SlotId;

    fn admission(slots: u32, memory: u64, pools: &[u32]) -> Admission {
        let pools = pools.iter().map(|pool| (String::new(), *pool)).collect();
        Admission::new(&Capacities { slots, memory, pools, blocking_threads: 1 })
    }

    fn job(urgency: u64) -> Job {
        Job { urgency, work: Work::Slot(SlotId::from_position(0)) }
    }

    fn needs(slots: u32, memory: u64, pool: Option<usize>) -> Needs {
        Needs { slots, memory, pool: pool.map(PoolId), is_blocking: false }
    }

    /// Admits what comes next for a walker, and tells its urgency.
    fn next(admission: &mut Admission, ordinary: Option<u64>) -> Option<(u64, Needs)> {
        match admission.choose(WorkerKind::Walker, ordinary, 0, false)? {
            Pick::Ordinary => Some((ordinary?, admission.admit_ordinary(0))),
            Pick::Line(line) => admission.admit_first(line, 0).map(|(job, needs)| (job.urgency, needs)),
        }
    }

    #[test]
    fn all_is_taken_at_once_or_nothing() {
        let mut admission = admission(4, 100, &[1]);
        let both = needs(1, 60, Some(0));
        admission.wait(both, job(1));
        admission.wait(both, job(2));
        admission.wait(needs(1, 50, None), job(3));
        assert_eq!(next(&mut admission, None).unwrap().0, 3);
        // There is no memory for them, so the pool is left to others.
        assert_eq!(next(&mut admission, None), None);
        admission.wait(needs(1, 0, Some(0)), job(0));
        assert_eq!(next(&mut admission, None).unwrap().0, 0);
        admission.give_back(&needs(1, 50, None));
        assert_eq!(next(&mut admission, None), None);
        admission.give_back(&needs(1, 0, Some(0)));
        assert_eq!(next(&mut admission, None), Some((2, both)));
        assert_eq!(next(&mut admission, None), None);
        admission.give_back(&both);
        assert_eq!(next(&mut admission, None), Some((1, both)));
        assert!(admission.is_idle());
    }

    #[test]
    fn values_on_their_way_take_memory_unless_nobody_runs() {
        let mut admission = admission(2, 100, &[]);
        admission.wait(needs(1, 60, None), job(1));
        assert_eq!(admission.choose(WorkerKind::Walker, None, 41, false), None);
        assert_eq!(admission.choose(WorkerKind::Walker, None, 40, false), Some(Pick::Line(0)));
        assert_eq!(admission.choose(WorkerKind::Walker, None, 41, true), Some(Pick::Line(0)));
        assert_eq!(admission.choose(WorkerKind::Blocking, None, 0, true), None);
    }

    #[test]
    fn what_is_most_urgent_comes_first() {
        let mut admission = admission(9, 0, &[]);
        admission.wait(needs(2, 0, None), job(5));
        admission.wait(needs(3, 0, None), job(7));
        assert_eq!(next(&mut admission, Some(6)).unwrap().0, 7);
        assert_eq!(next(&mut admission, Some(6)).unwrap().0, 6);
        assert_eq!(next(&mut admission, Some(5)), Some((5, needs(2, 0, None))));
    }

    /// Without reservations, a stream of ordinary nodes would keep one of two slots taken for ever.
    #[test]
    fn who_needs_much_is_overtaken_only_so_often() {
        let mut admission = admission(2, 0, &[]);
        let large = needs(2, 0, None);
        assert_eq!(next(&mut admission, Some(9)), Some((9, ORDINARY)));
        admission.wait(large, job(5));
        for _ in 0..PATIENCE {
            assert_eq!(next(&mut admission, Some(9)), Some((9, ORDINARY)));
            admission.give_back(&ORDINARY);
        }
        assert_eq!(next(&mut admission, Some(9)), None);
        admission.give_back(&ORDINARY);
        assert_eq!(next(&mut admission, Some(3)), Some((5, large)));
        admission.give_back(&large);
        // It has what it wanted, so others are let in again.
        admission.wait(large, job(5));
        assert_eq!(next(&mut admission, Some(9)), Some((9, ORDINARY)));
    }

    /// Two that wait for the same two things each keep them from all others, and the first one from the second.
    #[test]
    fn of_two_who_are_overtaken_the_first_comes_first() {
        let mut admission = admission(3, 0, &[1]);
        let (first, second) = (needs(3, 0, Some(0)), needs(2, 0, Some(0)));
        let other = needs(1, 0, Some(0));
        let running = needs(2, 0, None);
        admission.wait(running, job(99));
        assert_eq!(next(&mut admission, None).unwrap().1, running);
        admission.wait(first, job(1));
        for _ in 0..PATIENCE {
            admission.wait(other, job(50));
            assert_eq!(next(&mut admission, None).unwrap().1, other);
            admission.give_back(&other);
        }
        admission.wait(second, job(90));
        admission.wait(other, job(50));
        // Slots are kept for the first one, also from those that are more urgent.
        assert_eq!(next(&mut admission, Some(95)), None);
        admission.give_back(&running);
        assert_eq!(next(&mut admission, Some(95)).unwrap().1, first);
        admission.give_back(&first);
        assert_eq!(next(&mut admission, None).unwrap().1, second);
    }
}
