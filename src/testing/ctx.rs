//! A context for node functions that tests call themselves.

use crate::exec::ctx_outside;
use crate::graph::NodeCtx;

/// What a node function with `ctx: &NodeCtx` takes, outside of a run.
///
/// Files, folders and programs work as in a run, in a folder that goes with it; what they give can be read as long as it
/// is held. [`NodeCtx::seed`] is the same each time, nobody asks to stop, and what is logged is not kept.
///
/// ```
/// use mamo::{Artifact, BoxError, NodeCtx, node, testing};
///
/// #[node]
/// fn squares(ctx: &NodeCtx, upto: u32) -> Result<Artifact, BoxError> {
///     let out = ctx.output_file("squares.txt")?;
///     let lines: Vec<String> = (0..upto).map(|n| (n * n).to_string()).collect();
///     std::fs::write(out.path(), lines.join(" "))?;
///     out.finish()
/// }
///
/// # fn main() -> Result<(), BoxError> {
/// let file = squares(&testing::ctx(), 4)?;
/// assert_eq!(std::io::read_to_string(file.open()?)?, "0 1 4 9");
/// # Ok(())
/// # }
/// ```
///
/// # Panics
/// When the system gives no threads.
pub fn ctx() -> NodeCtx {
    ctx_outside()
}
