//! Which setting is best: the mean over all folds decides, not one lucky fold.

use crate::model::{Model, Setting};
use crate::table::{Sample, count, mean};
use anyhow::{Context, bail};
use mamo::{Failure, node};
use serde::{Deserialize, Serialize};

/// How wrong a model was on one fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Score {
    pub(crate) setting: Setting,
    /// Grams.
    pub(crate) loss: f64,
}

/// How wrong a setting is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub(crate) setting: Setting,
    /// Mean over the folds, in grams.
    pub(crate) loss: f64,
    /// Standard deviation over the folds.
    pub(crate) spread: f64,
}

/// Compares predictions with the truth.
#[node]
pub(crate) fn score(model: &Model, test: &[Sample], setting: Setting, metric: &str) -> anyhow::Result<Score> {
    let errors = test.iter().map(|sample| model.predict(&sample.features) - sample.mass);
    let loss = match metric {
        "rmse" => mean(errors.map(|error| error * error)).sqrt(),
        "mae" => mean(errors.map(f64::abs)),
        other => bail!("no such metric as `{other}`: `rmse` or `mae`"),
    };
    Ok(Score { setting, loss })
}

/// Brings the folds of each setting together, the best setting first; one that failed on a fold is left out.
#[node]
pub(crate) fn rank(all: &[Result<Score, Failure>], folds: u32) -> Vec<Standing> {
    let mut settings: Vec<(Setting, Vec<f64>)> = Vec::new();
    for Score { setting, loss } in all.iter().flatten() {
        match settings.iter_mut().find(|(known, _)| known == setting) {
            Some((_, losses)) => losses.push(*loss),
            None => settings.push((*setting, vec![*loss])),
        }
    }
    settings.retain(|(_, losses)| count(losses.len()) >= f64::from(folds));
    let standing = |(setting, losses): (Setting, Vec<f64>)| {
        let loss = mean(losses.iter().copied());
        let squares: f64 = losses.iter().map(|one| (one - loss).powi(2)).sum();
        Standing { setting, loss, spread: (squares / (count(losses.len()) - 1.0).max(1.0)).sqrt() }
    };
    let mut ranking: Vec<_> = settings.into_iter().map(standing).collect();
    ranking.sort_by(|a, b| a.loss.total_cmp(&b.loss));
    ranking
}

/// The setting that the ranking begins with.
#[node]
pub(crate) fn best(ranking: &[Standing]) -> anyhow::Result<Setting> {
    ranking.first().map(|standing| standing.setting).context("no setting could be fitted on every fold")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knn;
    use crate::model::Kind;
    use crate::table::tests::samples;

    const ONE: Setting = Setting { kind: Kind::Knn, param: 1.0 };
    const TWO: Setting = Setting { kind: Kind::Tree, param: 2.0 };

    #[test]
    fn a_lucky_fold_does_not_win_and_spread_is_told() {
        let scores = [(ONE, 10.0), (TWO, 1.0), (ONE, 20.0), (TWO, 99.0)];
        let scores = scores.map(|(setting, loss)| Ok(Score { setting, loss }));
        let ranking = rank(&scores, 2);
        assert_eq!(ranking.iter().map(|standing| standing.loss).collect::<Vec<_>>(), [15.0, 50.0]);
        assert!((ranking[0].spread - 50.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!(best(&ranking).unwrap(), ONE);
    }

    #[test]
    fn a_setting_that_is_missing_on_a_fold_is_not_ranked() {
        let scores = [Ok(Score { setting: ONE, loss: 10.0 }), Ok(Score { setting: ONE, loss: 20.0 })];
        assert_eq!(rank(&scores, 3), []);
        assert_eq!(best(&[]).unwrap_err().to_string(), "no setting could be fitted on every fold");
    }

    #[test]
    fn losses_of_errors_of_3_and_4_grams() {
        let model = knn::fit(&samples(&[(0.0, 10.0)]), 1.0).unwrap();
        let loss = |metric| score(&model, &samples(&[(0.0, 13.0), (1.0, 6.0)]), ONE, metric).map(|score| score.loss);
        assert_eq!(loss("rmse").unwrap(), 12.5_f64.sqrt());
        assert_eq!(loss("mae").unwrap(), 3.5);
        assert_eq!(loss("mse").unwrap_err().to_string(), "no such metric as `mse`: `rmse` or `mae`");
    }
}
