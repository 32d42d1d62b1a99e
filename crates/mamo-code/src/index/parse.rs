//! From the tokens of a file to its items: bodies are skipped, but for the items inside of them.
#![expect(clippy::wildcard_enum_match_arm, reason = "a match on tokens names the few that matter")]

use crate::index::attributes::{Attribute, attributes, is_without_effect};
use crate::index::cfg::Verdict;
use crate::index::files::{File, FileId};
use crate::index::model::{
    Entry, Index, Item, ItemId, ItemKind, Krate, KrateId, Map, Scope, ScopeId, ScopeKind, Span, Visibility,
};
use crate::symbol::{
    self, CRATE, ENUM, EXTERN, FN, IMPL, IN, MACRO, MACRO_RULES, MOD, PUB, SELF, STATIC, STRUCT, SUPER, Symbol, TRAIT,
    TYPE, UNDERSCORE, UNION, USE,
};
use crate::token::{Kind, Token};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the files of child modules are.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// For `mod child;`.
    pub(super) folder: PathBuf,
    /// For `#[path = ".."] mod child;`.
    pub(super) beside: PathBuf,
}

/// Reads a crate from its root file.
pub(crate) fn add_crate(index: &mut Index, name: &str, root: &Path) -> std::io::Result<KrateId> {
    let file = index.files.read(root, &mut index.symbols)?;
    let krate = KrateId(index.krates.len());
    let scope = ScopeId(index.scopes.len());
    index.krates.push(Krate {
        root: scope,
        folder: None,
        is_proc_macro: false,
        defects: Vec::new(),
        externs: Map::default(),
        files: Vec::new(),
        unread: None,
    });
    let symbol = index.symbols.intern(name);
    index.scopes.push(Scope::new(ScopeKind::Module, krate, None, symbol));
    let folder = root.parent().unwrap_or(Path::new("")).to_owned();
    Parser::of_file(index, krate, file, Place { beside: folder.clone(), folder }).whole(scope);
    Ok(krate)
}

impl Scope {
    pub(super) fn new(kind: ScopeKind, krate: KrateId, parent: Option<ScopeId>, name: Symbol) -> Self {
        Self {
            kind,
            krate,
            parent,
            name,
            names: Map::default(),
            imports: Vec::new(),
            calls: Vec::new(),
            attributes: Vec::new(),
        }
    }
}

/// Parses one file.
pub(super) struct Parser<'a> {
    pub(super) index: &'a mut Index,
    pub(super) krate: KrateId,
    pub(super) file: Arc<File>,
    pub(super) id: FileId,
    pub(super) place: Place,
    /// The items are in the input of a macro, which may make something else of them.
    pub(super) given_to: Option<ItemId>,
}

/// What stands before the word that says what an item is.
pub(super) struct Head {
    pub(super) start: usize,
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    pub(super) verdict: Verdict,
}

impl<'a> Parser<'a> {
    pub(super) fn of_file(index: &'a mut Index, krate: KrateId, id: FileId, place: Place) -> Self {
        let file = index.files.get(id).map(Arc::clone).unwrap_or_default();
        if let Some(krate) = index.krates.get_mut(krate.0) {
            if let Some(problem) = &file.lexed.problem {
                krate.defects.push(format!("cannot read `{}`: {problem}", file.path.display()));
            }
            krate.files.push(id);
        }
        Self { index, krate, file, id, place, given_to: None }
    }

    pub(super) fn whole(&mut self, scope: ScopeId) {
        self.items(0, self.file.lexed.tokens.len(), scope, None);
    }

    pub(super) fn token(&self, at: usize) -> Option<Token> {
        self.file.lexed.tokens.get(at).copied()
    }

    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.token(at).map(|token| token.kind)
    }

    pub(super) fn word(&self, at: usize) -> Option<Symbol> {
        self.token(at).and_then(Token::symbol)
    }

    pub(super) fn defect(&mut self, what: &str, at: usize) {
        let start = self.token(at).map_or(0, |token| token.start);
        let line = 1 + self.file.text.bytes().take(start).filter(|byte| *byte == b'\n').count();
        let text = format!("{what} (`{}`, line {line})", self.file.path.display());
        if let Some(krate) = self.index.krates.get_mut(self.krate.0) {
            krate.defects.push(text);
        }
    }

    /// All items between two tokens; `parent` is the impl or trait that they are members of.
    pub(super) fn items(&mut self, start: usize, end: usize, scope: ScopeId, parent: Option<ItemId>) {
        let mut at = start;
        while at < end {
            at = self.item(at, end, scope, parent).max(at + 1);
        }
    }

    /// One item, and where it ends.
    pub(super) fn item(&mut self, start: usize, end: usize, scope: ScopeId, parent: Option<ItemId>) -> usize {
        let file = Arc::clone(&self.file);
        let (attributes, mut at) = attributes(&file.lexed.tokens, start);
        if attributes.iter().any(|attribute| attribute.is_inner) {
            self.inner_attributes(&attributes, scope);
        }
        if at >= end || self.kind(at) == Some(Kind::Semicolon) {
            return at + 1;
        }
        let attributes: Vec<Attribute> = attributes.into_iter().filter(|attribute| !attribute.is_inner).collect();
        let verdict = self.index.known.verdict(&file.lexed.tokens, &attributes);
        let start = attributes.first().map_or(at, |attribute| attribute.start);
        let visibility = self.visibility(&mut at);
        let head = Head { start, attributes, visibility, verdict };
        let after = self.declaration(&head, at, end, scope, parent);
        if let Some(after) = after {
            return after;
        }
        if self.given_to.is_none() {
            self.defect("something that is no item", at);
        }
        at + 1
    }

    /// Dispatches on the word that says what the item is; none if it is no item.
    pub(super) fn declaration(
        &mut self,
        head: &Head,
        mut at: usize,
        end: usize,
        scope: ScopeId,
        parent: Option<ItemId>,
    ) -> Option<usize> {
        // `const unsafe extern "C" fn`, `default async fn`, `unsafe impl`, `auto trait`.
        loop {
            let (word, next) = (self.word(at)?, self.word(at + 1));
            let is_modifier = match word {
                symbol::UNSAFE | symbol::ASYNC => true,
                symbol::DEFAULT | symbol::SAFE | symbol::AUTO | symbol::GEN | symbol::CONST => {
                    matches!(
                        next,
                        Some(
                            FN | IMPL
                                | TRAIT
                                | symbol::CONST
                                | TYPE
                                | symbol::UNSAFE
                                | symbol::ASYNC
                                | EXTERN
                                | STATIC
                                | symbol::GEN
                        )
                    ) && !(word == symbol::CONST && next == Some(symbol::GEN) && self.kind(at + 2) == Some(Kind::Colon))
                }
                EXTERN => next == Some(FN) || (self.is_string(at + 1) && self.word(at + 2) == Some(FN)),
                _ => false,
            };
            if !is_modifier {
                break;
            }
            at += if word == EXTERN && self.is_string(at + 1) { 2 } else { 1 };
        }
        let next = self.word(at + 1);
        let after = match self.word(at)? {
            FN => self.with_body(head, ItemKind::Fn, at + 1, scope, parent),
            STRUCT => self.with_body(head, ItemKind::Struct, at + 1, scope, parent),
            UNION if next.is_some() => self.with_body(head, ItemKind::Union, at + 1, scope, parent),
            ENUM => self.with_body(head, ItemKind::Enum, at + 1, scope, parent),
            TYPE => self.with_body(head, ItemKind::Alias, at + 1, scope, parent),
            symbol::CONST => self.with_body(head, ItemKind::Const, at + 1, scope, parent),
            STATIC => {
                let name = if next == Some(symbol::MUT) { at + 2 } else { at + 1 };
                self.with_body(head, ItemKind::Static, name, scope, parent)
            }
            TRAIT => self.with_members(head, ItemKind::Trait, at + 1, scope),
            IMPL => self.with_members(head, ItemKind::Impl, at, scope),
            USE => self.import(head, at + 1, scope),
            MOD => self.module(head, at + 1, scope),
            EXTERN if next == Some(CRATE) => self.extern_crate(head, at + 2, scope),
            EXTERN => self.foreign(head, at + 1, scope),
            MACRO_RULES if self.kind(at + 1) == Some(Kind::Bang) && next.is_none() && self.word(at + 2).is_some() => {
                self.rules(head, at + 2, at + 3, scope)
            }
            MACRO if next.is_some() => self.rules(head, at + 1, at + 2, scope),
            _ => return self.call(head, at, end, scope, parent),
        };
        Some(after)
    }

    pub(super) fn is_string(&self, at: usize) -> bool {
        matches!(self.kind(at), Some(Kind::String | Kind::RawString))
    }

    pub(super) fn inner_attributes(&mut self, attributes: &[Attribute], scope: ScopeId) {
        let effective: Vec<Span> = attributes
            .iter()
            .filter(|attribute| attribute.is_inner && !is_without_effect(&self.index.symbols, attribute.name))
            .map(|attribute| Span { file: self.id, start: attribute.start, end: attribute.end })
            .collect();
        if let Some(scope) = self.index.scopes.get_mut(scope.0) {
            scope.attributes.extend(effective);
        }
    }

    pub(super) fn visibility(&self, at: &mut usize) -> Visibility {
        if self.word(*at) != Some(PUB) {
            return Visibility::Private;
        }
        *at += 1;
        let open = self.token(*at).filter(|token| token.kind == Kind::OpenParen);
        match (open, self.word(*at + 1)) {
            (Some(open), Some(word @ (CRATE | SELF | SUPER | IN))) => {
                *at = open.data + 1;
                match word {
                    SELF => Visibility::Private,
                    SUPER => Visibility::Super,
                    _ => Visibility::Crate,
                }
            }
            _ => Visibility::Public,
        }
    }

    /// The end of an item that begins before `at`: behind its `;`, or behind its braces if it may have some.
    pub(super) fn end(&self, kind: ItemKind, mut at: usize) -> usize {
        let braces_end = matches!(
            kind,
            ItemKind::Fn
                | ItemKind::Struct
                | ItemKind::Enum
                | ItemKind::Union
                | ItemKind::Trait
                | ItemKind::Impl
                | ItemKind::Foreign
        );
        // Braces in `const` generics of a signature: `[u8; { N }]` is inside of brackets, `A<{ N }>` is not.
        let mut angles = 0usize;
        while let Some(token) = self.token(at) {
            match token.kind {
                Kind::Semicolon => return at + 1,
                Kind::Less => angles += 1,
                Kind::Greater => angles = angles.saturating_sub(1),
                Kind::OpenBrace if braces_end && angles == 0 => return token.data + 1,
                Kind::OpenBrace | Kind::OpenParen | Kind::OpenBracket => at = token.data,
                Kind::CloseBrace => return at,
                _ => {}
            }
            at += 1;
        }
        at
    }

    /// Adds an item; nothing if its cfg is known to be off.
    pub(super) fn add(
        &mut self,
        head: &Head,
        kind: ItemKind,
        name: usize,
        end: usize,
        scope: ScopeId,
        parent: Option<ItemId>,
    ) -> Option<ItemId> {
        if head.verdict == Verdict::Off {
            return None;
        }
        let id = ItemId(self.index.items.len());
        let symbol = self.word(name).unwrap_or(UNDERSCORE);
        self.index.items.push(Item {
            kind,
            name: symbol,
            scope,
            parent,
            span: Span { file: self.id, start: head.start, end },
            name_token: name,
            body: None,
            visibility: head.visibility,
            members: Vec::new(),
            is_conditional: self.given_to.is_some() || head.verdict == Verdict::Unknown,
            given_to: self.given_to,
            has_calls: false,
        });
        match parent.and_then(|parent| self.index.items.get_mut(parent.0)) {
            Some(parent) => parent.members.push(id),
            None if kind == ItemKind::Call => {
                if let Some(scope) = self.index.scopes.get_mut(scope.0) {
                    scope.calls.push(id);
                }
            }
            None if symbol != UNDERSCORE && kind != ItemKind::Impl => self.name(scope, symbol, Entry::Item(id)),
            None => {}
        }
        Some(id)
    }

    pub(super) fn name(&mut self, scope: ScopeId, name: Symbol, entry: Entry) {
        if let Some(scope) = self.index.scopes.get_mut(scope.0) {
            scope.names.entry(name).or_default().push(entry);
        }
    }

    pub(super) fn with_body(
        &mut self,
        head: &Head,
        kind: ItemKind,
        name: usize,
        scope: ScopeId,
        parent: Option<ItemId>,
    ) -> usize {
        let end = self.end(kind, name);
        if self.add(head, kind, name, end, scope, parent).is_some() {
            self.nested(name, end, scope);
        }
        end
    }

    pub(super) fn with_members(&mut self, head: &Head, kind: ItemKind, name: usize, scope: ScopeId) -> usize {
        let end = self.end(kind, name);
        let Some(id) = self.add(head, kind, name, end, scope, None) else { return end };
        let close = self.token(end.saturating_sub(1)).filter(|token| token.kind == Kind::CloseBrace);
        if let Some(close) = close {
            if let Some(item) = self.index.items.get_mut(id.0) {
                item.body = Some((close.data + 1, end - 1));
            }
            self.items(close.data + 1, end - 1, scope, Some(id));
        }
        end
    }
}
