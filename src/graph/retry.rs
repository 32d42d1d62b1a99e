//! Trying a node that fails again.

use std::time::Duration;

/// How often a node that fails is tried again in the same run, after which pauses, and for which failures.
///
/// It is no part of a key: a node that succeeds at last is as good as one that did at once. A panic is a failure; a stop
/// is none, and ends the pauses. While a node waits for its next try it keeps its thread, and all else that it takes: its slots,
/// its memory and its place in a pool.
///
/// ```
/// # use mamo::{Graph, Retry, node};
/// # use std::time::Duration;
/// # #[node] fn fetch(page: u32) -> std::io::Result<String> { Ok(page.to_string()) }
/// # mamo::Graph::build(|g| {
/// let retry = Retry::times(3).backoff(Duration::from_secs(1)).when(|message| message.contains("timed out"));
/// let page = g.add(fetch::node(g.value(7)).retry(retry));
/// # Ok(page) });
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    pub(crate) times: u32,
    backoff: Duration,
    when: fn(&str) -> bool,
}

/// No pause is longer.
const LONGEST: Duration = Duration::from_secs(60);

impl Retry {
    /// Up to `times` further tries: the first after a tenth of a second, each further one after twice as long.
    pub const fn times(times: u32) -> Self {
        Self { times, backoff: Duration::from_millis(100), when: |_| true }
    }

    /// The pause before the first further try. It doubles with each, up to a minute.
    #[must_use]
    pub const fn backoff(mut self, first: Duration) -> Self {
        self.backoff = first;
        self
    }

    /// Tries again only after failures whose message, with its causes, `is_worth_it`.
    #[must_use]
    pub const fn when(mut self, is_worth_it: fn(&str) -> bool) -> Self {
        self.when = is_worth_it;
        self
    }

    /// The pause after a failed try, the first of which is number 0; nothing when that was the last.
    pub(crate) fn pause_after(&self, attempt: u32, message: &str) -> Option<Duration> {
        let is_again = attempt < self.times && (self.when)(message);
        let factor = 2_u32.checked_pow(attempt).unwrap_or(u32::MAX);
        is_again.then(|| self.backoff.saturating_mul(factor).min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let retry = Retry::times(40).backoff(Duration::from_secs(1)).when(|message| message != "never");
        let pause = |attempt| retry.pause_after(attempt, "busy").map(|pause| pause.as_secs());
        assert_eq!([0, 1, 2, 5, 6, 39].map(pause), [1, 2, 4, 32, 60, 60].map(Some));
        assert_eq!((pause(40), retry.pause_after(0, "never")), (None, None));
    }
}
