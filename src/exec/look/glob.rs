//! Patterns: the files that match, each known by its content.

use crate::exec::look::Looker;
use crate::exec::look::error::LookError;
use crate::exec::look::file::absolute;
use crate::exec::look::pattern::{FilePattern, Step};
use crate::exec::look::walk::{Child, children, steady};
use crate::value::{Artifact, Dict};
use std::collections::BTreeMap;
use std::fs::FileType;
use std::io;
use std::path::{Path, PathBuf};

/// A folder in which the rest of a pattern is to be followed.
struct Pending<'p> {
    folder: PathBuf,
    /// The folder's path below the pattern's prefix.
    relative: PathBuf,
    steps: &'p [Step],
}

impl Looker {
    pub(super) fn glob(&self, text: &str) -> Result<Dict<String, Artifact>, LookError> {
        let pattern = FilePattern::parse(text)?;
        steady(|| {
            let mut names = Vec::new();
            let mut paths = Vec::new();
            for (relative, path) in matches(&pattern, &mut Vec::new())? {
                names.push(name_of(&relative, text)?);
                paths.push(path);
            }
            let mut files = Vec::with_capacity(paths.len());
            for (path, content) in paths.iter().zip(self.contents(&paths)?) {
                files.push(Artifact::source_file(absolute(path)?.into(), content.digest, content.len));
            }
            Ok(names.into_iter().zip(files).collect())
        })
    }
}

/// The files that match, by their paths below the pattern's prefix; `folders` gets those in which they were looked for.
/// A prefix that is not there has no files.
pub(super) fn matches(
    pattern: &FilePattern,
    folders: &mut Vec<PathBuf>,
) -> Result<BTreeMap<PathBuf, PathBuf>, LookError> {
    let mut found = BTreeMap::new();
    let start = Pending { folder: pattern.prefix.clone(), relative: PathBuf::new(), steps: &pattern.steps };
    let mut todo = vec![start];
    while let Some(Pending { folder, relative, steps }) = todo.pop() {
        let Some((step, rest)) = steps.split_first() else { continue };
        folders.push(folder.clone());
        let names = match step {
            Step::Literal(name) => vec![name.clone()],
            Step::Matching(pattern) => {
                let children = children_if_any(&folder)?.into_iter();
                children.map(|child| child.name).filter(|name| pattern.matches(name)).collect()
            }
            Step::Folders => {
                for child in children_if_any(&folder)? {
                    // Links to folders are not followed here: they may lead round and round.
                    if child.file_type.is_dir() && !child.name.as_encoded_bytes().starts_with(b".") {
                        todo.push(Pending { folder: child.path, relative: relative.join(child.name), steps });
                    }
                }
                todo.push(Pending { folder, relative, steps: rest });
                continue;
            }
        };
        for name in names {
            let (path, relative) = (folder.join(&name), relative.join(&name));
            match file_type(&path)? {
                Some(file_type) if rest.is_empty() && file_type.is_file() => {
                    found.insert(relative, path);
                }
                Some(file_type) if !rest.is_empty() && file_type.is_dir() => {
                    todo.push(Pending { folder: path, relative, steps: rest });
                }
                Some(_) | None => {}
            }
        }
    }
    Ok(found)
}

fn children_if_any(folder: &Path) -> Result<Vec<Child>, LookError> {
    match children(folder) {
        Err(LookError::Missing { .. }) => Ok(Vec::new()),
        children => children,
    }
}

/// What the path leads to; nothing when there is nothing. A link that leads nowhere is an error, as data would be
/// missing without a word.
fn file_type(path: &Path) -> Result<Option<FileType>, LookError> {
    let is_absent = |error: &io::Error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.file_type())),
        Err(error) if is_absent(&error) && !path.is_symlink() => Ok(None),
        Err(error) => Err(LookError::reading(path, error)),
    }
}

/// The name by which users ask for the file.
fn name_of(relative: &Path, pattern: &str) -> Result<String, LookError> {
    let names: Option<Vec<&str>> = relative.iter().map(|name| name.to_str()).collect();
    let missing = || LookError::NoUnicode { pattern: pattern.to_owned(), path: relative.to_path_buf() };
    names.map(|names| names.join("/")).ok_or_else(missing)
}
