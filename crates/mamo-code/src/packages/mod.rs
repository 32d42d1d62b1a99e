//! What cargo knows about a crate: its manifest, its dependencies, the lock file.

mod lock;
mod manifest;
mod toml;

pub(crate) use manifest::{Workspace, attach};

use crate::index::KrateId;

/// Where a crate that paths name comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Dependency {
    /// Its sources are in the index.
    Read(KrateId),
    /// It is known by its entry in the lock file.
    Locked {
        /// The place of the entry.
        package: usize,
        /// The name in the lock file.
        name: String,
    },
    /// It does not count, as the standard library does not: the name.
    Trusted(String),
    /// Neither: the name, for the reason.
    Unread(String),
}
