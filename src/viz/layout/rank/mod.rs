//! Layers of items: longest paths, tightened, and by the network simplex where the problem is not too large.

mod longest;
mod tighten;

pub(crate) use longest::ranks;
