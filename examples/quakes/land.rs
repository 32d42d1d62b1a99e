//! Land and lines, below the dots.

use crate::params::Layout;
use crate::projection::View;
use crate::sheet;
use crate::sphere::Point;
use anyhow::Context;
use flate2::read::GzDecoder;
use mamo::node;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::io::Read;

/// What lies below the dots of each map, as SVG.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ground {
    pub(crate) world: String,
    pub(crate) insets: Vec<String>,
}

/// Reads rings of pairs of longitude and latitude.
#[node]
pub(crate) fn coasts(gz: &[u8]) -> anyhow::Result<Vec<Vec<Point>>> {
    let mut json = Vec::new();
    GzDecoder::new(gz).read_to_end(&mut json).context("cannot decompress the coasts")?;
    let rings: Vec<Vec<(f64, f64)>> = serde_json::from_slice(&json).context("these are no coasts")?;
    let point = |(longitude, latitude)| Point { longitude, latitude };
    Ok(rings.into_iter().map(|ring| ring.into_iter().map(point).collect()).collect())
}

/// Draws what is the same wherever quakes are.
#[node]
pub(crate) fn ground(coasts: &[Vec<Point>], layout: &Layout) -> Result<Ground, std::fmt::Error> {
    let world = drawn(&sheet::world(layout), coasts, 30.0)?;
    let insets = sheet::insets(layout).iter().map(|inset| drawn(inset, coasts, 2.0)).collect::<Result<_, _>>()?;
    Ok(Ground { world, insets })
}

fn drawn(view: &View, coasts: &[Vec<Point>], step: f64) -> Result<String, std::fmt::Error> {
    let mut land = String::new();
    for ring in coasts {
        for part in visible(view, ring) {
            path(&mut land, view, &part)?;
            land.push('Z');
        }
    }
    let mut lines = String::new();
    let [west, east, south, north] = view.bounds();
    let middle = view.middle().longitude;
    for meridian in multiples(west, east, step) {
        let points: Vec<_> = steps(south, north).map(|latitude| (meridian - middle, latitude)).collect();
        path(&mut lines, view, &points)?;
    }
    for parallel in multiples(south, north, step) {
        path(&mut lines, view, &[(west - middle, parallel), (east - middle, parallel)])?;
    }
    // The edge of the world is round, that of a window straight.
    let mut edge = String::new();
    let left = steps(south, north).map(|latitude| (west - middle, latitude));
    let right = steps(south, north).map(|latitude| (east - middle, latitude));
    let around: Vec<_> = left.chain(right.collect::<Vec<_>>().into_iter().rev()).collect();
    path(&mut edge, view, &around)?;
    Ok(format!("<path class='sea' d='{edge}Z'/><path class='land' d='{land}'/><path class='lines' d='{lines}'/>\n"))
}

/// A line through points that are given by their degrees to the east of the middle and their latitude.
fn path(text: &mut String, view: &View, points: &[(f64, f64)]) -> std::fmt::Result {
    for (number, (east, latitude)) in points.iter().enumerate() {
        let (x, y) = view.place_beside(*east, *latitude);
        write!(text, "{}{x:.1} {y:.1}", if number == 0 { 'M' } else { 'L' })?;
    }
    Ok(())
}

/// The parts of a ring that a view shows, in degrees to the east of its middle.
fn visible(view: &View, ring: &[Point]) -> Vec<Vec<(f64, f64)>> {
    let [west, east, south, north] = view.bounds();
    let middle = view.middle().longitude;
    let shifted = [-360.0, 0.0, 360.0].map(|turn| {
        let ring: Vec<_> = ring.iter().map(|point| (point.longitude - middle + turn, point.latitude)).collect();
        let ring = clipped(&ring, |point| point.0 - (west - middle));
        let ring = clipped(&ring, |point| (east - middle) - point.0);
        let ring = clipped(&ring, |point| point.1 - south);
        clipped(&ring, |point| north - point.1)
    });
    shifted.into_iter().filter(|part| !part.is_empty()).collect()
}

/// The part of a ring on the side of a line where `inside` is not negative (Sutherland and Hodgman, "Reentrant polygon
/// clipping", 1974).
fn clipped(ring: &[(f64, f64)], inside: impl Fn((f64, f64)) -> f64) -> Vec<(f64, f64)> {
    let mut part = Vec::new();
    let before = ring.iter().cycle().skip(ring.len().saturating_sub(1));
    for (from, to) in before.zip(ring) {
        let (start, end) = (inside(*from), inside(*to));
        if (start < 0.0) != (end < 0.0) {
            let share = start / (start - end);
            part.push((from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1)));
        }
        if end >= 0.0 {
            part.push(*to);
        }
    }
    part
}

/// The multiples of `step` strictly between two numbers.
fn multiples(from: f64, to: f64, step: f64) -> impl Iterator<Item = f64> {
    let first = (from / step).floor() + 1.0;
    (0..u16::MAX).map(move |n| (first + f64::from(n)) * step).take_while(move |number| *number < to)
}

/// From one number to another in 36 steps.
fn steps(from: f64, to: f64) -> impl Iterator<Item = f64> {
    (0..=36).map(move |n| from + (to - from) * f64::from(n) / 36.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::tests::gz;
    use crate::projection::Frame;

    fn square(west: f64, east: f64) -> Vec<Point> {
        [(west, 0.0), (east, 0.0), (east, 10.0), (west, 10.0)]
            .map(|(longitude, latitude)| Point { longitude, latitude })
            .to_vec()
    }

    #[test]
    fn land_across_the_edge_of_the_map_is_cut_in_two() {
        let frame = Frame { left: 0.0, top: 0.0, width: 100.0, height: 50.0 };
        let extents = |west, east| {
            let mut extents = Vec::new();
            for part in visible(&View::world(frame, 155.0), &square(west, east)) {
                let easts = part.iter().map(|point| point.0);
                extents.push((easts.clone().fold(f64::MAX, f64::min), easts.fold(f64::MIN, f64::max)));
            }
            extents
        };
        assert_eq!(extents(150.0, 160.0), [(-5.0, 5.0)]);
        assert_eq!(extents(-35.0, -15.0), [(-180.0, -170.0), (170.0, 180.0)]);
    }

    #[test]
    fn multiples_are_strictly_between() {
        assert_eq!(multiples(-60.0, 61.0, 30.0).collect::<Vec<_>>(), [-30.0, 0.0, 30.0, 60.0]);
    }

    #[test]
    fn coasts_are_pairs() {
        assert_eq!(coasts(&gz("[[[0,0],[5,0],[5,10],[0,10]]]")).unwrap(), [square(0.0, 5.0)]);
        assert_eq!(coasts(&gz("{}")).unwrap_err().to_string(), "these are no coasts");
    }
}
