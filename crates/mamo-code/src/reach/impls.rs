//! Impls: for which types each is, and when it counts.

use crate::index::{Item, ItemId, ItemKind, Map, Span, Visibility};
use crate::reach::facts::World;
use crate::symbol::{self, Symbol};
use crate::token::Kind;
use std::collections::BTreeSet;

/// Whose trait an impl implements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Of {
    /// No trait.
    Inherent,
    /// A trait in the index.
    Local(ItemId),
    /// A trait of another crate: what calls its methods is not seen.
    Foreign,
}

/// What an impl says in front of its braces.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) of: Of,
    /// All local types in it; it counts when all of them are reached.
    pub(crate) demands: Vec<ItemId>,
    /// The types that `Self::name` is looked up in.
    pub(crate) main: Vec<ItemId>,
    /// `impl Type<u8>`: another impl may have a member of the same name.
    pub(crate) is_special: bool,
}

/// All impls, and the ways to find them.
#[derive(Debug, Default)]
pub(crate) struct Impls {
    pub(crate) headers: Map<ItemId, Header>,
    /// Impls that demand a type.
    pub(crate) by_type: Map<ItemId, Vec<ItemId>>,
    /// Impls of a trait.
    pub(crate) by_trait: Map<ItemId, Vec<ItemId>>,
    /// Impls that demand no type.
    pub(crate) free: Vec<ItemId>,
    /// Members of a name of impls and traits.
    pub(crate) members: Map<Symbol, Vec<ItemId>>,
    /// Members of impls whose main type this is.
    pub(crate) of_type: Map<(ItemId, Symbol), Vec<ItemId>>,
    /// Traits with a member of a name.
    pub(crate) traits_with: Map<Symbol, Vec<ItemId>>,
    /// Macro calls that may make impls, by the types and traits in them: any of these makes it count.
    pub(crate) calls: Map<ItemId, Vec<ItemId>>,
    /// Macro calls that may make impls and name no type of ours.
    pub(crate) free_calls: Vec<ItemId>,
    /// Types and traits of a name, wherever they are.
    types_by_name: Map<Symbol, Vec<ItemId>>,
    types_in_rules: Map<Symbol, std::sync::Arc<Vec<ItemId>>>,
}

impl World {
    pub(crate) fn find_impls(&mut self) {
        for (place, item) in self.index.items.iter().enumerate() {
            if item.kind.is_nominal() || matches!(item.kind, ItemKind::Trait | ItemKind::Alias) {
                self.impls.types_by_name.entry(item.name).or_default().push(ItemId(place));
            }
        }
        self.find_calls_in_bodies();
        for place in 0..self.index.items.len() {
            let id = ItemId(place);
            let Some(item) = self.index.item(id) else { continue };
            if item.kind == ItemKind::Impl {
                self.add_impl(id);
            } else if item.kind == ItemKind::Call {
                self.add_call(id);
            } else if item.kind == ItemKind::Trait {
                for member in item.members.clone() {
                    self.add_member(member);
                    if let Some(name) = self.index.item(member).map(|item| item.name) {
                        self.impls.traits_with.entry(name).or_default().push(id);
                    }
                }
            }
        }
    }

    /// Macro calls in bodies whose macros have impls in their rules, or that are given impls: what they make holds
    /// everywhere.
    pub(super) fn find_calls_in_bodies(&mut self) {
        let mut makers: Vec<Symbol> = Vec::new();
        for place in 0..self.index.items.len() {
            let Some(item) = self.index.items.get(place).filter(|item| item.kind == ItemKind::Macro) else { continue };
            let name = item.name;
            if !makers.contains(&name) && self.resolver.macros.rules(&self.index, name).names.contains(&symbol::IMPL) {
                makers.push(name);
            }
        }
        let mut calls = Vec::new();
        for item in &self.index.items {
            if !matches!(item.kind, ItemKind::Fn | ItemKind::Const | ItemKind::Static) {
                continue;
            }
            let file = item.span.file;
            let given = self.index.files.get(file).map_or(&[][..], |file| &file.lexed.macro_impls);
            let first = given.partition_point(|open| *open < item.span.start);
            let given = given.get(first..).unwrap_or_default().iter().take_while(|open| **open < item.span.end);
            calls.extend(given.filter_map(|open| Some((open.checked_sub(2)?, *open, item.scope, file))));
            if makers.is_empty() {
                continue;
            }
            let tokens = self.index.span(item.span);
            for (place, window) in tokens.windows(3).enumerate() {
                let [name, bang, open] = window else { continue };
                let is_call = bang.kind == Kind::Bang && open.kind.is_open();
                if is_call && name.symbol().is_some_and(|name| makers.contains(&name)) {
                    let at = item.span.start + place;
                    calls.push((at, at + 2, item.scope, file));
                }
            }
        }
        calls.sort_unstable_by_key(|(at, _, _, file)| (*file, *at));
        calls.dedup_by_key(|(at, _, _, file)| (*file, *at));
        for (at, open, scope, file) in calls {
            let Some(close) = self.index.tokens(file).get(open).map(|open| open.data) else { continue };
            let Some(name) = self.index.tokens(file).get(at).and_then(|token| token.symbol()) else { continue };
            self.index.items.push(Item {
                kind: ItemKind::Call,
                name,
                scope,
                parent: None,
                span: Span { file, start: at, end: close + 1 },
                name_token: at,
                body: None,
                visibility: Visibility::Private,
                members: Vec::new(),
                is_conditional: false,
                given_to: None,
                has_calls: false,
            });
        }
    }

    pub(super) fn add_member(&mut self, member: ItemId) {
        if let Some(item) = self.index.item(member) {
            self.impls.members.entry(item.name).or_default().push(member);
        }
    }

    pub(super) fn add_impl(&mut self, id: ItemId) {
        let header = self.read_header(id);
        for demand in &header.demands {
            self.impls.by_type.entry(*demand).or_default().push(id);
        }
        if header.demands.is_empty() {
            self.impls.free.push(id);
        }
        if let Of::Local(of) = header.of {
            self.impls.by_trait.entry(of).or_default().push(id);
        }
        let members = self.index.item(id).map_or_else(Vec::new, |item| item.members.clone());
        for member in members {
            self.add_member(member);
            let Some(name) = self.index.item(member).map(|item| item.name) else { continue };
            for main in &header.main {
                self.impls.of_type.entry((*main, name)).or_default().push(member);
            }
        }
        self.impls.headers.insert(id, header);
    }

    pub(super) fn add_call(&mut self, id: ItemId) {
        if !self.resolver.macros.may_make_impls(&self.index, id) {
            return;
        }
        let Some(scope) = self.index.item(id).map(|item| item.scope) else { return };
        let mut types: BTreeSet<ItemId> = BTreeSet::new();
        for name in self.resolver.macros.input_names(&self.index, id) {
            types.extend(self.impls.types_by_name.get(&name).into_iter().flatten());
        }
        for name in self.resolver.macros.called_by(&self.index, id) {
            types.extend(self.types_in_rules(name).iter());
        }
        // Types under another name.
        if let Some(span) = self.index.item(id).map(|item| item.span) {
            types.extend(self.types_between(span, scope, &[]));
        }
        types.remove(&id);
        // A macro of another crate cannot know types that it is not given.
        if types.is_empty() && self.resolver.macros.says_impl(&self.index, id) {
            self.impls.free_calls.push(id);
        }
        for found in types {
            self.impls.calls.entry(found).or_default().push(id);
        }
    }
}

impl World {
    /// The types whose name occurs in the rules of the macros of a name.
    pub(super) fn types_in_rules(&mut self, name: Symbol) -> std::sync::Arc<Vec<ItemId>> {
        if let Some(types) = self.impls.types_in_rules.get(&name) {
            return std::sync::Arc::clone(types);
        }
        let rules = self.resolver.macros.rules(&self.index, name);
        let mut names: Vec<Symbol> = rules.names.iter().copied().collect();
        names.sort_unstable();
        let types = names.iter().filter_map(|name| self.impls.types_by_name.get(name)).flatten().copied().collect();
        let types = std::sync::Arc::new(types);
        self.impls.types_in_rules.insert(name, std::sync::Arc::clone(&types));
        types
    }
}
