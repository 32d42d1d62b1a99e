//! Patterns of file names, split where they can be followed folder by folder.
//!
//! The `glob` crate's own walk goes through links to folders below `**`, round and round, and leaves out names that are
//! not Unicode; so it only matches single names here.

use crate::exec::look::error::LookError;
use glob::{MatchOptions, Pattern};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// A pattern such as `data/**/*.csv`.
#[derive(Debug)]
pub(super) struct FilePattern {
    /// The folders before the first wildcard.
    pub(super) prefix: PathBuf,
    /// What follows; never empty.
    pub(super) steps: Vec<Step>,
}

/// One name in a pattern.
#[derive(Debug)]
pub(super) enum Step {
    /// Just this name.
    Literal(OsString),
    /// Every name that matches.
    Matching(NamePattern),
    /// `**`: any number of folders.
    Folders,
}

#[derive(Debug)]
pub(super) struct NamePattern(Pattern);

impl FilePattern {
    pub(super) fn parse(text: &str) -> Result<Self, LookError> {
        let wrong = |message: &str| LookError::Pattern { pattern: text.to_owned(), message: message.to_owned() };
        if text.ends_with(std::path::is_separator) {
            return Err(wrong("it ends in a separator and would match folders only; add `*` or `**`"));
        }
        let mut names = Path::new(text).components().map(|component| component.as_os_str()).peekable();
        let mut prefix = PathBuf::new();
        let mut steps = Vec::new();
        while let Some(name) = names.next() {
            if steps.is_empty() && names.peek().is_some() && !has_wildcard(name) {
                prefix.push(name);
            } else {
                steps.push(Step::parse(name).map_err(wrong)?);
            }
        }
        match steps.last() {
            None => return Err(wrong("it is empty")),
            // Folders are no matches, so this can only mean the files in them.
            Some(Step::Folders) => steps.push(Step::parse(OsStr::new("*")).map_err(wrong)?),
            Some(Step::Literal(_) | Step::Matching(_)) => {}
        }
        Ok(Self { prefix, steps })
    }
}

impl Step {
    fn parse(name: &OsStr) -> Result<Self, &'static str> {
        if name == "**" {
            return Ok(Self::Folders);
        }
        if !has_wildcard(name) {
            return Ok(Self::Literal(name.to_owned()));
        }
        let pattern = Pattern::new(&name.to_string_lossy()).map_err(|error| error.msg)?;
        Ok(Self::Matching(NamePattern(pattern)))
    }
}

impl NamePattern {
    pub(super) fn matches(&self, name: &OsStr) -> bool {
        let options =
            MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };
        self.0.matches_with(&name.to_string_lossy(), options)
    }
}

fn has_wildcard(name: &OsStr) -> bool {
    name.as_encoded_bytes().iter().any(|byte| b"*?[".contains(byte))
}
