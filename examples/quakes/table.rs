//! The table of clusters, for the terminal.

use crate::events::Quake;
use crate::statistics::Statistics;
use mamo::{Dict, node};
use std::cmp::Reverse;
use std::fmt::Write;

/// Writes the table; the cluster with most quakes comes first.
#[node]
pub(crate) fn table(clusters: &Dict<String, Statistics>, alone: &[Quake]) -> anyhow::Result<String> {
    let mut rows: Vec<_> = clusters.iter().collect();
    // Stable: equal numbers stay in the order of their names.
    rows.sort_by_key(|(_, cluster)| Reverse(cluster.quakes));
    let in_clusters: usize = rows.iter().map(|(_, cluster)| cluster.quakes).sum();

    let mut text = String::new();
    let quakes = in_clusters + alone.len();
    writeln!(text, "{quakes} earthquakes: {in_clusters} in {} clusters, {} alone\n", rows.len(), alone.len())?;
    writeln!(
        text,
        "{:>2}  {:<26}{:>6}{:>6}{:>5}{:>7}  {:<12}{:>13}",
        "", "cluster", "quakes", "mean", "max", "km2", "centre", "b"
    )?;
    for (number, (name, cluster)) in (1..).zip(&rows) {
        let Statistics { quakes, mean, strongest, area_km2, .. } = **cluster;
        let b = cluster.b.as_ref().map_or_else(|| "-".to_owned(), |b| format!("{:.2} ± {:.2}", b.b, b.error));
        let (latitude, longitude) = (cluster.centre.latitude, cluster.centre.longitude);
        let centre = format!(
            "{:>2.0}{} {:>3.0}{}",
            latitude.abs(),
            if latitude < 0.0 { 'S' } else { 'N' },
            longitude.abs(),
            if longitude < 0.0 { 'W' } else { 'E' }
        );
        writeln!(
            text,
            "{number:>2}  {name:<26.25}{quakes:>6}{mean:>6.1}{strongest:>5.1}{area_km2:>7.0}  {centre:<12}{b:>13}"
        )?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sphere::Point;
    use crate::statistics::BValue;
    use expect_test::expect;

    #[test]
    fn the_largest_cluster_comes_first() {
        let cluster = |quakes, longitude, b| Statistics {
            quakes,
            mean: 1.25,
            strongest: 6.4,
            centre: Point { longitude, latitude: -9.96 },
            area_km2: 1234.5,
            b,
        };
        let b = Some(BValue { b: 0.987, error: 0.1 });
        let clusters = [("Here".to_owned(), cluster(9, -120.0, None)), ("There".to_owned(), cluster(325, 7.25, b))];
        let text = table(&clusters.into_iter().collect(), &[]).unwrap();
        expect![[r#"
            334 earthquakes: 334 in 2 clusters, 0 alone

                cluster                   quakes  mean  max    km2  centre                  b
             1  There                        325   1.2  6.4   1234  10S   7E      0.99 ± 0.10
             2  Here                           9   1.2  6.4   1234  10S 120W                -
        "#]]
        .assert_eq(&text);
    }
}
