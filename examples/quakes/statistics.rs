//! What there is to say about a cluster.

use crate::events::Quake;
use crate::params::Magnitudes;
use crate::sphere::{Point, centre, hull_area_km2};
use anyhow::Context;
use mamo::node;
use serde::{Deserialize, Serialize};

/// A cluster in numbers.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Statistics {
    pub(crate) quakes: usize,
    pub(crate) mean: f64,
    pub(crate) strongest: f64,
    pub(crate) centre: Point,
    /// Of the convex hull.
    pub(crate) area_km2: f64,
    /// None where the quakes are too few.
    pub(crate) b: Option<BValue>,
}

/// How fast quakes become rarer with their magnitude: of each magnitude there are 10^b times as many as of the next one.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BValue {
    pub(crate) b: f64,
    /// Standard error.
    pub(crate) error: f64,
}

/// Describes one cluster.
#[node]
pub(crate) fn describe(quakes: &[Quake], rules: &Magnitudes) -> anyhow::Result<Statistics> {
    let magnitudes: Vec<_> = quakes.iter().map(|quake| quake.magnitude).collect();
    let epicentres: Vec<_> = quakes.iter().map(|quake| quake.epicentre).collect();
    Ok(Statistics {
        quakes: quakes.len(),
        mean: mean(&magnitudes),
        strongest: magnitudes.iter().copied().fold(f64::MIN, f64::max),
        centre: centre(&epicentres).context("a cluster without quakes")?,
        area_km2: hull_area_km2(&epicentres),
        b: b_value(&magnitudes, rules),
    })
}

/// The most likely b (Aki, "Maximum likelihood estimate of b in the formula log N = a - bM and its confidence limits",
/// 1965), for magnitudes in bins (Utsu 1966), from that magnitude upwards of which there are most (Wiemer and Wyss 2000):
/// of smaller quakes not all are noticed.
fn b_value(magnitudes: &[f64], rules: &Magnitudes) -> Option<BValue> {
    let mut bins: Vec<f64> = magnitudes.iter().map(|magnitude| (magnitude / rules.bin).round()).collect();
    bins.sort_by(f64::total_cmp);
    let complete_from = *bins.chunk_by(|a, b| a == b).max_by_key(|equal| equal.len())?.first()?;
    let above: Vec<_> = bins.iter().filter(|bin| **bin >= complete_from).map(|bin| bin - complete_from).collect();
    if above.len() < rules.least_events {
        return None;
    }
    // The first bin begins half a bin below its middle.
    let b = std::f64::consts::LOG10_E / (rules.bin * (mean(&above) + 0.5));
    Some(BValue { b, error: b / count(above.len()).sqrt() })
}

fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / count(numbers.len().max(1))
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Magnitudes = Magnitudes { bin: 0.1, least_events: 30 };

    fn quake(magnitude: f64, longitude: f64) -> Quake {
        let epicentre = Point { longitude, latitude: 0.0 };
        Quake { id: String::new(), place: String::new(), epicentre, magnitude }
    }

    #[test]
    fn quakes_that_become_ten_times_rarer_with_each_magnitude_have_a_b_of_one() {
        let mut magnitudes = vec![0.9; 50]; // not complete
        for (bin, n) in [
            1000, 794, 631, 501, 398, 316, 251, 200, 158, 126, 100, 79, 63, 50, 40, 32, 25, 20, 16, 13, 10, 8, 6, 5, 4,
            3, 3, 2, 2, 2, 1, 1, 1, 1,
        ]
        .iter()
        .enumerate()
        {
            magnitudes.extend(vec![1.0 + 0.1 * count(bin); *n]);
        }
        let found = b_value(&magnitudes, &RULES).unwrap();
        assert!((found.b - 1.0).abs() < 0.05, "{found:?}");
        assert!(found.error < 0.02);
    }

    #[test]
    fn few_quakes_have_no_b() {
        assert_eq!(b_value(&[1.0; 29], &RULES), None);
        assert!(b_value(&[1.0; 30], &RULES).is_some());
        assert_eq!(b_value(&[], &RULES), None);
    }

    #[test]
    fn a_cluster_in_numbers() {
        let found = describe(&[quake(1.0, 10.0), quake(4.0, 12.0)], &RULES).unwrap();
        assert_eq!((found.quakes, found.mean, found.strongest, found.area_km2, found.b), (2, 2.5, 4.0, 0.0, None));
        assert!((found.centre.longitude - 11.0).abs() < 1e-9);
        assert_eq!(describe(&[], &RULES).unwrap_err().to_string(), "a cluster without quakes");
    }
}
