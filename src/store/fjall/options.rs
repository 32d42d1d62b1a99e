//! What opening a store is asked to do, and what it has to tell.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How to open a store.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct OpenOptions {
    /// How long to wait for a store that another process holds; not at all by default.
    pub wait: Duration,
}

impl OpenOptions {
    /// Waits up to `wait` for a store that another process holds.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }
}

/// What happened when a store was opened.
#[derive(Clone, Debug, Default)]
pub struct OpenReport {
    pub(super) repair: Option<Repair>,
}

impl OpenReport {
    /// What was repaired; nothing when the store was sound. To be said loudly: results may have to be computed again.
    pub fn repair(&self) -> Option<&Repair> {
        self.repair.as_ref()
    }
}

/// A damaged store was repaired: what was lost is computed again when it is needed.
#[derive(Clone, Debug)]
pub struct Repair {
    pub(super) reason: String,
    pub(super) quarantine: Option<PathBuf>,
    pub(super) n_salvaged: u64,
    pub(super) n_dropped: u64,
    pub(super) complete: bool,
}

impl Repair {
    /// What was wrong.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Where the damaged database is now; nothing when there was nothing left of it.
    pub fn quarantine(&self) -> Option<&Path> {
        self.quarantine.as_deref()
    }

    /// Records and small blobs that could be read and were kept.
    pub fn n_salvaged(&self) -> u64 {
        self.n_salvaged
    }

    /// Records that could be read and had to go, because records that they depend on were lost.
    pub fn n_dropped(&self) -> u64 {
        self.n_dropped
    }

    /// Whether all that was in the damaged database could be read, so that nothing was lost.
    pub fn is_complete(&self) -> bool {
        self.complete
    }
}

/// One sentence for the user, without a full stop.
impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the store was damaged ({}) and has been repaired: {} records were kept",
            self.reason, self.n_salvaged
        )?;
        if self.n_dropped > 0 {
            write!(f, ", {} that depend on lost ones were dropped", self.n_dropped)?;
        }
        if !self.complete {
            f.write_str(", what was lost will be computed again")?;
        }
        match &self.quarantine {
            Some(path) => write!(f, "; the damaged files are in `{}` and may be removed", path.display()),
            None => Ok(()),
        }
    }
}
