//! What runs, and what does not: the engine as its users meet it.

mod edits;
mod failures;
mod large;
mod lost;
mod maps;
mod shapes;
mod support;
mod threads;
mod unstable;
