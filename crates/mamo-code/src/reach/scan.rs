//! From the tokens of an item to what it names.
//!
//! Tokens are read in order, without an expression grammar: each path, each `.method`, each macro call is looked at
//! where it stands, in code and in the input of macros alike.
#![expect(clippy::wildcard_enum_match_arm, reason = "a match on tokens names the few that matter")]

use crate::index::{File, attributes, leaves};
use crate::index::{FileId, Index, ItemId, ItemKind, ScopeId, Span};
use crate::reach::facts::{Facts, Instance, World};
use crate::reach::locals::Locals;
use crate::reach::tokens::{behind_generics, kind};
use crate::resolve::{Base, Target};
use crate::symbol::{self, SELF, SELF_TYPE, Symbol};
use crate::token::{Kind, Token};

/// Where tokens stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Inside {
    Code,
    /// The input of a macro; whether any name in it may be that of a member.
    Input {
        joins: bool,
    },
    /// The rules of a macro, where `$` marks fragments.
    Rules {
        root: ScopeId,
    },
    /// An attribute, whose strings may be paths.
    Attribute,
}

pub(crate) struct Scanner<'a> {
    pub(super) world: &'a mut World,
    pub(super) file: &'a File,
    pub(super) id: FileId,
    pub(super) scope: ScopeId,
    /// The impl or trait that `Self` belongs to, or the type itself.
    pub(super) owner: Option<ItemId>,
    pub(super) facts: &'a mut Facts,
    pub(super) inside: Inside,
    pub(crate) locals: Locals,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(
        world: &'a mut World,
        file: &'a File,
        id: FileId,
        scope: ScopeId,
        owner: Option<ItemId>,
        facts: &'a mut Facts,
    ) -> Self {
        Self { world, file, id, scope, owner, facts, inside: Inside::Code, locals: Locals::default() }
    }

    pub(super) fn tokens(&self) -> &'a [Token] {
        &self.file.lexed.tokens
    }

    pub(super) fn token(&self, at: usize) -> Option<Token> {
        self.tokens().get(at).copied()
    }

    /// The partner of a closing delimiter.
    pub(crate) fn opening(&self, close: usize) -> usize {
        self.token(close).filter(|token| token.kind.is_close()).map_or(close, |close| close.data)
    }

    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        kind(self.tokens(), at)
    }

    pub(super) fn word(&self, at: usize) -> Option<Symbol> {
        self.token(at).and_then(Token::symbol)
    }

    pub(super) fn text(&self, token: Token) -> &'a str {
        self.file.text.get(token.start..token.end).unwrap_or_default()
    }

    pub(super) fn index(&self) -> &Index {
        &self.world.index
    }

    pub(super) fn is_macro(&self) -> bool {
        matches!(self.inside, Inside::Input { .. } | Inside::Rules { .. })
    }

    pub(super) fn within(&mut self, inside: Inside, scan: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.inside, inside);
        scan(self);
        self.inside = outer;
    }

    /// A definition: its rules count where they stand; uses count where they are used.
    pub(crate) fn definition(&mut self, span: Span) {
        if let Some(root) = self.world.index.root(self.scope) {
            self.within(Inside::Rules { root }, |scanner| scanner.code(span.start, span.end));
        }
    }

    pub(crate) fn rules(&mut self, instance: Instance) {
        self.within(Inside::Rules { root: instance.root }, |scanner| {
            scanner.code(instance.span.start, instance.span.end);
        });
    }

    /// A macro call among items.
    pub(crate) fn item_call(&mut self, span: Span) {
        self.code(span.start, span.end);
    }

    /// All tokens of a range.
    pub(crate) fn code(&mut self, start: usize, end: usize) {
        let mut at = start;
        while at < end {
            let Some(token) = self.token(at) else { break };
            at = match token.kind {
                Kind::Ident => self.name(at, end),
                Kind::PathSep => self.global(at, end),
                Kind::Pound if self.inside == Inside::Code => self.attribute(at),
                Kind::Pound if self.is_macro() => self.attribute_in_macro(at),
                Kind::Dollar if self.is_macro() => self.fragment(at, end),
                Kind::String | Kind::RawString if self.inside == Inside::Attribute => self.attribute_text(token, at),
                Kind::String | Kind::RawString if self.is_macro() => self.format_text(token, at),
                Kind::OpenBrace => self.braces(token, at, end),
                _ => at + 1,
            };
        }
    }

    /// Braces may be a scope of their own.
    pub(super) fn braces(&mut self, token: Token, at: usize, end: usize) -> usize {
        let Some(scope) = self.world.index.braces.get(&(self.id, at)).copied() else { return at + 1 };
        let outer = std::mem::replace(&mut self.scope, scope);
        self.code(at + 1, token.data.min(end));
        self.scope = outer;
        token.data.max(at) + 1
    }

    /// `$name` and `$crate`.
    pub(super) fn fragment(&mut self, at: usize, end: usize) -> usize {
        let Some(name) = self.word(at + 1) else { return at + 1 };
        if name == symbol::CRATE {
            let Inside::Rules { root } = self.inside else { return at + 2 };
            if self.kind(at + 2) != Some(Kind::PathSep) {
                return at + 2;
            }
            return self.path(Base::Root(root), Vec::new(), at + 2, end);
        }
        // `$type::name`: the owner is not known here.
        let mut next = at + 2;
        while self.kind(next) == Some(Kind::PathSep) {
            match self.word(next + 1) {
                Some(name) => self.facts.name(name),
                None => break,
            }
            next += 2;
        }
        next
    }

    /// `::name`, or `>::name` behind a qualified type.
    pub(super) fn global(&mut self, at: usize, end: usize) -> usize {
        let before = at.checked_sub(1).and_then(|before| self.kind(before));
        let is_qualified = matches!(
            before,
            Some(Kind::Greater | Kind::CloseParen | Kind::CloseBracket | Kind::Ident | Kind::CloseBrace)
        );
        if !is_qualified {
            return match self.word(at + 1) {
                Some(_) => self.path(Base::Global, Vec::new(), at, end),
                None => at + 1,
            };
        }
        match self.word(at + 1) {
            Some(name) if !name.is_keyword() => {
                self.facts.name(name);
                if self.kind(at + 2) == Some(Kind::Bang) { at + 1 } else { at + 2 }
            }
            Some(_) | None => at + 1,
        }
    }

    pub(super) fn name(&mut self, at: usize, end: usize) -> usize {
        let Some(name) = self.word(at) else { return at + 1 };
        let before = at.checked_sub(1).and_then(|before| self.kind(before));
        if name == symbol::PUB && self.kind(at + 1) == Some(Kind::OpenParen) {
            let is_path = matches!(self.word(at + 2), Some(symbol::CRATE | SELF | symbol::SUPER | symbol::IN));
            return self.token(at + 1).filter(|_| is_path).map_or(at + 1, |open| open.data + 1);
        }
        if name == symbol::USE && self.kind(at + 1) != Some(Kind::Less) {
            return self.import(at, end);
        }
        if name.is_keyword() {
            return at + 1;
        }
        if before == Some(Kind::Dot) {
            let is_call = matches!(self.kind(at + 1), Some(Kind::OpenParen | Kind::PathSep));
            if is_call || self.is_macro() {
                self.facts.name(name);
            }
            return at + 1;
        }
        if let Inside::Input { joins: true } = self.inside {
            self.facts.name(name);
        }
        if name == symbol::CALLER {
            self.facts.sees_positions = true;
        }
        if self.inside == Inside::Code && self.is_label(at, before, name) {
            return at + 1;
        }
        self.path(Base::Name, vec![name], at + 1, end)
    }

    /// An import in a body or in a macro: each of its paths is one.
    pub(super) fn import(&mut self, at: usize, end: usize) -> usize {
        let stop = (at..end).find(|at| self.kind(*at) == Some(Kind::Semicolon)).unwrap_or(end);
        let has_fragments = (at..stop).any(|at| self.kind(at) == Some(Kind::Dollar));
        if has_fragments || stop == end {
            return at + 1;
        }
        for leaf in leaves(self.tokens(), at + 1, stop) {
            let base = if leaf.is_global { Base::Global } else { Base::Name };
            let mut resolved = self.world.resolver.path(&self.world.index, base, &leaf.path, self.scope, true);
            if leaf.name.is_none() && self.is_macro() {
                self.open_path(&resolved);
            }
            // An import that is not used is no reason to fall back; one that is used is found with its name.
            resolved.is_lost = false;
            self.found(resolved);
        }
        stop
    }

    /// The name of a field, a parameter or a binding in front of its `:`, in lower case.
    pub(super) fn is_label(&self, at: usize, before: Option<Kind>, name: Symbol) -> bool {
        let is_lower =
            self.world.index.symbols.name(name).starts_with(|first: char| first.is_lowercase() || first == '_');
        is_lower
            && self.kind(at + 1) == Some(Kind::Colon)
            && matches!(before, Some(Kind::OpenBrace | Kind::OpenParen | Kind::Comma | Kind::CloseParen | Kind::Ident))
    }

    /// A path whose first names are known; `at` is behind them.
    pub(super) fn path(&mut self, mut base: Base, mut names: Vec<Symbol>, mut at: usize, end: usize) -> usize {
        let mut generics = Vec::new();
        let mut is_open = false;
        while self.kind(at) == Some(Kind::PathSep) && at < end {
            match self.token(at + 1) {
                Some(next) if next.kind == Kind::Ident && (!next.symbol().is_some_and(Symbol::is_keyword)) => {
                    names.extend(next.symbol());
                    at += 2;
                }
                Some(next) if next.kind == Kind::Less => match behind_generics(self.tokens(), at + 1) {
                    Some(behind) if behind <= end => {
                        generics.push((at + 2, behind - 1));
                        at = behind;
                    }
                    Some(_) | None => break,
                },
                Some(next) if next.kind == Kind::Dollar => {
                    is_open = true;
                    break;
                }
                Some(_) | None => break,
            }
        }
        for (start, end) in generics {
            self.code(start, end);
        }
        // `use module::*` or `use module::{..}` in a macro: what it brings is not looked up.
        is_open |= self.is_macro()
            && self.kind(at) == Some(Kind::PathSep)
            && matches!(self.kind(at + 1), Some(Kind::Operator | Kind::OpenBrace));
        if base == Base::Name && names.first() == Some(&SELF_TYPE) {
            self.self_path(&names);
        } else if self.kind(at) == Some(Kind::Bang) && self.begins_call(at) {
            return self.call(base, &names, at, end);
        } else if (is_open || !names.is_empty()) && names.as_slice() != [SELF] {
            if base == Base::Name && names.is_empty() {
                base = Base::Global;
            }
            let resolved = self.world.resolver.path(
                &self.world.index,
                base,
                &names,
                self.scope,
                self.is_macro() || self.inside == Inside::Attribute,
            );
            if is_open {
                self.open_path(&resolved);
            }
            if let [name] = names.as_slice()
                && base == Base::Name
                && self.locals.holds(*name, at.saturating_sub(1))
                && resolved.targets.iter().all(|target| self.is_function(*target))
            {
                return at;
            }
            self.check_lost(&resolved, &names);
            self.found(resolved);
        }
        at
    }

    pub(super) fn is_function(&self, target: Target) -> bool {
        match target {
            Target::Item(id) => self.index().item(id).is_some_and(|item| item.kind == ItemKind::Fn),
            Target::Module(_) | Target::External(_) => false,
        }
    }

    /// The variants of an enum, without their names.
    pub(crate) fn variants(&mut self, start: usize, end: usize) {
        let (mut at, mut from) = (start, start);
        while at < end {
            let (_, name) = attributes(self.tokens(), at);
            self.code(from, name);
            from = name + 1;
            at = from;
            while at < end && self.kind(at) != Some(Kind::Comma) {
                at = self.token(at).filter(|token| token.kind.is_open()).map_or(at, |token| token.data) + 1;
            }
            at += 1;
        }
        self.code(from, end);
    }
}
