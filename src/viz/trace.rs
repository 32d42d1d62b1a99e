//! Chrome's trace format, which Perfetto and `chrome://tracing` open:
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>.

use crate::viz::{View, ViewSpan, ViewState};
use serde::Serialize;
use std::time::Duration;

/// The machine, of which there is one.
const PROCESS: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trace<'a> {
    trace_events: Vec<TraceEvent<'a>>,
    display_time_unit: &'static str,
}

#[derive(Serialize)]
#[serde(tag = "ph")]
enum TraceEvent<'a> {
    /// What a process or a thread is called.
    #[serde(rename = "M")]
    Name { name: &'static str, pid: u32, tid: u32, args: NameArguments },
    /// A stretch of time, in microseconds.
    #[serde(rename = "X")]
    Complete { name: String, cat: &'static str, pid: u32, tid: u32, ts: f64, dur: f64, args: SpanArguments<'a> },
    /// Where an arrow begins.
    #[serde(rename = "s")]
    Start { name: &'static str, cat: &'static str, id: usize, pid: u32, tid: u32, ts: f64 },
    /// Where it ends: at the stretch of time that is there.
    #[serde(rename = "f")]
    Finish { name: &'static str, cat: &'static str, id: usize, pid: u32, tid: u32, ts: f64, bp: &'static str },
}

#[derive(Serialize)]
struct NameArguments {
    name: String,
}

#[derive(Serialize)]
struct SpanArguments<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    why: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'a str>,
}

impl View {
    /// What each thread of the run did when, in Chrome's trace format: threads as rows, what nodes read each other as arrows from the end
    /// of one to the beginning of the next. Perfetto opens it.
    ///
    /// Without [`View::spans`] it has no events.
    pub fn trace(&self) -> String {
        let mut events = vec![name("process_name", 0, if self.title.is_empty() { "mamo" } else { &self.title })];
        events.extend((0..self.workers()).map(|worker| name("thread_name", worker, &format!("worker {}", worker + 1))));
        events.extend(self.spans.iter().map(|span| self.complete(span)));
        self.arrows(&mut events);
        let trace = Trace { trace_events: events, display_time_unit: "ms" };
        // Numbers and text only.
        serde_json::to_string(&trace).unwrap_or_default()
    }

    fn complete<'a>(&'a self, span: &'a ViewSpan) -> TraceEvent<'a> {
        let node = span.node.and_then(|node| self.nodes.get(node));
        let is_own = span.doing.is_execution();
        let own = node.filter(|_| is_own);
        let title = span.title(self).unwrap_or_default();
        TraceEvent::Complete {
            name: match (is_own, title.is_empty()) {
                (true, _) => title,
                (false, true) => span.doing.name().to_owned(),
                (false, false) => format!("{} {title}", span.doing.name()),
            },
            cat: span.doing.name(),
            pid: PROCESS,
            tid: span.worker,
            ts: micros(span.start),
            dur: micros(span.took),
            args: SpanArguments {
                node: node.map(|node| node.name.as_str()),
                part: span.part.as_deref(),
                state: own.and_then(|node| node.state).map(ViewState::name),
                function: own.and_then(|node| node.function.as_deref()),
                bytes: own.and_then(|node| node.bytes),
                why: own.map(|node| node.reasons.as_slice()).unwrap_or_default(),
                failure: own.and_then(|node| node.failure.as_deref()),
            },
        }
    }

    /// From the last that was done for a node to the first that was done for each that reads it.
    fn arrows(&self, events: &mut Vec<TraceEvent<'_>>) {
        let mut first: Vec<Option<&ViewSpan>> = vec![None; self.nodes.len()];
        let mut last = first.clone();
        for span in self.spans.iter().filter(|span| span.doing.is_execution()) {
            let Some(node) = span.node else { continue };
            if let Some(first) = first.get_mut(node).filter(|first| first.is_none_or(|first| span.start < first.start))
            {
                *first = Some(span);
            }
            let end = |span: &ViewSpan| span.start + span.took;
            if let Some(last) = last.get_mut(node).filter(|last| last.is_none_or(|last| end(span) > end(last))) {
                *last = Some(span);
            }
        }
        let known = |spans: &[Option<&'_ ViewSpan>], node: usize| {
            spans.get(node).copied().flatten().map(|span| (span.worker, span.start, span.took))
        };
        for (id, (from, to)) in self.edges.iter().enumerate() {
            let (Some((worker, start, took)), Some((reader, begin, _))) = (known(&last, *from), known(&first, *to))
            else {
                continue;
            };
            // An arrow begins within the stretch that it leaves.
            let leave = micros(start) + (micros(took) - 0.001).max(0.0);
            events.push(TraceEvent::Start { name: "value", cat: "value", id, pid: PROCESS, tid: worker, ts: leave });
            let (tid, ts) = (reader, micros(begin));
            events.push(TraceEvent::Finish { name: "value", cat: "value", id, pid: PROCESS, tid, ts, bp: "e" });
        }
    }
}

fn name(name: &'static str, tid: u32, text: &str) -> TraceEvent<'static> {
    TraceEvent::Name { name, pid: PROCESS, tid, args: NameArguments { name: text.to_owned() } }
}

fn micros(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e9).round() / 1000.0
}
