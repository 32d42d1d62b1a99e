//! What nodes said in a run: written down where there is something to tell, found again by node and by run.
//!
//! A node that says nothing and does not fail writes nothing. Beside each report stands which run has the newest one of
//! that node, so that nobody has to go through all runs.

use crate::error::Result;
use crate::exec::kept::{FailedOn, Place};
use crate::exec::recorded::record;
use crate::exec::session::Session;
use crate::exec::sync::{Arc, Mutex, lock};
use crate::fingerprint::{RECIPE, ValueDigest};
use crate::graph::NodeId;
use crate::store::{Batch, Key, RecordKind, RecordReader, Store};
use crate::value::{LogLine, LogLines, NamedBlob};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// What a node, or an element of a map, said in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeLog {
    /// Identity of the node, with the element: `fit[JFK]`.
    pub node: String,
    /// When it had ended.
    pub at: SystemTime,
    /// What it failed with; nothing when it did not fail.
    pub failure: Option<String>,
    /// What it said.
    pub lines: LogLines,
    /// Elements of the map that have logs of their own, sorted; of a reduce, combinations.
    pub elements: Vec<String>,
    /// How many more elements had something to say, and are left out.
    pub elements_left_out: u64,
}

/// A report as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// Identity of the node, with the element.
    pub(crate) node: String,
    pub(crate) at_ms: u64,
    pub(crate) lines: LogLines,
    pub(crate) failure: Option<String>,
    /// What it failed on.
    pub(crate) failed_on: Option<FailedOn>,
    elements: Vec<String>,
    elements_left_out: u64,
}

/// How a node failed; what on is found out when the report is kept.
pub(crate) struct Failing<'a> {
    pub(crate) message: &'a str,
    pub(crate) failed_on: &'a dyn Fn(&mut Keep) -> Option<FailedOn>,
}

/// What is saved with a report.
#[derive(Default)]
pub(crate) struct Keep {
    pub(crate) blobs: Vec<NamedBlob>,
}

/// What is noted of a run's reports while it lasts.
#[derive(Default)]
pub(crate) struct Reports {
    maps: Mutex<BTreeMap<NodeId, MapReports>>,
    /// The last lines of those that failed, for whoever tells of the failure.
    tails: Mutex<BTreeMap<String, Arc<[LogLine]>>>,
    /// Inputs of nodes that failed, each kept once.
    pub(crate) kept: Mutex<BTreeMap<(NodeId, ValueDigest), Place>>,
}

/// The elements of one map that had something to say.
#[derive(Default)]
struct MapReports {
    size: usize,
    elements: Vec<String>,
    n_failed: usize,
    left_out: u64,
}

/// So much of the logs of one map's elements is kept, and of so many elements.
const MAP_SIZE: usize = 4 << 20;
const MAP_ELEMENTS: usize = 1000;
/// So many lines are told with a failure.
const TAIL: usize = 10;

const OF_RUN: &[u8; 32] = b"mamo 1: report of a run's node -";
const NEWEST: &[u8; 32] = b"mamo 1: newest report of a node-";

impl Session {
    /// Writes down what a node or an element said, and how it failed if it did.
    pub(crate) fn report(&self, node: NodeId, element: Option<String>, lines: LogLines, failure: Option<Failing<'_>>) {
        let identity = self.graph.identity(node);
        let name = match &element {
            Some(element) => format!("{identity}[{element}]"),
            None => identity,
        };
        if failure.is_some() {
            self.note_tail(name.clone(), &lines);
        }
        if let Some(element) = element
            && !self.reports.admit(node, element, lines.size(), failure.is_some())
        {
            return;
        }
        let mut keep = Keep::default();
        let failed_on = failure.as_ref().and_then(|failure| (failure.failed_on)(&mut keep));
        let failure = failure.map(|failure| failure.message.to_owned());
        self.write_report(&Report { at_ms: self.now_ms(), lines, failure, failed_on, ..Report::of(name) }, keep);
    }

    /// Notes how the log of a node or an element ends that fails.
    pub(crate) fn note_tail(&self, name: String, lines: &LogLines) {
        if !lines.is_empty() {
            lock(&self.reports.tails).insert(name, lines.tail(TAIL).into());
        }
    }

    /// The last lines of a node or an element that failed.
    pub(crate) fn last_lines(&self, name: &str) -> Arc<[LogLine]> {
        lock(&self.reports.tails).get(name).cloned().unwrap_or_default()
    }

    /// Writes down which elements of each map have reports; at the end of the run.
    pub(crate) fn report_maps(&self) {
        for (map, MapReports { mut elements, left_out, .. }) in std::mem::take(&mut *lock(&self.reports.maps)) {
            // They ended in any order.
            elements.sort_unstable();
            let report = Report::of(self.graph.identity(map));
            let report = Report { at_ms: self.now_ms(), elements, elements_left_out: left_out, ..report };
            self.write_report(&report, Keep::default());
        }
    }

    fn write_report(&self, report: &Report, keep: Keep) {
        let mut batch = Batch::default();
        self.recorder.keep(keep.blobs, &mut batch);
        batch.put(key_of_run(self.run, &report.node), |out| {
            out.extend_from_slice(&RECIPE.to_le_bytes());
            // Serialising plain structs of strings and numbers into memory has no way to fail.
            out.extend(postcard::to_stdvec(report).unwrap_or_default());
        });
        batch.put(key_of_newest(&report.node), |out| {
            out.extend_from_slice(&RECIPE.to_le_bytes());
            out.extend_from_slice(&self.run.to_le_bytes());
        });
        self.recorder.add(&mut batch, &[]);
    }

    fn now_ms(&self) -> u64 {
        let now = self.looker.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Report {
    fn of(node: String) -> Self {
        let lines = LogLines::default();
        Self { node, at_ms: 0, lines, failure: None, failed_on: None, elements: Vec::new(), elements_left_out: 0 }
    }

    pub(crate) fn at(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.at_ms)
    }

    pub(crate) fn log(self) -> NodeLog {
        let at = self.at();
        let Self { node, lines, failure, elements, elements_left_out, .. } = self;
        NodeLog { node, at, failure, lines, elements, elements_left_out }
    }
}

impl NodeLog {
    pub(crate) fn new(node: String, at: SystemTime, failure: Option<String>, lines: LogLines) -> Self {
        Self { node, at, failure, lines, elements: Vec::new(), elements_left_out: 0 }
    }
}

impl Reports {
    /// Whether an element's report is kept.
    fn admit(&self, map: NodeId, element: String, size: usize, is_failed: bool) -> bool {
        let mut maps = lock(&self.maps);
        let map = maps.entry(map).or_default();
        // Whatever the others said, there is room for those that fail.
        let is_kept = if is_failed {
            map.n_failed < MAP_ELEMENTS
        } else {
            map.elements.len() - map.n_failed < MAP_ELEMENTS && map.size + size <= MAP_SIZE
        };
        if is_kept {
            map.n_failed += usize::from(is_failed);
            map.size += size;
            map.elements.push(element);
        } else {
            map.left_out += 1;
        }
        is_kept
    }
}

/// What a node said in a run.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn report_of_run(store: &dyn Store, run: u64, node: &str) -> Result<Option<Report>> {
    Ok(record(store, key_of_run(run, node))?.as_deref().and_then(read_report))
}

/// A record of what a node said; nothing when it is another one.
pub(crate) fn read_report(bytes: &[u8]) -> Option<Report> {
    postcard::from_bytes(RecordReader::of_recipe(bytes)?.rest()).ok()
}

/// What a node said in the newest run in which it had something to say.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn newest_report(store: &dyn Store, node: &str) -> Result<Option<Report>> {
    let run = record(store, key_of_newest(node))?;
    let run = run.as_deref().and_then(RecordReader::of_recipe).and_then(|mut reader| reader.u64());
    run.map_or(Ok(None), |run| report_of_run(store, run, node))
}

fn key_of_run(run: u64, node: &str) -> Key {
    let mut hasher = blake3::Hasher::new_keyed(OF_RUN);
    hasher.update(&run.to_le_bytes()).update(node.as_bytes());
    Key::new(RecordKind::Report, hasher.finalize().as_bytes())
}

fn key_of_newest(node: &str) -> Key {
    Key::new(RecordKind::Report, blake3::keyed_hash(NEWEST, node.as_bytes()).as_bytes())
}
