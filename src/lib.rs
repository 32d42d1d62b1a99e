//! Pipelines as an explicit, typed dataflow graph that never computes the same thing twice.

#[cfg(feature = "cli")]
pub mod cli;
mod error;
mod exec;
pub mod fingerprint;
mod graph;
pub mod store;
pub mod testing;
mod value;
pub mod viz;
mod words;

pub use error::{Error, ErrorKind, Result};
pub use exec::{
    Acceptance, Audit, AuditReport, Audited, Cause, Change, Clock, Counts, Doing, Engine, EngineBuilder, Estimate,
    Event, Evicted, Exported, ExportedNode, Forgotten, Gc, GcReport, Impact, ImpactNode, Imported, ImportedNode,
    ItemChange, LastEnd, LeftOut, NodeCost, NodeDetails, NodeLog, NodeStatus, Observer, OnFailure, OnRecord, Outcome,
    Plan, PlanState, Policy, RecordedNode, Remark, Replay, ReplayEnd, RestartReason, Revoked, Run, RunCosts, RunDiff,
    RunNode, RunNodeEnd, RunReason, RunRecord, Span, Stats, StatusFilter, Stopper, StoreSize, Tag, Verdict,
    Verification, Why, WhyNode, WhyRun,
};
#[cfg(feature = "watch")]
pub use exec::{Round, Watch};
pub use graph::{CodeReport, Command, Graph, Handle, Node, NodeCtx, Persist, Retry, Spec, source};
pub use mamo_macros::node;
pub use value::{
    Artifact, BoxError, Bytes, Codec, Collection, Dict, DictKey, DuplicateKeys, Failure, Field, Lend, List, LogLevel,
    LogLine, LogLines, OutputDir, OutputFile, Secret, SettleEach, Tool,
};

/// What other crates say while a node runs, in its log; feature `tracing`.
///
/// With it engines tell by `tracing` what they do, with the target `mamo`, when a subscriber was set before the engine was
/// made: beginnings and ends of runs as `INFO`, what became of nodes as `DEBUG`, what is odd as `WARN`. So a subscriber
/// that goes by `RUST_LOG` shows nodes with `RUST_LOG=mamo=debug`.
#[cfg(feature = "tracing")]
pub mod log {
    pub use crate::value::layer;
}

/// Codecs for results that serde does not know, or that are not to be copied; [`Codec`] says how to write one.
pub mod codec {
    #[cfg(feature = "arrow")]
    pub use crate::value::Arrow;
    pub use crate::value::Codec;
    #[cfg(feature = "ndarray")]
    pub use crate::value::{MappedArray, NdArray, NdElement};
}

/// Worker processes: where nodes run that are [`.process()`](Spec::process).
pub mod worker {
    pub use crate::exec::serve;
}

/// What the macros write; no part of the interface.
#[doc(hidden)]
pub mod __private {
    #[cfg(feature = "cli")]
    pub use crate::cli::command;
    pub use crate::fingerprint::{Schema, Traced};
    pub use crate::graph::{
        Code, CodeScope, DeclaredFunction, ExpandedWith, Function, Inputs, Ran, RawNode, ReducedWith, Results, Takes,
        expanded, given, perhaps, ran, ran_or,
    };
    pub use crate::value::{
        ByValue, CodecError, CollectionType, Element, ElementReader, Fallible, Flat, Interrupt, ItemOf, Lent, Link,
        Loader, NoResult, NodeError, NodeResult, NotRead, Opened, Outputs, Owner, Part, Postcard, Probe, Saved, Shape,
        Transient, Value, ValueType, lend_optional,
    };
}

/// The README's program compiles.
#[cfg(all(doctest, feature = "cli"))]
#[doc = include_str!("../README.md")]
struct Readme;
