//! The items of a crate and the scopes that they stand in, as the text has them: nothing is resolved here.

mod attributes;
mod cfg;
mod files;
mod given;
mod included;
mod model;
mod nested;
mod others;
mod parse;
mod uses;

pub use attributes::WITHOUT_EFFECT;
pub(crate) use attributes::{Attribute, attributes, is_without_effect};
pub(crate) use cfg::Known;
pub(crate) use files::{File, FileId, plain};
pub(crate) use included::{included_path, literal_at};
pub(crate) use model::{
    Entry, ImportId, Index, Item, ItemId, ItemKind, KrateId, Map, Numbers, ScopeId, ScopeKind, Span, Visibility,
};
pub(crate) use parse::add_crate;
pub(crate) use uses::leaves;
