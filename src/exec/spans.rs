//! What the threads of a run did when: kept for timelines when somebody wants one.

use crate::exec::clock::{Ticker, Took};
use crate::exec::session::Session;
use crate::exec::sync::{Mutex, lock};
use crate::graph::NodeId;
use std::time::Duration;

/// A stretch of time in which a thread of a run did one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Span {
    /// What it did.
    pub doing: Doing,
    /// Identity of the node for which it did it; nothing for what it did for many at once.
    pub node: Option<String>,
    /// Which element of a map, or combination of a reduce.
    pub element: Option<String>,
    /// The thread: first those of the engine, in their order, then rows for blocking nodes and all others, which share them when
    /// they have nothing to do at the same time.
    pub worker: u32,
    /// When it began, since the run did.
    pub start: Duration,
    /// How long it took.
    pub took: Duration,
}

/// What a thread of a run did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Doing {
    /// It executed a function.
    Executing,
    /// It executed a function that failed, all attempts together.
    Failing,
    /// It read a value back.
    Loading,
    /// It encoded and named what a function gave.
    Encoding,
    /// It handed records and bytes to the store.
    Storing,
}

impl Doing {
    /// Whether it executed a function, whatever came of it.
    pub(crate) fn is_execution(self) -> bool {
        match self {
            Self::Executing | Self::Failing => true,
            Self::Loading | Self::Encoding | Self::Storing => false,
        }
    }

    /// Its name, as programs read it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Executing => "executing",
            Self::Failing => "failing",
            Self::Loading => "loading",
            Self::Encoding => "encoding",
            Self::Storing => "storing",
        }
    }
}

/// All that was noted in a run.
pub(crate) struct Spans {
    ticker: Ticker,
    /// When the run began, by the ticker.
    start: u64,
    /// One for each thread of the engine, and the last one for all others.
    lanes: Vec<Mutex<Vec<Noted>>>,
}

struct Noted {
    doing: Doing,
    node: Option<String>,
    element: Option<String>,
    start: u64,
    end: u64,
}

impl Spans {
    pub(crate) fn new(ticker: Ticker, threads: usize) -> Self {
        let start = ticker.now();
        Self { ticker, start, lanes: (0..=threads).map(|_| Mutex::default()).collect() }
    }

    fn note(&self, noted: Noted) {
        let threads = self.lanes.len().saturating_sub(1);
        let lane = rayon::current_thread_index().unwrap_or(threads).min(threads);
        if let Some(lane) = self.lanes.get(lane) {
            lock(lane).push(noted);
        }
    }

    /// What this thread has done for the store since the ticker said `start`.
    pub(crate) fn stored(&self, start: u64) {
        self.note(Noted { doing: Doing::Storing, node: None, element: None, start, end: self.ticker.now() });
    }

    /// All of them, by their threads and their beginnings.
    pub(crate) fn all(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        let (others, own) = match self.lanes.split_last() {
            Some((others, own)) => (Some(others), own),
            None => (None, [].as_slice()),
        };
        for (worker, lane) in (0..).zip(own) {
            spans.extend(lock(lane).iter().map(|noted| self.span(noted, worker)));
        }
        // Threads come and go: each stretch of time takes the first row that is free.
        let mut free_from: Vec<u64> = Vec::new();
        let mut others: Vec<Span> = others
            .into_iter()
            .flat_map(|lane| lock(lane).iter().map(|noted| self.span(noted, 0)).collect::<Vec<_>>())
            .collect();
        others.sort_by_key(|span| span.start);
        let first = u32::try_from(own.len()).unwrap_or(u32::MAX);
        for mut span in others {
            let (start, end) = (nanos(span.start), nanos(span.start + span.took));
            let row = match free_from.iter().position(|free| *free <= start) {
                Some(row) => row,
                None => {
                    free_from.push(0);
                    free_from.len() - 1
                }
            };
            if let Some(free) = free_from.get_mut(row) {
                *free = end;
            }
            span.worker = first.saturating_add(u32::try_from(row).unwrap_or(u32::MAX));
            spans.push(span);
        }
        spans.sort_by_key(|span| (span.worker, span.start));
        spans
    }

    fn span(&self, noted: &Noted, worker: u32) -> Span {
        Span {
            doing: noted.doing,
            node: noted.node.clone(),
            element: noted.element.clone(),
            worker,
            start: Duration::from_nanos(noted.start.saturating_sub(self.start)),
            took: Duration::from_nanos(noted.end.saturating_sub(noted.start)),
        }
    }
}

impl Session {
    /// Whether somebody wants to know what is done for which element.
    pub(crate) fn is_watched(&self) -> bool {
        self.observer.is_some() || self.spans.is_some()
    }

    /// Notes an execution that has just ended, with what encoding took of it.
    pub(crate) fn note_executed(&self, node: NodeId, element: Option<&str>, took: Took) {
        let Some(spans) = &self.spans else { return };
        let end = self.ticker.now();
        let encoding = end.saturating_sub(took.save_ns);
        self.note_span(spans, Doing::Executing, (node, element), encoding.saturating_sub(took.compute_ns), encoding);
        if took.save_ns > 0 {
            self.note_span(spans, Doing::Encoding, (node, element), encoding, end);
        }
    }

    /// Notes what was done for a node since the ticker said `start`.
    pub(crate) fn note_since(&self, doing: Doing, node: NodeId, element: Option<&str>, start: u64) {
        if let Some(spans) = &self.spans {
            self.note_span(spans, doing, (node, element), start, self.ticker.now());
        }
    }

    fn note_span(&self, spans: &Spans, doing: Doing, (node, element): (NodeId, Option<&str>), start: u64, end: u64) {
        let node = Some(self.graph.identity(self.graph.producer(node)));
        spans.note(Noted { doing, node, element: element.map(str::to_owned), start, end });
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_of_no_pool_share_rows_when_they_do_nothing_at_once() {
        let spans = Spans::new(Ticker::system(), 2);
        let at = |start: u64, end: u64| Noted {
            doing: Doing::Executing,
            node: Some(format!("{start}")),
            element: None,
            start: spans.start + start,
            end: spans.start + end,
        };
        for (start, end) in [(0, 10), (5, 8), (8, 20), (10, 12)] {
            spans.note(at(start, end));
        }
        let rows: Vec<(u32, String)> =
            spans.all().into_iter().map(|span| (span.worker, span.node.unwrap_or_default())).collect();
        let expected = [(2, "0"), (2, "10"), (3, "5"), (3, "8")];
        assert_eq!(rows, expected.map(|(row, name)| (row, name.to_owned())));
    }
}
