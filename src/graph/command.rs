//! Programs that nodes run: in the node's folder, with their output kept, ended when the run is stopped.

use crate::graph::context::{NodeCtx, Signals};
use crate::value::{BoxError, LogLevel, Tool, confined, hand_out};
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, ExitStatus, Output, Stdio};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A program about to be run by a node; [`NodeCtx::command`] gives one.
///
/// It runs in the node's own folder, which is empty at first and goes when the node has ended. Its environment is that of
/// the process: variables that decide what it gives belong into the pipeline, by
/// [`source::env`](crate::source::env) and [`Command::env`], since nothing else is part of the node's key. It reads
/// nothing from the terminal. When the run is stopped, it is killed with all processes of its group.
///
/// When the node fails after a program did, the last lines that the program wrote to its standard error stand in the
/// node's failure; in any case they stand in its log, and those of its standard output when that is not asked for.
pub struct Command<'a> {
    ctx: &'a NodeCtx,
    name: String,
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, Option<OsString>)>,
    folder: PathBuf,
    stdin: Vec<u8>,
}

/// So much of what a program wrote is kept for messages: lines, and bytes.
const TAIL_LINES: usize = 10;
const TAIL: usize = 4 << 10;
/// How long to wait before looking again whether a program has ended: soon at first, then less often.
const FIRST_NAP: Duration = Duration::from_micros(200);
const LONGEST_NAP: Duration = Duration::from_millis(20);

/// How much of an output is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    All,
    Tail,
}

impl<'a> Command<'a> {
    pub(crate) fn new(ctx: &'a NodeCtx, tool: &Tool) -> Self {
        Self {
            ctx,
            name: tool.name().to_owned(),
            program: tool.path().to_path_buf(),
            args: Vec::new(),
            env: Vec::new(),
            folder: PathBuf::new(),
            stdin: Vec::new(),
        }
        .handed_out(tool)
    }

    /// What another version of the program has made is of no use: the run looks again after the node.
    fn handed_out(self, tool: &Tool) -> Self {
        if !self.program.as_os_str().is_empty() {
            hand_out(&self.program.clone().into(), tool.digest(), None);
        }
        self
    }

    /// Adds an argument.
    pub fn arg(&mut self, arg: impl AsRef<OsStr>) -> &mut Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args<A: AsRef<OsStr>>(&mut self, args: impl IntoIterator<Item = A>) -> &mut Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable for the program.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.env.push((name.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    /// Takes an environment variable away from the program.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.env.push((name.as_ref().to_owned(), None));
        self
    }

    /// Runs the program in this folder below the node's own, which is made if need be.
    ///
    /// Single files that the node makes lie in the node's own folder, so that a program that runs in it can name them as
    /// [`NodeCtx::output_file`] does.
    pub fn current_dir(&mut self, relative: impl AsRef<Path>) -> &mut Self {
        self.folder = relative.as_ref().to_path_buf();
        self
    }

    /// What the program reads from its standard input; nothing if not said.
    pub fn stdin(&mut self, bytes: impl Into<Vec<u8>>) -> &mut Self {
        self.stdin = bytes.into();
        self
    }

    /// Runs the program and gives how it ended. Of what it wrote only the last lines are kept, for messages.
    ///
    /// # Errors
    /// When it cannot be started, when its folder leads out of the node's, and when the run is stopped. A program that
    /// ends without success is no error here.
    pub fn status(&mut self) -> Result<ExitStatus, BoxError> {
        self.run(Keep::Tail).map(|output| output.status)
    }

    /// Runs the program and gives how it ended and all that it wrote.
    ///
    /// # Errors
    /// As [`Command::status`].
    pub fn output(&mut self) -> Result<Output, BoxError> {
        self.run(Keep::All)
    }

    fn run(&self, keep: Keep) -> Result<Output, BoxError> {
        let name = &self.name;
        let signals = &self.ctx.signals;
        if signals.is_stopped() {
            return Err(format!("the run was stopped before `{name}` was started").into());
        }
        let mut child = self.start().map_err(|error| -> BoxError {
            format!("cannot run `{name}` (`{}`): {error}", self.program.display()).into()
        })?;
        let output = attend(&mut child, self.stdin.clone(), keep, signals)?;
        let Some(output) = output else { return Err(format!("the run was stopped while `{name}` ran").into()) };
        let last = Last::of(&output, keep);
        self.ctx.desk.note_complaint((!output.status.success()).then(|| complaint(name, output.status, &last)));
        if !last.is_data && !last.lines.is_empty() {
            self.ctx.log.add_behind(&format!("`{name}`: "), LogLevel::Info, &last.lines.join("\n"));
        }
        Ok(output)
    }

    fn start(&self) -> io::Result<Child> {
        if self.program.as_os_str().is_empty() {
            return Err(io::Error::other(
                "where it lies is known only to nodes that read it as an input of its own: give it one",
            ));
        }
        let work = self.ctx.desk.folder()?.work();
        let folder = if self.folder.components().all(|component| component == Component::CurDir) {
            work
        } else {
            let folder = confined(&work, &self.folder)?;
            std::fs::create_dir_all(&folder)?;
            folder
        };
        let mut command = std::process::Command::new(&self.program);
        command.args(&self.args).current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.stdin(if self.stdin.is_empty() { Stdio::null() } else { Stdio::piped() });
        for (name, value) in &self.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        in_a_group(&mut command);
        command.spawn()
    }
}

impl fmt::Debug for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command").field("program", &self.program).field("args", &self.args).finish_non_exhaustive()
    }
}

/// Feeds a program and listens to it until it has ended; nothing when the run was stopped meanwhile.
fn attend(child: &mut Child, stdin: Vec<u8>, keep: Keep, signals: &Signals) -> io::Result<Option<Output>> {
    let (input, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    // A program need not read all of it.
    let feeding = thread::spawn(move || input.map(|mut input| input.write_all(&stdin)));
    let out = thread::spawn(move || read(out, keep));
    let err = thread::spawn(move || read(err, keep));
    // Others may still write to the pipes when the program has ended.
    let is_silent = || feeding.is_finished() && out.is_finished() && err.is_finished();
    let ended = wait(child, is_silent, signals);
    if let Ok(Some(status)) = ended {
        return Ok(Some(Output { status, stdout: joined(out)?, stderr: joined(err)? }));
    }
    kill(child);
    let _ = child.wait();
    // The threads are not waited for: what has left the group may hold the pipes as long as it likes.
    ended.map(|_| None)
}

/// Waits until a program has ended and nobody writes any more; nothing when the run was stopped.
fn wait(child: &mut Child, is_silent: impl Fn() -> bool, signals: &Signals) -> io::Result<Option<ExitStatus>> {
    let mut ended = None;
    let mut nap = FIRST_NAP;
    loop {
        if ended.is_none() {
            ended = child.try_wait()?;
        }
        if ended.is_some() && is_silent() {
            return Ok(ended);
        }
        if signals.is_stopped() {
            return Ok(None);
        }
        thread::sleep(nap);
        nap = (nap * 2).min(LONGEST_NAP);
    }
}

/// Reads a pipe to its end.
fn read(pipe: Option<impl Read>, keep: Keep) -> io::Result<Vec<u8>> {
    let Some(mut pipe) = pipe else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    if keep == Keep::All {
        pipe.read_to_end(&mut all)?;
        return Ok(all);
    }
    let mut tail = VecDeque::new();
    let mut buffer = [0; 8 << 10];
    loop {
        let n_read = match pipe.read(&mut buffer) {
            Ok(0) => return Ok(tail.into()),
            Ok(n_read) => n_read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        tail.extend(buffer.get(..n_read).unwrap_or_default());
        tail.drain(..tail.len().saturating_sub(TAIL));
    }
}

fn joined(reading: JoinHandle<io::Result<Vec<u8>>>) -> io::Result<Vec<u8>> {
    reading.join().unwrap_or_else(|_| Err(io::Error::other("the program's output could not be read")))
}

/// What a program wrote last, to its standard error or else to its standard output.
struct Last {
    lines: Vec<String>,
    /// Whether there was more than is looked at.
    is_cut: bool,
    /// Whether it is standard output that the node asked for.
    is_data: bool,
}

impl Last {
    fn of(output: &Output, keep: Keep) -> Self {
        let is_silent = output.stderr.trim_ascii().is_empty();
        let said = if is_silent { &output.stdout } else { &output.stderr };
        let start = said.len().saturating_sub(TAIL);
        let text = String::from_utf8_lossy(said.get(start..).unwrap_or_default());
        // The first word is cut, and half of a secret would not be known for one.
        let is_cut = said.len() >= TAIL;
        let text = if is_cut { text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest) } else { &*text };
        let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        let last = lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default();
        let lines = last.iter().map(|line| (*line).to_owned()).collect();
        Self { lines, is_cut, is_data: is_silent && keep == Keep::All }
    }
}

/// How a program ended, with the last lines that it wrote.
fn complaint(name: &str, status: ExitStatus, last: &Last) -> String {
    if last.lines.is_empty() && last.is_cut {
        return format!("`{name}` ended with {status} and wrote last a word that is too long to be told");
    }
    if last.lines.is_empty() {
        return format!("`{name}` ended with {status} and wrote nothing");
    }
    format!("`{name}` ended with {status} and wrote last:\n{}", last.lines.join("\n"))
}

#[cfg(unix)]
fn in_a_group(command: &mut std::process::Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn in_a_group(_: &mut std::process::Command) {}

/// Kills a program and what it has started.
#[cfg(unix)]
fn kill(child: &mut Child) {
    // One that has ended meanwhile need not be killed.
    let _ = rustix::process::kill_process_group(rustix::process::Pid::from_child(child), rustix::process::Signal::KILL);
}

#[cfg(not(unix))]
fn kill(child: &mut Child) {
    let _ = child.kill();
}
