//! The workers of a wave: walkers on the engine's own threads, and threads of their own for nodes that wait.

use crate::exec::capacity::Needs;
use crate::exec::sync::{Arc, Mutex, lock};
use crate::exec::wave::queue::{Job, Next, Queue, Work, Worker};
use crate::exec::wave::walk::{Local, Wave};
use crate::exec::wave::watchdog::Watchdog;
use std::thread::{Builder, Scope};

impl Wave {
    /// Works until nothing is left.
    pub(crate) fn run(&self, pool: &rayon::ThreadPool) {
        std::thread::scope(|scope| {
            let attending = (!self.session.graph.timeouts.is_empty()).then(|| scope.spawn(|| self.attend()));
            let ending = Ending(&self.watchdog);
            pool.broadcast(|_| self.work(scope, Worker::walker(), None));
            drop(ending);
            if let Some(Err(panic)) = attending.map(|attending| attending.join()) {
                std::panic::resume_unwind(panic);
            }
        });
    }

    /// One worker: takes what is most urgent until nothing is left.
    fn work<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, mut worker: Worker<'scope>, first: Option<Job>) {
        let _guard = self.closing();
        let mut taken = Vec::from_iter(first);
        let mut local = Local::default();
        let idle = || {
            self.session.recorder.flush();
            matches!(rayon::yield_now(), Some(rayon::Yield::Executed))
        };
        let ticker = &self.session.ticker;
        let mut busy_ns = 0;
        loop {
            let start = ticker.now();
            for job in taken.drain(..) {
                if self.session.signals.is_stopped() {
                    lock(&self.end).is_halted = true;
                    self.queue.close();
                }
                // Also what was taken before somebody else failed or diverged.
                if self.queue.is_closed() {
                    break;
                }
                self.run_job(job, &mut local);
            }
            self.publish(&mut local);
            busy_ns += ticker.since(start);
            match self.queue.take(&mut worker, self.gulp(), self.walkers, &mut taken, idle) {
                Next::Work => {}
                Next::Thread(job, needs) => self.start_thread(scope, job, needs),
                Next::Over => break,
            }
        }
        self.session.costs.add_busy(busy_ns);
        self.session.costs.hand_over(&mut local.noted);
    }

    /// Closes the queue when this thread panics.
    pub(crate) fn closing(&self) -> impl Drop + '_ {
        Unwinding(&self.queue)
    }

    fn run_job(&self, job: Job, local: &mut Local) {
        match job.work {
            Work::Slot(slot) => self.resolve(slot, local),
            Work::Body(body) => self.run_body(&body, local),
            Work::Element { map, computation } => self.run_element(&map, computation, local),
            Work::Combination { reduce, combination } => self.run_combination(&reduce, combination, local),
        }
    }

    /// A thread for a body that waits; it stays for others of that kind until the wave is over.
    fn start_thread<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, job: Job, needs: Needs) {
        // A thread that cannot be started takes what it was given along.
        let handed = Arc::new(Mutex::new(Some(job)));
        let own = Arc::clone(&handed);
        let body = move || {
            let job = lock(&own).take();
            self.work(scope, Worker::blocking(needs), job);
        };
        if Builder::new().name("mamo-blocking".to_owned()).spawn_scoped(scope, body).is_err()
            && let Some(job) = lock(&handed).take()
        {
            self.queue.no_thread(job, needs);
        }
    }
}

/// Ends the watchdog when the workers have returned, also by a panic.
struct Ending<'a>(&'a Watchdog);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Closes the queue when a worker panics, so that the others do not wait for it: an observer's panic, say.
struct Unwinding<'a>(&'a Queue);

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}
