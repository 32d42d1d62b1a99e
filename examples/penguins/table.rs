//! The penguins as numbers.

use anyhow::Context;
use mamo::{NodeCtx, node};
use serde::{Deserialize, Serialize};

/// What a mass is predicted from: measures in millimetres, and 1 where a penguin is of the species, island or sex.
pub(crate) const FEATURES: [&str; 11] = [
    "bill length",
    "bill depth",
    "flipper length",
    "Adelie",
    "Chinstrap",
    "Gentoo",
    "Biscoe",
    "Dream",
    "Torgersen",
    "female",
    "male",
];

/// In the order of [`FEATURES`].
pub(crate) type Features = [f64; FEATURES.len()];

/// A penguin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    pub(crate) features: Features,
    /// Grams.
    pub(crate) mass: f64,
}

/// Reads the table; penguins that were not measured are left out, those of unknown sex are of neither.
#[node]
pub(crate) fn load(csv: &[u8]) -> anyhow::Result<Vec<Sample>> {
    #[derive(Deserialize)]
    struct Row {
        species: String,
        island: String,
        bill_length_mm: String,
        bill_depth_mm: String,
        flipper_length_mm: String,
        body_mass_g: String,
        sex: String,
    }
    let mut samples = Vec::new();
    for (number, row) in (1..).zip(csv::Reader::from_reader(csv).deserialize()) {
        let row: Row = row.context("cannot read the table of penguins")?;
        let measures = [&row.bill_length_mm, &row.bill_depth_mm, &row.flipper_length_mm, &row.body_mass_g];
        if measures.contains(&&"NA".to_owned()) {
            continue;
        }
        let numbers = measures.map(|text| text.parse::<f64>().with_context(|| format!("`{text}` in row {number}")));
        let [length, depth, flipper, mass] = numbers;
        let known = [&row.species, &row.island, &row.sex];
        for name in known.into_iter().filter(|name| *name != "NA") {
            FEATURES.iter().find(|feature| *feature == name).with_context(|| format!("`{name}` in row {number}"))?;
        }
        let mut features = FEATURES.map(|feature| if known.iter().any(|name| *name == feature) { 1.0 } else { 0.0 });
        for (feature, measure) in features.iter_mut().zip([length?, depth?, flipper?]) {
            *feature = measure;
        }
        samples.push(Sample { features, mass: mass? });
    }
    Ok(samples)
}

/// Puts the penguins into an order by chance, the same in every run: the table is sorted by species.
#[node]
pub(crate) fn shuffle(ctx: &NodeCtx, samples: &[Sample]) -> Vec<Sample> {
    shuffled(samples, ctx.seed())
}

/// Each order is as likely as any other (Fisher and Yates); the numbers are SplitMix64's (Steele, Lea and Flood, 2014).
fn shuffled(samples: &[Sample], seed: u64) -> Vec<Sample> {
    let mut state = seed;
    let mut random = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    let mut samples = samples.to_vec();
    for (last, bound) in (0..samples.len()).zip(1_u64..).skip(1) {
        samples.swap(last, usize::try_from(random() % bound).unwrap_or(last));
    }
    samples
}

/// How features are made comparable: each has a mean of 0 and a standard deviation of 1.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Scale {
    means: Features,
    deviations: Features,
}

impl Scale {
    pub(crate) fn of(samples: &[Sample]) -> Self {
        let n = count(samples.len());
        let sum = |of: &dyn Fn(&Features) -> Features| {
            let mut sums = Features::default();
            for sample in samples {
                sums.iter_mut().zip(of(&sample.features)).for_each(|(sum, number)| *sum += number);
            }
            sums
        };
        let means = sum(&|features| *features).map(|sum| sum / n);
        let squares = sum(&|features| zipped(features, &means, |x, mean| (x - mean).powi(2)));
        // What does not vary stays as it is, at 0.
        let deviations = squares.map(|sum| if sum > 0.0 { (sum / n).sqrt() } else { 1.0 });
        Self { means, deviations }
    }

    pub(crate) fn apply(&self, features: &Features) -> Features {
        let centred = zipped(features, &self.means, |x, mean| x - mean);
        zipped(&centred, &self.deviations, |x, deviation| x / deviation)
    }
}

fn zipped(a: &Features, b: &Features, f: impl Fn(f64, f64) -> f64) -> Features {
    let mut numbers = a.iter().zip(b).map(|(a, b)| f(*a, *b));
    [(); FEATURES.len()].map(|()| numbers.next().unwrap_or_default())
}

/// How many there are, to calculate with.
pub(crate) fn count(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::INFINITY, f64::from)
}

/// The mean of some numbers; not a number without any.
pub(crate) fn mean(numbers: impl Iterator<Item = f64> + Clone) -> f64 {
    numbers.clone().sum::<f64>() / count(numbers.count())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Samples that differ in one feature.
    pub(crate) fn samples(of: &[(f64, f64)]) -> Vec<Sample> {
        let sample = |(x, mass): &(f64, f64)| {
            let mut features = Features::default();
            features[0] = *x;
            Sample { features, mass: *mass }
        };
        of.iter().map(sample).collect()
    }

    fn loaded(row: &str) -> anyhow::Result<Vec<Sample>> {
        let header = "species,island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex,year";
        load(format!("{header}\n{row}\n").as_bytes())
    }

    #[test]
    fn a_row_becomes_numbers() {
        let features = [39.5, 17.4, 186.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0];
        let row = "Adelie,Torgersen,39.5,17.4,186,3800,female,2007";
        assert_eq!(loaded(row).unwrap(), [Sample { features, mass: 3800.0 }]);
        assert_eq!(loaded(&row.replace("female", "NA")).unwrap()[0].features[9..], [0.0, 0.0]);
        assert_eq!(loaded(&row.replace("186", "NA")).unwrap(), []);
    }

    #[test]
    fn nonsense_is_told_with_its_row() {
        let complaint = |row| loaded(row).unwrap_err().to_string();
        assert_eq!(complaint("Emperor,Dream,39.5,17.4,186,3800,male,2007"), "`Emperor` in row 1");
        assert_eq!(complaint("Adelie,Dream,39.5,17.4,long,3800,male,2007"), "`long` in row 1");
    }

    #[test]
    fn shuffling_keeps_all_and_depends_on_the_seed() {
        let all = samples(&[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (4.0, 4.0), (5.0, 5.0), (6.0, 6.0)]);
        let masses = |seed| shuffled(&all, seed).iter().map(|sample| sample.mass).collect::<Vec<_>>();
        let mut sorted = masses(1);
        assert_eq!(sorted, masses(1));
        assert_ne!(sorted, masses(2));
        sorted.sort_by(f64::total_cmp);
        assert_eq!(sorted, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }

    #[test]
    fn scaled_features_have_mean_0_and_deviation_1() {
        let samples = samples(&[(1.0, 0.0), (5.0, 0.0)]);
        let scale = Scale::of(&samples);
        assert_eq!(
            [&samples[0], &samples[1]].map(|sample| scale.apply(&sample.features)[..2].to_vec()),
            [[-1.0, 0.0], [1.0, 0.0]]
        );
    }
}
