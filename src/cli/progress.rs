//! How far a run is, kept from its events: what the progress bar shows.

use crate::exec::{Estimate, Event};
use crate::words;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// Running nodes that are named; more are only counted.
const NAMED: usize = 3;
/// Shorter times that are left are over before they are read.
const WORTH_TELLING: Duration = Duration::from_secs(1);
/// The rate is that of the time just past.
const RATE_WINDOW: Duration = Duration::from_secs(5);

/// How far a run is. Times are since the run began, and come from the caller.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    stale: u64,
    done: u64,
    executed: u64,
    failed: u64,
    running: BTreeMap<String, Duration>,
    /// Maps of which an element ended, but not yet all.
    open_maps: BTreeSet<String>,
    samples: VecDeque<Sample>,
}

/// How things stood when somebody looked.
#[derive(Debug)]
struct Sample {
    at: Duration,
    executed: u64,
    running: usize,
}

/// What a bar shows at a time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) done: u64,
    pub(crate) stale: u64,
    pub(crate) text: String,
}

impl Progress {
    /// Takes note of an event.
    pub(crate) fn note(&mut self, event: &Event<'_>, now: Duration) {
        match event {
            Event::Planned { stale } => {
                self.stale = *stale;
                self.done = 0;
                self.open_maps.clear();
                // A node that was interrupted ended without an event.
                self.running.clear();
            }
            // Its elements are done one by one, and the map itself when all are.
            Event::MapStarted { stale, .. } => self.stale += stale,
            Event::NodeStarted { node, element } => {
                self.running.insert(shown(node, *element), now);
            }
            Event::NodeExecuted { node, element, .. } => {
                self.executed += 1;
                self.end(node, *element);
            }
            Event::NodeFailed { node, element, .. } => {
                self.failed += 1;
                self.end(node, *element);
            }
            Event::NodeCutOff { node } | Event::NodeSkipped { node } => self.end(node, None),
            // A map may end without an event of its own; its result is saved when all elements ended.
            Event::NodeSaved { node } => {
                if self.open_maps.remove(*node) {
                    self.done += 1;
                }
            }
            Event::RunStarted { .. }
            | Event::NodeRetried { .. }
            | Event::Restarted { .. }
            | Event::StoreRepaired { .. }
            | Event::StoreReduced { .. }
            | Event::Published { .. }
            | Event::RunEnded { .. } => {}
        }
    }

    /// What to show now.
    pub(crate) fn view(&mut self, now: Duration, remaining: Estimate) -> View {
        let rate = self.rate(now);
        let failed = (self.failed > 0).then(|| format!("{} failed", self.failed));
        let text = [rate, failed, self.left_text(now, remaining), self.running_text(now)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("  ");
        // Below an expansion there may be more to do than was planned.
        View { done: self.done, stale: self.stale.max(self.done), text }
    }

    fn end(&mut self, node: &str, element: Option<&str>) {
        self.running.remove(&shown(node, element));
        match element {
            Some(_) if self.open_maps.contains(node) => {}
            Some(_) => {
                self.open_maps.insert(node.to_owned());
            }
            None => {
                self.open_maps.remove(node);
            }
        }
        self.done += 1;
    }

    fn rate(&mut self, now: Duration) -> Option<String> {
        self.samples.push_back(Sample { at: now, executed: self.executed, running: self.running.len() });
        while self.samples.get(1).is_some_and(|sample| now.saturating_sub(sample.at) >= RATE_WINDOW) {
            self.samples.pop_front();
        }
        let Sample { at, executed, .. } = self.samples.front()?;
        words::rate(self.executed.saturating_sub(*executed), now.saturating_sub(*at))
    }

    /// How long it takes yet, when as much goes on running side by side as did in the time just past.
    fn left_text(&self, now: Duration, Estimate { work, unknown, .. }: Estimate) -> Option<String> {
        let elapsed: Duration = self.running.values().map(|since| now.saturating_sub(*since)).sum();
        let side_by_side = self.samples.iter().map(|sample| sample.running).max();
        let side_by_side = u32::try_from(side_by_side.unwrap_or(0)).unwrap_or(u32::MAX).max(1);
        let left = work.saturating_sub(elapsed) / side_by_side;
        let more = if unknown > 0 { "over " } else { "" };
        (left >= WORTH_TELLING).then(|| format!("{more}{} left", words::duration(left)))
    }

    fn running_text(&self, now: Duration) -> Option<String> {
        let mut running: Vec<_> = self.running.iter().collect();
        running.sort_by_key(|(_, since)| **since);
        let more = running.len().saturating_sub(NAMED);
        let mut parts: Vec<String> = running
            .into_iter()
            .take(NAMED)
            .map(|(node, since)| format!("{node} {}", words::duration(now.saturating_sub(*since))))
            .collect();
        if more > 0 {
            parts.push(format!("+{more}"));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// A node or an element as people see it: `fit`, `fit[JFK]`.
pub(crate) fn shown(node: &str, element: Option<&str>) -> String {
    element.map_or_else(|| node.to_owned(), |element| format!("{node}[{element}]"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(events: &[(u64, Event<'_>)], now: u64, expected: Expect) {
        let mut progress = Progress::default();
        progress.view(Duration::ZERO, Estimate::default());
        for (time, event) in events {
            progress.note(event, Duration::from_millis(*time));
        }
        let View { done, stale, text } = progress.view(Duration::from_millis(now), Estimate::default());
        expected.assert_eq(&format!("{done}/{stale}  {text}"));
    }

    fn started<'a>(node: &'a str, element: Option<&'a str>) -> Event<'a> {
        Event::NodeStarted { node, element }
    }

    fn executed<'a>(node: &'a str, element: Option<&'a str>) -> Event<'a> {
        Event::NodeExecuted { node, element, took: Duration::ZERO }
    }

    #[test]
    fn the_longest_running_nodes_are_named() {
        let nodes = ["a", "b", "c", "d", "e"];
        let mut events = vec![(0, Event::Planned { stale: 9 })];
        events.extend((1..).zip(nodes).map(|(time, node)| (time * 1000, started(node, None))));
        events.push((6000, executed("b", None)));
        check(&events, 8000, expect!["1/9  7/min  a 7.0 s, c 5.0 s, d 4.0 s, +1"]);
    }

    #[test]
    fn what_is_left_is_shared_by_what_runs() {
        let mut progress = Progress::default();
        for node in ["a", "b"] {
            progress.note(&started(node, None), Duration::ZERO);
        }
        let mut left = |work, unknown, now| {
            let estimate = Estimate { work: Duration::from_secs(work), unknown };
            progress.view(Duration::from_secs(now), estimate).text
        };
        assert_eq!(left(60, 0, 0), "30.0 s left  a 0.0 ms, b 0.0 ms");
        assert_eq!(left(60, 2, 10), "over 20.0 s left  a 10.0 s, b 10.0 s");
        assert_eq!(left(60, 0, 40), "a 40.0 s, b 40.0 s");
        // One has ended and the next one is about to begin.
        progress.note(&executed("a", None), Duration::from_secs(41));
        let estimate = Estimate { work: Duration::from_secs(61), unknown: 0 };
        assert_eq!(progress.view(Duration::from_secs(41), estimate).text, "1/min  10.0 s left  b 41.0 s");
    }

    #[test]
    fn a_map_is_done_when_its_stale_elements_and_itself_are() {
        let mut events = vec![(0, Event::Planned { stale: 2 })];
        events.push((0, Event::MapStarted { node: "fit", elements: 9, stale: 2 }));
        events.push((0, executed("fit", Some("JFK"))));
        check(&events, 1000, expect!["1/4  1.0/s"]);
        events.push((0, executed("fit", Some("LAX"))));
        check(&events, 1000, expect!["2/4  2.0/s"]);
        events.push((0, Event::NodeSaved { node: "fit" }));
        events.push((0, Event::NodeSaved { node: "fit" }));
        check(&events, 1000, expect!["3/4  2.0/s"]);
        events.push((0, Event::NodeCutOff { node: "report" }));
        check(&events, 1000, expect!["4/4  2.0/s"]);
    }

    #[test]
    fn a_restart_counts_anew() {
        let events = [
            (0, Event::Planned { stale: 3 }),
            (0, executed("a", None)),
            (0, Event::Planned { stale: 7 }),
            (0, started("b", None)),
            (0, Event::NodeFailed { node: "b", element: None, message: "no", log: &[] }),
        ];
        check(&events, 1000, expect!["1/7  1.0/s  1 failed"]);
    }
}
