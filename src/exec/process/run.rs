//! A worker process, seen from the process that runs the graph.

use crate::exec::process::serve::VARIABLE;
use crate::exec::process::wire::{FromWorker, ToWorker, receive, send};
use crate::graph::Signals;
use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// A worker process; it is killed when this is dropped.
pub(super) struct Worker {
    child: Child,
    stream: UnixStream,
    incoming: Receiver<FromWorker>,
    /// Whether it has executed something before.
    pub(super) has_served: bool,
}

/// What came from a worker.
pub(super) enum Incoming {
    Message(FromWorker),
    /// Nothing for a while.
    Nothing,
    /// It has ended.
    Ended,
}

/// So long a program may take until it says what it is there for.
const LONGEST_START: Duration = Duration::from_secs(60);
/// So often it is looked whether the run was stopped.
const SLICE: Duration = Duration::from_millis(20);

const REMEDY: &str = "a program with nodes that are `.process()` calls `mamo::worker::serve(pipeline)` before anything \
                      else, unless it leaves everything to `mamo::cli::main`";

impl Worker {
    /// Starts one, and waits until it has built its graph.
    pub(super) fn start(signals: &Signals) -> Result<Self, String> {
        let mut worker = Self::spawn().map_err(|error| format!("cannot start a worker process: {error}"))?;
        let start = Instant::now();
        let mut is_known = false;
        loop {
            match worker.next() {
                Incoming::Message(FromWorker::Ready) => return Ok(worker),
                Incoming::Message(FromWorker::Unfit(message)) => {
                    return Err(format!("its worker process cannot build the pipeline: {message}"));
                }
                Incoming::Message(FromWorker::Hello) => is_known = true,
                Incoming::Message(_) => return Err("its worker process says what nobody asked for".to_owned()),
                Incoming::Ended => {
                    return Err(format!("its worker process was not ready before it {}: {REMEDY}", worker.ended()));
                }
                Incoming::Nothing if signals.is_stopped() => {
                    return Err("the run was stopped before its worker process was ready".to_owned());
                }
                Incoming::Nothing if !is_known && start.elapsed() > LONGEST_START => {
                    return Err(format!("its worker process does something else: {REMEDY}"));
                }
                Incoming::Nothing => {}
            }
        }
    }

    fn spawn() -> io::Result<Self> {
        let (stream, theirs) = UnixStream::pair()?;
        let mut args = std::env::args_os();
        // The program that runs, also when its file has been replaced in the meantime.
        let own = Path::new("/proc/self/exe");
        let program = if own.exists() { own.to_path_buf() } else { std::env::current_exe()? };
        let mut command = Command::new(program);
        if let Some(name) = args.next() {
            command.arg0(name);
        }
        let child = command
            .args(args)
            .env(VARIABLE, std::process::id().to_string())
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            // Ctrl-C is this process's; what the worker starts is killed with it.
            .process_group(0)
            .spawn()?;
        // Ours is closed with the command.
        drop(command);
        let reader = stream.try_clone()?;
        let (sender, incoming) = channel();
        std::thread::Builder::new().name("mamo-worker".to_owned()).spawn(move || {
            while let Ok(message) = receive(&reader) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { child, stream, incoming, has_served: false })
    }

    pub(super) fn send(&self, message: &ToWorker) -> io::Result<()> {
        send(&self.stream, message)
    }

    /// What comes next, after a short wait.
    pub(super) fn next(&self) -> Incoming {
        match self.incoming.recv_timeout(SLICE) {
            Ok(message) => Incoming::Message(message),
            Err(RecvTimeoutError::Timeout) => Incoming::Nothing,
            Err(RecvTimeoutError::Disconnected) => Incoming::Ended,
        }
    }

    /// How it ended.
    pub(super) fn ended(&mut self) -> String {
        match self.child.wait() {
            Ok(status) => format!("ended with {status}"),
            Err(error) => format!("was lost: {error}"),
        }
    }

    fn kill(&mut self) {
        // One that has ended meanwhile need not be killed.
        let group = rustix::process::Pid::from_child(&self.child);
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.kill();
        // Ends the thread that reads.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}
