//! What a run gave.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::named::{find_element, find_node, outputs};
use crate::exec::report::{NodeLog, Report, report_of_run};
use crate::exec::session::Session;
use crate::exec::sync::{Arc, Mutex, lock};
use crate::exec::values::Values;
use crate::exec::{Counts, Outcome, RunCosts, Span};
use crate::graph::{Node, NodeId};
use crate::value::{Artifact, Failure, Value};
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

/// What a run gave: outcomes of all nodes, and values when asked.
pub struct Run {
    /// What the run found out.
    values: Arc<Values>,
    /// Where values are taken from by now.
    current: Mutex<Current>,
    /// Held while values are made again, so that all of them are made from the same ones; guards no data.
    repairing: Mutex<()>,
    targets: Vec<String>,
    counts: Counts,
    took: Duration,
    ended_at: SystemTime,
    failures: Vec<Failure>,
    /// Whether somebody had asked the engine to stop by the end of the run.
    is_stopped: bool,
}

struct Current {
    values: Arc<Values>,
    /// Whether the bytes of all targets are known to be there.
    is_checked: bool,
}

impl Current {
    fn get(&self) -> (Arc<Values>, bool) {
        (Arc::clone(&self.values), self.is_checked)
    }
}

/// Making lost bytes again may lead back to values of long ago whose bytes are lost as well, but not for ever.
const MOST_REPAIRS: u32 = 64;

impl Run {
    pub(crate) fn new(values: Values, targets: Vec<String>, took: Duration) -> Self {
        let Values { session, ledger, .. } = &values;
        let counts = ledger.counts(&session.graph);
        let failures = ledger.failures().cloned().collect();
        let is_stopped = values.engine.is_stopped();
        let values = values.shared();
        let current = Mutex::new(Current { values: Arc::clone(&values), is_checked: false });
        let ended_at = SystemTime::now();
        Self { values, current, repairing: Mutex::new(()), targets, counts, took, ended_at, failures, is_stopped }
    }

    pub(crate) fn values(&self) -> &Values {
        &self.values
    }

    /// The value of a node, read from the store if need be.
    ///
    /// When its bytes are lost, or were never kept, the node is executed again, with everything else as the run saw
    /// it. What gives something else then takes its new value in all that is asked from then on.
    ///
    /// # Errors
    /// When the node failed, was skipped, or is of another graph. When it has to be executed, but fails or needs a file
    /// that has changed since. When the run did not need one of its sources, and any source that the run saw is
    /// something else by now: values of two moments are not mixed.
    pub fn get<T: Send + Sync + 'static>(&self, node: Node<T>) -> Result<Arc<T>> {
        let raw = node.raw();
        let graph = &self.values.session.graph;
        if raw.graph != graph.id {
            return Err(Error::new(ErrorKind::NoValue, "the node is of another graph than the run"));
        }
        self.value(graph.effective(raw.id))
    }

    /// The value of a target or node, by name.
    ///
    /// # Errors
    /// As [`Run::get`], and when there is no such name or its value is no `T`.
    pub fn find<T: Send + Sync + 'static>(&self, name: &str) -> Result<Arc<T>> {
        let graph = &self.values.session.graph;
        let node = find_node(graph, name)?;
        if graph.value_type(node).is_none() {
            let outputs = outputs(graph, node).map(|output| format!("`{}`", graph.identity(output)));
            let hint = format!("it has several outputs: ask for {}", outputs.collect::<Vec<_>>().join(" or "));
            let message = format!("node `{name}` has no value of its own");
            return Err(Error::new(ErrorKind::NoValue, message).with_node(name).with_hint(hint));
        }
        self.value(node)
    }

    fn value<T: Send + Sync + 'static>(&self, node: NodeId) -> Result<Arc<T>> {
        let identity = || self.values.session.graph.identity(node);
        self.erased(node)?.downcast().ok_or_else(|| {
            let message = format!("the value of node `{}` is no `{}`", identity(), std::any::type_name::<T>());
            Error::new(ErrorKind::NoValue, message).with_node(identity())
        })
    }

    fn erased(&self, node: NodeId) -> Result<Value> {
        let values = self.checked()?;
        if let Some(value) = values.find(node)? {
            return Ok(value);
        }
        let identity = || self.values.session.graph.identity(node);
        if let Some(failure) = self.values.failure(node).or_else(|| values.failure(node)) {
            return Err(Error::new(ErrorKind::NodeFailed, because(&failure, &identity())).with_node(identity()));
        }
        if values.engine.is_stopped() {
            return Err(Error::new(ErrorKind::Stopped, "the run was stopped").with_node(identity()));
        }
        if let (true, Some(failure)) = (self.values.was_skipped(node), self.failures.first()) {
            let message = format!("node `{}` was skipped when the run ended because {failure}", identity());
            return Err(Error::new(ErrorKind::NodeFailed, message).with_node(identity()));
        }
        // Its bytes were not kept, or it was not part of the run. Only what is known and lost is executed again.
        let _repairing = lock(&self.repairing);
        let values = Arc::clone(&lock(&self.current).values);
        if let Some(value) = values.find(node)? {
            return Ok(value);
        }
        let lost = if values.is_lost(node) { BTreeSet::from([node]) } else { BTreeSet::new() };
        let mut again = values.again(lost, Some(node))?;
        let mut found = again.find(node)?;
        if found.is_none() && again.is_lost(node) {
            // It was no part of the run, so that its bytes are lost turns out only now.
            again = again.again(BTreeSet::from([node]), Some(node))?;
            found = again.find(node)?;
        }
        // What gave something else on the way there goes with the new values alone, also when the node has none.
        if found.is_some() || again.ledger.restarts > 0 {
            lock(&self.current).values = Arc::clone(&again);
        }
        if let Some(value) = found {
            return Ok(value);
        }
        let (kind, message) = match again.failure(node) {
            Some(failure) => (ErrorKind::NodeFailed, because(&failure, &identity())),
            None => (ErrorKind::NoValue, format!("node `{}` has no value", identity())),
        };
        Err(Error::new(kind, message).with_node(identity()))
    }

    /// Makes sure that the bytes of all targets are there before the first value is handed out: what is made anew may
    /// differ from what it was, and values that do not belong together must not be seen together.
    fn checked(&self) -> Result<Arc<Values>> {
        let _repairing = lock(&self.repairing);
        let mut repairs = 0;
        loop {
            let (values, is_checked) = lock(&self.current).get();
            let lost = if is_checked { BTreeSet::new() } else { values.lost_targets() };
            if lost.is_empty() {
                lock(&self.current).is_checked = true;
                return Ok(values);
            }
            if repairs < MOST_REPAIRS {
                let again = values.again(lost, None)?;
                lock(&self.current).values = again;
                repairs += 1;
            } else {
                let lost = lost.first().map(|node| self.values.session.graph.identity(*node)).unwrap_or_default();
                let message = format!("bytes of node `{lost}` are lost again as soon as it has been executed");
                return Err(Error::new(ErrorKind::Unstable, message).with_node(lost));
            }
        }
    }

    pub(crate) fn session(&self) -> &Session {
        &self.values.session
    }

    /// Whether the run was asked for the node's value.
    pub(crate) fn is_asked_for(&self, node: NodeId) -> bool {
        self.values.ledger.targets.contains(&node)
    }

    /// The file or folder that a node gave; nothing when it has no value in this run.
    pub(crate) fn artifact(&self, node: NodeId) -> Result<Option<Arc<Artifact>>> {
        let Values { session, ledger, .. } = &*self.values;
        let has_none = |node: NodeId| matches!(ledger.outcomes[node], Outcome::Failed | Outcome::Skipped);
        if has_none(node) || has_none(session.graph.producer(node)) { Ok(None) } else { self.value(node).map(Some) }
    }

    /// How each node came out, by identity, in the order of the graph.
    pub fn outcomes(&self) -> impl Iterator<Item = (String, Outcome)> + '_ {
        let Values { session, ledger, .. } = &*self.values;
        let graph = &session.graph;
        let nodes = ledger.outcomes.ids().filter(|node| !graph.is_output(*node));
        nodes.map(|node| (graph.identity(node), ledger.outcomes[node]))
    }

    /// Stale nodes of which the targets read an older value, because of the run's [`Policy`](crate::Policy), with the end of the run
    /// that knew it, in the order of the graph. They count as fresh or as not needed.
    pub fn older_values(&self) -> impl Iterator<Item = (String, SystemTime)> + '_ {
        let Values { session, ledger, .. } = &*self.values;
        ledger.older_values(&session.graph).into_iter().map(|(node, since)| (session.graph.identity(node), since))
    }

    /// What a node said when it was executed in this run; nothing when it was not, or said nothing.
    ///
    /// # Errors
    /// When the node is of another graph, and when the store cannot be read.
    pub fn log<T>(&self, node: Node<T>) -> Result<Option<NodeLog>> {
        let raw = node.raw();
        let graph = &self.values.session.graph;
        if raw.graph != graph.id {
            return Err(Error::new(ErrorKind::NoValue, "the node is of another graph than the run"));
        }
        self.log_of(&graph.identity(graph.producer(graph.effective(raw.id))))
    }

    /// As [`Run::log`], by name: a target, a node, an element of a map, `fit[JFK]`, or a node of a sub-graph.
    ///
    /// # Errors
    /// When there is no such name, and when the store cannot be read.
    pub fn find_log(&self, name: &str) -> Result<Option<NodeLog>> {
        let graph = &self.values.session.graph;
        match find_element(graph, name) {
            Ok(element) => self.log_of(&element.identity(graph)),
            // A node of a sub-graph.
            Err(unknown) => self.log_of(name)?.map(Some).ok_or(unknown),
        }
    }

    fn log_of(&self, name: &str) -> Result<Option<NodeLog>> {
        let session = &self.values.session;
        Ok(report_of_run(&*session.store, session.run, name)?.map(Report::log))
    }

    /// What each thread did when, by threads and their times; nothing unless the engine was made with
    /// [`EngineBuilder::timeline`](crate::EngineBuilder::timeline).
    pub fn spans(&self) -> Vec<Span> {
        self.values.session.spans.iter().flat_map(|spans| spans.all()).collect()
    }

    /// How many nodes came out how.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How many elements of maps and combinations of reduces came out how, of those nodes that were looked into.
    pub fn elements(&self) -> Counts {
        self.values.ledger.elements()
    }

    /// How often the run started over.
    pub fn restarts(&self) -> u32 {
        self.values.ledger.restarts
    }

    /// What the run is called among those on record: 16 hexadecimal digits.
    pub fn id(&self) -> String {
        format!("{:016x}", self.values.session.run)
    }

    /// When the run ended.
    pub fn ended_at(&self) -> SystemTime {
        self.ended_at
    }

    /// How long the run took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// The time that the run saved: what it would have cost without mamo, by what its functions took before, minus what
    /// it cost. Zero when it saved none; [`Run::costs`] has both sides.
    pub fn time_saved(&self) -> Duration {
        self.costs().saved()
    }

    /// What the run cost, and what it would have cost if nothing had been known.
    pub fn costs(&self) -> RunCosts {
        self.values.costs
    }

    /// Nodes that failed, with what they said; settled ones included.
    pub fn failures(&self) -> &[Failure] {
        &self.failures
    }

    /// Whether all targets have values.
    pub fn is_complete(&self) -> bool {
        let Values { session, ledger, .. } = &*self.values;
        let has_none = |node: NodeId| matches!(ledger.outcomes[node], Outcome::Failed | Outcome::Skipped);
        ledger.targets.iter().all(|target| !has_none(*target) && !has_none(session.graph.producer(*target)))
    }

    /// Whether the run was stopped from outside before it was done.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped && !self.is_complete()
    }

    /// Names of the targets of this run.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(String::as_str)
    }
}

/// Why a node has no value.
fn because(failure: &Failure, node: &str) -> String {
    let is_own = failure.node() == node || failure.node().strip_prefix(node).is_some_and(|rest| rest.starts_with('['));
    if is_own { failure.to_string() } else { format!("node `{node}` was skipped because {failure}") }
}
