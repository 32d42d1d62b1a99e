//! Pictures: a view of a graph, of what a run would do or did, and the formats that show it.

mod caption;
mod collapse;
mod compared;
mod dot;
mod drawing;
mod escape;
mod filter;
mod graph;
mod graphml;
#[cfg(feature = "pages")]
mod json;
/// Where boxes and edges stand; public for benchmarks and tests, no part of the interface.
#[doc(hidden)]
pub mod layout;
mod mermaid;
mod notebook;
#[cfg(feature = "pages")]
mod page;
#[cfg(feature = "pages")]
mod page_data;
mod state;
mod svg;
mod timeline;
mod told;
#[cfg(feature = "pages")]
mod trace;
mod tree;
mod view;

pub(crate) use collapse::READABLE;
pub use filter::ViewFilter;
pub use state::ViewState;
pub use view::{View, ViewBefore, ViewGroup, ViewKind, ViewNode, ViewRun, ViewSpan};
