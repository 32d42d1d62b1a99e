//! Packs rectangles onto shelves: high ones first, low ones on top of each other where a shelf has room.

use crate::viz::layout::picture::{Point, Size};
use crate::viz::layout::table::real;
use std::cmp::Reverse;

/// What a packing keeps to.
pub(crate) struct Shelves {
    /// Between rectangles that are whole parts of a graph.
    pub(crate) part_gap: f64,
    /// Between rectangles when all of them are about the same: single boxes.
    pub(crate) small_gap: f64,
    /// Width by height to aim at, for all together.
    pub(crate) aspect: f64,
    /// Width that something else takes, on the left.
    pub(crate) left: f64,
    /// Height of that.
    pub(crate) height: f64,
}

/// The size of the whole, and the corner of each rectangle.
///
/// Rectangles keep their order within a class of height (a factor of 1.5), so that a small change moves little.
pub(crate) fn pack(sizes: &[Size], shelves: &Shelves) -> (Size, Vec<Point>) {
    let mut order: Vec<(Reverse<i32>, usize, Size)> =
        sizes.iter().enumerate().map(|(position, &size)| (Reverse(class(size.height)), position, size)).collect();
    order.sort_by_key(|&(class, position, _)| (class, position));
    let alike = order.first().map(|entry| entry.0) == order.last().map(|entry| entry.0);
    let gap = if alike { shelves.small_gap } else { shelves.part_gap };
    let width = width_to_aim_at(sizes, shelves, gap);
    let mut places = vec![Point::default(); sizes.len()];
    let mut shelf = Shelf { top: 0.0, height: 0.0, right: 0.0, column: Column::default() };
    let mut whole = Size::default();
    for &(_, position, size) in &order {
        let place = shelf.place(size, gap, width);
        whole.width = whole.width.max(place.x + size.width);
        whole.height = whole.height.max(place.y + size.height);
        if let Some(slot) = places.get_mut(position) {
            *slot = place;
        }
    }
    (whole, places)
}

/// As wide as the widest; otherwise so that everything together has the aspect.
fn width_to_aim_at(sizes: &[Size], shelves: &Shelves, gap: f64) -> f64 {
    let area: f64 = sizes.iter().map(|size| (size.width + gap) * (size.height + gap)).sum();
    let widest = sizes.iter().map(|size| size.width).fold(0.0, f64::max);
    // Shelves waste some room.
    let wanted = ((area * 1.1 + shelves.left * shelves.height) * shelves.aspect).sqrt() - shelves.left;
    // Beside something high there is room for columns.
    let beside = if shelves.height > 0.0 { area / shelves.height } else { 0.0 };
    widest.max(wanted).max(beside) + gap / 2.0 + real(sizes.len()) * 1e-9
}

/// The class of a height: equal for heights within a factor of 1.5.
fn class(height: f64) -> i32 {
    let mut class = 0;
    let mut bound = 16.0;
    while bound < height && class < 64 {
        bound *= 1.5;
        class += 1;
    }
    class
}

struct Shelf {
    top: f64,
    height: f64,
    right: f64,
    column: Column,
}

/// The last column of a shelf, where further rectangles may go below.
#[derive(Default)]
struct Column {
    left: f64,
    width: f64,
    bottom: f64,
}

impl Shelf {
    fn place(&mut self, size: Size, gap: f64, width: f64) -> Point {
        let bottom = self.column.bottom + gap + size.height;
        if self.column.width > 0.0 && size.width <= self.column.width && bottom <= self.top + self.height {
            let place = Point { x: self.column.left, y: self.column.bottom + gap };
            self.column.bottom = bottom;
            return place;
        }
        if self.right > 0.0 && self.right + size.width > width {
            self.top += self.height + gap;
            (self.height, self.right) = (0.0, 0.0);
        }
        let place = Point { x: self.right, y: self.top };
        self.height = self.height.max(size.height);
        self.column = Column { left: place.x, width: size.width, bottom: self.top + size.height };
        self.right = place.x + size.width + gap;
        place
    }
}
