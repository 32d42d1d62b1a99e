//! What is declared: nodes, their specs and how they depend on each other. Knows values, not stores.

mod add;
mod builder;
mod builtin;
mod code;
mod context;
mod declared;
mod finish;
mod function;
mod group_by;
mod handle;
mod id;
mod merge;
mod names;
mod node;
mod pipeline;
mod publish;
mod replace;
mod rewire;
pub mod source;
mod spec;
mod spec_key;

pub(crate) use builtin::{Gatherer, Settler};
pub use code::{Code, CodeReport, CodeScope};
pub use context::NodeCtx;
pub(crate) use context::Signals;
pub(crate) use declared::{Body, Constant, Declared, ElementSchemas, Kind, NodeSpec};
pub use function::{DeclaredFunction, Function, Inputs, NodeOutputs, RunNode};
pub(crate) use function::{Mapping, NodeFunction, Results};
pub use handle::Handle;
pub(crate) use id::{NodeId, SpecId};
pub use node::{Node, RawNode};
pub use pipeline::Graph;
pub(crate) use publish::{Publication, Taken, conflict};
pub(crate) use source::{ProbeFn, Source};
pub use spec::{Persist, Spec};
