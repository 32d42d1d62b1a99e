//! Source files: each is read and lexed once.

use crate::lexer::{Lexed, lex};
use crate::symbol::Symbols;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The place of a file in [`Files`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct FileId(pub(crate) usize);

#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) lexed: Lexed,
    /// Where each line begins, once somebody asks.
    lines: OnceLock<Vec<usize>>,
}

impl File {
    /// Where a line begins, counted from 1.
    pub(crate) fn line(&self, line: usize) -> Option<usize> {
        let starts = self.lines.get_or_init(|| {
            let mut start = 0;
            let mut starts = vec![start];
            for line in self.text.split_inclusive('\n') {
                start += line.len();
                starts.push(start);
            }
            starts
        });
        starts.get(line.checked_sub(1)?).copied()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Files {
    files: Vec<Arc<File>>,
    by_path: HashMap<PathBuf, FileId>,
}

impl Files {
    pub(crate) fn get(&self, id: FileId) -> Option<&Arc<File>> {
        self.files.get(id.0)
    }

    /// The file at a path, if it was read.
    pub(crate) fn find(&self, path: &Path) -> Option<FileId> {
        self.by_path.get(&plain(path)).copied().or_else(|| {
            let wanted = path.canonicalize().ok()?;
            let place = self.files.iter().position(|file| file.path.canonicalize().is_ok_and(|path| path == wanted))?;
            Some(FileId(place))
        })
    }

    /// Reads and lexes a file; a file that was read before is not read again.
    pub(crate) fn read(&mut self, path: &Path, symbols: &mut Symbols) -> std::io::Result<FileId> {
        let path = plain(path);
        if let Some(id) = self.by_path.get(&path) {
            return Ok(*id);
        }
        let bytes = std::fs::read(&path)?;
        // Text that is no UTF-8 is no Rust either, and the lexer will not like what is put in its place.
        let mut text = String::from_utf8(bytes)
            .unwrap_or_else(|error| format!("\u{0} no UTF-8: {}", blake3::hash(error.as_bytes()).to_hex()));
        if text.contains('\r') {
            text = text.replace("\r\n", "\n");
        }
        let lexed = lex(&text, symbols);
        let id = FileId(self.files.len());
        self.files.push(Arc::new(File { path: path.clone(), text, lexed, lines: OnceLock::new() }));
        self.by_path.insert(path, id);
        Ok(id)
    }
}

/// The path without `.` and, as far as the text goes, without `..`.
pub(crate) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            Component::ParentDir | Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
        }
    }
    plain
}
