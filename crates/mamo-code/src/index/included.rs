//! Paths of included files: literals, and what `concat!` makes of literals and known variables.

use crate::index::files::{File, plain};
use crate::literal;
use crate::symbol::{CONCAT, ENV, Symbol};
use crate::token::{Kind, Token};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file that `include!(..)` means, its input between two tokens; none if its path cannot be told.
pub(crate) fn included_path(
    file: &File,
    start: usize,
    end: usize,
    variables: &BTreeMap<String, String>,
) -> Option<PathBuf> {
    let written = text(file, start, end, variables)?;
    let folder = file.path.parent().unwrap_or(Path::new(""));
    Some(plain(&folder.join(written)))
}

fn text(file: &File, start: usize, end: usize, variables: &BTreeMap<String, String>) -> Option<String> {
    let token = |at: usize| file.lexed.tokens.get(at).copied();
    let kind = |at: usize| token(at).map(|token| token.kind);
    let word = |at: usize| token(at).and_then(Token::symbol);
    if let Some(value) = literal_at(file, start) {
        let is_all = start + 1 >= end || (kind(start + 1) == Some(Kind::Comma) && start + 2 >= end);
        return is_all.then_some(value);
    }
    let is_call = |at: usize, name: Symbol| word(at) == Some(name) && kind(at + 1) == Some(Kind::Bang);
    if is_call(start, ENV) {
        return variables.get(&literal_at(file, start + 3)?).cloned();
    }
    if !is_call(start, CONCAT) {
        return None;
    }
    let close = token(start + 2)?.data.min(end);
    let (mut path, mut at) = (String::new(), start + 3);
    while at < close {
        if let Some(value) = literal_at(file, at) {
            path.push_str(&value);
        } else if is_call(at, ENV) {
            path.push_str(variables.get(&literal_at(file, at + 3)?)?);
            at = token(at + 2)?.data;
        } else if kind(at) != Some(Kind::Comma) {
            return None;
        }
        at += 1;
    }
    Some(path)
}

/// The value of a string literal.
pub(crate) fn literal_at(file: &File, at: usize) -> Option<String> {
    let token = file.lexed.tokens.get(at).filter(|token| matches!(token.kind, Kind::String | Kind::RawString))?;
    Some(literal::value(file.text.get(token.start..token.end)?))
}
