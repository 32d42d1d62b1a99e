//! Orders the layers so that few segments cross: sweeps by barycentres and medians of neighbours as in Gansner,
//! Koutsofios, North and Vo (1993), then sifting as in Matuszewski, Schönfeld and Molitor (1999), "Using sifting for
//! k-layer straightline crossing minimization", of which their transposition is the case of one step, then an iterated
//! local search that shakes a few layers at a time.

mod best;
mod kick;
mod sift;
mod state;
mod sweep;

pub(crate) use best::best_order;
pub(crate) use state::Order;
