//! Headers of impls, and the types in signatures and aliases.
#![expect(clippy::wildcard_enum_match_arm, reason = "a match on tokens names the few that matter")]

use crate::index::{ItemId, ItemKind, ScopeId, Span};
use crate::reach::facts::World;
use crate::reach::impls::{Header, Of};
use crate::reach::tokens::{behind_generics, kind};
use crate::resolve::{Base, Target};
use crate::symbol::{self, Symbol};
use crate::token::{Kind, Token};
use std::collections::BTreeSet;

impl World {
    pub(super) fn read_header(&mut self, id: ItemId) -> Header {
        let mut header = Header { of: Of::Inherent, demands: Vec::new(), main: Vec::new(), is_special: false };
        let Some(item) = self.index.item(id) else { return header };
        let (span, scope, name) = (item.span, item.scope, item.name_token);
        let end = item.body.map_or(span.end, |(start, _)| start - 1);
        let file = span.file;
        let tokens = self.index.tokens(file);
        let mut start = name + 1;
        let mut generics = Vec::new();
        if kind(tokens, start) == Some(Kind::Less)
            && let Some(behind) = behind_generics(tokens, start)
        {
            generics = parameters(tokens, start, behind);
            start = behind;
        }
        let mut split = None;
        let mut stop = end;
        let mut at = start;
        while at < end {
            let Some(token) = tokens.get(at) else { break };
            match token.kind {
                Kind::Less => at = behind_generics(tokens, at).map_or(at, |behind| behind - 1),
                Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace => at = token.data,
                Kind::Ident if token.is(symbol::FOR) && kind(tokens, at + 1) != Some(Kind::Less) => split = Some(at),
                Kind::Ident if token.is(symbol::WHERE) => {
                    stop = at;
                    break;
                }
                _ => {}
            }
            at += 1;
        }
        let own = split.map_or(start, |split| split + 1);
        if let Some(split) = split {
            let (targets, behind) = self.first_path(file, start, split, scope);
            header.of = targets
                .iter()
                .find_map(|target| match target {
                    Target::Item(id) if self.index.item(*id).is_some_and(|item| item.kind == ItemKind::Trait) => {
                        Some(Of::Local(*id))
                    }
                    Target::Item(_) | Target::Module(_) | Target::External(_) => None,
                })
                .unwrap_or(Of::Foreign);
            let several = targets.iter().filter(|target| matches!(target, Target::Item(_))).count() > 1;
            if several {
                // cfg twins of a trait: which one it is stays open.
                header.of = Of::Foreign;
            }
            header.demands = self.types_between(Span { file, start: behind, end: split }, scope, &generics);
        }
        let (targets, behind) = self.first_path(file, own, stop, scope);
        header.is_special = kind(self.index.tokens(file), behind) == Some(Kind::Less);
        for target in targets {
            if let Target::Item(id) = target {
                let mut mains = BTreeSet::new();
                self.nominal(id, &mut mains, &mut Vec::new());
                header.main.extend(mains);
            }
        }
        let own_types = self.types_between(Span { file, start: own, end: stop }, scope, &generics);
        for id in own_types {
            if !header.demands.contains(&id) {
                header.demands.push(id);
            }
        }
        header
    }

    /// The first path in some tokens, and where it ends.
    pub(super) fn first_path(
        &mut self,
        file: crate::index::FileId,
        start: usize,
        end: usize,
        scope: ScopeId,
    ) -> (Vec<Target>, usize) {
        let tokens = self.index.tokens(file);
        let mut at = start;
        while at < end {
            let word = tokens.get(at).and_then(|token| token.symbol());
            if kind(tokens, at) == Some(Kind::PathSep) || word.is_some_and(|word| !word.is_keyword()) {
                break;
            }
            at += 1;
        }
        let (base, names, behind) = path_at(tokens, at, end);
        if names.is_empty() {
            return (Vec::new(), at);
        }
        (self.resolver.path(&self.index, base, &names, scope, true).targets, behind)
    }

    /// The local types, and traits behind `dyn`, that are named in some tokens.
    pub(crate) fn types_between(&mut self, span: Span, scope: ScopeId, generics: &[Symbol]) -> Vec<ItemId> {
        let mut found = BTreeSet::new();
        let mut at = span.start;
        let mut is_dyn = false;
        while at < span.end {
            let tokens = self.index.tokens(span.file);
            let Some(token) = tokens.get(at) else { break };
            let starts = token.kind == Kind::PathSep || token.symbol().is_some_and(|word| !word.is_keyword());
            if !starts {
                is_dyn |= token.is(symbol::DYN);
                at += 1;
                continue;
            }
            let (base, names, behind) = path_at(tokens, at, span.end);
            let is_parameter =
                base == Base::Name && names.len() == 1 && names.first().is_some_and(|name| generics.contains(name));
            if !names.is_empty() && !is_parameter {
                for target in self.resolver.path(&self.index, base, &names, scope, true).targets {
                    let Target::Item(id) = target else { continue };
                    let kind = self.index.item(id).map(|item| item.kind);
                    if kind == Some(ItemKind::Trait) && is_dyn {
                        found.insert(id);
                    }
                    self.nominal(id, &mut found, &mut Vec::new());
                }
            }
            is_dyn = false;
            at = behind.max(at + 1);
        }
        found.into_iter().collect()
    }

    /// The type that an item is, aliases looked through.
    pub(super) fn nominal(&mut self, id: ItemId, found: &mut BTreeSet<ItemId>, seen: &mut Vec<ItemId>) {
        let Some(item) = self.index.item(id) else { return };
        if item.kind.is_nominal() {
            // An opaque call stands for many names; to demand it would ask too much of an impl.
            found.insert(id);
        } else if item.kind == ItemKind::Alias && !seen.contains(&id) {
            seen.push(id);
            let (span, scope, name) = (item.span, item.scope, item.name_token);
            let tokens = self.index.tokens(span.file);
            let start =
                (name..span.end).find(|at| kind(tokens, *at) == Some(Kind::Equals)).map_or(span.end, |at| at + 1);
            let generics = match kind(tokens, name + 1) {
                Some(Kind::Less) => behind_generics(tokens, name + 1)
                    .map_or_else(Vec::new, |behind| parameters(tokens, name + 1, behind)),
                Some(_) | None => Vec::new(),
            };
            let (targets, _) = self.first_path(span.file, start, span.end, scope);
            for target in targets {
                let Target::Item(next) = target else { continue };
                let name = self.index.item(next).map(|item| item.name);
                if name.is_none_or(|name| !generics.contains(&name)) {
                    self.nominal(next, found, seen);
                }
            }
        }
    }

    /// The types of ours that an alias stands for.
    pub(crate) fn main_types(&mut self, alias: ItemId) -> Vec<ItemId> {
        let mut found = BTreeSet::new();
        self.nominal(alias, &mut found, &mut Vec::new());
        found.into_iter().collect()
    }

    /// The types in a function's signature.
    pub(crate) fn signature_types(&mut self, id: ItemId) -> Vec<ItemId> {
        let Some(item) = self.index.item(id) else { return Vec::new() };
        let (span, scope, name, parent) = (item.span, item.scope, item.name_token, item.parent);
        let tokens = self.index.tokens(span.file);
        let end = (name..span.end)
            .find(|at| matches!(kind(tokens, *at), Some(Kind::OpenBrace | Kind::Semicolon)))
            .unwrap_or(span.end);
        let has_self = (name..end).any(|at| tokens.get(at).is_some_and(|token| token.is(symbol::SELF_TYPE)));
        let mut found = self.named_between(Span { file: span.file, start: name + 1, end }, scope);
        if let Some(header) = parent.filter(|_| has_self).and_then(|parent| self.impls.headers.get(&parent)) {
            found.extend(header.main.iter().copied());
        }
        found
    }

    /// Types, aliases and macro calls that are named in some tokens.
    pub(super) fn named_between(&mut self, span: Span, scope: ScopeId) -> Vec<ItemId> {
        let (mut found, mut at) = (Vec::new(), span.start);
        while at < span.end {
            let (base, names, behind) = path_at(self.index.tokens(span.file), at, span.end);
            if !names.is_empty() {
                for target in self.resolver.path(&self.index, base, &names, scope, true).targets {
                    if let Target::Item(id) = target
                        && self.is_shape(id)
                        && !found.contains(&id)
                    {
                        found.push(id);
                    }
                }
            }
            at = behind.max(at + 1);
        }
        found
    }
}

/// The names between the angle brackets of a declaration.
pub(crate) fn parameters(tokens: &[Token], open: usize, behind: usize) -> Vec<Symbol> {
    let (mut names, mut at) = (Vec::new(), open + 1);
    let mut is_start = true;
    while at < behind {
        let Some(token) = tokens.get(at) else { break };
        match token.kind {
            Kind::Comma => is_start = true,
            Kind::Ident if token.is(symbol::CONST) => {}
            Kind::Ident if is_start => {
                names.extend(token.symbol());
                is_start = false;
            }
            Kind::Less => at = behind_generics(tokens, at).map_or(at, |behind| behind - 1),
            Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace => at = token.data,
            _ => is_start = false,
        }
        at += 1;
    }
    names
}

/// The path at a token: what it begins with, its names without generics, and where it ends.
pub(crate) fn path_at(tokens: &[Token], start: usize, end: usize) -> (Base, Vec<Symbol>, usize) {
    let (mut base, mut at, mut names) = (Base::Name, start, Vec::new());
    if kind(tokens, at) == Some(Kind::PathSep) {
        base = Base::Global;
        at += 1;
    }
    while at < end {
        let Some(name) = tokens.get(at).and_then(|token| token.symbol()).filter(|name| !name.is_keyword()) else {
            break;
        };
        names.push(name);
        at += 1;
        if kind(tokens, at) != Some(Kind::PathSep) {
            break;
        }
        let mut next = at + 1;
        if kind(tokens, next) == Some(Kind::Less) {
            let Some(behind) = behind_generics(tokens, next) else { break };
            if kind(tokens, behind) != Some(Kind::PathSep) {
                break;
            }
            next = behind + 1;
        }
        if !tokens.get(next).is_some_and(|token| token.kind == Kind::Ident) {
            break;
        }
        at = next;
    }
    (base, names, at)
}
