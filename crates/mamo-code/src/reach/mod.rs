//! Which items a function reaches.

mod closure;
mod facts;
mod impls;
mod locals;
mod scan;
mod surroundings;
mod tokens;

pub(crate) use closure::{Closure, Start};
pub(crate) use facts::{NodeId, World};
