//! Why a store could not do its work.

use std::path::PathBuf;

/// Why a store could not do its work. Damage is not among these: a damaged store is repaired and reported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process holds the store.
    #[error("the store `{}` is in use by {holder}", path.display())]
    Locked {
        /// The store's folder.
        path: PathBuf,
        /// Who holds it: process, host, command, since when.
        holder: String,
    },
    /// The store was written by another version.
    #[error(
        "the store `{}` has format {found}, this build reads format {supported}: use the version of mamo that wrote it, \
         or move the folder away and start a new store",
        path.display()
    )]
    Format {
        /// The store's folder.
        path: PathBuf,
        /// The format that was found.
        found: u32,
        /// The format that this build reads and writes.
        supported: u32,
    },
    /// A file or folder of the store could not be read or written.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried, as a verb: `open`, `write`, ..
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The database under the store failed.
    #[error("cannot {action}: {message}")]
    Database {
        /// What was tried, as a verb.
        action: &'static str,
        /// What the database said.
        message: String,
    },
    /// An earlier write failed, so nothing more is taken.
    #[error("an earlier write to the store failed: {0}")]
    Poisoned(String),
    /// What the store said to the process that holds it, and that works with it for this one.
    #[error("the process that holds the store says: {0}")]
    Holder(String),
}
