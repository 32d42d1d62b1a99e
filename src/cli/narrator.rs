//! Tells people of a run: lines, warnings and failures as they come, and what the bar shows.

use crate::cli::complaint;
use crate::cli::console::{Console, lock};
use crate::cli::paint::Paint;
use crate::cli::progress::{Progress, View, shown};
use crate::cli::tally::Tally;
use crate::exec::{Estimate, Event, GcReport, Observer, RestartReason};
use crate::value::{Failure, LogLine};
use crate::words;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Failures that are written as they come; more are counted.
const FAILURES: usize = 20;

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// By a bar.
    Bar,
    /// By lines.
    Lines,
    /// Not at all: warnings and failures only.
    Silent,
}

/// Tells of one run at a time.
pub(crate) struct Narrator {
    console: Arc<Console>,
    style: Style,
    state: Mutex<State>,
}

struct State {
    began: Instant,
    progress: Progress,
    tally: Tally,
    told: Told,
}

/// Failures that people were told of.
#[derive(Default)]
struct Told {
    nodes: BTreeSet<String>,
    untold: u64,
}

impl Narrator {
    pub(crate) fn new(console: Arc<Console>, style: Style) -> Self {
        Self { console, style, state: Mutex::new(State::new()) }
    }

    /// Another run begins, which has nothing to do with the one before.
    pub(crate) fn renew(&self) {
        *lock(&self.state) = State::new();
    }

    /// What the bar shows now.
    pub(crate) fn view(&self, remaining: Estimate) -> View {
        let mut state = lock(&self.state);
        let now = state.began.elapsed();
        state.progress.view(now, remaining)
    }

    /// Tells of failures that no event told of, and how many there are beyond those.
    pub(crate) fn tell_rest(&self, failures: &[Failure]) {
        let lines = lock(&self.state).told.rest(failures, &self.console);
        self.write(&lines);
    }

    /// What an event gives people to read.
    fn lines(&self, event: &Event<'_>) -> Vec<String> {
        let mut state = lock(&self.state);
        let state = &mut *state;
        let now = state.began.elapsed();
        let paint = self.console.paint();
        if self.style == Style::Bar {
            state.progress.note(event, now);
        }
        match event {
            Event::NodeExecuted { node, element, took } if self.style == Style::Lines => {
                state.tally.executed(node, *element, *took, now).into_iter().collect()
            }
            Event::NodeSaved { node } if self.style == Style::Lines => {
                state.tally.map_ended(node).into_iter().collect()
            }
            Event::RunEnded { .. } if self.style == Style::Lines => state.tally.ended(),
            Event::NodeFailed { node, element, message, log } => {
                state.told.tell(shown(node, *element), message, log, &self.console).into_iter().collect()
            }
            Event::NodeRetried { node, element, attempt, of, pause, message } => {
                let (node, pause) = (shown(node, *element), pause.as_secs_f64());
                let text = format!("{node} failed and is tried again in {pause:.1} s ({attempt} of {of}): {message}");
                vec![complaint::warning(&text, paint)]
            }
            Event::Restarted { reason } => vec![complaint::warning(&restart(reason), paint)],
            Event::StoreReduced { most, report } => vec![reduced(*most, report, paint)],
            Event::StoreRepaired { message, quarantine } => {
                let folder = quarantine.iter().map(|folder| format!("\nthe damaged files are in {}", folder.display()));
                let text = std::iter::once((*message).to_owned()).chain(folder).collect::<String>();
                vec![complaint::warning(&text, paint)]
            }
            Event::RunStarted { .. }
            | Event::Planned { .. }
            | Event::MapStarted { .. }
            | Event::NodeStarted { .. }
            | Event::NodeExecuted { .. }
            | Event::NodeCutOff { .. }
            | Event::NodeSkipped { .. }
            | Event::NodeSaved { .. }
            | Event::Published { .. }
            | Event::RunEnded { .. } => vec![],
        }
    }

    fn write(&self, lines: &[String]) {
        for line in lines {
            self.console.line(line);
        }
    }
}

impl State {
    fn new() -> Self {
        Self { began: Instant::now(), progress: Progress::default(), tally: Tally::default(), told: Told::default() }
    }
}

impl Observer for Narrator {
    fn event(&self, event: &Event<'_>) {
        // Written only after the lock is free: a slow terminal then delays one thread, not all.
        let lines = self.lines(event);
        self.write(&lines);
    }
}

impl Told {
    fn tell(&mut self, node: String, message: &str, log: &[LogLine], console: &Console) -> Option<String> {
        if self.nodes.contains(&node) {
            return None;
        }
        if self.nodes.len() >= FAILURES {
            self.untold += 1;
            return None;
        }
        let line = complaint::failure(&node, message, log, console.paint());
        self.nodes.insert(node);
        Some(line)
    }

    fn rest(&mut self, failures: &[Failure], console: &Console) -> Vec<String> {
        let had_untold = self.untold;
        self.untold = 0;
        let mut lines: Vec<String> = failures
            .iter()
            .filter_map(|failure| self.tell(failure.node().to_owned(), failure.message(), &[], console))
            .collect();
        // Both count the same failures, once as they came and once at the end.
        let untold = had_untold.max(self.untold);
        if untold > 0 {
            lines.push(format!("({untold} more failed; `--json` lists all of them)"));
        }
        lines
    }
}

fn restart(reason: &RestartReason<'_>) -> String {
    match reason {
        RestartReason::Diverged { node } => {
            format!("the run starts over: node `{node}` was executed again and gave another value than before")
        }
        RestartReason::Changed { path } => {
            format!("the run starts over: the file `{}` changed while it was in use", path.display())
        }
    }
}

/// What went to keep the store below its cap, and what it takes all the same.
fn reduced(most: u64, report: &GcReport, paint: Paint) -> String {
    let text = format!("{} went to keep the store below {}", words::bytes(report.freed()), words::bytes(most));
    if report.is_within {
        return format!("{} {text}", paint.note("note:"));
    }
    let size = report.after.disk_bytes.unwrap_or_else(|| report.after.bytes());
    let rest = format!(
        "it still takes {}, {} of them tagged or pinned",
        words::bytes(size),
        words::bytes(report.tagged_bytes)
    );
    complaint::warning(&format!("{text}; {rest}"), paint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::paint::Paint;
    use crate::cli::program::tests::Buffer;
    use expect_test::{Expect, expect};
    use std::path::Path;
    use std::time::Duration;

    const MS: Duration = Duration::from_millis(1);

    fn check(style: Style, events: &[Event<'_>], failures: &[Failure], expected: Expect) {
        let buffer = Buffer::default();
        let console = Arc::new(Console::new(Box::new(buffer.clone()), Paint::Plain));
        let narrator = Narrator::new(console, style);
        for event in events {
            narrator.event(event);
        }
        narrator.tell_rest(failures);
        expected.assert_eq(&buffer.text());
    }

    fn events<'a>() -> Vec<Event<'a>> {
        vec![
            Event::StoreRepaired { message: "the store was damaged", quarantine: Some("s/damaged-1".into()) },
            Event::RunStarted { nodes: 9 },
            Event::Planned { stale: 3 },
            Event::NodeStarted { node: "clean", element: None },
            Event::NodeExecuted { node: "clean", element: None, took: 12 * MS },
            Event::NodeSaved { node: "clean" },
            Event::Restarted { reason: RestartReason::Changed { path: Path::new("data/a.csv") } },
            Event::Restarted { reason: RestartReason::Diverged { node: "fit" } },
            Event::NodeExecuted { node: "fit", element: Some("JFK"), took: 12 * MS },
            Event::NodeFailed { node: "fit", element: Some("LAX"), message: "no rows\nin LAX.csv", log: &[] },
            Event::NodeSkipped { node: "report" },
        ]
    }

    #[test]
    fn lines_tell_what_ran() {
        check(
            Style::Lines,
            &events(),
            &[],
            expect![[r#"
            warning: the store was damaged
                the damaged files are in s/damaged-1
            executed clean in 12 ms
            warning: the run starts over: the file `data/a.csv` changed while it was in use
            warning: the run starts over: node `fit` was executed again and gave another value than before
            executed fit[JFK] in 12 ms
            failed fit[LAX]: no rows
                in LAX.csv
        "#]],
        );
    }

    #[test]
    fn warnings_and_failures_are_never_silent() {
        check(
            Style::Silent,
            &events(),
            &[],
            expect![[r#"
            warning: the store was damaged
                the damaged files are in s/damaged-1
            warning: the run starts over: the file `data/a.csv` changed while it was in use
            warning: the run starts over: node `fit` was executed again and gave another value than before
            failed fit[LAX]: no rows
                in LAX.csv
        "#]],
        );
    }

    #[test]
    fn a_failure_is_told_once() {
        let failures = ["a", "b"].map(|node| Failure::new(node.into(), "no".into()));
        let event = Event::NodeFailed { node: "a", element: None, message: "no", log: &[] };
        check(
            Style::Silent,
            &[event],
            &failures,
            expect![[r#"
            failed a: no
            failed b: no
        "#]],
        );
    }

    #[test]
    fn of_many_failures_the_first_are_told() {
        let labels: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        let failed: Vec<_> = labels
            .iter()
            .map(|label| Event::NodeFailed { node: "fit", element: Some(label), message: "no", log: &[] })
            .collect();
        let buffer = Buffer::default();
        let narrator = Narrator::new(Arc::new(Console::new(Box::new(buffer.clone()), Paint::Plain)), Style::Silent);
        failed.iter().for_each(|event| narrator.event(event));
        narrator.tell_rest(&[]);
        let text = buffer.text();
        assert_eq!(text.lines().count(), FAILURES + 1);
        assert!(text.ends_with("(30 more failed; `--json` lists all of them)\n"), "{text}");
    }
}
