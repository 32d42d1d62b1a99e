//! Carrying values from one store to another, in a file.

mod differences;
mod export;
mod format;
mod import;
mod reader;
mod writer;

pub use export::{Exported, ExportedNode};
pub use import::{Imported, ImportedNode};
