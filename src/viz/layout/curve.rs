//! Draws a curve piece by piece: straight lines and bends that keep to the space between two layers.

use crate::viz::layout::picture::Point;

/// Closer than this is the same place.
const SAME: f64 = 0.01;

/// A curve as it is being drawn: a start, then three points for each piece.
#[derive(Debug, Default)]
pub(crate) struct Pen {
    points: Vec<Point>,
}

impl Pen {
    /// Forgets what was drawn.
    pub(crate) fn clear(&mut self) {
        self.points.clear();
    }

    pub(crate) fn points(&self) -> &[Point] {
        &self.points
    }

    /// A straight line to `to`, or the start. Vertical lines join.
    pub(crate) fn line_to(&mut self, to: Point) {
        let Some(&at) = self.points.last() else {
            self.points.push(to);
            return;
        };
        if near(at, to) {
            if self.points.len() > 1 {
                self.points.pop();
                self.points.push(to);
            }
            return;
        }
        let start = match self.vertical_piece() {
            Some(start) if (start.x - to.x).abs() < SAME && (at.y - start.y) * (to.y - at.y) > 0.0 => {
                self.points.truncate(self.points.len() - 3);
                start
            }
            _ => at,
        };
        self.points.extend([between(start, to, 1.0 / 3.0), between(start, to, 2.0 / 3.0), to]);
    }

    /// A bend to `to` that begins and ends vertically.
    pub(crate) fn bend_to(&mut self, to: Point) {
        let at = self.points.last().copied().unwrap_or(to);
        if (at.x - to.x).abs() < SAME {
            self.line_to(to);
            return;
        }
        let middle = (at.y + to.y) / 2.0;
        self.points.extend([Point { x: at.x, y: middle }, Point { x: to.x, y: middle }, to]);
    }

    /// A curve that was drawn elsewhere, moved by `by`; a straight line leads to its start.
    pub(crate) fn append(&mut self, curve: &[Point], by: Point) {
        let Some((&start, pieces)) = curve.split_first() else { return };
        self.line_to(start.moved(by));
        for piece in pieces.chunks_exact(3) {
            let &[first, second, end] = piece else { continue };
            self.piece(first.moved(by), second.moved(by), end.moved(by));
        }
    }

    /// The other way round.
    pub(crate) fn reverse(&mut self) {
        self.points.reverse();
    }

    fn piece(&mut self, first: Point, second: Point, end: Point) {
        let straight = |at: &Point| [first, second, end].iter().all(|point| (point.x - at.x).abs() < SAME);
        if self.points.last().is_some_and(straight) {
            self.line_to(end);
        } else {
            self.points.extend([first, second, end]);
        }
    }

    /// Where the last piece begins, if that is a vertical line.
    fn vertical_piece(&self) -> Option<Point> {
        let &[.., start, first, second, end] = self.points.as_slice() else { return None };
        [first, second, end].iter().all(|point| (point.x - start.x).abs() < SAME).then_some(start)
    }
}

fn near(a: Point, b: Point) -> bool {
    (a.x - b.x).abs() < SAME && (a.y - b.y).abs() < SAME
}

fn between(a: Point, b: Point, part: f64) -> Point {
    Point { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part }
}
