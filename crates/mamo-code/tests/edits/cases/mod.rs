//! The cases, by topic.

mod binding;
mod hard;
mod items;
mod macros;
mod modules;
mod precision;
pub(crate) mod resources;
mod traits;

use crate::case::Case;

pub(crate) fn all() -> Vec<Case> {
    [binding::CASES, hard::CASES, items::CASES, macros::CASES, modules::CASES, precision::CASES, traits::CASES].concat()
}
