//! What holds for every store, and what the one on disk withstands.

mod contract;
mod crash;
mod damage;
mod support;
