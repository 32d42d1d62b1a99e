//! What a program does that was started as a worker process.

use crate::error::{Error, ErrorKind, Result};
use crate::graph::Graph;
use std::sync::atomic::{AtomicBool, Ordering};

/// In the environment of a worker: the process that started it.
pub(crate) const VARIABLE: &str = "MAMO_WORKER";

/// Whether this process has said what it is there for.
static IS_SERVING: AtomicBool = AtomicBool::new(false);

/// Serves the nodes that are [`.process()`](crate::Spec::process) when this program was started as a worker, and does not
/// return then; returns at once in a program that was started otherwise.
///
/// To be called before anything else, with the pipeline that the program runs. The worker has the same arguments
/// and environment, so that it builds the same graph; its standard input is empty. [`cli::main`](crate::cli::main)
/// calls this by itself. Only on Unix are there worker processes.
///
/// ```no_run
/// # fn pipeline(g: &mamo::Graph) -> mamo::Result<mamo::Node<u32>> { Ok(g.value(42)) }
/// fn main() -> mamo::Result<()> {
///     mamo::worker::serve(pipeline);
///     let (graph, answer) = mamo::Graph::build(pipeline)?;
///     let run = mamo::Engine::open("store")?.run(&graph)?;
///     println!("{}", run.get(answer)?);
///     Ok(())
/// }
/// ```
pub fn serve<H>(pipeline: impl Fn(&Graph) -> Result<H>) {
    #[cfg(unix)]
    if is_worker() {
        // Read by this process's own calls, long after.
        IS_SERVING.store(true, Ordering::Relaxed);
        crate::exec::process::child::serve(|| Ok(Graph::build(&pipeline)?.0));
    }
    let _ = pipeline;
}

/// Refuses to run a graph in a worker that does not serve: it would start workers as well, and those others.
///
/// # Errors
/// In such a process.
pub(crate) fn refuse_unserved() -> Result<()> {
    if !is_worker() || IS_SERVING.load(Ordering::Relaxed) {
        return Ok(());
    }
    let message = "this process was started as a worker for nodes that are `.process()`, and runs a graph of its own";
    let hint = "call `mamo::worker::serve(pipeline)` before anything else in `main`";
    Err(Error::new(ErrorKind::Other, message).with_hint(hint))
}

/// Whether this process was started as a worker: by its parent, since programs that a worker starts have its environment.
#[cfg(unix)]
fn is_worker() -> bool {
    let parent = std::os::unix::process::parent_id().to_string();
    std::env::var_os(VARIABLE).is_some_and(|by| by == *parent)
}

#[cfg(not(unix))]
fn is_worker() -> bool {
    false
}
