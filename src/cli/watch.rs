//! `watch`: one run after the other, each told as `run` tells its own.

use crate::cli::act::{Program, Stage, bar, fail, names, run_engine, tell, write_line};
use crate::cli::exit_codes;
use crate::cli::interrupt::{Busy, Guard, Signals};
use crate::cli::json;
use crate::cli::narrator::{Narrator, Style};
use crate::cli::settings::{Chatter, Results, RunOptions, Settings};
use crate::cli::summary::Summary;
use crate::cli::why_text::tell_whys;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Engine, Rounds};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Files that are named when they changed; more are counted.
const NAMED: usize = 3;

/// What all rounds share.
struct Watched<'a, 'stage> {
    settings: &'a Settings,
    options: &'a RunOptions,
    stage: &'a mut Stage<'stage>,
    narrator: Arc<Narrator>,
    style: Style,
    is_running: Arc<AtomicBool>,
}

/// Runs until somebody interrupts the program, or as long as there is something to wait for.
pub(crate) fn watch(
    settings: &Settings,
    options: &RunOptions,
    program: &mut dyn Program,
    stage: &mut Stage<'_>,
) -> Result<u8> {
    let (engine, narrator, style) = run_engine(settings, options, stage)?;
    let mut rounds = Rounds::new(&engine, &names(&settings.targets))?;
    let mut watched = Watched { settings, options, stage, narrator, style, is_running: Arc::default() };
    let _guard = watched.guard(&engine);
    let mut code = watched.round(&engine, &mut rounds, program)?;
    if code == exit_codes::INTERRUPTED {
        return Ok(code);
    }
    if !rounds.watches_anything() {
        watched.say("nothing to wait for: the targets read no files");
        return Ok(code);
    }
    watched.say("watching for changes; Ctrl-C ends");
    while let Some(changed) = rounds.wait()? {
        watched.say(&told(&changed));
        code = match watched.round(&engine, &mut rounds, program) {
            Ok(code) => code,
            Err(error) if ends(&error) => return Err(error),
            Err(error) => fail(settings, &error, watched.stage),
        };
        if code == exit_codes::INTERRUPTED {
            return Ok(code);
        }
    }
    Ok(exit_codes::DONE)
}

impl Watched<'_, '_> {
    /// One run; gives the exit code that it would have alone.
    fn round(&mut self, engine: &Engine, rounds: &mut Rounds, program: &mut dyn Program) -> Result<u8> {
        self.narrator.renew();
        // Whoever interrupts sees the flag or meets the end of the round: nothing else goes with it.
        self.is_running.store(true, Ordering::Relaxed);
        let result = {
            let _bar = bar(engine, &self.narrator, self.style, &self.stage.console);
            rounds.run(|| {
                let graph = program.build()?;
                tell_whys(self.settings, engine, &graph, &self.stage.console)?;
                Ok((graph, ()))
            })
        };
        self.is_running.store(false, Ordering::Relaxed);
        let (run, ()) = result?;
        let summary = Summary::of(&run);
        tell(self.settings, &summary, self.options.on_failure, &self.narrator, &self.stage.console);
        if self.settings.results == Results::Json {
            write_line(self.stage, &json::run(&summary))?;
        }
        Ok(summary.exit_code())
    }

    fn guard(&self, engine: &Engine) -> Option<Guard> {
        (self.stage.signals == Signals::Handle).then(|| {
            let (stopper, is_running) = (engine.stopper(), Arc::clone(&self.is_running));
            let stop = move || {
                stopper.stop();
                if is_running.load(Ordering::Relaxed) { Busy::Running } else { Busy::Waiting }
            };
            Guard::new(stop, Arc::clone(&self.stage.console))
        })
    }

    fn say(&self, text: &str) {
        if self.settings.chatter != Chatter::Quiet {
            self.stage.console.line(text);
        }
    }
}

/// Whether no later round can do better.
fn ends(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Store | ErrorKind::StoreFormat | ErrorKind::StoreLocked | ErrorKind::Stopped => true,
        ErrorKind::Graph
        | ErrorKind::UnknownName
        | ErrorKind::NotAccepted
        | ErrorKind::NotForced
        | ErrorKind::Resources
        | ErrorKind::NodeFailed
        | ErrorKind::NoValue
        | ErrorKind::Unstable
        | ErrorKind::Nested
        | ErrorKind::NotPublished
        | ErrorKind::NotReplayed
        | ErrorKind::Tagged
        | ErrorKind::NotExported
        | ErrorKind::NotImported
        | ErrorKind::Other => false,
    }
}

fn told(changed: &[PathBuf]) -> String {
    let folder = std::env::current_dir().unwrap_or_default();
    let named = changed.iter().take(NAMED).map(|path| {
        let path: &Path = path.strip_prefix(&folder).unwrap_or(path);
        path.display().to_string()
    });
    let mut parts: Vec<String> = named.collect();
    if let Some(more @ 1..) = changed.len().checked_sub(NAMED) {
        parts.push(format!("{more} more"));
    }
    // The system lost track.
    if parts.is_empty() { "something changed".to_owned() } else { format!("changed: {}", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn the_first_of_many_files_are_named() {
        let here = std::env::current_dir().unwrap();
        let paths = ["a.csv", "b.csv", "c.csv", "d.csv", "e.csv"].map(|name| here.join(name));
        expect!["changed: a.csv"].assert_eq(&told(&paths[..1]));
        expect!["changed: a.csv, b.csv, c.csv, 2 more"].assert_eq(&told(&paths));
        expect!["something changed"].assert_eq(&told(&[]));
    }
}
