//! Where everything lies on the sheet.

use crate::params::Layout;
use crate::projection::{Frame, View};

pub(crate) const WIDTH: f64 = 1200.0;
pub(crate) const MARGIN: f64 = 24.0;
/// Below the title.
const TOP: f64 = 84.0;
const GAP: f64 = 24.0;
const INSET_HEIGHT: f64 = 400.0;
const INSET_TITLE: f64 = 30.0;

/// The map of the world.
pub(crate) fn world(layout: &Layout) -> View {
    View::world(Frame { left: MARGIN, top: TOP, width: WIDTH - 2.0 * MARGIN, height: 0.0 }, layout.centre)
}

/// The insets, beside each other below the world.
pub(crate) fn insets(layout: &Layout) -> Vec<View> {
    let n: f64 = layout.insets.iter().map(|_| 1.0).sum();
    let width = (WIDTH - 2.0 * MARGIN - (n - 1.0) * GAP) / n;
    let top = below(world(layout).frame()) + GAP + INSET_TITLE;
    let left = |number: u16| MARGIN + f64::from(number) * (width + GAP);
    let frames = (0..).map(|number| Frame { left: left(number), top, width, height: INSET_HEIGHT });
    layout.insets.iter().zip(frames).map(|(window, frame)| View::window(frame, window)).collect()
}

/// Where the legend begins.
pub(crate) fn legend_top(layout: &Layout) -> f64 {
    let lowest = insets(layout).first().map(View::frame).unwrap_or(world(layout).frame());
    below(lowest) + GAP
}

fn below(frame: Frame) -> f64 {
    frame.top + frame.height
}
