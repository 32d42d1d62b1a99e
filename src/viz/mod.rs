//! Pictures: a view of a graph, of what a run would do or did, and the formats that show it.

mod caption;
mod collapse;
mod dot;
mod escape;
mod filter;
mod graph;
mod graphml;
mod json;
mod mermaid;
mod state;
mod told;
mod tree;
mod view;

pub use filter::ViewFilter;
pub use state::ViewState;
pub use view::{View, ViewGroup, ViewKind, ViewNode};
