//! What the file system says about a file without reading it.

use std::fs::Metadata;

/// A point in time on a file system's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stamp {
    pub(super) seconds: i64,
    pub(super) nanos: u32,
}

/// Everything that a write to the file, or another file in its place, would change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) device: u64,
    pub(super) inode: u64,
    pub(super) size: u64,
    pub(super) mode: u32,
    pub(super) modified: Stamp,
    /// When anything about the file was changed last; programs cannot set it back.
    pub(super) changed: Stamp,
}

impl Stamp {
    /// This time, so many seconds earlier.
    pub(super) fn less(self, seconds: i64) -> Self {
        Self { seconds: self.seconds.saturating_sub(seconds), ..self }
    }
}

impl Stat {
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let stamp = |seconds, nanos| Stamp { seconds, nanos: u32::try_from(nanos).unwrap_or(0) };
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            mode: metadata.mode(),
            modified: stamp(metadata.mtime(), metadata.mtime_nsec()),
            changed: stamp(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Enough to see that a file changes while it is read; not enough to trust it without reading.
    #[cfg(not(unix))]
    pub(super) fn of(metadata: &Metadata) -> Self {
        let since = metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let since = since.unwrap_or_default();
        let modified =
            Stamp { seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX), nanos: since.subsec_nanos() };
        Self { device: 0, inode: 0, size: metadata.len(), mode: 0, modified, changed: modified }
    }

    pub(super) fn is_executable(&self) -> bool {
        self.mode & 0o111 != 0
    }
}
