//! What happens in a run, told to whoever watches.

use crate::exec::gc::GcReport;
use crate::value::LogLine;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Watches runs. Called from many threads at once, with no lock of the engine's held; it should return soon.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn event(&self, event: &Event<'_>);
}

/// Something that happened in a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The run begins.
    RunStarted {
        /// Nodes in the graph.
        nodes: u64,
    },
    /// It is known what may have to be executed; told again when the run starts over.
    Planned {
        /// Nodes that are stale, or may turn out to be.
        stale: u64,
    },
    /// It is known which elements a map has, or which combinations a reduce.
    MapStarted {
        /// The node's identity.
        node: &'a str,
        /// Elements, or different combinations, in all.
        elements: u64,
        /// Different elements that are not known from before; none for a map that goes along with the one it goes over, and
        /// for a reduce, which are looked into as they come.
        stale: u64,
    },
    /// A node or element failed and is tried again.
    NodeRetried {
        /// The node's identity.
        node: &'a str,
        /// Key or index of the element, for a map.
        element: Option<&'a str>,
        /// Which further try it will be: 1 for the first.
        attempt: u32,
        /// How many there may be.
        of: u32,
        /// After which pause.
        pause: Duration,
        /// What it said, with its causes.
        message: &'a str,
    },
    /// A node's function is called.
    NodeStarted {
        /// The node's identity.
        node: &'a str,
        /// The element's label, when the node is a map; for a reduce the range that is combined, `3..=17`.
        element: Option<&'a str>,
    },
    /// A node's function, or that of one of its elements, returned.
    NodeExecuted {
        /// The node's identity.
        node: &'a str,
        /// The element's label, when the node is a map.
        element: Option<&'a str>,
        /// How long it took.
        took: Duration,
    },
    /// A node was stale, but its inputs turned out to be known: nothing was executed.
    NodeCutOff {
        /// The node's identity.
        node: &'a str,
    },
    /// A node failed, or one of its elements did.
    NodeFailed {
        /// The node's identity.
        node: &'a str,
        /// The element's label, when the node is a map.
        element: Option<&'a str>,
        /// What it said.
        message: &'a str,
        /// The last lines of its log.
        log: &'a [LogLine],
    },
    /// A node was skipped, because something upstream failed or the run stopped.
    NodeSkipped {
        /// The node's identity.
        node: &'a str,
    },
    /// A node's result is durable: it survives whatever happens from now on.
    NodeSaved {
        /// The node's identity.
        node: &'a str,
    },
    /// Something was written to where a node's result is published.
    Published {
        /// The node's identity.
        node: &'a str,
        /// Where, as the pipeline says it.
        path: &'a std::path::Path,
    },
    /// The run starts over with what is known by now.
    Restarted {
        /// Why.
        reason: RestartReason<'a>,
    },
    /// A store was damaged; what could not be read was set aside and will be computed again.
    StoreRepaired {
        /// What happened, in a sentence.
        message: &'a str,
        /// Where the damaged files are now.
        quarantine: Option<PathBuf>,
    },
    /// The store was larger than it may be, and was reduced.
    StoreReduced {
        /// Bytes that it may take on disk.
        most: u64,
        /// What went.
        report: &'a GcReport,
    },
    /// The run ended.
    RunEnded {
        /// How many nodes came out how.
        counts: Counts,
    },
}

/// Why a run starts over.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum RestartReason<'a> {
    /// A node was executed again and gave another value than before.
    Diverged {
        /// The node's identity.
        node: &'a str,
    },
    /// A file changed while the run used it.
    Changed {
        /// The file.
        path: &'a std::path::Path,
    },
}

/// How a node came out of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Outcome {
    /// Nobody asked: no target needs it, or only such as were fresh.
    NotNeeded,
    /// Known from an earlier run.
    Fresh,
    /// Stale, but its inputs turned out to be known.
    CutOff,
    /// Executed.
    Executed,
    /// Failed.
    Failed,
    /// Not executed, because something upstream failed or the run stopped.
    Skipped,
}

/// How many nodes came out how; every node counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Nodes in all; a map is one, an output is part of its node.
    pub nodes: u64,
    /// Nodes of which something was executed.
    pub executed: u64,
    /// Stale nodes whose inputs turned out to be known.
    pub cut_off: u64,
    /// Nodes known from an earlier run.
    pub fresh: u64,
    /// Nodes that nobody asked for.
    pub not_needed: u64,
    /// Nodes that failed.
    pub failed: u64,
    /// Nodes that were skipped because something upstream failed or the run stopped.
    pub skipped: u64,
}

impl Counts {
    /// How many nodes came out this way.
    pub fn of(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::NotNeeded => self.not_needed,
            Outcome::Fresh => self.fresh,
            Outcome::CutOff => self.cut_off,
            Outcome::Executed => self.executed,
            Outcome::Failed => self.failed,
            Outcome::Skipped => self.skipped,
        }
    }

    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            nodes: self.nodes + other.nodes,
            executed: self.executed + other.executed,
            cut_off: self.cut_off + other.cut_off,
            fresh: self.fresh + other.fresh,
            not_needed: self.not_needed + other.not_needed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }

    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.nodes += 1;
        *match outcome {
            Outcome::NotNeeded => &mut self.not_needed,
            Outcome::Fresh => &mut self.fresh,
            Outcome::CutOff => &mut self.cut_off,
            Outcome::Executed => &mut self.executed,
            Outcome::Failed => &mut self.failed,
            Outcome::Skipped => &mut self.skipped,
        } += 1;
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NotNeeded => "not needed",
            Self::Fresh => "fresh",
            Self::CutOff => "cut off",
            Self::Executed => "executed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        })
    }
}
