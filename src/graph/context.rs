//! What a running node may ask: its seed, its name, whether to stop.

use crate::fingerprint::{ValueDigest, seed_of};
use crate::graph::Draw;
use crate::graph::command::Command;
use crate::value::{Desk, Log, LogLevel, OutputDir, OutputFile, Tool};
use smallvec::SmallVec;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a node function gets when its first parameter is `ctx: &NodeCtx`.
pub struct NodeCtx {
    pub(crate) function: &'static str,
    pub(crate) draw: Draw,
    pub(crate) upstream: SmallVec<[ValueDigest; 4]>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) desk: Desk,
    pub(crate) log: Arc<Log>,
}

/// What a run tells its nodes.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    stopped: AtomicBool,
    /// Signals of the engine, to which every run listens.
    outer: Option<Arc<Self>>,
}

impl NodeCtx {
    /// A seed for the node's random numbers.
    ///
    /// It follows from the function and from the values of the node's inputs: it is the same in every run, whatever
    /// the node is called and in whichever order nodes run, and differs between nodes with different inputs, between the
    /// samples of [`Spec::trials`](crate::Spec::trials), and with [`Spec::seed`](crate::Spec::seed).
    pub fn seed(&self) -> u64 {
        seed_of(self.function, self.draw.trial, self.draw.seed, &self.upstream)
    }

    /// Which of the samples of [`Spec::trials`](crate::Spec::trials) this is, from 0 on; 0 for a node without.
    pub fn trial(&self) -> u32 {
        self.draw.trial
    }

    /// A file that the node makes, in a folder of the node's own: write it, finish it, return the artifact.
    ///
    /// ```
    /// use mamo::{Artifact, BoxError, NodeCtx, node};
    /// use std::io::Write;
    ///
    /// #[node]
    /// fn squares(ctx: &NodeCtx, upto: u32) -> Result<Artifact, BoxError> {
    ///     let mut out = ctx.output_file("squares.txt")?;
    ///     for n in 0..upto {
    ///         writeln!(out, "{}", n * n)?;
    ///     }
    ///     out.finish()
    /// }
    /// ```
    ///
    /// # Errors
    /// When `name` is absolute, leads out of the node's folder or is being written already, and when the folder cannot
    /// be made.
    pub fn output_file(&self, name: impl AsRef<Path>) -> io::Result<OutputFile> {
        OutputFile::new(self.desk.folder()?, name.as_ref())
    }

    /// A folder that the node makes: fill it, finish it, return the artifact.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn output_dir(&self) -> io::Result<OutputDir> {
        OutputDir::new(self.desk.folder()?)
    }

    /// A program to be run in the node's folder: add arguments, then ask for its status or output.
    ///
    /// ```
    /// use mamo::{Artifact, BoxError, NodeCtx, Tool, node};
    /// use std::path::Path;
    ///
    /// #[node]
    /// fn compressed(ctx: &NodeCtx, file: &Path, gzip: &Tool) -> Result<Artifact, BoxError> {
    ///     let output = ctx.command(gzip).arg("-cn").arg(file).output()?;
    ///     if !output.status.success() {
    ///         return Err("cannot compress the file".into());
    ///     }
    ///     let out = ctx.output_file("compressed.gz")?;
    ///     std::fs::write(out.path(), output.stdout)?;
    ///     out.finish()
    /// }
    /// ```
    pub fn command(&self, tool: &Tool) -> Command<'_> {
        Command::new(self, tool)
    }

    /// Adds to the node's log, line by line, without secrets.
    ///
    /// The log is kept with the run; `log NODE` on the command line prints it, [`Engine::log`](crate::Engine::log) gives it,
    /// and when the node fails its last lines are told with the failure. It is no part of the node's value: what is
    /// not executed says nothing. Of more than 64 KiB the beginning and the end are kept.
    ///
    /// ```
    /// # use mamo::{NodeCtx, node};
    /// #[node]
    /// fn positive(ctx: &NodeCtx, numbers: &[f64]) -> Vec<f64> {
    ///     let kept: Vec<f64> = numbers.iter().copied().filter(|number| *number > 0.0).collect();
    ///     ctx.log(format_args!("{} of {} numbers are positive", kept.len(), numbers.len()));
    ///     kept
    /// }
    /// ```
    pub fn log(&self, text: impl fmt::Display) {
        self.log.add(LogLevel::Info, &text.to_string());
    }

    /// Whether the run was asked to stop, or the node's time is over: a long node may give up with an error.
    pub fn is_stopped(&self) -> bool {
        self.signals.is_stopped()
    }
}

impl fmt::Debug for NodeCtx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeCtx").field("function", &self.function).finish_non_exhaustive()
    }
}

impl Signals {
    /// Asks the run to start nothing more.
    pub(crate) fn stop(&self) {
        // Nothing else is published with the flag, so no access needs to be ordered by it.
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Signals that are given when `outer` ones are, and on their own.
    pub(crate) fn within(outer: &Arc<Self>) -> Self {
        Self { stopped: AtomicBool::new(false), outer: Some(Arc::clone(outer)) }
    }

    /// Whether these were given, not those to which they listen.
    pub(crate) fn are_given(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.outer.as_ref().is_some_and(|outer| outer.is_stopped()) || self.stopped.load(Ordering::Relaxed)
    }
}
