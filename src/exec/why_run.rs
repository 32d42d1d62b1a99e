//! Why a run that is over did what it did: from what is on record, without the pipeline.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::gc::evicted_at;
use crate::exec::past::{Past, PastNode, PastRun};
use crate::exec::recorded::{deep_of, way_of};
use crate::exec::runs::{compare, ended, find, producer_of, run_node};
use crate::exec::{Cause, Engine, RunNode, RunNodeEnd, RunRecord};
use crate::fingerprint::{Fingerprint, fingerprint_of_value};
use crate::store::Store;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::SystemTime;

/// Why a run did what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WhyRun {
    /// The run.
    pub run: RunRecord,
    /// What is different from what the nodes were before, upstream causes first.
    pub causes: Vec<Cause>,
    /// The nodes that it executed, cut off or failed at, in the order in which they depend on each other.
    pub nodes: Vec<WhyNode>,
}

/// Why a run did with a node what it did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WhyNode {
    /// What it did.
    pub node: RunNode,
    /// Why.
    pub reason: RunReason,
    /// The end of the earlier run with which it is compared: the last one that had the node. None when there is none.
    pub since: Option<SystemTime>,
    /// What is different since then, of the node and upstream of it, upstream causes first.
    pub causes: Vec<Cause>,
    /// When its bytes had gone to save room, if it was executed for these.
    pub evicted: Option<SystemTime>,
}

/// Why a run executed a node, or did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunReason {
    /// Somebody wanted it executed once more.
    Forced,
    /// No earlier run had it.
    New,
    /// It was something else than in the run before.
    Changed,
    /// Nothing was different, and it had failed or was skipped in the run before.
    FailedBefore,
    /// Nothing was different: its value was known, but its bytes were not there, or it had been forgotten.
    BytesGone,
    /// Nothing was different, so nothing was to be done.
    Unchanged,
}

impl Engine {
    /// Why a run did what it did, by what the run is called: `last`, `last-1`, or the beginning of its id.
    ///
    /// # Errors
    /// When there is no such run, and when the store cannot be read.
    pub fn why_run(&self, run: &str) -> Result<WhyRun> {
        why_run(&*self.inner.store, run)
    }

    /// Why a run did with a node what it did, by the node's identity.
    ///
    /// # Errors
    /// When there is no such run, when it did not have the node, and when the store cannot be read.
    pub fn why_run_node(&self, run: &str, node: &str) -> Result<WhyNode> {
        why_run_node(&*self.inner.store, run, node)
    }
}

/// A run beside what its nodes were before.
struct Looked<'a> {
    store: &'a dyn Store,
    run: PastRun,
    nodes: BTreeMap<String, PastNode>,
    /// What they were in the last earlier run that had them.
    former: BTreeMap<String, (PastRun, PastNode)>,
    forced: BTreeSet<String>,
    /// Which nodes each one read, as far as that is on record.
    inputs: HashMap<String, Vec<String>>,
    causes: Vec<Cause>,
}

fn why_run(store: &dyn Store, name: &str) -> Result<WhyRun> {
    let looked = Looked::at(store, name)?;
    let mut nodes = Vec::new();
    for node in looked.in_order() {
        let why = looked.why(&node)?;
        if !matches!(why.node.ended, RunNodeEnd::Known | RunNodeEnd::NoRecord) {
            nodes.push(why);
        }
    }
    Ok(WhyRun { run: RunRecord::of(&looked.run), causes: looked.causes, nodes })
}

fn why_run_node(store: &dyn Store, name: &str, node: &str) -> Result<WhyNode> {
    let looked = Looked::at(store, name)?;
    if !looked.nodes.contains_key(node) {
        let message = format!("there was no node `{node}` in that run, or no target needed it");
        let error = Error::new(ErrorKind::UnknownName, message).with_node(node);
        return Err(error.with_hint("`run show --all` lists the nodes of a run"));
    }
    looked.why(node)
}

impl<'a> Looked<'a> {
    fn at(store: &'a dyn Store, name: &str) -> Result<Self> {
        let past = Past::read(store)?;
        let run = find(past.runs(), name)?;
        let nodes: BTreeMap<String, PastNode> = past.nodes(&run)?.into_iter().collect();
        let mut known = past.before(&run)?;
        let former = nodes.keys().filter_map(|name| known.remove_entry(name)).collect();
        let mut looked =
            Self { store, forced: run.forced(store)?, run, nodes, former, inputs: HashMap::new(), causes: Vec::new() };
        looked.read_inputs()?;
        let before = looked.former.iter().map(|(name, (_, node))| (name.clone(), *node)).collect();
        let now = looked.nodes.iter().filter(|(name, _)| looked.former.contains_key(*name));
        let now = now.map(|(name, node)| (name.clone(), *node)).collect();
        looked.causes = compare(store, &before, &now)?.causes;
        let place: HashMap<String, usize> =
            looked.in_order().into_iter().enumerate().map(|(place, name)| (name, place)).collect();
        looked.causes.sort_by_key(|cause| place.get(&cause.node).copied());
        Ok(looked)
    }

    fn read_inputs(&mut self) -> Result<()> {
        let mut names: HashMap<Fingerprint, &String> = HashMap::new();
        let mut read = Vec::new();
        for (name, node) in &self.nodes {
            names.entry(node.fingerprint).or_insert(name);
            match deep_of(self.store, &node.fingerprint)? {
                Some(deep) => {
                    names.entry(fingerprint_of_value(&deep.value)).or_insert(name);
                    read.push((name, deep.upstream.iter().map(|upstream| upstream.fingerprint).collect()));
                }
                None => {
                    let producer = producer_of(name, &self.nodes).map(|(_, producer)| producer.fingerprint);
                    let way = way_of(self.store, &node.fingerprint)?;
                    read.push((name, producer.into_iter().chain(way).collect()));
                }
            }
        }
        let mut inputs = HashMap::new();
        for (name, upstream) in read {
            let mut found = Vec::new();
            let mut open: Vec<Fingerprint> = upstream;
            while let Some(fingerprint) = open.pop() {
                match names.get(&fingerprint) {
                    Some(input) => found.push((*input).clone()),
                    None => open.extend(way_of(self.store, &fingerprint)?),
                }
            }
            inputs.insert(name.clone(), found);
        }
        self.inputs = inputs;
        Ok(())
    }

    /// The nodes, each behind those that it read.
    fn in_order(&self) -> Vec<String> {
        let mut order = Vec::with_capacity(self.nodes.len());
        let mut seen = BTreeSet::new();
        for name in self.nodes.keys() {
            let mut open = vec![(name, false)];
            while let Some((name, is_left)) = open.pop() {
                if is_left {
                    order.push(name.clone());
                } else if seen.insert(name) {
                    open.push((name, true));
                    open.extend(self.inputs.get(name).into_iter().flatten().map(|input| (input, false)));
                }
            }
        }
        order
    }

    fn why(&self, name: &str) -> Result<WhyNode> {
        let fingerprint = self.nodes.get(name).map(|node| node.fingerprint).unwrap_or(Fingerprint::from_bytes([0; 32]));
        let node = run_node(self.store, &self.run, &self.forced, name.to_owned(), &fingerprint)?;
        let former = self.former.get(name);
        let was_done = !matches!(node.ended, RunNodeEnd::Known | RunNodeEnd::NoRecord);
        let reason = match former {
            _ if node.is_forced => RunReason::Forced,
            None => RunReason::New,
            Some((_, before)) if before.fingerprint != fingerprint => RunReason::Changed,
            Some(_) if !was_done => RunReason::Unchanged,
            Some((run, before)) => match ended(self.store, run, name, &before.fingerprint)?.0 {
                RunNodeEnd::Failed(_) | RunNodeEnd::NoRecord => RunReason::FailedBefore,
                RunNodeEnd::Executed { .. } | RunNodeEnd::CutOff | RunNodeEnd::Known => RunReason::BytesGone,
            },
        };
        let upstream = self.upstream(name);
        let causes = if reason == RunReason::Changed {
            self.causes.iter().filter(|cause| upstream.contains(cause.node.as_str())).cloned().collect()
        } else {
            Vec::new()
        };
        let evicted = match deep_of(self.store, &fingerprint)? {
            Some(deep) if reason == RunReason::BytesGone => evicted_at(self.store, &deep.content)?,
            Some(_) | None => None,
        };
        let evicted = evicted.filter(|at| *at <= self.run.ended_at());
        Ok(WhyNode { node, reason, since: former.map(|(run, _)| run.ended_at()), causes, evicted })
    }

    /// A node with all that it depends on.
    fn upstream(&self, name: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![name.to_owned()];
        while let Some(name) = open.pop() {
            if found.insert(name.clone()) {
                open.extend(self.inputs.get(&name).into_iter().flatten().cloned());
            }
        }
        found
    }
}
