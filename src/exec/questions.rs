//! What an engine is asked about its nodes and runs beside plans and reasons.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::engine::unfinished;
use crate::exec::impact::{Impact, impact};
use crate::exec::ledger::Ledger;
use crate::exec::named::{find_node, find_targets};
use crate::exec::show::{NodeDetails, show};
use crate::exec::stats::{Stats, stats};
use crate::exec::status::{NodeStatus, StatusFilter, status};
use crate::exec::{Engine, RunDiff, RunNode, RunRecord, runs};
use crate::graph::Graph;
use std::collections::BTreeSet;

impl Engine {
    /// The nodes of a graph as they stand: what a run of all targets would do with them, and what is on record of their
    /// values.
    ///
    /// # Errors
    /// When there is no node of a name, when a pattern makes no sense, and when the store cannot be read.
    pub fn status(&self, graph: &Graph, filter: &StatusFilter) -> Result<Vec<NodeStatus>> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let (targets, _) = find_targets(declared, &[])?;
        let _running = self.inner.alone("the engine was asked")?;
        let session = self.inner.session(declared)?;
        status(&session, Ledger::new(declared, targets), &self.inner.pool, filter).map(|(told, _)| told)
    }

    /// All that is known of a node, by name: how it stands, its code, where it comes from, and a look at its value.
    ///
    /// # Errors
    /// When there is no node of that name, and when the store cannot be read.
    pub fn show(&self, graph: &Graph, node: &str) -> Result<NodeDetails> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let node = declared.producer(find_node(declared, node)?);
        let _running = self.inner.alone("the engine was asked")?;
        let ledger = Ledger::new(declared, BTreeSet::from([node]));
        let shown = show(&self.inner.session(declared)?, ledger, &self.inner.pool, node)?;
        shown.ok_or_else(|| Error::new(ErrorKind::UnknownName, "the node is an output of another one"))
    }

    /// What the store holds and has been good for, in numbers.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn stats(&self) -> Result<Stats> {
        stats(&*self.inner.store)
    }

    /// What an edit of a function would make stale: a node function, or anything that node functions reach, by its path
    /// or the end of that, `regress::least_squares`.
    ///
    /// # Errors
    /// When no node function reaches anything of that name, and when the store cannot be read.
    pub fn impact(&self, graph: &Graph, item: &str) -> Result<Impact> {
        let declared = graph.declared().ok_or_else(unfinished)?;
        let _running = self.inner.alone("the engine was asked")?;
        impact(&self.inner.session(declared)?, item)
    }

    /// Runs that are on record, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn runs(&self) -> Result<Vec<RunRecord>> {
        runs::runs(&*self.inner.store)
    }

    /// What a run did with each of its nodes, by name: `last` for the newest, `last-1` for the one before, or the beginning
    /// of its id.
    ///
    /// # Errors
    /// When there is no such run, and when the store cannot be read.
    pub fn run_nodes(&self, run: &str) -> Result<(RunRecord, Vec<RunNode>)> {
        runs::run_nodes(&*self.inner.store, run)
    }

    /// What is different in a later run than in an earlier one, named as for [`Engine::run_nodes`].
    ///
    /// # Errors
    /// As [`Engine::run_nodes`].
    pub fn diff(&self, earlier: &str, later: &str) -> Result<(RunRecord, RunRecord, RunDiff)> {
        runs::diff(&*self.inner.store, earlier, later)
    }
}
