//! What `#[mamo::node(..)]` says of resources is no code: the function is the same without.

use crate::hash::normal::Normal;
use crate::token::{Kind, Token};

/// Arguments that say what a function takes of the machine.
const RESOURCES: [&str; 4] = ["slots", "memory", "pool", "blocking"];

impl Normal<'_> {
    /// Writes an attribute of mamo's without what it says of resources; gives where it ends. Nothing for all others,
    /// which are written as they are.
    pub(super) fn without_resources(&mut self, tokens: &[Token], at: usize) -> Option<usize> {
        let attribute = crate::index::attributes(tokens, at).0.into_iter().next()?;
        let kind = |at: usize| tokens.get(at).map(|token| token.kind);
        let word = |at: usize| {
            let symbol = tokens.get(at).and_then(|token| token.symbol());
            symbol.map_or("", |symbol| self.index.symbols.name(symbol))
        };
        let mut name = attribute.inside;
        let is_qualified = kind(name + 1) == Some(Kind::PathSep);
        if is_qualified {
            name += 2;
        }
        let open = name + 1;
        if kind(open) != Some(Kind::OpenParen) || word(name) != "node" {
            return None;
        }
        let close = tokens.get(open)?.data;
        let arguments = arguments(tokens, open + 1, close);
        let is_resource = |argument: &&(usize, usize)| RESOURCES.contains(&word(argument.0));
        let is_mamo = || if is_qualified { word(attribute.inside) == "mamo" } else { self.imports_node() };
        if !arguments.iter().any(|argument| is_resource(&argument)) || !is_mamo() {
            return None;
        }
        let kept: Vec<(usize, usize)> = arguments.iter().filter(|argument| !is_resource(argument)).copied().collect();
        let comma = arguments.iter().map(|(_, end)| *end).find(|end| kind(*end) == Some(Kind::Comma));
        let mut written: Vec<usize> = (attribute.start..open).collect();
        if !kept.is_empty() {
            written.push(open);
            for (place, (start, end)) in kept.into_iter().enumerate() {
                written.extend(comma.filter(|_| place > 0));
                written.extend(start..end);
            }
            written.push(close);
        }
        written.extend(close + 1..attribute.end);
        for token in written.into_iter().filter_map(|at| tokens.get(at)) {
            self.write(*token);
        }
        Some(attribute.end)
    }

    /// Whether `node` is mamo's attribute in this crate, and no other macro of that name is imported.
    fn imports_node(&self) -> bool {
        let mut is_imported = false;
        for import in &self.index.imports {
            let path: Vec<&str> = import.path.iter().map(|name| self.index.symbols.name(*name)).collect();
            let is_node = import.name.is_some_and(|name| self.index.symbols.name(name) == "node");
            match path.as_slice() {
                ["mamo", "node"] if is_node => is_imported = true,
                ["mamo"] if import.name.is_none() => is_imported = true,
                _ if is_node => return false,
                _ => {}
            }
        }
        is_imported
    }
}

/// Where the arguments between two parentheses start and end.
fn arguments(tokens: &[Token], start: usize, close: usize) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let (mut at, mut from) = (start, start);
    while at < close {
        match tokens.get(at) {
            Some(token) if token.kind == Kind::Comma => {
                found.push((from, at));
                from = at + 1;
                at += 1;
            }
            Some(token) if token.kind.is_open() => at = token.data + 1,
            Some(_) | None => at += 1,
        }
    }
    if from < close {
        found.push((from, close));
    }
    found
}
