//! Dots and numbers on a map.

use crate::events::Quake;
use crate::map::escaped;
use crate::projection::{Frame, View};
use crate::sphere::Point;
use crate::statistics::Statistics;
use mamo::Dict;
use std::cmp::Reverse;
use std::fmt::Write;

/// A cluster as it is drawn.
pub(crate) struct Cluster {
    pub(crate) name: String,
    /// From 1, the cluster with most quakes.
    pub(crate) number: usize,
    /// Which of the hues in `map.css`.
    pub(crate) hue: usize,
    pub(crate) strongest: f64,
    pub(crate) centre: Point,
    pub(crate) quakes: Vec<Quake>,
}

/// How many hues there are.
const HUES: usize = 8;

/// Numbers the clusters and gives them hues, as different as possible from those of their neighbours.
pub(crate) fn ranked(clusters: &Dict<String, Vec<Quake>>, statistics: &Dict<String, Statistics>) -> Vec<Cluster> {
    let mut all: Vec<_> = clusters.iter().zip(statistics.values()).collect();
    all.sort_by_key(|((_, quakes), _)| Reverse(quakes.len()));
    let mut ranked: Vec<Cluster> = Vec::new();
    for (number, ((name, quakes), statistics)) in (1..).zip(all) {
        let (name, quakes, centre) = (name.to_string(), quakes.to_vec(), statistics.centre);
        let hue = hue(&ranked, centre);
        ranked.push(Cluster { name, number, hue, strongest: statistics.strongest, centre, quakes });
    }
    ranked
}

/// The hue whose nearest cluster is farthest away; the first of several.
fn hue(others: &[Cluster], centre: Point) -> usize {
    let nearest = |hue: &usize| {
        let same = others.iter().filter(|other| other.hue == *hue);
        same.map(|other| other.centre.distance_km(centre)).fold(f64::MAX, f64::min)
    };
    (0..HUES).rev().max_by(|a, b| nearest(a).total_cmp(&nearest(b))).unwrap_or_default()
}

/// The radius of a quake's dot: one magnitude more is half as wide again.
pub(crate) fn radius(magnitude: f64) -> f64 {
    (0.8 * 1.5_f64.powf(magnitude)).max(0.9)
}

/// Draws all quakes that a map shows; `scale` makes the dots larger.
pub(crate) fn dots(
    svg: &mut String,
    view: &View,
    clusters: &[Cluster],
    alone: &[Quake],
    scale: f64,
) -> std::fmt::Result {
    writeln!(svg, "<g class='alone'>")?;
    circles(svg, view, alone, scale)?;
    writeln!(svg, "</g>")?;
    for cluster in clusters {
        let Cluster { hue, number, quakes, strongest, .. } = cluster;
        let title = format!("{number}: {}, {} quakes, strongest {strongest:.1}", escaped(&cluster.name), quakes.len());
        writeln!(svg, "<g class='dots h{hue}'><title>{title}</title>")?;
        circles(svg, view, quakes, scale)?;
        writeln!(svg, "</g>")?;
    }
    Ok(())
}

fn circles(svg: &mut String, view: &View, quakes: &[Quake], scale: f64) -> std::fmt::Result {
    let mut shown: Vec<_> = quakes.iter().filter(|quake| view.shows(quake.epicentre)).collect();
    // Large ones below small ones.
    shown.sort_by(|a, b| b.magnitude.total_cmp(&a.magnitude));
    for quake in shown {
        let (x, y) = view.place(quake.epicentre);
        writeln!(svg, "<circle cx='{x:.1}' cy='{y:.1}' r='{:.1}'/>", scale * radius(quake.magnitude))?;
    }
    Ok(())
}

/// Writes the clusters' numbers near them: inside the frame, none above another, and above as few dots as possible.
pub(crate) fn labels(svg: &mut String, view: &View, clusters: &[&Cluster]) -> std::fmt::Result {
    let covers = |spot: &(f64, f64), place: &(f64, f64), wide: f64, high: f64| {
        (spot.0 - place.0).abs() < wide && (spot.1 - place.1).abs() < high
    };
    let quakes = clusters.iter().flat_map(|cluster| &cluster.quakes);
    let dots: Vec<_> = quakes.map(|quake| (view.place(quake.epicentre), radius(quake.magnitude))).collect();
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for cluster in clusters {
        let (x, y) = view.place(cluster.centre);
        let spots = [16.0, 24.0, 32.0, 42.0, 54.0].into_iter().flat_map(|distance| {
            (0..12).map(move |twelfth| {
                let angle = (f64::from(twelfth) * 30.0 - 60.0).to_radians();
                (x + distance * angle.cos(), y + distance * angle.sin())
            })
        });
        let free = spots
            .filter(|spot| inside(view.frame(), *spot) && !taken.iter().any(|other| covers(spot, other, 19.0, 14.0)));
        let n_covered = |spot: &(f64, f64)| dots.iter().filter(|(dot, r)| covers(spot, dot, 9.0 + r, 6.0 + r)).count();
        let spot = free.min_by_key(n_covered).unwrap_or((x, y));
        taken.push(spot);
        let Cluster { hue, number, .. } = cluster;
        writeln!(svg, "<path class='leader h{hue}' d='M{x:.1} {y:.1}L{:.1} {:.1}'/>", spot.0, spot.1)?;
        writeln!(svg, "<text class='number h{hue}' x='{:.1}' y='{:.1}'>{number}</text>", spot.0, spot.1 + 4.0)?;
    }
    Ok(())
}

fn inside(frame: Frame, (x, y): (f64, f64)) -> bool {
    let Frame { left, top, width, height } = frame;
    (left + 10.0..left + width - 10.0).contains(&x) && (top + 10.0..top + height - 10.0).contains(&y)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(longitude: f64, hue: usize) -> Cluster {
        let centre = Point { longitude, latitude: 0.0 };
        Cluster { name: String::new(), number: 1, hue, strongest: 1.0, centre, quakes: vec![] }
    }

    #[test]
    fn hues_are_used_up_before_one_is_used_again_far_away() {
        let centre = Point { longitude: 0.0, latitude: 0.0 };
        assert_eq!(hue(&[], centre), 0);
        assert_eq!(hue(&[cluster(1.0, 0)], centre), 1);
        let all: Vec<_> =
            [1.0, 2.0, 3.0, 9.0, 4.0, 5.0, 6.0, 7.0].into_iter().zip(0..).map(|(l, h)| cluster(l, h)).collect();
        assert_eq!(hue(&all, centre), 3);
    }

    #[test]
    fn numbers_are_not_above_each_other() {
        let view = View::world(Frame { left: 0.0, top: 0.0, width: 1000.0, height: 0.0 }, 0.0);
        let mut svg = String::new();
        labels(&mut svg, &view, &[&cluster(0.0, 0), &cluster(0.0, 1), &cluster(0.1, 2)]).unwrap();
        let mut places: Vec<_> =
            svg.lines().filter_map(|line| line.split_once(" x=")).map(|(_, place)| place).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), 3, "{svg}");
    }
}
