//! For tests of pipelines: what runs, what would run, and node functions on their own.
//!
//! Node functions are plain functions: call them, with [`ctx`] where they want a [`NodeCtx`](crate::NodeCtx). What an
//! edit runs is asked of a [`Recorder`], an engine that tells which nodes were executed, cut off or fresh. Sources that
//! a test should not read are replaced by values or by files of its own, with [`Graph::replace`](crate::Graph::replace):
//!
//! ```
//! use mamo::testing::Recorder;
//! use mamo::{Graph, Node, node, source};
//!
//! #[node]
//! fn words(text: &str, shortest: usize) -> usize {
//!     text.split_whitespace().filter(|word| word.len() >= shortest).count()
//! }
//!
//! /// The pipeline gives the nodes that tests ask for or replace.
//! struct Nodes {
//!     title: Node<String>,
//!     shortest: Node<usize>,
//!     words: Node<usize>,
//! }
//!
//! fn pipeline(g: &Graph) -> mamo::Result<Nodes> {
//!     let title = g.add(source::env("TITLE"));
//!     let shortest = g.add(source::param("shortest", 4));
//!     Ok(Nodes { title, shortest, words: g.add(words::node(title, shortest)) })
//! }
//!
//! /// The pipeline with a title and a length of the test's own.
//! fn graph(title: &str, shortest: usize) -> mamo::Result<(Graph, Node<usize>)> {
//!     Graph::build(|g| {
//!         let nodes = pipeline(g)?;
//!         g.replace(nodes.title, g.value(title.to_owned()));
//!         g.replace(nodes.shortest, g.value(shortest));
//!         Ok(nodes.words)
//!     })
//! }
//!
//! # fn main() -> mamo::Result<()> {
//! let recorder = Recorder::in_memory();
//! let (first, node) = graph("to be or not to be", 3)?;
//! let ran = recorder.run(&first)?;
//! assert_eq!(ran.executed(), ["words"]);
//! assert_eq!(*ran.run.get(node)?, 1);
//!
//! let (second, _) = graph("to be or not to be", 2)?;
//! mamo::testing::assert_plan(recorder.engine(), &second, ["words"]);
//! recorder.run(&second)?;
//! assert!(recorder.run(&first)?.executed().is_empty());
//! # Ok(())
//! # }
//! ```

mod ctx;
mod plan;
mod recorder;

pub use ctx::ctx;
pub use plan::assert_plan;
pub use recorder::{Ran, Recorder};
