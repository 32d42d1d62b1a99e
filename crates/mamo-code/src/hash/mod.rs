//! From items to digests.

mod names;
mod node;
mod normal;
mod resources;
mod version;

pub(crate) use node::Hashes;
pub(crate) use version::{Part, Versioned};
