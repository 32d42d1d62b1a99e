//! Imports, foreign items, macro definitions and macro calls among items.
#![expect(clippy::wildcard_enum_match_arm, reason = "a match on tokens names the few that matter")]

use crate::index::attributes::attributes;
use crate::index::cfg::Verdict;
use crate::index::model::{Entry, Import, ImportId, ItemId, ItemKind, ScopeId};
use crate::index::parse::{Head, Parser};
use crate::index::uses::leaves;
use crate::symbol::{self, CRATE, FN, MACRO, SELF, STATIC, TYPE, UNDERSCORE};
use crate::token::Kind;
use std::sync::Arc;

impl Parser<'_> {
    pub(super) fn import(&mut self, head: &Head, start: usize, scope: ScopeId) -> usize {
        let end = self.end(ItemKind::Import, start);
        let end = if self.kind(end.saturating_sub(1)) == Some(Kind::Semicolon) { end } else { self.semicolon(start) };
        if head.verdict == Verdict::Off {
            return end;
        }
        let file = Arc::clone(&self.file);
        let leaves = leaves(&file.lexed.tokens, start, end.saturating_sub(1));
        let is_conditional =
            head.attributes.iter().any(|attribute| matches!(attribute.name, symbol::CFG | symbol::CFG_ATTR));
        for leaf in leaves {
            let is_renamed = leaf.name.is_some() && leaf.name != leaf.path.last().copied();
            let needs_item = is_conditional || is_renamed;
            let item = match needs_item {
                true => self.add(head, ItemKind::Import, usize::MAX, start - 1, scope, None),
                false => None,
            };
            if let Some(item) = item.and_then(|item| self.index.items.get_mut(item.0)) {
                // A variant under another name: what the import leads to is only the enum.
                let path: Vec<&str> = leaf.path.iter().map(|name| self.index.symbols.name(*name)).collect();
                let path = path.join("::");
                item.name = self.index.symbols.intern(&path);
            }
            self.add_import(Import {
                scope,
                is_global: leaf.is_global,
                path: leaf.path,
                name: leaf.name,
                visibility: head.visibility,
                item,
                is_conditional,
            });
        }
        end
    }

    /// Imports have braces, but end behind a semicolon.
    pub(super) fn semicolon(&self, mut at: usize) -> usize {
        while let Some(token) = self.token(at) {
            match token.kind {
                Kind::Semicolon => return at + 1,
                Kind::OpenBrace => at = token.data + 1,
                _ => at += 1,
            }
        }
        at
    }

    pub(super) fn add_import(&mut self, import: Import) {
        let id = ImportId(self.index.imports.len());
        let (scope, name) = (import.scope, import.name);
        self.index.imports.push(import);
        if let Some(scope) = self.index.scopes.get_mut(scope.0) {
            scope.imports.push(id);
        }
        if let Some(name) = name.filter(|name| *name != UNDERSCORE) {
            self.name(scope, name, Entry::Import(id));
        }
    }

    pub(super) fn extern_crate(&mut self, head: &Head, at: usize, scope: ScopeId) -> usize {
        let end = self.semicolon(at);
        let Some(krate) = self.word(at) else { return end };
        let name = if self.word(at + 1) == Some(symbol::AS) { self.word(at + 2) } else { Some(krate) };
        if head.verdict != Verdict::Off {
            let (is_global, path) = if krate == SELF { (false, vec![CRATE]) } else { (true, vec![krate]) };
            let is_conditional = head.verdict == Verdict::Unknown;
            let visibility = head.visibility;
            self.add_import(Import { scope, is_global, path, name, visibility, item: None, is_conditional });
        }
        end
    }

    pub(super) fn foreign(&mut self, head: &Head, at: usize, scope: ScopeId) -> usize {
        let end = self.end(ItemKind::Foreign, at);
        let Some(close) = self.token(end.saturating_sub(1)).filter(|token| token.kind == Kind::CloseBrace) else {
            return end;
        };
        if head.verdict == Verdict::Off {
            return end;
        }
        let mut at = close.data + 1;
        while at < end - 1 {
            let file = Arc::clone(&self.file);
            let (attributes, mut from) = attributes(&file.lexed.tokens, at);
            let verdict = self.index.known.verdict(&file.lexed.tokens, &attributes);
            let start = attributes.first().map_or(from, |attribute| attribute.start);
            let visibility = self.visibility(&mut from);
            let after = self.semicolon(from).min(end - 1);
            let name = (from..after).find(|at| matches!(self.word(*at), Some(FN | STATIC | TYPE)));
            let name = name.map(|at| if self.word(at + 1) == Some(symbol::MUT) { at + 2 } else { at + 1 });
            let inner = Head { start, attributes, visibility, verdict };
            if let Some(name) = name {
                self.add(&inner, ItemKind::Foreign, name, after, scope, None);
            } else if self.kind(from + 1) == Some(Kind::Bang) {
                self.add(&inner, ItemKind::Call, from, after, scope, None);
            }
            at = after.max(at + 1);
        }
        end
    }

    /// A macro definition: its rules are in `(..)`, `{..}` or, for `macro`, in both.
    pub(super) fn rules(&mut self, head: &Head, name: usize, at: usize, scope: ScopeId) -> usize {
        let mut end = self.token(at).filter(|token| token.kind.is_open()).map_or(at, |token| token.data + 1);
        match self.token(end) {
            Some(token)
                if token.kind == Kind::OpenBrace && self.kind(at) == Some(Kind::OpenParen) && at == name + 1 =>
            {
                if self.word(name.saturating_sub(1)) == Some(MACRO) {
                    end = token.data + 1;
                }
            }
            Some(token) if token.kind == Kind::Semicolon => end += 1,
            Some(_) | None => {}
        }
        let id = self.add(head, ItemKind::Macro, name, end, scope, None);
        if id.is_some() && self.makes_modules_of_files(at, end) {
            self.defect("a macro that makes modules of files", name);
            self.unread_files();
        }
        end
    }

    /// `some::path! { .. }` that makes items, or `include!("file.rs");`.
    pub(super) fn call(
        &mut self,
        head: &Head,
        start: usize,
        end: usize,
        scope: ScopeId,
        parent: Option<ItemId>,
    ) -> Option<usize> {
        let mut at = start;
        while at < end && self.kind(at) != Some(Kind::Bang) {
            if !matches!(self.kind(at), Some(Kind::Ident | Kind::PathSep | Kind::Dollar)) {
                return None;
            }
            at += 1;
        }
        let name = at.saturating_sub(1);
        let mut open = at + 1;
        if self.word(open).is_some() {
            open += 1;
        }
        let after = self.token(open).filter(|token| token.kind.is_open())?.data + 1;
        let after = if self.kind(after) == Some(Kind::Semicolon) { after + 1 } else { after };
        if self.word(name) == Some(symbol::INCLUDE) && head.verdict != Verdict::Off {
            self.include(open, scope);
        }
        match parent.and_then(|parent| self.index.items.get_mut(parent.0)) {
            Some(parent) => parent.has_calls = true,
            None => {
                let call = self.add(head, ItemKind::Call, name, after, scope, None);
                let close = self.token(open).map_or(open, |open| open.data);
                if let Some(call) = call {
                    let outer = self.given_to.replace(call);
                    self.given_items(open + 1, close, scope);
                    self.given_to = outer;
                }
            }
        }
        Some(after)
    }
}
