//! The file system's own clock: it may differ from the system's, and it moves in coarser steps.

use crate::exec::look::stat::{Stamp, Stat};
use crate::exec::sync::{Mutex, lock};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What the clock of a device said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) time: Stamp,
    pub(super) device: u64,
}

/// Reads a file system's clock; nothing when it cannot be read.
pub(super) type ReadClock = Box<dyn Fn() -> Option<Reading> + Send + Sync>;

/// Reads the clock by writing to a file and asking for the file's time.
pub(super) struct ScratchClock {
    folder: PathBuf,
    last: Mutex<Option<(Instant, Reading)>>,
}

/// How long a reading serves. An older reading is never wrong, as a file is then trusted only when it is older still;
/// but a file that was written just before this run would be read once more by the next one.
const KEPT: Duration = Duration::from_millis(100);

impl ScratchClock {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, last: Mutex::new(None) }
    }

    /// The time now, or a little earlier; never later.
    pub(super) fn read(&self) -> Option<Reading> {
        let last = *lock(&self.last);
        if let Some((when, reading)) = last
            && when.elapsed() < KEPT
        {
            return Some(reading);
        }
        let when = Instant::now();
        let reading = self.touch()?;
        *lock(&self.last) = Some((when, reading));
        Some(reading)
    }

    fn touch(&self) -> Option<Reading> {
        std::fs::create_dir_all(&self.folder).ok()?;
        let mut file = File::create(self.folder.join("clock")).ok()?;
        // Truncating an empty file need not change its time.
        file.write_all(b"t").ok()?;
        let stat = Stat::of(&file.metadata().ok()?);
        Some(Reading { time: stat.modified, device: stat.device })
    }
}
