//! What the file system tells: paths at which something happened, gathered until somebody asks.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::bell::Bell;
use crate::exec::sync::{Arc, Mutex, lock};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Whoever saves a file does several things to it: they are one change when nothing happens for so long.
const CALM: Duration = Duration::from_millis(100);
/// A file that is written all the time is not waited for any longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Watches folders.
pub(crate) struct Events {
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    heard: Arc<Mutex<Heard>>,
    bell: Arc<Bell>,
}

/// What was told and not yet asked for.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) paths: BTreeSet<PathBuf>,
    /// Whether something was not told: there was too much of it.
    pub(crate) has_gaps: bool,
}

impl Events {
    /// Rings `bell` when there is something to ask for.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn new(bell: &Arc<Bell>) -> Result<Self> {
        let heard = Arc::<Mutex<Heard>>::default();
        let (told, ringing) = (Arc::clone(&heard), Arc::clone(bell));
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if note(&mut lock(&told), event) {
                ringing.ring();
            }
        });
        let watcher = watcher.map_err(refused)?;
        Ok(Self { watcher, watched: BTreeSet::new(), heard, bell: Arc::clone(bell) })
    }

    pub(crate) fn watches_anything(&self) -> bool {
        !self.watched.is_empty()
    }

    /// Watches these folders and no others; gives whether there is a new one among them.
    ///
    /// # Errors
    /// When the system has no more watches to give.
    pub(crate) fn watch(&mut self, folders: &BTreeSet<PathBuf>) -> Result<bool> {
        for folder in self.watched.difference(folders) {
            // One that is gone is watched by nobody.
            let _ = self.watcher.unwatch(folder);
        }
        self.watched.retain(|folder| folders.contains(folder));
        let mut has_new = false;
        for folder in folders {
            if self.watched.contains(folder) {
                continue;
            }
            match self.watcher.watch(folder, RecursiveMode::NonRecursive) {
                Ok(()) => has_new |= self.watched.insert(folder.clone()),
                // It was there a moment ago: the folder above tells of that.
                Err(_) if !folder.exists() => {}
                Err(error) => return Err(refused(error)),
            }
        }
        Ok(has_new)
    }

    /// Forgets what was told so far.
    pub(crate) fn forget(&self) {
        drop(self.take());
    }

    /// Waits until something was told and calm has returned; nothing when somebody asked to stop.
    pub(crate) fn next(&mut self, is_stopped: impl Fn() -> bool) -> Option<Heard> {
        loop {
            let count = self.bell.count();
            if is_stopped() {
                return None;
            }
            if !lock(&self.heard).is_empty() {
                break;
            }
            self.bell.wait_beyond(count, None);
        }
        let end = Instant::now() + PATIENCE;
        loop {
            let count = self.bell.count();
            if is_stopped() {
                return None;
            }
            let calm = Instant::now() + CALM;
            self.bell.wait_beyond(count, Some(calm.min(end)));
            if self.bell.count() == count || Instant::now() >= end {
                let heard = self.take();
                // A folder that was removed and made again has to be watched again.
                self.watched.retain(|folder| !heard.paths.contains(folder));
                return Some(heard);
            }
        }
    }

    fn take(&self) -> Heard {
        std::mem::take(&mut *lock(&self.heard))
    }
}

impl Heard {
    fn is_empty(&self) -> bool {
        self.paths.is_empty() && !self.has_gaps
    }
}

/// Notes an event; gives whether it is of any interest.
fn note(heard: &mut Heard, event: notify::Result<notify::Event>) -> bool {
    match event {
        // Reading changes nothing, and runs read.
        Ok(event) if matches!(event.kind, EventKind::Access(_)) => return false,
        Ok(event) => {
            heard.has_gaps |= event.need_rescan() || event.paths.is_empty();
            heard.paths.extend(event.paths);
        }
        Err(error) => {
            heard.has_gaps = true;
            heard.paths.extend(error.paths);
        }
    }
    true
}

fn refused(error: notify::Error) -> Error {
    let is_limit = matches!(error.kind, notify::ErrorKind::MaxFilesWatch);
    let paths: Vec<String> = error.paths.iter().map(|path| format!(" `{}`", path.display())).collect();
    let refused = Error::new(ErrorKind::Other, format!("cannot watch{}", paths.concat())).with_source(error);
    if is_limit {
        refused.with_hint("raise the system's limit, on Linux `fs.inotify.max_user_watches`")
    } else {
        refused
    }
}
