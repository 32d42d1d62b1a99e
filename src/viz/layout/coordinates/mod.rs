//! Gives each vertex its x: Brandes and Köpf (2001), "Fast and simple horizontal coordinate assignment", with the erratum
//! of Brandes, Walter and Zink (2020).
//!
//! Vertices are aligned with a median neighbour, layer by layer, into blocks that stand straight; cuts of the same link
//! always align, so that a link bends at most twice. Blocks are then placed as close as widths allow. That is done in four
//! ways (from the top or the bottom, leftmost or rightmost), and the mean of the two middle results is taken. Segments
//! that do not begin at a centre are aligned where they begin. Last, everything moves together where that shortens segments.

mod align;
mod clusters;
mod compact;
mod conflicts;
mod exact;
mod mean;
mod settle;

pub(crate) use mean::coordinates;
