//! Nearest neighbours: the mean of those who are most alike.

use crate::model::Model;
use crate::table::{Features, Sample, Scale, count, mean};
use anyhow::ensure;
use mamo::node;
use serde::{Deserialize, Serialize};

/// All that is known, with scaled features.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Neighbours {
    scale: Scale,
    samples: Vec<Sample>,
    /// How many are asked.
    k: f64,
}

/// Remembers the samples (Cover and Hart, "Nearest neighbor pattern classification", 1967); `k` is rounded and at least 1.
#[node]
pub(crate) fn fit(train: &[Sample], k: f64) -> anyhow::Result<Model> {
    let k = k.round().max(1.0);
    ensure!(k <= count(train.len()), "{k} neighbours of {} samples", train.len());
    let scale = Scale::of(train);
    let scaled = |sample: &Sample| Sample { features: scale.apply(&sample.features), ..*sample };
    let samples = train.iter().map(scaled).collect();
    Ok(Model::Knn(Neighbours { scale, samples, k }))
}

impl Neighbours {
    pub(crate) fn predict(&self, features: &Features) -> f64 {
        let features = self.scale.apply(features);
        let distance = |sample: &Sample| {
            let mut squares = 0.0;
            for (a, b) in sample.features.iter().zip(&features) {
                squares += (a - b) * (a - b);
            }
            squares
        };
        let mut by_distance: Vec<_> = self.samples.iter().map(|sample| (distance(sample), sample.mass)).collect();
        // Stable: of equal distances the first in the table counts.
        by_distance.sort_by(|a, b| a.0.total_cmp(&b.0));
        let nearest = by_distance.iter().zip(0_u32..).take_while(|(_, n)| f64::from(*n) < self.k);
        mean(nearest.map(|((_, mass), _)| *mass))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::samples;

    #[test]
    fn the_mean_of_the_nearest() {
        let train = samples(&[(0.0, 1.0), (1.0, 2.0), (2.0, 6.0), (9.0, 100.0)]);
        let predicted = |k| fit(&train, k).unwrap().predict(&samples(&[(0.2, 0.0)])[0].features);
        assert_eq!([0.2, 1.4, 2.0, 2.6].map(predicted), [1.0, 1.0, 1.5, 3.0]);
    }

    #[test]
    fn more_neighbours_than_samples_are_an_error() {
        assert_eq!(fit(&samples(&[(0.0, 1.0)]), 2.0).unwrap_err().to_string(), "2 neighbours of 1 samples");
    }
}
