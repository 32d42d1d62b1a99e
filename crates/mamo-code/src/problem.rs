//! Why a question has no answer.

use std::fmt;
use std::path::PathBuf;

/// A crate that cannot be opened, or a function that is not in it.
///
/// What cannot be resolved is no problem: it makes a [`Reach`](crate::Reach) fall back to the whole crate.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// The root file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// No function has this path.
    Unknown {
        /// What was asked for.
        name: String,
        /// Functions whose names are close to it.
        close: Vec<String>,
    },
    /// More than one function has this path.
    Ambiguous {
        /// What was asked for.
        name: String,
        /// The functions that it may mean.
        found: Vec<String>,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, .. } => write!(f, "cannot read `{}`", path.display()),
            Self::Unknown { name, close } => {
                write!(f, "no function `{name}`")?;
                list(f, ", but there is ", close)
            }
            Self::Ambiguous { name, found } => {
                write!(f, "more than one function `{name}`")?;
                list(f, ": ", found)
            }
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, before: &str, names: &[String]) -> fmt::Result {
    for (place, name) in names.iter().enumerate() {
        write!(f, "{}`{name}`", if place == 0 { before } else { ", " })?;
    }
    Ok(())
}

impl std::error::Error for Problem {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { error, .. } => Some(error),
            Self::Unknown { .. } | Self::Ambiguous { .. } => None,
        }
    }
}
