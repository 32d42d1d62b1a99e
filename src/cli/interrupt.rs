//! Ctrl-C: the first stops the run and keeps what finished, the second ends the program at once.

use crate::cli::console::{Console, lock};
use crate::cli::exit_codes;
use std::io::Write;
use std::sync::{Arc, Mutex, Once};

/// Whether this call reacts to Ctrl-C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signals {
    /// It does; for whole programs, since a process has one handler.
    Handle,
    /// It does not.
    Ignore,
}

/// What an interruption meets.
enum Stage {
    /// No run is going on: nothing would be lost.
    Idle,
    /// A run is going on that can be asked to stop, or the next one is waited for.
    Running { stop: Box<dyn FnOnce() -> Busy + Send>, console: Arc<Console> },
    /// The run was asked to stop and has not yet ended.
    Stopping,
}

/// What is going on when an interruption asks it to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Busy {
    /// Nodes run.
    Running,
    /// Nothing: it ends at once.
    Waiting,
}

/// What to do about an interruption.
#[derive(Debug, PartialEq, Eq)]
enum Reaction {
    Wait,
    Exit,
}

static STAGE: Mutex<Stage> = Mutex::new(Stage::Idle);
static HANDLER: Once = Once::new();

/// While it lives, an interruption stops the run first, by what it was given.
pub(crate) struct Guard(());

impl Guard {
    pub(crate) fn new(stop: impl FnOnce() -> Busy + Send + 'static, console: Arc<Console>) -> Self {
        // A program with a handler of its own keeps it, and one that was told to outlive its terminal does.
        HANDLER.call_once(|| drop(ctrlc::try_set_handler(handle)));
        *lock(&STAGE) = Stage::Running { stop: Box::new(stop), console };
        Self(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        *lock(&STAGE) = Stage::Idle;
    }
}

fn handle() {
    let reaction = interrupt(&STAGE);
    if reaction == Reaction::Exit {
        // A bar may stand in the last line, where the shell would write on.
        let _ = writeln!(std::io::stderr());
        std::process::exit(exit_codes::INTERRUPTED.into());
    }
}

fn interrupt(stage: &Mutex<Stage>) -> Reaction {
    let before = std::mem::replace(&mut *lock(stage), Stage::Stopping);
    match before {
        Stage::Idle | Stage::Stopping => Reaction::Exit,
        Stage::Running { stop, console } => {
            if stop() == Busy::Running {
                console.line("stopping: what runs is finished and kept; press again to stop at once");
            }
            Reaction::Wait
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::paint::Paint;
    use crate::cli::program::tests::Buffer;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn the_first_interruption_stops_and_the_second_exits() {
        let buffer = Buffer::default();
        let console = Arc::new(Console::new(Box::new(buffer.clone()), Paint::Plain));
        let is_stopped = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&is_stopped);
        let stop = Box::new(move || {
            flag.store(true, Ordering::Relaxed);
            Busy::Running
        });
        let stage = Mutex::new(Stage::Running { stop, console });
        assert_eq!(interrupt(&stage), Reaction::Wait);
        assert!(is_stopped.load(Ordering::Relaxed));
        assert_eq!(buffer.text(), "stopping: what runs is finished and kept; press again to stop at once\n");
        assert_eq!(interrupt(&stage), Reaction::Exit);
    }

    #[test]
    fn without_a_run_there_is_nothing_to_wait_for() {
        assert_eq!(interrupt(&Mutex::new(Stage::Idle)), Reaction::Exit);
    }
}
