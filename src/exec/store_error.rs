//! Errors of the store as users see them: with what to do.

use crate::error::{Error, ErrorKind};
use crate::store::StoreError;

/// An error of the store as the user sees it.
pub(crate) fn store_error(error: StoreError) -> Error {
    let kind = match &error {
        StoreError::Locked { .. } => ErrorKind::StoreLocked,
        StoreError::Format { .. } => ErrorKind::StoreFormat,
        StoreError::Io { .. } | StoreError::Database { .. } | StoreError::Poisoned(_) | StoreError::Holder(_) => {
            ErrorKind::Store
        }
    };
    let hint = match &error {
        StoreError::Locked { .. } => Some("wait for it with `--wait`, or use another store with `--store`"),
        StoreError::Format { .. } => Some("use the version of mamo that wrote it, or another folder"),
        StoreError::Io { .. } | StoreError::Database { .. } | StoreError::Poisoned(_) | StoreError::Holder(_) => None,
    };
    let source = std::error::Error::source(&error).map(ToString::to_string);
    let mut wrapped = Error::new(kind, error.to_string());
    if let Some(source) = source {
        wrapped = wrapped.with_source(source);
    }
    match hint {
        Some(hint) => wrapped.with_hint(hint),
        None => wrapped,
    }
}
