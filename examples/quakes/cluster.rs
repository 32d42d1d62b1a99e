//! Quakes that lie close together.

use crate::events::Quake;
use crate::params::Density;
use crate::sphere::{Point, RADIUS_KM};
use mamo::{Dict, node};
use std::collections::BTreeMap;

/// Puts quakes that lie close together into clusters, by the place of the strongest of each, and the others aside.
#[node(outputs(clusters, alone))]
pub(crate) fn find(quakes: &[Quake], density: &Density) -> (Dict<String, Vec<Quake>>, Vec<Quake>) {
    let epicentres: Vec<_> = quakes.iter().map(|quake| quake.epicentre).collect();
    let mut clusters: BTreeMap<usize, Vec<Quake>> = BTreeMap::new();
    let mut alone = Vec::new();
    for (quake, label) in quakes.iter().zip(dbscan(&epicentres, density)) {
        match label {
            Some(cluster) => clusters.entry(cluster).or_default().push(quake.clone()),
            None => alone.push(quake.clone()),
        }
    }
    (named(clusters.into_values()).into_iter().collect(), alone)
}

/// Names that a quake more or less in another cluster hardly ever changes: the town near the strongest quake. Clusters of
/// one town are told apart by how far from it that quake was.
fn named(clusters: impl Iterator<Item = Vec<Quake>>) -> BTreeMap<String, Vec<Quake>> {
    let mut by_town: BTreeMap<String, Vec<(Quake, Vec<Quake>)>> = BTreeMap::new();
    for cluster in clusters {
        let strongest = cluster.iter().max_by(|a, b| a.magnitude.total_cmp(&b.magnitude).then_with(|| b.id.cmp(&a.id)));
        if let Some(strongest) = strongest.cloned() {
            by_town.entry(strongest.town().to_owned()).or_default().push((strongest, cluster));
        }
    }
    let mut named = BTreeMap::new();
    for (town, clusters) in by_town {
        let is_only = clusters.len() == 1;
        for (strongest, cluster) in clusters {
            let name = if is_only { town.clone() } else { strongest.place.clone() };
            let name = if named.contains_key(&name) { format!("{name} ({})", strongest.id) } else { name };
            named.insert(name, cluster);
        }
    }
    named
}

/// The cluster of each point; none for noise.
///
/// Clusters are of any shape and nobody says how many (Ester, Kriegel, Sander and Xu, "A density-based algorithm for
/// discovering clusters in large spatial databases with noise", 1996). Neighbours are looked for in a band of latitude.
#[expect(clippy::indexing_slicing, reason = "numbers of points run over the points")]
fn dbscan(points: &[Point], density: &Density) -> Vec<Option<usize>> {
    let neighbourhood = Neighbourhood::new(points, density.eps_km);
    let mut labels: Vec<Option<usize>> = vec![None; points.len()];
    let mut n_clusters = 0;
    for seed in 0..points.len() {
        if labels[seed].is_some() || neighbourhood.of(seed).len() < density.min_points {
            continue;
        }
        labels[seed] = Some(n_clusters);
        let mut reached = vec![seed];
        while let Some(point) = reached.pop() {
            let neighbours = neighbourhood.of(point);
            if neighbours.len() < density.min_points {
                // On the edge: in the cluster, but nothing is reached from here.
                continue;
            }
            for neighbour in neighbours {
                if labels[neighbour].is_none() {
                    labels[neighbour] = Some(n_clusters);
                    reached.push(neighbour);
                }
            }
        }
        n_clusters += 1;
    }
    labels
}

/// Points by their latitude.
struct Neighbourhood<'a> {
    points: &'a [Point],
    by_latitude: Vec<usize>,
    eps_km: f64,
}

#[expect(clippy::indexing_slicing, reason = "numbers of points run over the points")]
impl<'a> Neighbourhood<'a> {
    fn new(points: &'a [Point], eps_km: f64) -> Self {
        let mut by_latitude: Vec<_> = (0..points.len()).collect();
        by_latitude.sort_by(|a, b| points[*a].latitude.total_cmp(&points[*b].latitude));
        Self { points, by_latitude, eps_km }
    }

    /// The points near one, itself included.
    fn of(&self, point: usize) -> Vec<usize> {
        let here = self.points[point];
        // A little more than enough: the exact distance decides.
        let band = (self.eps_km / RADIUS_KM).to_degrees() * 1.001;
        let from = self.by_latitude.partition_point(|other| self.points[*other].latitude < here.latitude - band);
        let near = self.by_latitude[from..].iter().copied();
        near.take_while(|other| self.points[*other].latitude <= here.latitude + band)
            .filter(|other| here.distance_km(self.points[*other]) <= self.eps_km)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quakes along the equator, by kilometres to the east of the date line less 50.
    fn quakes(kilometres: &[f64]) -> Vec<Quake> {
        let quake = |(number, km): (usize, &f64)| {
            let longitude = crate::sphere::around(180.0 + ((km - 50.0) / RADIUS_KM).to_degrees());
            let epicentre = Point { longitude, latitude: 0.0 };
            let place = format!("{}km E of Sea", (km / 100.0).round());
            Quake { id: format!("q{number}"), place, epicentre, magnitude: *km }
        };
        kilometres.iter().enumerate().map(quake).collect()
    }

    fn found(kilometres: &[f64], eps_km: f64, min_points: usize) -> (Vec<(String, Vec<f64>)>, Vec<f64>) {
        let magnitudes = |quakes: &[Quake]| quakes.iter().map(|quake| quake.magnitude).collect::<Vec<_>>();
        let (clusters, alone) = find(&quakes(kilometres), &Density { eps_km, min_points });
        (clusters.iter().map(|(name, quakes)| (name.to_string(), magnitudes(&quakes))).collect(), magnitudes(&alone))
    }

    #[test]
    fn a_chain_is_one_cluster_across_the_date_line_and_lonely_quakes_are_none() {
        let (clusters, alone) = found(&[30.0, 0.0, 60.0, 500.0, 90.0, 540.0], 31.0, 3);
        assert_eq!(clusters, [("Sea".to_owned(), vec![30.0, 0.0, 60.0, 90.0])]);
        assert_eq!(alone, [500.0, 540.0]);
    }

    #[test]
    fn nothing_is_reached_from_an_edge() {
        let (clusters, alone) = found(&[0.0, 10.0, 12.0, 31.0, 50.0], 20.5, 4);
        assert_eq!(clusters, [("Sea".to_owned(), vec![0.0, 10.0, 12.0, 31.0])]);
        assert_eq!(alone, [50.0], "50 is near 31, which is on the edge");
    }

    #[test]
    fn clusters_of_one_town_are_told_apart() {
        let (clusters, _) = found(&[0.0, 1.0, 900.0, 901.0, 920.0, 921.0], 5.0, 2);
        let names: Vec<_> = clusters.into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["0km E of Sea", "9km E of Sea", "9km E of Sea (q5)"]);
    }
}
