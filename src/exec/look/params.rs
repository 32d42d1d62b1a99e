//! Parameters: what a file says, read anew by each look.
//!
//! The file's stat is not trusted here: what the type makes of the text is code of the user's (defaults, conversions)
//! that no key covers, so a value kept for a file that looks the same could be an old program's.

use crate::exec::look::error::LookError;
use crate::exec::look::file::ATTEMPTS;
use crate::exec::look::probe::ask;
use crate::exec::look::stat::Stat;
use crate::exec::look::{Looked, Looker};
use crate::graph::ReadParams;
use crate::value::{BoxError, ValueType};
use std::fs::File;
use std::io::Read;
use std::path::Path;

impl Looker {
    pub(super) fn params(
        &self,
        path: &Path,
        read: ReadParams,
        value_type: &'static ValueType,
    ) -> Result<Looked, BoxError> {
        let bytes = whole(path)?;
        let text = String::from_utf8(bytes).map_err(|_| LookError::NoText { path: path.to_path_buf() })?;
        // Files from some editors begin with a byte order mark, which says nothing.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        Looked::of(ask(|| read(path, text))?, value_type)
    }
}

/// A file's bytes as they were at one moment.
fn whole(path: &Path) -> Result<Vec<u8>, LookError> {
    let failed = |error| LookError::reading(path, error);
    for _ in 0..ATTEMPTS {
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            return Err(LookError::FolderOfParams { path: path.to_path_buf() });
        }
        // A pipe would be waited for, and a device has no content.
        if !metadata.is_file() {
            return Err(LookError::Special { path: path.to_path_buf() });
        }
        let mut file = File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        if Stat::of(&file.metadata().map_err(failed)?) == Stat::of(&metadata) {
            return Ok(bytes);
        }
    }
    Err(LookError::Restless { path: path.to_path_buf() })
}
