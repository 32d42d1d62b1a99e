//! What to keep, and what went.

use std::time::Duration;

/// What [`Engine::gc`](crate::Engine::gc) is to keep. Rules add up: what one of them lets go may go.
///
/// What was tagged stays in any case, with all that it depends on, and so does what no finished run knows of: results of a
/// run that was killed are found by the next one.
///
/// ```
/// # use mamo::{Engine, Gc};
/// # fn main() -> mamo::Result<()> {
/// let engine = Engine::in_memory();
/// let report = engine.gc(&Gc::default().keep_runs(10).max_size(1 << 30))?;
/// println!("{} bytes freed", report.freed());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Gc {
    pub(super) runs: Option<usize>,
    pub(super) versions: Option<usize>,
    pub(super) age: Option<Duration>,
    pub(super) max_size: Option<u64>,
    pub(in crate::exec) is_dry: bool,
}

impl Gc {
    /// Keeps what the last `n` runs knew of, at least one.
    #[must_use]
    pub fn keep_runs(mut self, n: usize) -> Self {
        self.runs = Some(n.max(1));
        self
    }

    /// Keeps the last `n` versions of each node, at least one.
    #[must_use]
    pub fn keep_versions(mut self, n: usize) -> Self {
        self.versions = Some(n.max(1));
        self
    }

    /// Keeps what runs knew of that are not older than this, and the last run whatever its age.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.age = Some(age);
        self
    }

    /// Takes no more than so many bytes: first bytes of values go that cost least time to make again for the room they
    /// take, then records of the oldest runs, at last all that is not tagged.
    #[must_use]
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.max_size = Some(bytes);
        self
    }

    /// Takes nothing away, and says what would go.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.is_dry = true;
        self
    }
}

/// What a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreSize {
    /// Number of records.
    pub records: u64,
    /// Bytes of records, with their keys.
    pub record_bytes: u64,
    /// Number of values, parts of values and files that are not in records.
    pub blobs: u64,
    /// Bytes of these.
    pub blob_bytes: u64,
    /// Bytes of the store's files; nothing for a store without any.
    pub disk_bytes: Option<u64>,
}

impl StoreSize {
    /// Bytes of records and blobs.
    pub fn bytes(&self) -> u64 {
        self.record_bytes.saturating_add(self.blob_bytes)
    }
}

/// A value whose bytes went, or would.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evicted {
    /// The node, where one is known.
    pub node: Option<String>,
    /// Bytes that it took, those of its parts included.
    pub bytes: u64,
    /// What making it took.
    pub cost: Duration,
}

/// What a collection of garbage did, or would do.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GcReport {
    /// Before it.
    pub before: StoreSize,
    /// After it.
    pub after: StoreSize,
    /// Records that went because nothing that is kept needs them.
    pub records: u64,
    /// Blobs that went because nothing that is kept needs them, and their bytes.
    pub blobs: u64,
    /// Bytes of these.
    pub blob_bytes: u64,
    /// Values whose bytes went for the sake of room, those that are made again soonest first.
    pub evicted: Vec<Evicted>,
    /// Bytes of what was tagged, which do not go.
    pub tagged_bytes: u64,
    /// Whether the store is as small as it was to be.
    pub is_within: bool,
    /// Whether nothing was taken away.
    pub is_dry: bool,
}

impl GcReport {
    /// Bytes of records and blobs that went, or would.
    pub fn freed(&self) -> u64 {
        self.before.bytes().saturating_sub(self.after.bytes())
    }
}
