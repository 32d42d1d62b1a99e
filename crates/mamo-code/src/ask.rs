//! How a function is asked for: by its path, or by where it stands.

use crate::index::{Index, ItemId, ItemKind};
use crate::problem::Problem;
use crate::reach::World;
use std::path::PathBuf;

/// Which function is meant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Ask {
    /// By a path, or the end of one: `f`, `module::f`, `Type::f`.
    Path(String),
    /// By the place of its name; what stands elsewhere falls back to the whole crate.
    At {
        /// The file.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
        /// The name that stands there.
        name: String,
    },
}

impl Ask {
    /// A function by its path or the end of it.
    pub fn path(path: impl Into<String>) -> Self {
        Self::Path(path.into())
    }

    /// A function by the place of its name, as a span gives it.
    pub fn at(file: impl Into<PathBuf>, line: usize, column: usize, name: impl Into<String>) -> Self {
        Self::At { file: file.into(), line, column, name: name.into() }
    }
}

/// What was found for a question.
pub(crate) enum Answer {
    Functions(Vec<ItemId>),
    /// It stands inside of something larger, or nowhere: the reason.
    Around(Vec<ItemId>, String),
}

impl World {
    pub(crate) fn find(&self, ask: &Ask) -> Result<Answer, Problem> {
        match ask {
            Ask::Path(path) => self.by_path(path).map(Answer::Functions),
            Ask::At { file, line, column, name } => Ok(self.by_place(file, *line, *column, name)),
        }
    }

    fn by_path(&self, path: &str) -> Result<Vec<ItemId>, Problem> {
        let wanted: Vec<&str> = path.split("::").map(|name| name.trim_start_matches("r#")).collect();
        let last = wanted.last().copied().unwrap_or_default();
        let mut exact = Vec::new();
        let mut ending: Vec<(String, ItemId)> = Vec::new();
        for id in self.functions(last) {
            let full = self.plain_path(id);
            let names: Vec<&str> = full.split("::").collect();
            let without_crate = names.get(1..).unwrap_or_default();
            if names == wanted || without_crate == wanted.as_slice() || self.item_path(id) == path {
                exact.push(id);
            } else if names.ends_with(&wanted) {
                ending.push((self.item_path(id), id));
            }
        }
        if !exact.is_empty() {
            return Ok(exact);
        }
        let mut paths: Vec<String> = ending.iter().map(|(path, _)| path.clone()).collect();
        paths.sort_unstable();
        paths.dedup();
        match paths.len() {
            0 => Err(Problem::Unknown { name: path.to_owned(), close: self.close(last) }),
            1 => Ok(ending.into_iter().map(|(_, id)| id).collect()),
            _ => Err(Problem::Ambiguous { name: path.to_owned(), found: paths }),
        }
    }

    /// All functions of a name, raw or not.
    fn functions(&self, name: &str) -> Vec<ItemId> {
        let name = name.trim_start_matches("r#");
        let symbols = [self.index.symbols.find(name), self.index.symbols.find(&format!("r#{name}"))];
        let found = symbols.iter().flatten().filter_map(|symbol| self.functions.get(symbol));
        found.flatten().copied().collect()
    }

    /// Modules, the type or trait, and the name.
    fn plain_path(&self, id: ItemId) -> String {
        let Some(item) = self.index.item(id) else { return String::new() };
        let name = self.index.symbols.name(item.name).trim_start_matches("r#");
        let mut outer = self.scope_path(item.scope);
        if let Some(parent) = item.parent.and_then(|parent| self.index.item(parent)) {
            let header = item.parent.and_then(|parent| self.impls.headers.get(&parent));
            let owner = match header.and_then(|header| header.main.first()) {
                Some(main) => self.index.item(*main).map(|main| main.name),
                None => Some(parent.name),
            };
            outer = format!("{outer}::{}", owner.map_or("", |owner| self.index.symbols.name(owner)));
        }
        format!("{outer}::{name}")
    }

    /// Functions with names close to one, the closest first.
    fn close(&self, name: &str) -> Vec<String> {
        let mut found: Vec<(usize, String)> = Vec::new();
        for (place, item) in self.index.items.iter().enumerate() {
            if item.kind != ItemKind::Fn {
                continue;
            }
            let other = self.index.symbols.name(item.name);
            let distance = distance(name, other);
            if distance <= name.len().max(3) / 3 || (name.len() > 2 && other.contains(name)) {
                found.push((distance, self.item_path(ItemId(place))));
            }
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().take(3).map(|(_, path)| path).collect()
    }

    fn by_place(&self, file: &std::path::Path, line: usize, column: usize, name: &str) -> Answer {
        let Some(id) = self.index.files.find(file) else {
            return Answer::Around(Vec::new(), format!("`{}` is no source file of the crate", file.display()));
        };
        let Some(source) = self.index.files.get(id) else {
            return Answer::Around(Vec::new(), "no such file".to_owned());
        };
        let start = source.line(line).unwrap_or(source.text.len());
        let rest = source.text.get(start..).unwrap_or_default();
        let offset = start + rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum::<usize>();
        let tokens = self.index.tokens(id);
        let token = tokens.partition_point(|token| token.start < offset);
        let is_there = tokens.get(token).is_some_and(|token| {
            token.start == offset
                && self.index.text(id, *token).trim_start_matches("r#") == name.trim_start_matches("r#")
        });
        let nothing = |why: &str| format!("`{name}` {why} (`{}`, line {line})", file.display());
        if !is_there {
            return Answer::Around(Vec::new(), nothing("does not stand where the compiler says"));
        }
        let is_meant = |item: &crate::index::Item| item.span.file == id && item.name_token == token;
        let named = self.functions(name).into_iter();
        let functions: Vec<ItemId> = named.filter(|id| self.index.item(*id).is_some_and(is_meant)).collect();
        if !functions.is_empty() {
            return Answer::Functions(functions);
        }
        let around = items(&self.index, |item| item.span.holds(id, token));
        Answer::Around(around, nothing("stands inside of a macro call"))
    }
}

fn items(index: &Index, is_meant: impl Fn(&crate::index::Item) -> bool) -> Vec<ItemId> {
    let items = index.items.iter().enumerate();
    items.filter(|(_, item)| is_meant(item)).map(|(place, _)| ItemId(place)).collect()
}

/// How many characters have to change.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (place, character) in one.chars().enumerate() {
        let mut next = vec![place + 1];
        let cells = other.iter().zip(row.iter().zip(row.iter().skip(1)));
        for (own, (diagonal, above)) in cells {
            let left = next.last().copied().unwrap_or(0);
            let replaced = diagonal + usize::from(*own != character);
            next.push(replaced.min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
