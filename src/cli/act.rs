//! Does what a call asks for, and tells how it went.

use crate::cli::args::ProgressChoice;
use crate::cli::ask::ask;
use crate::cli::assert_plan::assert_plan;
use crate::cli::audit_text;
use crate::cli::bar::Bar;
use crate::cli::code_list;
use crate::cli::complaint;
use crate::cli::console::Console;
use crate::cli::exit_codes;
use crate::cli::interrupt::{Busy, Guard, Signals};
use crate::cli::json;
use crate::cli::log_json;
use crate::cli::log_text;
use crate::cli::narrator::{Narrator, Style};
use crate::cli::past::past;
use crate::cli::picture::picture;
use crate::cli::plan_list;
use crate::cli::reader::while_somebody_reads;
use crate::cli::report::write_reports;
use crate::cli::settings::{
    AcceptReach, Action, AuditSample, Chatter, Environment, PlanLength, Results, RunOptions, Settings,
};
use crate::cli::summary::{Ending, Summary};
use crate::cli::upkeep::upkeep;
use crate::cli::watch::watch;
use crate::cli::why_text::{self, tell_whys};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Acceptance, Audit, Engine, EngineBuilder, OnFailure, ReplayEnd, Run};
use crate::graph::Graph;
use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::SystemTime;

/// What a program brings along.
pub(crate) trait Program {
    /// What a call asks for.
    fn settings(&self, args: &[OsString], env: &Environment) -> Result<Settings, clap::Error> {
        Settings::parse(args, env)
    }

    /// Whether there is a graph to declare.
    fn has_pipeline(&self) -> bool {
        true
    }

    /// Declares the graph.
    fn build(&mut self) -> Result<Graph>;

    /// What follows a run that brought all targets up to date, when there is something.
    fn then(&mut self) -> Option<Then<'_>>;
}

/// What follows a complete run.
pub(crate) type Then<'a> = Box<dyn FnOnce(&Run) -> Result<()> + 'a>;

/// Where a call takes place.
pub(crate) struct Stage<'a> {
    pub(crate) stdout: &'a mut dyn Write,
    pub(crate) console: Arc<Console>,
    /// Whether standard error is a terminal on which a bar can be drawn.
    pub(crate) terminal: Terminal,
    pub(crate) signals: Signals,
    /// What the program is called: the title of pages.
    pub(crate) program: String,
}

/// What standard error is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terminal {
    /// A terminal that can move its cursor.
    Capable,
    /// A file, a pipe, or a terminal that cannot.
    No,
}

/// Does what `settings` ask for; gives the exit code.
pub(crate) fn act(settings: &Settings, program: &mut dyn Program, stage: &mut Stage<'_>) -> u8 {
    let code = match &settings.action {
        Action::Run(options) => run(settings, options, program, stage),
        Action::Watch(options) => watch(settings, options, program, stage),
        Action::Plan { length } => plan(settings, *length, program, stage),
        Action::AssertPlan(allowed) => assert_plan(settings, allowed, program, stage),
        Action::Code => code(settings, program, stage),
        Action::Why => why(settings, program, stage),
        Action::Log => log(settings, program, stage),
        Action::Replay => replay(settings, program, stage),
        Action::Audit { sample, seed } => audit(settings, *sample, *seed, program, stage),
        Action::Accept { reach, remark } => acceptances(settings, program, stage, |engine, graph, nodes| match reach {
            AcceptReach::Named => engine.accept(graph, nodes, remark),
            AcceptReach::All => engine.accept_all(graph, remark),
        }),
        Action::Unaccept { remark } => {
            acceptances(settings, program, stage, |engine, graph, nodes| engine.unaccept(graph, nodes, remark))
        }
        Action::Graph(question) => ask(settings, question, program, stage),
        Action::Picture(arguments) => picture(settings, arguments, program, stage),
        Action::Past(question) => past(settings, question, stage),
        Action::Upkeep(action) => upkeep(settings, action, program, stage),
        Action::Accepted => accepted(settings, stage),
    };
    code.unwrap_or_else(|error| fail(settings, &error, stage))
}

fn run(settings: &Settings, options: &RunOptions, program: &mut dyn Program, stage: &mut Stage<'_>) -> Result<u8> {
    let graph = program.build()?;
    let (engine, narrator, style) = run_engine(settings, options, stage)?;
    tell_whys(settings, &engine, &graph, &stage.console)?;
    let result = {
        let _guard = guard(&engine, stage);
        let _bar = bar(&engine, &narrator, style, &stage.console);
        engine.run_by(&graph, &names(&settings.targets), &settings.policy)
    };
    let run = result?;
    let summary = Summary::of(&run);
    tell(settings, &summary, options.on_failure, &narrator, &stage.console);
    if !options.report.is_empty() {
        write_reports(&engine, &run, &options.report, &stage.program)?;
    }
    match settings.results {
        Results::Json => write_line(stage, &json::run(&summary))?,
        Results::Text if summary.ending == Ending::Done => follow(settings, &graph, &run, program, stage)?,
        Results::Text => {}
    }
    Ok(summary.exit_code())
}

/// Shows how far the engine's run is, where that can be drawn.
pub(crate) fn bar(engine: &Engine, narrator: &Arc<Narrator>, style: Style, console: &Arc<Console>) -> Option<Bar> {
    (style == Style::Bar).then(|| {
        let (narrator, remaining) = (Arc::clone(narrator), Arc::clone(&engine.inner.remaining));
        Bar::start(console, move || narrator.view(remaining.estimate()))
    })
}

/// An engine that runs, with who tells of it.
pub(crate) fn run_engine(
    settings: &Settings,
    options: &RunOptions,
    stage: &Stage<'_>,
) -> Result<(Engine, Arc<Narrator>, Style)> {
    let RunOptions { jobs, on_failure, max_size, progress, .. } = options;
    let (jobs, on_failure, max_size, progress) = (*jobs, *on_failure, *max_size, *progress);
    let style = style(settings.chatter, progress, stage.terminal);
    let narrator = Arc::new(Narrator::new(Arc::clone(&stage.console), style));
    let builder = builder(settings, &narrator).on_failure(on_failure);
    let builder = if options.report.is_empty() { builder } else { builder.timeline() };
    let builder = max_size.into_iter().fold(builder, EngineBuilder::max_size);
    let builder = jobs.into_iter().fold(builder, |builder, jobs| builder.jobs(jobs.get()));
    Ok((builder.open(&settings.store)?, narrator, style))
}

fn plan(settings: &Settings, length: PlanLength, program: &mut dyn Program, stage: &mut Stage<'_>) -> Result<u8> {
    let graph = program.build()?;
    let engine = quiet_engine(settings, stage)?;
    let plan = engine.plan_by(&graph, &names(&settings.targets), &settings.policy)?;
    match settings.results {
        Results::Json if settings.targets.is_empty() => {
            let all: Vec<String> = graph.targets().map(str::to_owned).collect();
            write_line(stage, &json::plan(&plan, &all))?;
        }
        Results::Json => write_line(stage, &json::plan(&plan, &settings.targets))?,
        Results::Text => write(stage, &plan_list::text(&plan, length))?,
    }
    Ok(exit_codes::DONE)
}

/// Explains why a node ran, or would.
fn why(settings: &Settings, program: &mut dyn Program, stage: &mut Stage<'_>) -> Result<u8> {
    let graph = program.build()?;
    let engine = quiet_engine(settings, stage)?;
    let [node] = settings.targets.as_slice() else { return Ok(exit_codes::USAGE) };
    let why = engine.why(&graph, node)?;
    match settings.results {
        Results::Json => write_line(stage, &json::why(&why))?,
        Results::Text => write(stage, &why_text::text(&why, SystemTime::now()))?,
    }
    Ok(exit_codes::DONE)
}

/// Prints what a node said when it ran last.
fn log(settings: &Settings, program: &mut dyn Program, stage: &mut Stage<'_>) -> Result<u8> {
    let graph = program.has_pipeline().then(|| program.build()).transpose()?;
    let engine = quiet_engine(settings, stage)?;
    let [node] = settings.targets.as_slice() else { return Ok(exit_codes::USAGE) };
    let log = match &graph {
        Some(graph) => engine.log(graph, node)?,
        None => engine.on_record().log(node)?,
    };
    match settings.results {
        Results::Json => write_line(stage, &log_json::log(node, log.as_ref()))?,
        Results::Text => write(stage, &log_text::text(node, log.as_ref(), SystemTime::now()))?,
    }
    Ok(exit_codes::DONE)
}

/// Runs a node again alone, and tells how it came out.
fn replay(settings: &Settings, program: &mut dyn Program, stage: &mut Stage<'_>) -> Result<u8> {
    let graph = program.build()?;
    let engine = quiet_engine(settings, stage)?;
    let [node] = settings.targets.as_slice() else { return Ok(exit_codes::USAGE) };
    let replay = {
        let _guard = guard(&engine, stage);
        engine.replay(&graph, node)
    }?;
    match settings.results {
        Results::Json => write_line(stage, &log_json::replay(&replay))?,
        Results::Text => write(stage, &log_text::replay(&replay, SystemTime::now()))?,
    }
    Ok(match replay.ended {
        ReplayEnd::Value { .. } => exit_codes::DONE,
        ReplayEnd::Failed { .. } => exit_codes::NODE_FAILED,
    })
}

/// Executes a sample once more; nodes that do not give the same have an exit code.
fn audit(
    settings: &Settings,
    sample: AuditSample,
    seed: u64,
    program: &mut dyn Program,
    stage: &mut Stage<'_>,
) -> Result<u8> {
    let graph = program.build()?;
    let engine = quiet_engine(settings, stage)?;
    let sample = match sample {
        AuditSample::All => Audit::all(),
        AuditSample::Count(n) => Audit::count(n),
    };
    let sample = settings.targets.iter().fold(sample.seed(seed), Audit::node);
    let report = {
        let _guard = guard(&engine, stage);
        engine.audit(&graph, &sample)?
    };
    match settings.results {
        Results::Json => write_line(stage, &json::audit(&report))?,
        Results::Text => write(stage, &audit_text::text(&report))?,
    }
    Ok(if report.unstable().next().is_none() { exit_codes::DONE } else { exit_codes::NODE_FAILED })
}

/// Stops the engine in order when somebody interrupts the program.
fn guard(engine: &Engine, stage: &Stage<'_>) -> Option<Guard> {
    (stage.signals == Signals::Handle).then(|| {
        let stopper = engine.stopper();
        let stop = move || {
            stopper.stop();
            Busy::Running
        };
        Guard::new(stop, Arc::clone(&stage.console))
    })
}

/// Accepts or takes back, and tells of which acceptances.
fn acceptances(
    settings: &Settings,
    program: &mut dyn Program,
    stage: &mut Stage<'_>,
    ask: impl FnOnce(&Engine, &Graph, &[&str]) -> Result<Vec<Acceptance>>,
) -> Result<u8> {
    let graph = program.build()?;
    let engine = quiet_engine(settings, stage)?;
    let acceptances = ask(&engine, &graph, &names(&settings.targets))?;
    tell_acceptances(settings, &acceptances, stage)
}

/// Lists all acceptances; no graph is needed for that.
fn accepted(settings: &Settings, stage: &mut Stage<'_>) -> Result<u8> {
    let acceptances = quiet_engine(settings, stage)?.acceptances()?;
    tell_acceptances(settings, &acceptances, stage)
}

fn tell_acceptances(settings: &Settings, acceptances: &[Acceptance], stage: &mut Stage<'_>) -> Result<u8> {
    let none = if let Action::Accept { .. } = settings.action {
        "no node is stale by its code alone and has a value to keep"
    } else {
        "nothing is accepted"
    };
    match settings.results {
        Results::Json => write_line(stage, &json::acceptances(acceptances))?,
        Results::Text => write(stage, &why_text::acceptances(acceptances, none, SystemTime::now()))?,
    }
    Ok(exit_codes::DONE)
}

/// An engine for questions: only warnings are told.
pub(crate) fn quiet_engine(settings: &Settings, stage: &Stage<'_>) -> Result<Engine> {
    let narrator = Arc::new(Narrator::new(Arc::clone(&stage.console), Style::Silent));
    builder(settings, &narrator).open(&settings.store)
}

/// Lists what of the functions' code counts; the store is not looked at.
fn code(settings: &Settings, program: &mut dyn Program, stage: &mut Stage<'_>) -> Result<u8> {
    let reports = program.build()?.code();
    match settings.results {
        Results::Json => write_line(stage, &json::code(&reports))?,
        Results::Text => write(stage, &code_list::text(&reports))?,
    }
    Ok(exit_codes::DONE)
}

/// Runs what the program does with its results, when this run gave all of them.
fn follow(
    settings: &Settings,
    graph: &Graph,
    run: &Run,
    program: &mut dyn Program,
    stage: &mut Stage<'_>,
) -> Result<()> {
    let Some(then) = program.then() else { return Ok(()) };
    if is_whole(&settings.targets, graph) {
        return while_somebody_reads(|| then(run)).unwrap_or(Ok(()));
    }
    if settings.chatter != Chatter::Quiet {
        let note = stage.console.paint().note("note:");
        stage.console.line(&format!("{note} results are printed only when all targets are asked for"));
    }
    Ok(())
}

/// Whether a run of these targets gives every target of the graph.
fn is_whole(targets: &[String], graph: &Graph) -> bool {
    targets.is_empty()
        || (graph.targets().next().is_some() && graph.targets().all(|target| targets.iter().any(|name| name == target)))
}

/// Tells people on standard error how a run came out.
pub(crate) fn tell(
    settings: &Settings,
    summary: &Summary,
    on_failure: OnFailure,
    narrator: &Narrator,
    console: &Console,
) {
    narrator.tell_rest(&summary.failures);
    if settings.chatter == Chatter::Quiet {
        return;
    }
    let paint = console.paint();
    console.line(&summary.text(paint));
    if summary.ending == Ending::Failed && summary.counts.skipped > 0 && on_failure != OnFailure::KeepGoing {
        console.line(&format!("{} `--keep-going` runs all that does not depend on what failed", paint.note("hint:")));
    }
}

/// Tells people, and programs when they asked, why a call came to nothing.
pub(crate) fn fail(settings: &Settings, error: &Error, stage: &mut Stage<'_>) -> u8 {
    stage.console.line(&complaint::error(error, stage.console.paint()));
    let code = exit_codes::of_error(error.kind());
    match settings.results {
        Results::Text => code,
        Results::Json => write_line(stage, &json::error(error)).map_or(exit_codes::OTHER, |()| code),
    }
}

fn builder(settings: &Settings, narrator: &Arc<Narrator>) -> EngineBuilder {
    let observer: Arc<Narrator> = Arc::clone(narrator);
    let builder = Engine::builder().observer(observer);
    let builder = settings.wait.into_iter().fold(builder, EngineBuilder::wait);
    settings.resources.apply(builder)
}

fn style(chatter: Chatter, progress: ProgressChoice, terminal: Terminal) -> Style {
    match (chatter, progress, terminal) {
        (Chatter::Quiet, _, _) | (_, ProgressChoice::Off, _) => Style::Silent,
        (Chatter::Usual | Chatter::Verbose, ProgressChoice::Auto, Terminal::Capable) => Style::Bar,
        (Chatter::Usual | Chatter::Verbose, ProgressChoice::Plain, _)
        | (Chatter::Usual | Chatter::Verbose, ProgressChoice::Auto, Terminal::No) => Style::Lines,
    }
}

pub(crate) fn names(targets: &[String]) -> Vec<&str> {
    targets.iter().map(String::as_str).collect()
}

pub(crate) fn write_line(stage: &mut Stage<'_>, line: &str) -> Result<()> {
    write(stage, &format!("{line}\n"))
}

/// Writes to standard output; a reader that went away has read enough.
pub(crate) fn write(stage: &mut Stage<'_>, text: &str) -> Result<()> {
    match stage.stdout.write_all(text.as_bytes()).and_then(|()| stage.stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::new(ErrorKind::Other, "cannot write to standard output").with_source(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_is_stronger_than_progress() {
        assert_eq!(style(Chatter::Quiet, ProgressChoice::Plain, Terminal::Capable), Style::Silent);
        assert_eq!(style(Chatter::Usual, ProgressChoice::Off, Terminal::Capable), Style::Silent);
        assert_eq!(style(Chatter::Usual, ProgressChoice::Plain, Terminal::Capable), Style::Lines);
        assert_eq!(style(Chatter::Usual, ProgressChoice::Auto, Terminal::Capable), Style::Bar);
        assert_eq!(style(Chatter::Usual, ProgressChoice::Auto, Terminal::No), Style::Lines);
    }
}
