//! A regression tree: questions with two answers each.

use crate::model::Model;
use crate::table::{FEATURES, Features, Sample, count, mean};
use anyhow::ensure;
use mamo::node;
use serde::{Deserialize, Serialize};

/// A tree, or what one answer leads to.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Tree {
    /// All who come here have this mass.
    Leaf(f64),
    Question(Box<Question>),
}

/// Whether a feature is at most so large.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Question {
    feature: usize,
    at_most: f64,
    yes: Tree,
    no: Tree,
}

/// Grows a tree by the questions that leave the least squares (Breiman, Friedman, Olshen and Stone, "Classification and
/// regression trees", 1984), as long as `least_leaf` samples, rounded and at least 1, have each answer.
#[node]
pub(crate) fn fit(train: &[Sample], least_leaf: f64) -> anyhow::Result<Model> {
    ensure!(!train.is_empty(), "no samples");
    Ok(Model::Tree(grown(&mut train.to_vec(), least_leaf.round().max(1.0))))
}

fn grown(samples: &mut [Sample], least_leaf: f64) -> Tree {
    let questions = FEATURES.iter().enumerate().filter_map(|(feature, _)| best_question(samples, feature, least_leaf));
    // The first of several that are equally good.
    let best = questions.collect::<Vec<_>>().into_iter().min_by(|a, b| a.squares.total_cmp(&b.squares));
    let Some(Candidate { feature, at_most, .. }) = best else {
        return Tree::Leaf(mean(samples.iter().map(|sample| sample.mass)));
    };
    samples.sort_by(|a, b| value(a, feature).total_cmp(&value(b, feature)));
    let n_yes = samples.partition_point(|sample| value(sample, feature) <= at_most);
    let (yes, no) = samples.split_at_mut(n_yes);
    let (yes, no) = (grown(yes, least_leaf), grown(no, least_leaf));
    Tree::Question(Box::new(Question { feature, at_most, yes, no }))
}

/// A question that might be asked.
struct Candidate {
    feature: usize,
    at_most: f64,
    /// The sum of squares that both answers leave, less the same for all questions.
    squares: f64,
}

/// The best question about a feature, if there is one that tells samples apart.
fn best_question(samples: &mut [Sample], feature: usize, least_leaf: f64) -> Option<Candidate> {
    samples.sort_by(|a, b| value(a, feature).total_cmp(&value(b, feature)));
    let total: f64 = samples.iter().map(|sample| sample.mass).sum();
    let n = count(samples.len());
    let whole = -total * total / n;
    let (mut n_yes, mut sum) = (0.0, 0.0);
    let mut best: Option<Candidate> = None;
    for (sample, next) in samples.iter().zip(samples.iter().skip(1)) {
        n_yes += 1.0;
        sum += sample.mass;
        let squares = -sum * sum / n_yes - (total - sum).powi(2) / (n - n_yes);
        let (here, there) = (value(sample, feature), value(next, feature));
        let is_possible = here < there && n_yes >= least_leaf && n - n_yes >= least_leaf;
        // Rounding alone is no reason to ask.
        let is_better = squares < best.as_ref().map_or(whole - 1e-9 * whole.abs(), |best| best.squares);
        if is_possible && is_better {
            best = Some(Candidate { feature, at_most: here.midpoint(there), squares });
        }
    }
    best
}

impl Tree {
    pub(crate) fn predict(&self, features: &Features) -> f64 {
        match self {
            Self::Leaf(mass) => *mass,
            Self::Question(question) => {
                let is_yes = features.get(question.feature).is_some_and(|value| *value <= question.at_most);
                if is_yes { question.yes.predict(features) } else { question.no.predict(features) }
            }
        }
    }
}

fn value(sample: &Sample, feature: usize) -> f64 {
    sample.features.get(feature).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::samples;

    fn tree(train: &[Sample], least_leaf: f64) -> Tree {
        grown(&mut train.to_vec(), least_leaf)
    }

    #[test]
    fn the_question_that_explains_most_comes_first() {
        let train = samples(&[(1.0, 10.0), (2.0, 12.0), (3.0, 50.0), (4.0, 52.0)]);
        let Tree::Question(first) = tree(&train, 1.0) else { panic!("no question") };
        assert_eq!((first.feature, first.at_most), (0, 2.5));
        let Tree::Question(second) = &first.yes else { panic!("one question only") };
        assert_eq!((&second.yes, &second.no), (&Tree::Leaf(10.0), &Tree::Leaf(12.0)));
        let small = tree(&train, 2.0);
        assert_eq!(
            [0.0, 2.4, 2.6, 9.0].map(|x| small.predict(&samples(&[(x, 0.0)])[0].features)),
            [11.0, 11.0, 51.0, 51.0]
        );
    }

    #[test]
    fn where_nothing_is_explained_nothing_is_asked() {
        assert_eq!(tree(&samples(&[(1.0, 5.0), (2.0, 5.0)]), 1.0), Tree::Leaf(5.0));
        assert_eq!(tree(&samples(&[(1.0, 5.0), (1.0, 7.0)]), 1.0), Tree::Leaf(6.0));
        assert_eq!(tree(&samples(&[(1.0, 5.0), (2.0, 7.0)]), 2.0), Tree::Leaf(6.0));
        assert_eq!(fit(&[], 1.0).unwrap_err().to_string(), "no samples");
    }
}
