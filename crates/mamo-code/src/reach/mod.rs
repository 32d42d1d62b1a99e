//! Which items a function reaches.

mod calls;
mod closure;
mod facts;
mod headers;
mod impls;
mod locals;
mod members;
mod scan;
mod surroundings;
mod texts;
mod tokens;

pub(crate) use closure::{Closure, Start};
pub(crate) use facts::{NodeId, World};
