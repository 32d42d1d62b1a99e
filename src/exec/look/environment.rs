//! Environment variables.

use crate::exec::look::Looker;
use crate::exec::look::error::LookError;

impl Looker {
    pub(super) fn variable(&self, name: &str, default: Option<&str>) -> Result<String, LookError> {
        match (self.environment)(name) {
            Some(value) => value.into_string().map_err(|_| LookError::VariableNoUnicode { name: name.to_owned() }),
            None => default.map(str::to_owned).ok_or_else(|| LookError::Unset { name: name.to_owned() }),
        }
    }
}
