//! The way in: a program's `main`, and calls with made-up surroundings for tests.

use crate::cli::act::{Program, Stage, Terminal, Then, act};
use crate::cli::args::Arguments;
use crate::cli::console::Console;
use crate::cli::exit_codes;
use crate::cli::interrupt::Signals;
use crate::cli::json;
use crate::cli::paint::Paint;
use crate::cli::settings::{Environment, asks_for_json};
use crate::error::Result;
use crate::exec::{Run, serve};
use crate::graph::Graph;
use clap::CommandFactory;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Runs a pipeline as the arguments of this process say.
///
/// ```no_run
/// use mamo::{Graph, Node};
///
/// fn pipeline(g: &Graph) -> mamo::Result<Node<u32>> {
///     let answer = g.value(42_u32);
///     g.target("answer", answer);
///     Ok(answer)
/// }
///
/// fn main() -> std::process::ExitCode {
///     mamo::cli::main(pipeline)
/// }
/// ```
pub fn main<H>(pipeline: impl Fn(&Graph) -> Result<H>) -> ExitCode {
    serve(&pipeline);
    ExitCode::from(Invocation::of_process().run(pipeline))
}

/// As [`main`]; after a run that brought all targets up to date, `then` has the run and what `pipeline` returned.
///
/// `then` is where results are printed, to standard output. It is not called with `--json`, nor when only some
/// targets were asked for. When it returns an error, this is the program's.
///
/// ```no_run
/// # use mamo::{Graph, Node};
/// # fn pipeline(g: &Graph) -> mamo::Result<Node<u32>> { Ok(g.value(42)) }
/// fn main() -> std::process::ExitCode {
///     mamo::cli::main_then(pipeline, |run, answer| {
///         println!("{}", run.get(answer)?);
///         Ok(())
///     })
/// }
/// ```
pub fn main_then<H>(pipeline: impl Fn(&Graph) -> Result<H>, then: impl FnOnce(&Run, H) -> Result<()>) -> ExitCode {
    serve(&pipeline);
    ExitCode::from(Invocation::of_process().run_then(pipeline, then))
}

/// The command line of a program of this name, for those who write about it: completions, manual pages.
pub fn command(name: &'static str) -> clap::Command {
    Arguments::command().name(name).bin_name(name)
}

/// One call of the command line, with everything that it takes from outside; for tests of pipelines.
///
/// ```
/// use mamo::cli::{Invocation, exit_codes};
///
/// let call = Invocation::new(["flights", "--help"], std::io::sink(), std::io::sink());
/// assert_eq!(call.run(|_| Ok(())), exit_codes::DONE);
/// ```
pub struct Invocation {
    args: Vec<OsString>,
    env: Environment,
    stdout: Stream,
    stderr: Stream,
    signals: Signals,
}

struct Stream {
    writer: Box<dyn Write + Send>,
    is_terminal: bool,
}

/// A pipeline and what follows it, until they have been called.
struct Parts<P, T, H> {
    pipeline: P,
    then: Option<T>,
    handles: Option<H>,
}

impl Invocation {
    /// A call with these arguments, the first of which is the program's name, with no environment and no terminal.
    ///
    /// It does not react to Ctrl-C.
    pub fn new(
        args: impl IntoIterator<Item = impl Into<OsString>>,
        stdout: impl Write + Send + 'static,
        stderr: impl Write + Send + 'static,
    ) -> Self {
        Self {
            args: args.into_iter().map(Into::into).collect(),
            env: Environment::new(),
            stdout: Stream { writer: Box::new(stdout), is_terminal: false },
            stderr: Stream { writer: Box::new(stderr), is_terminal: false },
            signals: Signals::Ignore,
        }
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// As [`main`]; gives the exit code.
    pub fn run<H>(self, pipeline: impl Fn(&Graph) -> Result<H>) -> u8 {
        let then: Option<fn(&Run, H) -> Result<()>> = None;
        self.call(&mut Parts { pipeline, then, handles: None })
    }

    /// As [`main_then`]; gives the exit code.
    pub fn run_then<H>(self, pipeline: impl Fn(&Graph) -> Result<H>, then: impl FnOnce(&Run, H) -> Result<()>) -> u8 {
        self.call(&mut Parts { pipeline, then: Some(then), handles: None })
    }

    pub(crate) fn of_process() -> Self {
        Self {
            args: std::env::args_os().collect(),
            env: std::env::vars_os().collect(),
            stdout: Stream { is_terminal: io::stdout().is_terminal(), writer: Box::new(io::stdout()) },
            stderr: Stream { is_terminal: io::stderr().is_terminal(), writer: Box::new(io::stderr()) },
            signals: Signals::Handle,
        }
    }

    pub(crate) fn call(mut self, program: &mut dyn Program) -> u8 {
        let settings = match program.settings(&self.args, &self.env) {
            Ok(settings) => settings,
            Err(message) => return self.refuse(&message),
        };
        let env = |name: &str| self.env.get(OsStr::new(name)).map(|value| value.to_string_lossy().into_owned());
        let paint = Paint::choose(settings.color, env, self.stderr.is_terminal);
        let can_draw = self.stderr.is_terminal && env("TERM").is_some_and(|term| term != "dumb");
        let mut stage = Stage {
            stdout: &mut *self.stdout.writer,
            console: Arc::new(Console::new(self.stderr.writer, paint)),
            terminal: if can_draw { Terminal::Capable } else { Terminal::No },
            signals: self.signals,
            program: program_name(&self.args),
        };
        act(&settings, program, &mut stage)
    }

    /// Shows help where it was asked for, or what is wrong with the call.
    fn refuse(&mut self, message: &clap::Error) -> u8 {
        let text = message.render().to_string();
        // Nobody is left to be told when the streams are closed.
        if !message.use_stderr() {
            let _ = write!(self.stdout.writer, "{text}");
            return exit_codes::DONE;
        }
        let _ = write!(self.stderr.writer, "{text}");
        if asks_for_json(&self.args) {
            let first = text.split("\n\n").next().unwrap_or_default();
            let _ = writeln!(self.stdout.writer, "{}", json::usage_error(first.trim_start_matches("error: ")));
        }
        exit_codes::USAGE
    }
}

impl<P, T, H> Program for Parts<P, T, H>
where
    P: Fn(&Graph) -> Result<H>,
    T: FnOnce(&Run, H) -> Result<()>,
{
    fn build(&mut self) -> Result<Graph> {
        let (graph, handles) = Graph::build(&self.pipeline)?;
        self.handles = Some(handles);
        Ok(graph)
    }

    fn then(&mut self) -> Option<Then<'_>> {
        let (then, handles) = (self.then.take()?, self.handles.take()?);
        Some(Box::new(move |run| then(run, handles)))
    }
}

/// The file's name in the first argument, without its ending.
fn program_name(args: &[OsString]) -> String {
    let name = args.first().map(Path::new).and_then(Path::file_stem);
    name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests {
    use crate::cli::console::lock;
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    /// A stream that can be read afterwards.
    #[derive(Clone, Default)]
    pub(crate) struct Buffer(Arc<Mutex<Vec<u8>>>);

    impl Buffer {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(lock(&self.0).clone()).unwrap()
        }
    }

    impl Write for Buffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            lock(&self.0).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
