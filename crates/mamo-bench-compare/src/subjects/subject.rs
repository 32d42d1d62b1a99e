//! The list of subjects, and what each of them tells when it is measured in a process of its own.

use crate::Result;
use crate::graph::answer;
use crate::subjects::{blake3, direct, ingestion, mamo, salsa};
use std::path::Path;

/// What one process measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// mamo in memory: build, then run everything.
    Mamo,
    /// mamo fills a store for [`Subject::MamoNoOp`]; nothing is measured.
    MamoPrepare,
    /// mamo on a store in which everything is fresh.
    MamoNoOp,
    /// mamo on a new store on disk.
    MamoPersisted,
    /// salsa: build, then run everything.
    Salsa,
    /// One fingerprint a node, over flat arrays.
    Blake3,
    /// Plain evaluation over flat arrays.
    Direct,
    /// The bytes of mamo's records, sorted, straight into fjall's tables.
    Ingestion,
}

/// One figure of one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Figure {
    /// CPU nanoseconds a node to declare the graph.
    Build,
    /// Bytes a node of the declared graph.
    BuildBytes,
    /// CPU nanoseconds a node to open the store.
    Open,
    /// CPU nanoseconds a node of the run, or of what stands beside it.
    Run,
    /// Bytes a node that the run added to those of the graph.
    RunBytes,
    /// CPU nanoseconds a node to make everything durable and close the store.
    Close,
    /// Nodes that the store was asked for in all.
    Lookups,
}

/// What a process measured.
pub(crate) type Readings = Vec<(Figure, f64)>;

impl Subject {
    /// Every subject.
    pub(crate) const ALL: [Self; 8] = [
        Self::Mamo,
        Self::MamoPrepare,
        Self::MamoNoOp,
        Self::MamoPersisted,
        Self::Salsa,
        Self::Blake3,
        Self::Direct,
        Self::Ingestion,
    ];

    /// Its name on the command line of the process that measures it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mamo => "mamo",
            Self::MamoPrepare => "mamo-prepare",
            Self::MamoNoOp => "mamo-no-op",
            Self::MamoPersisted => "mamo-persisted",
            Self::Salsa => "salsa",
            Self::Blake3 => "blake3",
            Self::Direct => "direct",
            Self::Ingestion => "ingestion",
        }
    }

    /// Measures it on a grid of about `nodes` nodes, and checks its answer; `folder` is for its store, if it has one.
    pub(crate) fn measure(self, nodes: usize, folder: &Path) -> Result<Readings> {
        match self {
            Self::Mamo => mamo::cold(nodes),
            Self::MamoPrepare => mamo::prepare(nodes, folder),
            Self::MamoNoOp => mamo::no_op(nodes, folder),
            Self::MamoPersisted => mamo::persisted(nodes, folder),
            Self::Salsa => salsa::cold(nodes),
            Self::Blake3 => blake3::pass(nodes),
            Self::Direct => direct::evaluation(nodes),
            Self::Ingestion => ingestion::of_records(nodes, folder),
        }
    }
}

impl Figure {
    /// Every figure.
    pub(crate) const ALL: [Self; 7] =
        [Self::Build, Self::BuildBytes, Self::Open, Self::Run, Self::RunBytes, Self::Close, Self::Lookups];

    /// Its name in what a process prints.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::BuildBytes => "build-bytes",
            Self::Open => "open",
            Self::Run => "run",
            Self::RunBytes => "run-bytes",
            Self::Close => "close",
            Self::Lookups => "lookups",
        }
    }
}

/// Whether a root's value is right: a subject that computes something else is not compared.
pub(super) fn check(nodes: usize, root: Option<u64>) -> Result<()> {
    let expected = answer(nodes);
    if root == expected { Ok(()) } else { Err(format!("the root is {root:?} and should be {expected:?}").into()) }
}
