//! How a run came out: the one place where a `Run` is read, and the lines that tell people.

use crate::cli::exit_codes;
use crate::cli::older_values;
use crate::cli::paint::Paint;
use crate::exec::{Counts, Run, RunCosts};
use crate::value::Failure;
use crate::words;
use std::time::{Duration, SystemTime};

/// Shorter times that a run saved or lost are noise.
const WORTH_TELLING: Duration = Duration::from_millis(100);

/// How a run came out.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub(crate) ending: Ending,
    pub(crate) targets: Vec<String>,
    pub(crate) counts: Counts,
    pub(crate) elements: Counts,
    pub(crate) restarts: u32,
    pub(crate) took: Duration,
    pub(crate) costs: RunCosts,
    pub(crate) failures: Vec<Failure>,
    /// Stale nodes that kept older values, with the ends of the runs that knew them.
    pub(crate) older_values: Vec<(String, SystemTime)>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All targets are up to date.
    Done,
    /// A target could not be brought up to date.
    Failed,
    /// Somebody stopped it.
    Stopped,
}

impl Summary {
    pub(crate) fn of(run: &Run) -> Self {
        let ending = match (run.is_stopped(), run.is_complete()) {
            (true, _) => Ending::Stopped,
            (false, true) => Ending::Done,
            (false, false) => Ending::Failed,
        };
        Self {
            ending,
            targets: run.targets().map(str::to_owned).collect(),
            counts: run.counts(),
            elements: run.elements(),
            restarts: run.restarts(),
            took: run.took(),
            costs: run.costs(),
            failures: run.failures().to_vec(),
            older_values: run.older_values().collect(),
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self.ending {
            Ending::Done => exit_codes::DONE,
            Ending::Failed => exit_codes::NODE_FAILED,
            Ending::Stopped => exit_codes::INTERRUPTED,
        }
    }

    /// The run in a line, and its elements in another.
    pub(crate) fn text(&self, paint: Paint) -> String {
        let took = words::duration(self.took);
        let mut line = match self.ending {
            Ending::Done => format!("{} in {took}: ", paint.good("done")),
            Ending::Failed => format!("{} after {took}: ", paint.bad("failed")),
            Ending::Stopped => format!("{} after {took}: ", paint.warn("stopped")),
        };
        let counts = parts(&self.counts);
        line.push_str(&if self.counts.executed + self.counts.failed == 0 {
            [vec!["nothing executed".to_owned()], counts].concat().join(", ")
        } else {
            counts.join(", ")
        });
        if self.restarts > 0 {
            line.push_str(&format!("; {}", words::count(self.restarts.into(), "restart")));
        }
        if self.costs.saved() >= WORTH_TELLING {
            line.push_str(&format!("; {} saved", words::duration(self.costs.saved())));
        } else if self.costs.lost() >= WORTH_TELLING {
            line.push_str(&format!("; {} more than without mamo", words::duration(self.costs.lost())));
        }
        if self.elements.nodes > 0 {
            let elements = words::count(self.elements.nodes, "element");
            line.push_str(&format!("\n  {elements} of maps: {}", parts(&self.elements).join(", ")));
        }
        let older = older_values::text(self.older_values.iter().map(|(node, _)| node.as_str()));
        line.extend(older.map(|older| format!("\n{older}")));
        line
    }
}

/// Counts other than zero: what went wrong first, then what was done, then what needed nothing.
fn parts(counts: &Counts) -> Vec<String> {
    [
        (counts.failed, "failed"),
        (counts.skipped, "skipped"),
        (counts.executed, "executed"),
        (counts.cut_off, "cut off"),
        (counts.fresh, "fresh"),
        (counts.not_needed, "not needed"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, word)| format!("{count} {word}"))
    .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    /// A summary of 97 nodes and 400 elements.
    pub(crate) fn example(ending: Ending) -> Summary {
        let wrong = if ending == Ending::Done { 0 } else { 2 };
        let counts = Counts {
            nodes: 97,
            executed: 14,
            cut_off: 3,
            fresh: 60,
            not_needed: 20 - 2 * wrong,
            failed: wrong,
            skipped: wrong,
        };
        let elements =
            Counts { nodes: 400, executed: 120, cut_off: 0, fresh: 280, not_needed: 0, failed: 0, skipped: 0 };
        let failure = Failure::new("fit/adelie".into(), "no rows\nin \"adelie.csv\"".into());
        Summary {
            ending,
            targets: vec!["report".into()],
            counts,
            elements,
            restarts: 0,
            took: Duration::from_millis(1234),
            costs: costs(36_123, 1_000),
            failures: if ending == Ending::Failed { vec![failure] } else { vec![] },
            older_values: Vec::new(),
        }
    }

    fn costs(estimated_ms: u64, spent_ms: u64) -> RunCosts {
        let (estimated, spent) = (Duration::from_millis(estimated_ms), Duration::from_millis(spent_ms));
        RunCosts {
            estimated,
            spent,
            executed: spent / 2,
            saving: spent / 10,
            loading: Duration::ZERO,
            executions: 14,
            loads: 5,
            hits: 63,
            unknown: 1,
        }
    }

    fn check(summary: &Summary, expected: Expect) {
        expected.assert_eq(&summary.text(Paint::Plain));
    }

    #[test]
    fn a_run_is_told_in_a_line() {
        let done = example(Ending::Done);
        check(
            &done,
            expect![[r#"
            done in 1.2 s: 14 executed, 3 cut off, 60 fresh, 20 not needed; 35.1 s saved
              400 elements of maps: 120 executed, 280 fresh"#]],
        );
        check(
            &Summary { elements: Counts::default(), restarts: 1, ..done },
            expect!["done in 1.2 s: 14 executed, 3 cut off, 60 fresh, 20 not needed; 1 restart; 35.1 s saved"],
        );
        check(
            &example(Ending::Failed),
            expect![[r#"
            failed after 1.2 s: 2 failed, 2 skipped, 14 executed, 3 cut off, 60 fresh, 16 not needed; 35.1 s saved
              400 elements of maps: 120 executed, 280 fresh"#]],
        );
        check(
            &example(Ending::Stopped),
            expect![[r#"
            stopped after 1.2 s: 2 failed, 2 skipped, 14 executed, 3 cut off, 60 fresh, 16 not needed; 35.1 s saved
              400 elements of maps: 120 executed, 280 fresh"#]],
        );
    }

    #[test]
    fn a_run_that_did_nothing_says_so() {
        let counts = Counts { nodes: 60, fresh: 60, ..Counts::default() };
        let summary = Summary { counts, elements: Counts::default(), ..example(Ending::Done) };
        check(&summary, expect!["done in 1.2 s: nothing executed, 60 fresh; 35.1 s saved"]);
    }

    #[test]
    fn time_that_was_lost_is_told_and_noise_is_not() {
        let with = |costs| Summary { costs, elements: Counts::default(), ..example(Ending::Done) };
        let head = "done in 1.2 s: 14 executed, 3 cut off, 60 fresh, 20 not needed";
        let ends = [(1000, 3000), (1000, 1001), (1050, 1000)].map(|(estimated, spent)| {
            with(costs(estimated, spent)).text(Paint::Plain).strip_prefix(head).unwrap().to_owned()
        });
        assert_eq!(ends, ["; 2.0 s more than without mamo", "", ""]);
    }

    #[test]
    fn codes_follow_from_the_end() {
        let codes = [Ending::Done, Ending::Failed, Ending::Stopped].map(|ending| example(ending).exit_code());
        assert_eq!(codes, [0, 1, 130]);
    }
}
