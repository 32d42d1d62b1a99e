//! The worker processes of a run: started when there is need, kept for the next call, ended with the run.

#[cfg(unix)]
use crate::exec::process::run::Worker;
use crate::exec::sync::{Mutex, lock};
use crate::graph::Signals;

/// Worker processes that wait for something to do.
#[derive(Default)]
pub(crate) struct Workers {
    #[cfg(unix)]
    idle: Mutex<Vec<Worker>>,
    #[cfg(not(unix))]
    idle: Mutex<Vec<()>>,
}

impl Workers {
    /// A worker that is ready; why there is none.
    #[cfg(unix)]
    pub(super) fn take(&self, signals: &Signals) -> Result<Worker, String> {
        let idle = lock(&self.idle).pop();
        idle.map_or_else(|| Worker::start(signals), Ok)
    }

    /// A worker that is ready again.
    #[cfg(unix)]
    pub(super) fn give_back(&self, mut worker: Worker) {
        worker.has_served = true;
        lock(&self.idle).push(worker);
    }

    /// Ends all that are idle: the run is over.
    pub(crate) fn end(&self) {
        let idle = std::mem::take(&mut *lock(&self.idle));
        drop(idle);
    }
}
