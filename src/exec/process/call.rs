//! Computations that run in worker processes, seen from the process that runs the graph.

#[cfg(unix)]
use crate::exec::process::run::Worker;
use crate::exec::session::Session;
#[cfg(unix)]
use crate::exec::sync::Mutex;
#[cfg(not(unix))]
use crate::exec::wave::Trouble;
use crate::fingerprint::ValueDigest;
#[cfg(not(unix))]
use crate::graph::NodeCtx;
use crate::graph::{NodeId, NodeSpec};
use crate::store::Payload;
#[cfg(not(unix))]
use crate::value::Encoded;
use crate::value::ValueType;
use std::any::Any;

/// The process for an execution of a node; it is found before the time of the execution begins.
pub(crate) struct Process<'a> {
    pub(super) session: &'a Session,
    pub(super) node: NodeId,
    pub(super) spec: &'a NodeSpec,
    #[cfg(unix)]
    pub(super) worker: Mutex<Option<Worker>>,
}

/// A computation and what it reads.
pub(crate) struct Call<'a> {
    pub(crate) which: Which,
    pub(crate) operands: Vec<Operand<'a>>,
    pub(crate) key: Option<&'a [u8]>,
}

/// Which computation of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(unix, derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Which {
    Whole,
    Element,
    Combination,
}

/// A value that a computation reads.
pub(crate) struct Operand<'a> {
    pub(crate) value: &'a (dyn Any + Send + Sync),
    pub(crate) value_type: &'static ValueType,
    /// Whose value it is, or is a part of.
    pub(crate) of: NodeId,
    /// What it is known by, when several computations may read it.
    pub(crate) digest: Option<ValueDigest>,
    /// Where its bytes are, when they are saved.
    pub(crate) payload: Option<Payload>,
}

impl<'a> Process<'a> {
    /// For an execution of the node, if its function runs in a process of its own.
    pub(crate) fn of(session: &'a Session, node: NodeId) -> Option<Self> {
        // Most graphs have none.
        if session.graph.processes.is_empty() || !session.graph.processes.contains(&node) {
            return None;
        }
        let spec = session.graph.spec(node)?;
        Some(Self {
            session,
            node,
            spec,
            #[cfg(unix)]
            worker: Mutex::default(),
        })
    }

    #[cfg(not(unix))]
    pub(crate) fn prepare(&self, _: &NodeCtx) -> Result<(), Trouble> {
        Err(Trouble::Failed(NOT_HERE.to_owned()))
    }

    #[cfg(not(unix))]
    pub(crate) fn run(&self, _: &NodeCtx, _: &Call<'_>) -> Result<Encoded, Trouble> {
        Err(Trouble::Failed(NOT_HERE.to_owned()))
    }
}

#[cfg(not(unix))]
const NOT_HERE: &str = "there are no worker processes on this system; leave `.process()` out";
