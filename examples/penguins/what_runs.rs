//! What runs: at first, again, and after edits.

use crate::{Config, DATA, config, pipeline};
use mamo::{Engine, Event, Graph, Observer};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A copy of the data, to be edited, and an engine that counts what it executes.
struct Bench {
    data: PathBuf,
    engine: Engine,
    ran: Arc<Ran>,
    _folder: tempfile::TempDir,
}

/// How many nodes of each function were executed or have failed; functions without groups and parameters, as `fit`.
#[derive(Default)]
struct Ran(Mutex<BTreeMap<String, u32>>);

impl Observer for Ran {
    fn event(&self, event: &Event<'_>) {
        let (mark, node) = if let Event::NodeExecuted { node, .. } = event {
            ("", *node)
        } else if let Event::NodeFailed { node, .. } = event {
            ("!", *node)
        } else {
            return;
        };
        // Settling only looks at what there is.
        if let Some(function) = node.rsplit('/').next().filter(|_| !node.starts_with("settle(")) {
            *self.0.lock().unwrap().entry(format!("{mark}{function}")).or_default() += 1;
        }
    }
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("penguins.csv");
        fs::copy(DATA, &data).unwrap();
        let ran = Arc::new(Ran::default());
        let engine = Engine::builder().observer(ran.clone()).in_memory();
        Self { data, engine, ran, _folder: folder }
    }

    /// Runs the pipeline; gives what ran and the report.
    fn run(&self, config: &Config) -> (String, String) {
        let (graph, report) = Graph::build(|g| pipeline(g, &self.data, config)).unwrap();
        let run = self.engine.run(&graph).unwrap();
        let ran = std::mem::take(&mut *self.ran.0.lock().unwrap());
        let ran: Vec<_> = ran.iter().map(|(function, n)| format!("{function} {n}")).collect();
        (ran.join(", "), (*run.get(report).unwrap()).clone())
    }
}

fn ran_after(bench: &Bench, config: &Config) -> String {
    bench.run(config).0
}

#[test]
fn a_first_run_fits_everything_and_a_second_one_tries_what_failed() {
    let bench = Bench::new();
    let (ran, report) = bench.run(&config());
    assert_eq!(
        ran,
        "!fit 5, best 1, fit 85, gather 1, load 1, param:config.eval.metric 1, param:config.folds 1, rank 1, refit 1, \
         report 1, score 86, shuffle 1, split 6"
    );
    assert!(report.contains("The best, ridge with penalty 1, fitted again: rmse 320.4 g"), "{report}");
    assert!(report.contains("fold0/Ridge/0/fit and 4 more, since `Gentoo` follows"), "{report}");
    assert_eq!(bench.run(&config()), ("!fit 5".to_owned(), report));
}

#[test]
fn another_metric_scores_again_and_fits_nothing() {
    let bench = Bench::new();
    let rmse = config();
    let mut mae = config();
    mae.eval.metric = "mae".to_owned();
    bench.run(&rmse);
    let fields = "param:config.eval.metric 1, param:config.folds 1";
    assert_eq!(ran_after(&bench, &mae), format!("!fit 5, best 1, gather 1, {fields}, rank 1, report 1, score 86"));
    assert_eq!(ran_after(&bench, &rmse), "!fit 5");
}

#[test]
fn another_number_of_folds_keeps_the_refit_where_the_best_setting_stays() {
    let bench = Bench::new();
    let mut four = config();
    four.folds = 4;
    bench.run(&config());
    let fields = "param:config.eval.metric 1, param:config.folds 1";
    let expected = format!("!fit 4, best 1, fit 68, gather 1, {fields}, rank 1, report 1, score 68, split 4");
    assert_eq!(ran_after(&bench, &four), expected);
}

#[test]
fn a_penguin_that_was_not_measured_does_not_count() {
    let bench = Bench::new();
    let without = |data: &Path, start: &str| {
        let table = fs::read_to_string(data).unwrap();
        let rows: Vec<_> = table.lines().collect();
        let found = rows.iter().position(|row| row.starts_with(start)).unwrap();
        let kept: Vec<_> = rows.iter().enumerate().filter(|(at, _)| *at != found).map(|(_, row)| *row).collect();
        fs::write(data, kept.join("\n")).unwrap();
    };
    bench.run(&config());
    without(&bench.data, "Adelie,Torgersen,NA");
    assert_eq!(ran_after(&bench, &config()), "!fit 5, load 1");
    without(&bench.data, "Adelie,Torgersen,39.5");
    let expected = "!fit 5, best 1, fit 85, gather 1, load 1, rank 1, refit 1, report 1, score 86, shuffle 1, split 6";
    assert_eq!(ran_after(&bench, &config()), expected);
}
