//! Wakes whoever waits for something to happen outside of a run.

use crate::exec::sync::{Condvar, Mutex, lock, wait, wait_for};
use std::time::Instant;

/// Rung when somebody who waits should look again. It says nothing of what there is to see.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: Mutex<u64>,
    ringing: Condvar,
}

impl Bell {
    pub(crate) fn ring(&self) {
        let mut rung = lock(&self.rung);
        *rung = rung.wrapping_add(1);
        self.ringing.notify_all();
    }

    /// How often it was rung.
    #[cfg_attr(not(feature = "watch"), expect(dead_code, reason = "whoever watches waits"))]
    pub(crate) fn count(&self) -> u64 {
        *lock(&self.rung)
    }

    /// Waits until it was rung more often than so, until `end` at most.
    #[cfg_attr(not(feature = "watch"), expect(dead_code, reason = "whoever watches waits"))]
    pub(crate) fn wait_beyond(&self, count: u64, end: Option<Instant>) {
        let mut rung = lock(&self.rung);
        while *rung == count {
            rung = match end.map(|end| end.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => return,
                Some(left) => wait_for(&self.ringing, rung, left),
                None => wait(&self.ringing, rung),
            };
        }
    }
}
