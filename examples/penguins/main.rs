//! How much a penguin weighs: three models with six settings each, compared by cross-validation.
//!
//! ```sh
//! cargo run --release --example penguins                 # the report
//! cargo run --release --example penguins                 # the report again; what failed is tried again, and nothing else
//! cargo run --release --example penguins -- why report   # after an edit: what changed
//! ```
//!
//! Things to try: `"mae"` instead of `"rmse"` below (nothing is fitted again), how a tree is grown (the other models are not
//! fitted again), another setting in `model.rs` (it alone is fitted).

mod knn;
mod model;
mod ranking;
mod ridge;
mod table;
mod text;
mod tree;
#[cfg(test)]
mod what_runs;

use mamo::{Failure, Graph, List, Node, Spec, field, node, source};
use model::{Kind, Model, Setting, refit};
use ranking::{Score, best, rank, score};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::ExitCode;
use table::{Sample, load, shuffle};
use text::report;

/// What there is to choose.
#[derive(Clone, Serialize, Deserialize)]
struct Config {
    /// How many parts the penguins are cut into; each is left out once.
    folds: u32,
    eval: Eval,
}

#[derive(Clone, Serialize, Deserialize)]
struct Eval {
    /// `rmse` or `mae`.
    metric: String,
}

/// Every so many penguins are put aside until the best setting is known.
const HELD_OUT: u32 = 6;

/// Every `parts`-th sample, beginning with number `part`, is for tests, the others are for training.
#[node(outputs(train, test))]
fn split(samples: &[Sample], part: u32, parts: u32) -> (Vec<Sample>, Vec<Sample>) {
    let (test, train): (Vec<_>, Vec<_>) =
        (0..parts).cycle().zip(samples.iter().cloned()).partition(|(number, _)| *number == part);
    let samples = |numbered: Vec<(u32, Sample)>| numbered.into_iter().map(|(_, sample)| sample).collect();
    (samples(train), samples(test))
}

/// How a model is fitted: the constructor of a node.
type Fit = fn(Node<Vec<Sample>>, Node<f64>) -> Spec<Model>;

/// One setting on one fold.
fn evaluate(
    g: &Graph,
    (train, test): (Node<Vec<Sample>>, Node<Vec<Sample>>),
    setting: Setting,
    metric: Node<String>,
    fit: Fit,
) -> Node<Score> {
    let model = g.add(fit(train, g.value(setting.param)));
    g.add(score::node(model, test, g.value(setting), metric))
}

fn pipeline(g: &Graph, data: &Path, config: &Config) -> mamo::Result<Node<String>> {
    let cfg = g.add(source::param("config", config.clone()));
    let metric = g.add(cfg.field(field!(Config, eval.metric)));
    let folds = g.add(cfg.field(field!(Config, folds)));

    let table = g.add(load::node(g.add(source::file(data))));
    let shuffled = g.add(shuffle::node(table));
    let held_out = g.group("held_out");
    let (known, unknown) = held_out.add(split::node(shuffled, g.value(0), g.value(HELD_OUT)));

    let mut scores = Vec::new();
    for fold in 0..config.folds {
        let g = g.group(format_args!("fold{fold}"));
        let data = g.add(split::node(known, g.value(fold), folds));
        for kind in Kind::ALL {
            let fit: Fit = match kind {
                Kind::Ridge => ridge::fit::node,
                Kind::Knn => knn::fit::node,
                Kind::Tree => tree::fit::node,
            };
            for param in kind.params() {
                let g = g.group(format_args!("{kind:?}/{param}"));
                let score = evaluate(&g, data, Setting { kind, param }, metric, fit);
                // A setting that cannot be fitted is no reason to give up the others.
                scores.push(g.settle(score));
            }
        }
    }
    let all: Node<List<Result<Score, Failure>>> = g.gather(scores);
    let ranking = g.add(rank::node(all, folds));
    let best = g.add(best::node(ranking));

    let model = g.add(refit::node(known, best));
    let score = held_out.add(score::node(model, unknown, best, metric));
    let report = g.add(report::node(ranking, all, score, table, metric));
    g.target("model", model);
    g.target("report", report);
    Ok(report)
}

/// The penguins of this repository, wherever the program is started.
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/penguins.csv");

fn config() -> Config {
    Config { folds: 5, eval: Eval { metric: "rmse".to_owned() } }
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn main() -> ExitCode {
    mamo::cli::main_then(
        |g| pipeline(g, Path::new(DATA), &config()),
        |run, report| {
            print!("{}", run.get(report)?);
            Ok(())
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sample_is_for_tests_once() {
        let samples: Vec<_> = (0..7).map(|n| Sample { features: Default::default(), mass: f64::from(n) }).collect();
        let masses = |part: Vec<Sample>| part.iter().map(|sample| sample.mass).collect::<Vec<_>>();
        let tests = [0, 1, 2].map(|part| masses(split(&samples, part, 3).1));
        assert_eq!(tests, [vec![0.0, 3.0, 6.0], vec![1.0, 4.0], vec![2.0, 5.0]]);
        assert_eq!(masses(split(&samples, 0, 3).0), [1.0, 2.0, 4.0, 5.0]);
    }
}
