//! What a name means where it stands.

mod lookup;
mod macros;
mod path;
mod visible;

pub(crate) use lookup::{ExternalId, Resolver, Target};
pub(crate) use macros::MacroFacts;
pub(crate) use path::{Base, Resolved};
