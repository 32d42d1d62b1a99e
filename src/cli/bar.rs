//! The progress bar: one for the whole run, drawn ten times a second by a thread of its own.

use crate::cli::console::Console;
use crate::cli::progress::View;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

const INTERVAL: Duration = Duration::from_millis(100);
/// Two changes an interval; more would only flicker.
const RATE_HZ: u8 = 20;

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
        // Nothing of nothing is a full bar: it has none until there is something to do.
        let bar = ProgressBar::with_draw_target(Some(0), target)
            .with_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| style()));
        console.attach(bar.clone());
        let (stop, stopped) = channel();
        let drawn = bar.clone();
        let mut is_styled = false;
        // A run of less than the first interval draws nothing.
        let draw = move || {
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let View { done, stale, text } = view();
                drawn.update(|state| {
                    state.set_len(stale);
                    state.set_pos(done);
                });
                if stale > 0 && !is_styled {
                    is_styled = true;
                    drawn.set_style(style());
                }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::paint::Paint;
    use crate::cli::program::tests::Buffer;
    use expect_test::expect;
    use indicatif::TermLike;
    use std::io;
    use std::sync::mpsc::SyncSender;

    /// A terminal of 60 columns that keeps all that was written to it and forgets where.
    #[derive(Debug)]
    struct Paper {
        texts: Sender<String>,
    }

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            60
        }

        fn move_cursor_up(&self, _lines: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _lines: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _columns: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _columns: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            let _ = self.texts.send(text.trim_end().to_owned());
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            let _ = self.texts.send("(cleared)".into());
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_bar_shows_how_far_the_run_is_and_goes_away() {
        let (texts, written) = channel();
        let (drawn, draws) = std::sync::mpsc::sync_channel(0);
        let buffer = Buffer::default();
        let console = Arc::new(Console::new(Box::new(buffer.clone()), Paint::Plain));
        let view = move |drawn: &SyncSender<()>| {
            let _ = drawn.send(());
            View { done: 3, stale: 12, text: "2.5/s  fit/adelie 3.2 s, fit/gentoo 1.0 s, +4".into() }
        };
        let target = ProgressDrawTarget::term_like(Box::new(Paper { texts }));
        let bar = Bar::start_on(target, &console, move || view(&drawn));
        // When the second view is asked for, the first has been drawn.
        draws.recv().unwrap();
        draws.recv().unwrap();
        console.line("a line");
        drop(draws);
        drop(bar);
        let texts: Vec<String> = written.iter().collect();
        let full = texts.iter().find(|text| text.contains("fit/")).unwrap();
        expect!["[======>                 ] 3/12  2.5/s  fit/adelie 3.2 s, fi"].assert_eq(full);
        assert!(full.chars().count() <= 60);
        assert_eq!(texts.iter().rfind(|text| !text.is_empty()).map(String::as_str), Some("(cleared)"));
        assert_eq!(buffer.text(), "a line\n");
    }
}
