//! Ridge regression: least squares with a price on large slopes.

use crate::model::Model;
use crate::table::{FEATURES, Features, Sample, Scale, mean};
use anyhow::ensure;
use mamo::node;
use serde::{Deserialize, Serialize};

/// A plane through scaled features.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Plane {
    scale: Scale,
    intercept: f64,
    slopes: Features,
}

/// A pivot must keep this share of its diagonal element.
const LEAST_PIVOT: f64 = 1e-9;

/// Fits a plane (Hoerl and Kennard, "Ridge regression: biased estimation for nonorthogonal problems", 1970).
#[node]
pub(crate) fn fit(train: &[Sample], penalty: f64) -> anyhow::Result<Model> {
    ensure!(!train.is_empty(), "no samples");
    let scale = Scale::of(train);
    let intercept = mean(train.iter().map(|sample| sample.mass));
    let (mut matrix, mut right) = ([Features::default(); FEATURES.len()], Features::default());
    for sample in train {
        let x = scale.apply(&sample.features);
        for ((row, right), xi) in matrix.iter_mut().zip(&mut right).zip(x) {
            *right += xi * (sample.mass - intercept);
            row.iter_mut().zip(x).for_each(|(entry, xj)| *entry += xi * xj);
        }
    }
    let diagonal = matrix.iter_mut().enumerate().filter_map(|(i, row)| row.get_mut(i));
    diagonal.for_each(|entry| *entry += penalty);
    Ok(Model::Ridge(Plane { scale, intercept, slopes: solved(matrix, right)? }))
}

impl Plane {
    pub(crate) fn predict(&self, features: &Features) -> f64 {
        let features = self.scale.apply(features);
        self.intercept + features.iter().zip(self.slopes).map(|(x, slope)| x * slope).sum::<f64>()
    }
}

/// Solves a system of linear equations by Gauss-Jordan elimination; the matrix is symmetric and has no negative eigenvalues.
#[expect(clippy::indexing_slicing, reason = "indices run over the arrays' own lengths; formulas stay readable")]
fn solved(mut matrix: [Features; FEATURES.len()], mut right: Features) -> anyhow::Result<Features> {
    for k in 0..FEATURES.len() {
        // No column is longer than the one that was scaled, and what is left of one that follows from others is rounding.
        let pivot = matrix[k][k];
        let largest = matrix.iter().enumerate().map(|(i, row)| row[i]).fold(f64::MIN, f64::max);
        ensure!(pivot > LEAST_PIVOT * largest, "`{}` follows from the features before it", FEATURES[k]);
        matrix[k] = matrix[k].map(|entry| entry / pivot);
        right[k] /= pivot;
        for i in (0..FEATURES.len()).filter(|i| *i != k) {
            let factor = matrix[i][k];
            for j in 0..matrix[i].len() {
                matrix[i][j] -= factor * matrix[k][j];
            }
            right[i] -= factor * right[k];
        }
    }
    Ok(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::samples;

    /// The mass of a penguin whose only feature is `x`.
    fn predicted(train: &[Sample], penalty: f64, x: f64) -> f64 {
        fit(train, penalty).unwrap().predict(&samples(&[(x, 0.0)])[0].features)
    }

    #[test]
    fn a_line_is_found_and_a_penalty_makes_it_flat() {
        let line = samples(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0), (3.0, 7.0)]);
        assert!((predicted(&line, 1e-6, 10.0) - 21.0).abs() < 1e-3);
        assert!((predicted(&line, 1e9, 10.0) - 4.0).abs() < 1e-3);
        // The scaled feature has a sum of squares of 4: a penalty of 4 halves the slope.
        assert!((predicted(&line, 4.0, 3.5) - 6.0).abs() < 1e-9);
    }

    #[test]
    fn features_that_follow_from_others_need_a_penalty() {
        let line = samples(&[(0.0, 1.0), (1.0, 3.0)]);
        assert_eq!(fit(&line, 0.0).unwrap_err().to_string(), "`bill depth` follows from the features before it");
        assert_eq!(fit(&[], 1.0).unwrap_err().to_string(), "no samples");
    }
}
