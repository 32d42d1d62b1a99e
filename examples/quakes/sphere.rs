//! Points on the sphere: distances, centres, areas.

use serde::{Deserialize, Serialize};

/// The earth's mean radius.
pub(crate) const RADIUS_KM: f64 = 6371.0088;

/// A place on the earth, in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    pub(crate) longitude: f64,
    pub(crate) latitude: f64,
}

impl Point {
    /// The distance along the surface in kilometres, by the haversine formula.
    pub(crate) fn distance_km(self, other: Self) -> f64 {
        let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
        let parallels = self.latitude.to_radians().cos() * other.latitude.to_radians().cos();
        let haversine = half(self.latitude, other.latitude) + parallels * half(self.longitude, other.longitude);
        2.0 * RADIUS_KM * haversine.sqrt().min(1.0).asin()
    }

    /// The kilometres to the east and north of `origin` on a map that is true near it.
    fn east_north(self, origin: Self) -> (f64, f64) {
        let east = around(self.longitude - origin.longitude).to_radians() * origin.latitude.to_radians().cos();
        (RADIUS_KM * east, RADIUS_KM * (self.latitude - origin.latitude).to_radians())
    }
}

/// The longitude that is meant, from -180 to 180.
pub(crate) fn around(longitude: f64) -> f64 {
    (longitude + 180.0).rem_euclid(360.0) - 180.0
}

/// The middle of some points: right also where they lie on both sides of the date line. None without points.
pub(crate) fn centre(points: &[Point]) -> Option<Point> {
    let (mut x, mut y, mut z) = (0.0, 0.0, 0.0);
    for point in points {
        let (longitude, latitude) = (point.longitude.to_radians(), point.latitude.to_radians());
        x += latitude.cos() * longitude.cos();
        y += latitude.cos() * longitude.sin();
        z += latitude.sin();
    }
    let centre = Point { longitude: y.atan2(x).to_degrees(), latitude: z.atan2(x.hypot(y)).to_degrees() };
    (!points.is_empty()).then_some(centre)
}

/// The area of the convex hull in square kilometres, on a map that is true at the centre: 0 for fewer than three points.
///
/// The hull is found with two monotone chains (Andrew, "Another efficient algorithm for convex hulls in two dimensions",
/// 1979).
pub(crate) fn hull_area_km2(points: &[Point]) -> f64 {
    let Some(origin) = centre(points) else { return 0.0 };
    let mut flat: Vec<_> = points.iter().map(|point| point.east_north(origin)).collect();
    flat.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut hull = chain(flat.iter().copied());
    hull.extend(chain(flat.iter().rev().copied()));
    let next = hull.iter().cycle().skip(1);
    hull.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f64>().abs() / 2.0
}

/// The points of a row from which the way goes to the left, without the last one.
fn chain(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut chain: Vec<(f64, f64)> = Vec::new();
    for point in points {
        while let [.., a, b] = chain.as_slice()
            && (b.0 - a.0) * (point.1 - a.1) <= (b.1 - a.1) * (point.0 - a.0)
        {
            chain.pop();
        }
        chain.push(point);
    }
    chain.pop();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn at(longitude: f64, latitude: f64) -> Point {
        Point { longitude, latitude }
    }

    #[test]
    fn a_degree_is_111_km_and_the_date_line_is_no_wall() {
        assert!((at(0.0, 0.0).distance_km(at(0.0, 1.0)) - 111.195).abs() < 0.001);
        assert!((at(179.5, 0.0).distance_km(at(-179.5, 0.0)) - 111.195).abs() < 0.001);
        assert!((at(30.0, 60.0).distance_km(at(31.0, 60.0)) - 55.6).abs() < 0.1);
        assert!((at(10.0, 20.0).distance_km(at(-170.0, -20.0)) - std::f64::consts::PI * RADIUS_KM).abs() < 0.001);
    }

    #[test]
    fn the_centre_of_points_beside_the_date_line_lies_between_them() {
        let middle = centre(&[at(179.0, 10.0), at(-179.0, 10.0)]).unwrap();
        assert!((middle.longitude.abs() - 180.0).abs() < 1e-9, "{middle:?}");
        assert_eq!(centre(&[]), None);
    }

    #[test]
    fn area_of_a_square_degree() {
        // The point inside is not on the hull, nor is the one on a side.
        let square =
            [at(179.5, -0.5), at(-179.5, 0.5), at(180.0, 0.1), at(-179.5, -0.5), at(179.5, 0.5), at(179.5, 0.0)];
        let side = 111.195_f64;
        assert!((hull_area_km2(&square) - side * side).abs() < 1.0, "{}", hull_area_km2(&square));
        assert_eq!(hull_area_km2(&square[..1]), 0.0);
        assert_eq!(hull_area_km2(&[at(1.0, 1.0), at(2.0, 2.0)]), 0.0);
    }
}
