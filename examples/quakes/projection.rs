//! From degrees to places on the sheet.

use crate::params::Window;
use crate::sphere::{Point, around};

/// A rectangle on the sheet.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// What a map shows, and where.
pub(crate) struct View {
    frame: Frame,
    extent: Extent,
    /// Pixels per unit of the projection.
    scale: f64,
}

enum Extent {
    /// All the world, with a longitude in the middle.
    World(f64),
    /// A part that is small enough for a flat map.
    Window(Window),
}

/// Half the width of the projected world.
const HALF_WIDTH: f64 = 2.706_629_983_697_478;
/// Half its height.
const HALF_HEIGHT: f64 = 1.317_362_759_157_413;

impl View {
    /// The whole world, as wide as the frame.
    pub(crate) fn world(frame: Frame, centre: f64) -> Self {
        let height = frame.width * HALF_HEIGHT / HALF_WIDTH;
        Self { frame: Frame { height, ..frame }, extent: Extent::World(centre), scale: frame.width / 2.0 / HALF_WIDTH }
    }

    /// A part of the world, at least as much as the window says, so that the frame is full.
    pub(crate) fn window(frame: Frame, window: &Window) -> Self {
        let mut window = window.clone();
        let parallel = ((window.south + window.north) / 2.0).to_radians().cos();
        let scale = (frame.width / (window.east - window.west) / parallel)
            .min(frame.height / (window.north - window.south))
            .to_degrees();
        let more_east = (frame.width.to_degrees() / scale / parallel - (window.east - window.west)) / 2.0;
        let more_north = (frame.height.to_degrees() / scale - (window.north - window.south)) / 2.0;
        window.west -= more_east;
        window.east += more_east;
        window.south -= more_north;
        window.north += more_north;
        Self { frame, extent: Extent::Window(window), scale }
    }

    pub(crate) fn frame(&self) -> Frame {
        self.frame
    }

    /// The degrees to the west, east, south and north of what is shown.
    pub(crate) fn bounds(&self) -> [f64; 4] {
        match &self.extent {
            Extent::World(centre) => [centre - 180.0, centre + 180.0, -90.0, 90.0],
            Extent::Window(window) => [window.west, window.east, window.south, window.north],
        }
    }

    /// Where on the sheet a place is.
    pub(crate) fn place(&self, point: Point) -> (f64, f64) {
        let middle = self.middle();
        self.place_beside(around(point.longitude - middle.longitude), point.latitude)
    }

    /// Where a place is that lies so many degrees to the east of the middle.
    pub(crate) fn place_beside(&self, east: f64, latitude: f64) -> (f64, f64) {
        let middle = self.middle();
        let (x, y) = match &self.extent {
            Extent::World(_) => equal_earth(east.to_radians(), latitude.to_radians()),
            Extent::Window(_) => {
                (east.to_radians() * middle.latitude.to_radians().cos(), (latitude - middle.latitude).to_radians())
            }
        };
        let Frame { left, top, width, height } = self.frame;
        (left + width / 2.0 + self.scale * x, top + height / 2.0 - self.scale * y)
    }

    pub(crate) fn middle(&self) -> Point {
        let [west, east, south, north] = self.bounds();
        Point { longitude: (west + east) / 2.0, latitude: (south + north) / 2.0 }
    }

    pub(crate) fn shows(&self, point: Point) -> bool {
        let [west, _, south, north] = self.bounds();
        let half = self.middle().longitude - west;
        around(point.longitude - self.middle().longitude).abs() <= half && (south..=north).contains(&point.latitude)
    }
}

/// The Equal Earth projection (Šavrič, Patterson and Jenny, 2018): areas are true, and it looks like a globe.
fn equal_earth(longitude: f64, latitude: f64) -> (f64, f64) {
    const A: [f64; 4] = [1.340264, -0.081106, 0.000893, 0.003796];
    let [a1, a2, a3, a4] = A;
    let theta = (3_f64.sqrt() / 2.0 * latitude.sin()).asin();
    let (t2, t6) = (theta.powi(2), theta.powi(6));
    let slope = a1 + 3.0 * a2 * t2 + t6 * (7.0 * a3 + 9.0 * a4 * t2);
    let x = 2.0 * 3_f64.sqrt() / 3.0 * longitude * theta.cos() / slope;
    (x, theta * (a1 + a2 * t2 + t6 * (a3 + a4 * t2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame { left: 10.0, top: 20.0, width: 400.0, height: 200.0 };

    fn at(longitude: f64, latitude: f64) -> Point {
        Point { longitude, latitude }
    }

    #[track_caller]
    fn check((x, y): (f64, f64), expected: (f64, f64)) {
        assert!((x - expected.0).abs() < 1e-6 && (y - expected.1).abs() < 1e-6, "({x}, {y}) is not {expected:?}");
    }

    #[test]
    fn the_world_fills_its_frame() {
        let world = View::world(FRAME, 155.0);
        let Frame { height, .. } = world.frame();
        check(world.place(at(155.0, 0.0)), (210.0, 20.0 + height / 2.0));
        check(world.place(at(-25.0 - 1e-12, 0.0)), (410.0, 20.0 + height / 2.0));
        check(world.place(at(155.0, 90.0)), (210.0, 20.0));
        assert!(world.place(at(-120.0, 37.0)).0 > 210.0, "America is to the east");
    }

    #[test]
    fn a_window_fills_its_frame_and_shows_what_it_says() {
        let window = Window { title: String::new(), west: -1.0, east: 1.0, south: -1.0, north: 1.0 };
        let view = View::window(FRAME, &window);
        check(view.place(at(0.0, 0.0)), (210.0, 120.0));
        check(view.place(at(0.0, 1.0)), (210.0, 20.0));
        check(view.place(at(2.0, 0.0)), (410.0, 120.0));
        assert!(view.shows(at(1.9, 0.9)) && !view.shows(at(2.1, 0.0)) && !view.shows(at(0.0, 1.1)));
    }
}
