//! Layered layout of nested graphs, after Sugiyama, Tagawa and Toda (1981), "Methods for visual understanding of
//! hierarchical system structures".
//!
//! | step | where | after |
//! | --- | --- | --- |
//! | cut the graph into levels of nesting | `nest` | |
//! | turn links round that close cycles | `cycles` | Tarjan 1972; Eades, Lin, Smyth 1993 |
//! | fold wide fans into blocks of rows | `wrap` | |
//! | lay out what is not connected by itself, and pack it | `arrange`, `pack` | |
//! | give each item a layer | `rank`, `simplex` | Gansner, Koutsofios, North, Vo 1993 |
//! | cut long links at each layer | `layers` | |
//! | order the layers | `order`, `crossings` | Gansner et al. 1993; Barth, Jünger, Mutzel 2002; Matuszewski et al. 1999 |
//! | give each item its x | `coordinates` | Brandes, Köpf 2001; Brandes, Walter, Zink 2020; Gansner et al. 1993 |
//! | draw curves | `layered`, `curve` | |
//!
//! Everything is deterministic and follows the order in which boxes and edges were added, so that a small change of the
//! graph changes the picture little. Nothing recurses. Memory is linear in boxes and edges.

mod graph;
mod options;
mod picture;

mod arrange;
mod coordinates;
mod crossings;
mod curve;
mod cycles;
mod layered;
mod layers;
mod nest;
mod network;
mod order;
mod pack;
mod problem;
mod rank;
mod sets;
mod simplex;
mod table;
mod wrap;

pub use graph::{BoxId, EdgeId, Frame, Graph, GroupId};
pub use nest::lay_out;
pub use options::{Direction, Options};
pub use picture::{Picture, Point, Rect, Size};
