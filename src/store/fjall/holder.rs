//! One process at a time: the lock on a store, and who has it.

use crate::store::StoreError;
use crate::store::fjall::folder::{Folder, io_error};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The lock on a store; released when dropped, and by the system when the process ends in whatever way.
///
/// fjall has a lock as well, inside of the database. This one outlives a database that is moved aside and replaced.
#[derive(Debug)]
pub(super) struct Lock {
    folder: Folder,
    file: File,
    process: String,
}

/// How often a lock that another process has is tried again.
const POLL: Duration = Duration::from_millis(20);

/// Who has a store open, and how others reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) struct Holder {
    /// Process, host, command, since when.
    pub(in crate::store) process: String,
    pub(in crate::store) door: Door,
}

/// How a store is reached that another process has open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store) enum Door {
    /// The holder has not said yet: it is still opening the store.
    Unsaid,
    /// By a socket.
    At(PathBuf),
    /// Not at all.
    Closed,
}

/// Begins the line that says where the socket is.
const LISTENS: &str = "listens at ";
/// The line that says that there is none.
const ALONE: &str = "is alone";

impl Lock {
    /// Takes the lock, waiting for it up to `wait`.
    pub(super) fn acquire(folder: &Folder, wait: Duration) -> Result<Self, StoreError> {
        let start = Instant::now();
        loop {
            if let Some(lock) = Self::try_acquire(folder)? {
                return Ok(lock);
            }
            let left = wait.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(Holder::of(folder).locked(folder));
            }
            std::thread::sleep(POLL.min(left));
        }
    }

    /// Takes the lock, unless another process has it.
    pub(super) fn try_acquire(folder: &Folder) -> Result<Option<Self>, StoreError> {
        let path = folder.file("lock");
        let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = open.map_err(io_error("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) => return Err(io_error("lock", &path)(error)),
            Err(TryLockError::WouldBlock) => return Ok(None),
        }
        let lock = Self { folder: folder.clone(), file, process: this_process() };
        lock.announce(&Door::Unsaid);
        Ok(Some(lock))
    }

    /// Says how others reach the store.
    pub(super) fn announce(&self, door: &Door) {
        let process = &self.process;
        let text = match door {
            Door::Unsaid => process.clone(),
            Door::At(path) => format!("{process}\n{LISTENS}{}", path.display()),
            Door::Closed => format!("{process}\n{ALONE}"),
        };
        // Whole, but not synced: after a crash nobody holds the store. The lock is what counts; a holder file that cannot be
        // written leaves others with less to read, no more.
        let (temporary, place) = (self.folder.file("holder.tmp"), self.folder.file("holder"));
        let _ = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, &place));
    }
}

impl Holder {
    /// What the holder of a store says of itself.
    pub(super) fn of(folder: &Folder) -> Self {
        let text = folder.marker("holder").unwrap_or_default();
        let mut lines = text.lines();
        let process = lines.next().filter(|line| !line.is_empty()).unwrap_or("another process").to_owned();
        let is_near = process.contains(&format!(" on {} (`", host()));
        let door = match lines.next() {
            Some(ALONE) => Door::Closed,
            // No socket reaches from machine to machine.
            Some(_) if !is_near => Door::Closed,
            Some(line) => line.strip_prefix(LISTENS).map_or(Door::Unsaid, |path| Door::At(path.into())),
            None => Door::Unsaid,
        };
        Self { process, door }
    }

    /// What the holder of the store in a folder says of itself.
    pub(in crate::store) fn at(folder: &Path) -> Self {
        Self::of(&Folder::at(folder))
    }

    pub(super) fn locked(self, folder: &Folder) -> StoreError {
        StoreError::Locked { path: folder.path().to_path_buf(), holder: self.process }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // First the file, then the lock: the next holder's file must not be removed.
        let _ = fs::remove_file(self.folder.file("holder"));
        let _ = self.file.unlock();
    }
}

/// This process in words: number, host, command, since now.
pub(in crate::store) fn this_process() -> String {
    let command: Vec<String> = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    // One line, whatever the arguments are.
    let command = command.join(" ").replace(char::is_control, " ");
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (pid, host) = (std::process::id(), host());
    format!("process {pid} on {host} (`{command}`) since {}", timestamp(since))
}

fn host() -> String {
    let file = fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| fs::read_to_string("/etc/hostname"));
    let name = file.ok().or_else(|| std::env::var("HOSTNAME").or_else(|_| std::env::var("COMPUTERNAME")).ok());
    name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "this machine".into())
}

/// Seconds since 1970 as a date and time, in UTC.
fn timestamp(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years are counted from March, so that the leap day is the last of its year; after Howard Hinnant's
    // `civil_from_days`.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", second / 3_600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_dates() {
        assert_eq!(timestamp(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(timestamp(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(timestamp(1_700_000_000), "2023-11-14 22:13:20 UTC");
    }

    #[test]
    fn a_second_holder_is_told_of_the_first_and_a_stale_holder_file_does_not_block() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::create(temporary.path()).unwrap();
        fs::write(folder.file("holder"), "process 1 on elsewhere").unwrap();
        let lock = Lock::acquire(&folder, Duration::ZERO).unwrap();
        let refused = Lock::acquire(&folder, Duration::ZERO).unwrap_err().to_string();
        assert!(refused.contains(&format!("process {} on ", std::process::id())), "{refused}");
        drop(lock);
        assert_eq!(folder.marker("holder"), None);
        Lock::acquire(&folder, Duration::ZERO).unwrap();
    }

    #[test]
    fn waiting_ends_when_the_holder_does() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::create(temporary.path()).unwrap();
        let lock = Lock::acquire(&folder, Duration::ZERO).unwrap();
        let waiting = std::thread::spawn({
            let folder = folder.clone();
            move || Lock::acquire(&folder, Duration::MAX).map(|_| ())
        });
        drop(lock);
        waiting.join().unwrap().unwrap();
    }
}
