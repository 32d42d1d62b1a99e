//! What tells the time by which costs are measured; nothing that is kept depends on it but costs themselves.

use crate::exec::sync::Arc;
use std::time::{Duration, Instant};

/// Tells the time by which an engine measures what executions cost.
///
/// See [`EngineBuilder::clock`](crate::EngineBuilder::clock); tests that move a clock of their own get the same costs each
/// time.
pub trait Clock: Send + Sync {
    /// The time since some moment that stays the same; never less than before.
    fn now(&self) -> Duration;
}

/// The clock of an engine.
#[derive(Clone)]
pub(crate) enum Ticker {
    /// The system's, since this moment.
    System(Instant),
    Given(Arc<dyn Clock>),
}

/// What a computation took, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Took {
    /// Its function.
    pub(crate) compute_ns: u64,
    /// Encoding and naming what it gave.
    pub(crate) save_ns: u64,
}

impl Ticker {
    pub(crate) fn system() -> Self {
        Self::System(Instant::now())
    }

    /// The same at a moment that has just been read from the system's clock, without reading that again.
    pub(crate) fn at(&self, moment: Instant) -> u64 {
        match self {
            Self::System(start) => {
                u64::try_from(moment.saturating_duration_since(*start).as_nanos()).unwrap_or(u64::MAX)
            }
            Self::Given(_) => self.now(),
        }
    }

    /// Nanoseconds since some moment.
    pub(crate) fn now(&self) -> u64 {
        let now = match self {
            Self::System(start) => start.elapsed(),
            Self::Given(clock) => clock.now(),
        };
        u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
    }

    /// What a computation took that began at `start` and computed until `ended`, and is ready to be recorded now.
    pub(crate) fn took(&self, start: u64, ended: u64) -> Took {
        Took { compute_ns: ended.saturating_sub(start), save_ns: self.since(ended) }
    }

    /// Nanoseconds since it said `start`.
    pub(crate) fn since(&self, start: u64) -> u64 {
        self.now().saturating_sub(start)
    }
}

impl Took {
    pub(crate) fn all_ns(self) -> u64 {
        self.compute_ns.saturating_add(self.save_ns)
    }
}
