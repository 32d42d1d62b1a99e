//! Least squares by the normal equations.

/// A fitted plane.
#[derive(Debug)]
pub(crate) struct Solution<const N: usize> {
    /// The mean of what is explained.
    pub(crate) mean: f64,
    /// What one unit of each feature adds; none where the feature is constant or follows from those before it.
    pub(crate) slopes: [Option<f64>; N],
    /// The share of the variance that the features explain, from 0 to 1.
    pub(crate) r_squared: f64,
}

/// A feature must keep this share of its variance once those before it are taken out.
const LEAST_OWN_VARIANCE: f64 = 1e-9;

/// Explains `y` by an intercept and `N` features; none without samples.
#[expect(clippy::indexing_slicing, reason = "indices run over the arrays' own lengths; formulas stay readable")]
pub(crate) fn least_squares<const N: usize>(
    samples: impl Iterator<Item = ([f64; N], f64)> + Clone,
) -> Option<Solution<N>> {
    let mut n = 0.0;
    let (mut mean_x, mut mean_y) = ([0.0; N], 0.0);
    for (x, y) in samples.clone() {
        n += 1.0;
        // Running means: no sum grows large, so nothing is lost to rounding.
        for i in 0..N {
            mean_x[i] += (x[i] - mean_x[i]) / n;
        }
        mean_y += (y - mean_y) / n;
    }
    if n == 0.0 {
        return None;
    }

    // Products of the centred columns. Centring stands for the intercept and keeps the matrix well conditioned.
    let (mut xx, mut xy, mut yy) = ([[0.0; N]; N], [0.0; N], 0.0);
    for (x, y) in samples {
        let y = y - mean_y;
        yy += y * y;
        for i in 0..N {
            xy[i] += (x[i] - mean_x[i]) * y;
            for j in 0..N {
                xx[i][j] += (x[i] - mean_x[i]) * (x[j] - mean_x[j]);
            }
        }
    }

    // Gauss-Jordan elimination. What is left on the diagonal is the variance that a feature does not share with those before it.
    let variance: [f64; N] = std::array::from_fn(|i| xx[i][i]);
    let (mut slopes, explained_by) = (xy, xy);
    let mut used = [false; N];
    for k in 0..N {
        let pivot = xx[k][k];
        if pivot <= LEAST_OWN_VARIANCE * variance[k].max(mean_x[k] * mean_x[k]) {
            continue;
        }
        used[k] = true;
        xx[k] = xx[k].map(|entry| entry / pivot);
        slopes[k] /= pivot;
        let (row, slope) = (xx[k], slopes[k]);
        for i in (0..N).filter(|i| *i != k) {
            let factor = xx[i][k];
            for (entry, of_row) in xx[i].iter_mut().zip(row) {
                *entry -= factor * of_row;
            }
            slopes[i] -= factor * slope;
        }
    }

    let explained: f64 = (0..N).filter(|i| used[*i]).map(|i| slopes[i] * explained_by[i]).sum();
    Some(Solution {
        mean: mean_y,
        slopes: std::array::from_fn(|i| used[i].then_some(slopes[i])),
        r_squared: if yy > 0.0 { (explained / yy).clamp(0.0, 1.0) } else { 0.0 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: Option<f64>, expected: f64) -> bool {
        found.is_some_and(|found| (found - expected).abs() < 1e-9)
    }

    #[test]
    fn exact_plane_is_found() {
        let points = [[0.0, 1.0], [1.0, 5.0], [2.0, 2.0], [3.0, 7.0], [9.0, 3.0]];
        let solution = least_squares(points.iter().map(|x| (*x, 4.0 + 2.5 * x[0] - 3.0 * x[1]))).unwrap();
        assert!(near(solution.slopes[0], 2.5) && near(solution.slopes[1], -3.0), "{solution:?}");
        assert!(near(Some(solution.r_squared), 1.0), "{solution:?}");
    }

    #[test]
    fn noise_lowers_r_squared() {
        // By hand: slope 0.6, sum of squares 5.2, of which 0.6 * 0.6 * 10 = 3.6 is explained.
        let ys = [1.0, 3.0, 2.0, 3.0, 4.0];
        let points = ys.iter().zip([1.0, 2.0, 3.0, 4.0, 5.0]).map(|(y, x)| ([x], *y));
        let solution = least_squares(points).unwrap();
        assert!(near(solution.slopes[0], 0.6) && near(Some(solution.r_squared), 3.6 / 5.2), "{solution:?}");
    }

    #[test]
    fn constant_and_repeated_features_have_no_slope() {
        let solution = least_squares((0..9).map(f64::from).map(|x| ([7.0, x, 2.0 * x + 1.0], 3.0 * x))).unwrap();
        assert_eq!((solution.slopes[0], solution.slopes[2]), (None, None));
        assert!(near(solution.slopes[1], 3.0), "{solution:?}");
    }

    #[test]
    fn no_samples_no_solution() {
        assert!(least_squares::<2>(std::iter::empty()).is_none());
    }
}
