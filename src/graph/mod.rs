//! What is declared: nodes, their specs and how they depend on each other. Knows values, not stores.

mod builder;
mod code;
mod context;
mod declared;
mod finish;
mod function;
mod handle;
mod merge;
mod names;
mod node;
mod replace;
pub mod source;
mod spec;

pub use builder::Graph;
pub use code::{Code, CodeReport, CodeScope};
pub use context::NodeCtx;
pub(crate) use context::Signals;
pub(crate) use declared::{Body, Constant, Declared, Gatherer, Kind, NodeSpec, Settler};
pub use function::{Call, DeclaredFunction, Function, Inputs, NodeFunction, Results};
pub use handle::Handle;
pub use node::{Node, RawNode};
pub(crate) use source::{ProbeFn, Source};
pub use spec::{Persist, Spec};
