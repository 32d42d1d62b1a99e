//! The progress bar: one for the whole run, drawn ten times a second by a thread of its own.

use crate::cli::console::Console;
use crate::cli::progress::View;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_millis(100);
const RATE_HZ: u8 = 10;

/// A bar that is being drawn, until it is dropped.
pub(crate) struct Bar {
    bar: ProgressBar,
    console: Arc<Console>,
    thread: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Bar {
    /// Draws on standard error what `view` gives.
    pub(crate) fn start(console: &Arc<Console>, view: impl FnMut() -> View + Send + 'static) -> Self {
        Self::start_on(ProgressDrawTarget::stderr_with_hz(RATE_HZ), console, view)
    }

    fn start_on(
        target: ProgressDrawTarget,
        console: &Arc<Console>,
        mut view: impl FnMut() -> View + Send + 'static,
    ) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), target).with_style(style());
        console.attach(bar.clone());
        let (stop, stopped) = channel();
        let drawn = bar.clone();
        // A run of less than the first interval draws nothing.
        let draw = move || {
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let View { done, stale, text } = view();
                drawn.set_length(stale);
                drawn.set_position(done);
                drawn.set_message(text);
            }
        };
        let thread = std::thread::Builder::new().name("mamo-progress".into()).spawn(draw);
        // Without the thread there is no bar, which harms nobody.
        Self { bar, console: Arc::clone(console), thread: thread.ok().map(|thread| (stop, thread)) }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.thread.take() {
            drop(stop);
            let _ = thread.join();
        }
        self.console.detach();
        self.bar.finish_and_clear();
    }
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("[{bar:24}] {pos}/{len}  {wide_msg}");
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}
