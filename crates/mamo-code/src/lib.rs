//! Which code a function reaches, and a version of it.
//!
//! [`Crate::open`] reads the sources of a crate and of the crates beside it; [`Crate::reach`] then says of a function
//! which items it reaches, each with a digest, and gives one version for all of them. The version changes whenever
//! something that is reached changes, and stays when comments, formatting or other items change.
//!
//! ```
//! # let folder = std::env::temp_dir().join(format!("mamo-code-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder).unwrap();
//! # let file = folder.join("lib.rs");
//! std::fs::write(&file, "fn helper() -> u8 { 1 } fn unused() {} pub fn f() -> u8 { helper() }").unwrap();
//! let mut krate = mamo_code::Crate::open(&file, &mamo_code::Options::default())?;
//! let reach = krate.reach(&mamo_code::Ask::path("f"))?;
//! let items = reach.items();
//! let paths: Vec<&str> = items.iter().map(|item| item.path.as_str()).collect();
//! assert_eq!(paths, ["crate::f", "crate::helper"]);
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok::<(), mamo_code::Problem>(())
//! ```
//!
//! Whatever cannot be resolved widens a version to the whole crate, with a reason in [`Reach::fallback`]. What no
//! reading of sources can see is not in a version: code in other languages, registries that are filled at run time by
//! code that is not reached, what is read from the surroundings at run time, and the compiler itself.

mod ask;
mod hash;
mod index;
mod krate;
mod lexer;
mod literal;
mod packages;
mod problem;
mod reach;
mod report;
mod resolve;
mod symbol;
mod token;

pub use ask::Ask;
pub use index::WITHOUT_EFFECT;
pub use krate::{Crate, Options};
pub use problem::Problem;
pub use report::{Found, Included, Item, Reach, Version};
