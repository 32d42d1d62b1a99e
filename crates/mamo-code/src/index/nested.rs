//! Items inside of function bodies, and modules: each gets a scope.
#![expect(clippy::wildcard_enum_match_arm, reason = "a match on tokens names the few that matter")]

use crate::index::attributes::is_without_effect;
use crate::index::cfg::Verdict;
use crate::index::files::plain;
use crate::index::included::included_path;
use crate::index::model::{Entry, Scope, ScopeId, ScopeKind, Span};
use crate::index::parse::{Head, Parser, Place};
use crate::symbol::{self, CFG_ATTR, PATH, UNDERSCORE};
use crate::token::Kind;
use std::path::Path;
use std::sync::Arc;

impl Parser<'_> {
    /// The items in the bodies between two tokens.
    pub(super) fn nested(&mut self, start: usize, end: usize, scope: ScopeId) {
        let file = Arc::clone(&self.file);
        let nested = &file.lexed.nested;
        let first = nested.partition_point(|(token, _)| *token < start);
        let mut done = start;
        for (token, open) in nested.get(first..).unwrap_or_default() {
            if *token >= end {
                break;
            }
            if *token < done || *open < start {
                continue;
            }
            if let Some(from) = self.item_start(*token, *open) {
                let block = self.block(*open, start, scope);
                done = self.item(from, end, block, None);
            }
        }
    }

    /// Where the item begins that a word belongs to; none if the word does not begin an item.
    fn item_start(&self, word: usize, open: usize) -> Option<usize> {
        let next = self.token(word + 1)?;
        let is_named = next.kind == Kind::Ident && !next.symbol().is_some_and(|name| name.is_keyword());
        let fits = match self.word(word)? {
            symbol::IMPL => true,
            symbol::USE => next.kind == Kind::Ident || next.kind == Kind::PathSep || next.kind == Kind::OpenBrace,
            symbol::CONST => is_named || next.is(UNDERSCORE),
            symbol::STATIC => is_named || next.is(symbol::MUT),
            symbol::MACRO_RULES => next.kind == Kind::Bang,
            symbol::EXTERN => next.is(symbol::CRATE) || self.kind(word + 2) == Some(Kind::OpenBrace),
            _ => is_named,
        };
        if !fits {
            return None;
        }
        let mut at = word;
        loop {
            let before = self.token(at.checked_sub(1)?)?;
            match before.kind {
                Kind::Ident
                    if matches!(
                        before.symbol(),
                        Some(
                            symbol::PUB
                                | symbol::UNSAFE
                                | symbol::ASYNC
                                | symbol::CONST
                                | symbol::EXTERN
                                | symbol::DEFAULT
                                | symbol::AUTO
                        )
                    ) =>
                {
                    at -= 1;
                }
                Kind::String | Kind::Doc => at -= 1,
                // `pub(crate)`
                Kind::CloseParen if self.word(before.data.checked_sub(1)?) == Some(symbol::PUB) => at = before.data - 1,
                // An attribute.
                Kind::CloseBracket if self.kind(before.data.checked_sub(1)?) == Some(Kind::Pound) => {
                    at = before.data - 1;
                }
                Kind::CloseBracket if self.kind(before.data.checked_sub(1)?) == Some(Kind::Bang) => return Some(at),
                Kind::Semicolon | Kind::CloseBrace => return Some(at),
                Kind::OpenBrace => return (at - 1 == open).then_some(at),
                _ => return None,
            }
        }
    }

    /// The scope of a pair of braces, made when the first item in it is found.
    fn block(&mut self, open: usize, start: usize, outer: ScopeId) -> ScopeId {
        if let Some(scope) = self.index.braces.get(&(self.id, open)) {
            return *scope;
        }
        // The braces around it may have a scope as well; the nearest one counts.
        let (mut parent, mut at) = (outer, open);
        while at > start {
            at -= 1;
            match self.token(at) {
                Some(token) if token.kind == Kind::CloseBrace => at = token.data,
                Some(token) if token.kind == Kind::OpenBrace => {
                    if let Some(scope) = self.index.braces.get(&(self.id, at)) {
                        parent = *scope;
                        break;
                    }
                }
                Some(_) | None => {}
            }
        }
        let id = ScopeId(self.index.scopes.len());
        self.index.scopes.push(Scope::new(ScopeKind::Block, self.krate, Some(parent), UNDERSCORE));
        self.index.braces.insert((self.id, open), id);
        id
    }

    /// `mod name { .. }` or `mod name;`.
    pub(super) fn module(&mut self, head: &Head, name: usize, scope: ScopeId) -> usize {
        let Some(symbol) = self.word(name) else { return name + 1 };
        let open = self.token(name + 1).filter(|token| token.kind == Kind::OpenBrace);
        let end = open.map_or(name + 2, |open| open.data + 1);
        if head.verdict == Verdict::Off {
            return end;
        }
        let inside = ScopeId(self.index.scopes.len());
        let mut module = Scope::new(ScopeKind::Module, self.krate, Some(scope), symbol);
        module.attributes = head
            .attributes
            .iter()
            .filter(|attribute| !is_without_effect(&self.index.symbols, attribute.name) && attribute.name != PATH)
            .map(|attribute| Span { file: self.id, start: attribute.start, end: attribute.end })
            .collect();
        self.index.scopes.push(module);
        self.name(scope, symbol, Entry::Module { scope: inside, visibility: head.visibility });
        let written = self.written_paths(head);
        let text = self.index.symbols.name(symbol).trim_start_matches("r#").to_owned();
        if open.is_some() {
            let outer = self.place.clone();
            let folder = match written.first() {
                Some(path) => outer.beside.join(path),
                None => outer.folder.join(&text),
            };
            self.place = Place { beside: folder.clone(), folder };
            self.index.braces.insert((self.id, name + 1), inside);
            self.items(name + 2, end - 1, inside, None);
            self.place = outer;
        } else {
            self.module_file(&text, &written, name, inside);
        }
        end
    }

    /// What `#[path = ".."]` says, also under a `cfg_attr`: then each path counts.
    fn written_paths(&self, head: &Head) -> Vec<String> {
        let mut paths = Vec::new();
        for attribute in &head.attributes {
            if attribute.name != PATH && attribute.name != CFG_ATTR {
                continue;
            }
            for at in attribute.inside..attribute.end {
                if self.word(at) == Some(PATH)
                    && self.kind(at + 1) == Some(Kind::Equals)
                    && let Some(literal) = self.token(at + 2)
                {
                    paths.push(crate::literal::value(self.index.text(self.id, literal)));
                }
            }
        }
        paths
    }

    fn module_file(&mut self, name: &str, written: &[String], at: usize, scope: ScopeId) {
        let folder = self.place.folder.clone();
        let mut candidates: Vec<(std::path::PathBuf, Place)> = Vec::new();
        for path in written {
            let path = plain(&self.place.beside.join(path));
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            candidates.push((path, Place { beside: folder.clone(), folder }));
        }
        let is_certain = self.kind(at).is_some() && !written.is_empty();
        let beside = folder.join(format!("{name}.rs"));
        let inside = folder.join(name);
        candidates.push((beside, Place { folder: inside.clone(), beside: folder }));
        candidates.push((inside.join("mod.rs"), Place { folder: inside.clone(), beside: inside }));
        let mut found = false;
        for (path, place) in candidates {
            if found && is_certain && !written.iter().any(|written| path.ends_with(written)) {
                break;
            }
            if !path.is_file() {
                continue;
            }
            match self.index.files.read(&path, &mut self.index.symbols) {
                Ok(file) => {
                    found = true;
                    Parser::of_file(self.index, self.krate, file, place).whole(scope);
                }
                Err(error) => self.defect(&format!("cannot read module `{name}`: {error}"), at),
            }
        }
        if !found {
            self.defect(&format!("no file for module `{name}`"), at);
        }
    }

    /// `include!("file.rs")` among items.
    pub(super) fn include(&mut self, open: usize, scope: ScopeId) {
        let close = self.token(open).map_or(open, |open| open.data);
        let Some(path) = included_path(&self.file, open + 1, close, &self.index.known.variables) else {
            self.defect("`include!` of a path that is computed", open);
            return;
        };
        match self.index.files.read(&path, &mut self.index.symbols) {
            Ok(file) => {
                let folder = path.parent().unwrap_or(Path::new("")).to_owned();
                let place = Place { beside: folder.clone(), folder };
                Parser::of_file(self.index, self.krate, file, place).whole(scope);
            }
            Err(error) => self.defect(&format!("cannot include `{}`: {error}", path.display()), open),
        }
    }
}
