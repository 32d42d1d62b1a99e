//! Standard error as a place for lines, above the progress bar when there is one.

use crate::cli::paint::Paint;
use indicatif::ProgressBar;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Writes lines from many threads, each line whole.
pub(crate) struct Console {
    stream: Mutex<Box<dyn Write + Send>>,
    paint: Paint,
    bar: Mutex<Option<ProgressBar>>,
}

impl Console {
    pub(crate) fn new(stream: Box<dyn Write + Send>, paint: Paint) -> Self {
        Self { stream: Mutex::new(stream), paint, bar: Mutex::new(None) }
    }

    pub(crate) fn paint(&self) -> Paint {
        self.paint
    }

    /// From now on lines are written above this bar.
    pub(crate) fn attach(&self, bar: ProgressBar) {
        *lock(&self.bar) = Some(bar);
    }

    /// From now on there is no bar.
    pub(crate) fn detach(&self) {
        *lock(&self.bar) = None;
    }

    /// Writes a line, or several.
    pub(crate) fn line(&self, text: &str) {
        // The bar is cloned out, so that its lock is not held while it draws.
        let bar = lock(&self.bar).clone();
        match bar {
            Some(bar) => bar.suspend(|| self.write(text)),
            None => self.write(text),
        }
    }

    fn write(&self, text: &str) {
        let mut stream = lock(&self.stream);
        // Nobody is left to be told when standard error is closed.
        let _ = writeln!(stream, "{}", text.trim_end_matches('\n')).and_then(|()| stream.flush());
    }
}

/// Locks, also after another thread panicked: what these locks guard is never half changed.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
