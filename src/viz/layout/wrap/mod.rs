//! Folds wide fans into blocks of several rows.
//!
//! The rule: an item or port with [`find::HUB_LINKS`] links or more on one side is a hub. Without hubs, the problem falls
//! into connected pieces. Small pieces of the same size that are joined to the very same hubs, and to no other port, are alike: the
//! elements of a map between its source and what gathers it, for example. When there are at least [`find::LEAST_CELLS`]
//! alike, and in a row they would be wider than [`Options::wrap_width`], they become the cells of one block. The block is
//! one item to the rest of the layout, and a hub has one link to it. Inside, links run down between columns. When every
//! cell is a single item, the links of all hubs join before the block, which loses nothing because every cell has links
//! with each of them.
//!
//! [`Options::wrap_width`]: crate::viz::layout::Options::wrap_width

mod find;
mod fold;
mod grid;

pub(crate) use fold::Folded;
