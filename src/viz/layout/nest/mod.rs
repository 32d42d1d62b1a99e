//! Nested groups: each level is a [`Problem`](crate::viz::layout::problem::Problem) of its own, and an edge is a chain of
//! links through the levels that it crosses.
//!
//! Levels are solved from the inside out; a solved group is a box in its parent. An edge that leaves a group passes a port
//! on the group's bottom border, and one that enters a group a port on its top border. Sugiyama and Misue (1991),
//! "Visualization of structural information", lay all levels out at once; level by level, an opened group moves nothing
//! inside other groups.

mod chains;
mod levels;
mod ports;
mod tree;

pub use levels::lay_out;
