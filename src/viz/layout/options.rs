//! What the caller may choose: direction and distances.

/// Distances in pixels, and the direction.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Where edges lead.
    pub direction: Direction,
    /// Between neighbouring boxes of a layer.
    pub box_gap: f64,
    /// Between layers, at least; layers with far-reaching edges between them stand further apart.
    pub layer_gap: f64,
    /// Between edges that run side by side, and between an edge and a box.
    pub edge_gap: f64,
    /// Between parts of the graph that no edge connects.
    pub part_gap: f64,
    /// Around the whole picture.
    pub margin: f64,
    /// A fan of alike boxes that would be wider becomes a block of several rows.
    pub wrap_width: f64,
    /// Width by height that packing and wrapping aim at.
    pub aspect: f64,
}

/// Where edges lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From top to bottom.
    Down,
    /// From left to right.
    Right,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            direction: Direction::Down,
            box_gap: 24.0,
            layer_gap: 48.0,
            edge_gap: 12.0,
            part_gap: 36.0,
            margin: 12.0,
            wrap_width: 1_500.0,
            aspect: 1.6,
        }
    }
}
