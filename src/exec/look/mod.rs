//! Looking at the world outside: what sources are now.
//!
//! A look gives a value and its digest. Files are read only when they may have changed since the store last saw them
//! (see [`seen`]); the world's clocks, the environment and the store come in through [`Looker`], so that tests need
//! none of them.

mod looker;

mod clock;
mod error;
mod file;
mod seen;
mod stat;

mod folder;
mod glob;
mod pattern;
mod walk;

#[cfg(feature = "watch")]
mod sight;

mod environment;
mod external;
mod params;
mod probe;
mod secret;
mod tool;

#[cfg(test)]
mod tests;

pub(crate) use error::LookError;
pub(crate) use looker::{Looked, Looker};
pub(crate) use secret::SecretKey;
#[cfg(feature = "watch")]
pub(crate) use sight::{Ignored, Sight};
pub(crate) use walk::{Listed, Listing, walk, walk_within};
