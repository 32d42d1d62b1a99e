//! From the tokens of an item to what it names.
//!
//! Tokens are read in order, without an expression grammar: each path, each `.method`, each macro call is looked at
//! where it stands, in code and in the input of macros alike.
#![expect(clippy::wildcard_enum_match_arm, reason = "a match on tokens names the few that matter")]

use crate::index::{Attribute, FileId, Index, ItemId, ItemKind, ScopeId, Span, is_without_effect};
use crate::index::{File, attributes, included_path, leaves, literal_at};
use crate::literal;
use crate::reach::facts::{Facts, Instance, NodeId, World};
use crate::reach::impls::Of;
use crate::reach::locals::Locals;
use crate::reach::tokens::{behind_generics, kind};
use crate::resolve::{Base, MacroFacts, Resolved, Target};
use crate::symbol::{self, SELF, SELF_TYPE, Symbol};
use crate::token::{Kind, Token};

/// Where tokens stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Inside {
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
    world: &'a mut World,
    file: &'a File,
    id: FileId,
    scope: ScopeId,
    /// The impl or trait that `Self` belongs to, or the type itself.
    owner: Option<ItemId>,
    facts: &'a mut Facts,
    inside: Inside,
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

    fn tokens(&self) -> &'a [Token] {
        &self.file.lexed.tokens
    }

    fn token(&self, at: usize) -> Option<Token> {
        self.tokens().get(at).copied()
    }

    /// The partner of a closing delimiter.
    pub(crate) fn opening(&self, close: usize) -> usize {
        self.token(close).filter(|token| token.kind.is_close()).map_or(close, |close| close.data)
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        kind(self.tokens(), at)
    }

    fn word(&self, at: usize) -> Option<Symbol> {
        self.token(at).and_then(Token::symbol)
    }

    fn text(&self, token: Token) -> &'a str {
        self.file.text.get(token.start..token.end).unwrap_or_default()
    }

    fn index(&self) -> &Index {
        &self.world.index
    }

    fn is_macro(&self) -> bool {
        matches!(self.inside, Inside::Input { .. } | Inside::Rules { .. })
    }

    fn within(&mut self, inside: Inside, scan: impl FnOnce(&mut Self)) {
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
                Kind::Dollar if self.is_macro() => self.fragment(at, end),
                Kind::String | Kind::RawString if self.inside == Inside::Attribute => self.attribute_text(token, at),
                Kind::String | Kind::RawString if self.is_macro() => self.format_text(token, at),
                Kind::OpenBrace => self.braces(token, at, end),
                _ => at + 1,
            };
        }
    }

    /// Braces may be a scope of their own.
    fn braces(&mut self, token: Token, at: usize, end: usize) -> usize {
        let Some(scope) = self.world.index.braces.get(&(self.id, at)).copied() else { return at + 1 };
        let outer = std::mem::replace(&mut self.scope, scope);
        self.code(at + 1, token.data.min(end));
        self.scope = outer;
        token.data.max(at) + 1
    }

    fn attribute(&mut self, at: usize) -> usize {
        let (found, end) = attributes(self.tokens(), at);
        for attribute in &found {
            if !is_without_effect(&self.world.index.symbols, attribute.name) {
                self.effective_attribute(attribute);
            }
        }
        end.max(at + 1)
    }

    fn effective_attribute(&mut self, attribute: &Attribute) {
        let end = attribute.end.saturating_sub(1);
        if matches!(attribute.name, symbol::CFG | symbol::CFG_ATTR) {
            let text: Vec<&str> = (attribute.inside..end).filter_map(|at| Some(self.text(self.token(at)?))).collect();
            self.facts.cfgs.insert(text.join(" "));
            if attribute.name == symbol::CFG {
                return;
            }
        }
        self.within(Inside::Attribute, |scanner| scanner.code(attribute.inside, end));
    }

    /// A string in an attribute may be a path, as in `#[serde(with = "codec")]`.
    fn attribute_text(&mut self, token: Token, at: usize) -> usize {
        let value = literal::value(self.text(token));
        for path in literal::paths(&value) {
            let names: Option<Vec<Symbol>> = path.iter().map(|name| self.world.index.symbols.find(name)).collect();
            let Some(names) = names else { continue };
            let mut resolved = self.world.resolver.path(&self.world.index, Base::Name, &names, self.scope, true);
            let modules: Vec<ScopeId> = resolved
                .targets
                .iter()
                .filter_map(|target| match target {
                    Target::Module(module) => Some(*module),
                    Target::Item(_) | Target::External(_) => None,
                })
                .collect();
            for module in modules {
                self.whole_module(module);
            }
            resolved.is_lost = false;
            self.found(resolved);
        }
        at + 1
    }

    /// Everything that stands directly in a module.
    fn whole_module(&mut self, module: ScopeId) {
        for (place, item) in self.world.index.items.iter().enumerate() {
            let is_named = !matches!(item.kind, ItemKind::Impl | ItemKind::Import);
            if item.scope == module && item.parent.is_none() && is_named {
                self.facts.reach(NodeId(place));
            }
        }
        let imports = self.world.index.scope(module).map_or_else(Vec::new, |scope| scope.imports.clone());
        for import in imports {
            for target in self.world.resolver.import(&self.world.index, import).targets {
                self.target(target);
            }
        }
    }

    fn format_text(&mut self, token: Token, at: usize) -> usize {
        let text = self.text(token);
        if text.contains('{') {
            for name in literal::captures(text) {
                if let Some(name) = self.world.index.symbols.find(name.trim_start_matches("r#")) {
                    let targets = self.world.resolver.lexical(&self.world.index, self.scope, name).to_vec();
                    for target in targets {
                        self.bind(target);
                    }
                }
            }
        }
        at + 1
    }

    /// `$name` and `$crate`.
    fn fragment(&mut self, at: usize, end: usize) -> usize {
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
    fn global(&mut self, at: usize, end: usize) -> usize {
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

    fn name(&mut self, at: usize, end: usize) -> usize {
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
    fn import(&mut self, at: usize, end: usize) -> usize {
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
    fn is_label(&self, at: usize, before: Option<Kind>, name: Symbol) -> bool {
        let is_lower =
            self.world.index.symbols.name(name).starts_with(|first: char| first.is_lowercase() || first == '_');
        is_lower
            && self.kind(at + 1) == Some(Kind::Colon)
            && matches!(before, Some(Kind::OpenBrace | Kind::OpenParen | Kind::Comma | Kind::CloseParen | Kind::Ident))
    }

    /// A path whose first names are known; `at` is behind them.
    fn path(&mut self, mut base: Base, mut names: Vec<Symbol>, mut at: usize, end: usize) -> usize {
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

    fn is_function(&self, target: Target) -> bool {
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

    /// `module::$name`: any member may be meant.
    fn open_path(&mut self, resolved: &Resolved) {
        for target in &resolved.targets {
            match target {
                Target::Module(module) => self.whole_module(*module),
                Target::Item(id) => {
                    let mut members: Vec<ItemId> = Vec::new();
                    let impls = self.world.impls.by_type.get(id).cloned().unwrap_or_default();
                    for found in impls {
                        members.extend(self.index().item(found).map_or(&[][..], |item| &item.members));
                    }
                    for member in members {
                        self.facts.reach(NodeId(member.0));
                    }
                }
                Target::External(_) => {}
            }
        }
    }

    fn check_lost(&mut self, resolved: &Resolved, names: &[Symbol]) {
        if resolved.is_lost {
            let path: Vec<&str> = names.iter().map(|name| self.world.index.symbols.name(*name)).collect();
            let path = path.join("::");
            self.facts.reasons.insert(format!("cannot tell what `{path}` is"));
        }
    }

    /// `Self::name`, in an impl of a type of ours or of anything else.
    fn self_path(&mut self, names: &[Symbol]) {
        let Some(member) = names.get(1).copied() else { return };
        let mains: Vec<ItemId> = match self.owner.and_then(|owner| self.world.impls.headers.get(&owner)) {
            Some(header) => header.main.clone(),
            None => self
                .owner
                .filter(|owner| self.index().item(*owner).is_some_and(|item| item.kind.is_nominal()))
                .into_iter()
                .collect(),
        };
        if mains.is_empty() || self.is_nested() {
            self.facts.name(member);
        }
        for main in mains {
            self.member(main, member);
        }
        for name in names.iter().skip(2) {
            self.facts.name(*name);
        }
    }

    /// In braces with items of their own, `Self` may be another type.
    fn is_nested(&self) -> bool {
        self.owner.and_then(|owner| self.index().item(owner)).is_none_or(|owner| owner.scope != self.scope)
    }

    /// `Type::name`
    fn member(&mut self, owner: ItemId, name: Symbol) {
        let Some(item) = self.index().item(owner) else { return };
        if item.kind == ItemKind::Enum {
            let span = item.span;
            let body = self.index().span(span);
            let is_variant = body
                .iter()
                .zip(body.iter().skip(1))
                .any(|(token, next)| token.is(name) && !matches!(next.kind, Kind::PathSep | Kind::Colon));
            if is_variant && !self.world.impls.of_type.contains_key(&(owner, name)) {
                self.facts.name(name);
                return;
            }
        }
        let mut mains = vec![owner];
        if item.kind == ItemKind::Alias {
            mains = self.world.main_types(owner);
            if mains.is_empty() {
                self.facts.name(name);
            }
        }
        for main in mains {
            let found = self.world.impls.of_type.get(&(main, name)).cloned().unwrap_or_default();
            let mut is_certain = false;
            for member in found {
                self.facts.reach(NodeId(member.0));
                self.facts.bindings.push(Target::Item(member));
                let parent = self.index().item(member).and_then(|item| item.parent);
                let header = parent.and_then(|parent| self.world.impls.headers.get(&parent));
                is_certain |= header.is_some_and(|header| header.of == Of::Inherent && !header.is_special);
            }
            if !is_certain {
                self.facts.name(name);
            }
        }
    }

    fn found(&mut self, resolved: Resolved) {
        for target in resolved.targets {
            self.bind(target);
        }
        for (owner, name) in resolved.members {
            self.member(owner, name);
        }
        for name in resolved.names {
            self.facts.name(name);
        }
    }

    fn bind(&mut self, target: Target) {
        self.facts.bindings.push(target);
        self.target(target);
    }

    fn target(&mut self, target: Target) {
        match target {
            Target::Item(id) => {
                self.facts.reach(NodeId(id.0));
                self.procedural(self.index().item(id).map(|item| item.scope));
            }
            Target::Module(module) => self.procedural(Some(module)),
            Target::External(id) => {
                if !self.facts.externals.contains(&id) {
                    self.facts.externals.push(id);
                }
                if let Some(external) = self.world.resolver.externals.get(id.0).filter(|external| external.is_unknown) {
                    let name = external.text.split("::").next().unwrap_or_default();
                    self.facts.reasons.insert(format!("nothing is known about crate `{name}`"));
                }
            }
        }
    }

    /// What comes from a crate of procedural macros brings all of that crate, and whatever its quotes name.
    fn procedural(&mut self, scope: Option<ScopeId>) {
        let krate = scope.and_then(|scope| self.index().scope(scope)).map(|scope| scope.krate);
        let own = self.index().scope(self.scope).map(|scope| scope.krate);
        let Some(krate) = krate.filter(|krate| own != Some(*krate)) else { return };
        if !self.index().krate(krate).is_some_and(|krate| krate.is_proc_macro) {
            return;
        }
        let Some(root) = self.index().root(self.scope) else { return };
        let mut open = vec![krate];
        let mut next = 0;
        while let Some(krate) = open.get(next).and_then(|krate| self.world.index.krate(*krate)) {
            next += 1;
            let files = krate.files.clone();
            let mut names: Vec<Symbol> = krate.externs.keys().copied().collect();
            names.sort_unstable();
            let id = open.get(next - 1).copied();
            for name in names {
                match id.and_then(|krate| self.world.resolver.extern_crate(&self.world.index, krate, name)) {
                    Some(Target::External(external)) => self.facts.externals.push(external),
                    Some(Target::Module(module)) => {
                        let found = self.world.index.scope(module).map(|scope| scope.krate);
                        open.extend(found.filter(|found| !open.contains(found)));
                    }
                    Some(Target::Item(_)) | None => {}
                }
            }
            for file in files {
                let span = Span { file, start: 0, end: self.world.index.tokens(file).len() };
                let node = self.world.instance(Instance { span, root, scope: self.scope, item: None });
                self.facts.reach(node);
            }
        }
    }

    fn begins_call(&self, bang: usize) -> bool {
        match self.kind(bang + 1) {
            Some(kind) if kind.is_open() => true,
            // `macro_rules! name { .. }`
            Some(Kind::Ident) => self.kind(bang + 2).is_some_and(Kind::is_open),
            Some(Kind::Dollar) => true,
            Some(_) | None => false,
        }
    }

    /// `path!( .. )`
    fn call(&mut self, base: Base, names: &[Symbol], bang: usize, end: usize) -> usize {
        let Some(name) = names.last().copied() else { return bang + 1 };
        let mut open = bang + 1;
        if self.kind(open) == Some(Kind::Ident) {
            open += 1;
        }
        let Some(opening) = self.token(open).filter(|token| token.kind.is_open()) else { return bang + 1 };
        let close = opening.data.min(end);
        if name == symbol::MACRO_RULES {
            // Inside of a body; it counts with the body.
            if let Some(root) = self.world.index.root(self.scope) {
                self.within(Inside::Rules { root }, |scanner| scanner.code(open + 1, close));
            }
            return close + 1;
        }
        let resolved = self.world.resolver.path(&self.world.index, base, names, self.scope, true);
        let is_macro = |id: &ItemId| self.world.index.item(*id).is_some_and(|item| item.kind == ItemKind::Macro);
        let mut definitions: Vec<ItemId> = resolved
            .targets
            .iter()
            .filter_map(|target| match target {
                Target::Item(id) => Some(*id),
                Target::Module(_) | Target::External(_) => None,
            })
            .filter(is_macro)
            .collect();
        let rules = self.world.resolver.macros.rules(&self.world.index, name);
        let (mut joins, mut joins_paths) = (rules.joins, rules.joins_paths);
        for definition in &definitions {
            if let Some(name) = self.world.index.item(*definition).map(|item| item.name) {
                let renamed = self.world.resolver.macros.rules(&self.world.index, name);
                joins |= renamed.joins;
                joins_paths |= renamed.joins_paths;
            }
        }
        for definition in self.world.resolver.macros.named(&self.world.index, name) {
            if !definitions.contains(&definition) {
                definitions.push(definition);
            }
        }
        if rules.includes {
            self.given_files(open, close);
        }
        if rules.globs {
            for at in open..close {
                let names: Vec<Symbol> = self.word(at).into_iter().collect();
                let resolved = self.world.resolver.path(&self.world.index, Base::Name, &names, self.scope, true);
                self.open_path(&resolved);
            }
        }
        if joins_paths {
            let name = self.world.index.symbols.name(name);
            self.facts.reasons.insert(format!("macro `{name}` makes paths of names that it is given"));
        }
        let is_standard = definitions.is_empty() && MacroFacts::is_standard(&self.world.index, name);
        for target in resolved.targets {
            self.bind(target);
        }
        for definition in &definitions {
            self.bind(Target::Item(*definition));
            self.expand(*definition);
        }
        if definitions.is_empty() {
            self.standard(name, open, close);
        }
        let joins = !is_standard && (joins || definitions.is_empty());
        let joins = joins || matches!(self.inside, Inside::Input { joins: true });
        let inside = match self.inside {
            Inside::Rules { root } => Inside::Rules { root },
            Inside::Code | Inside::Input { .. } | Inside::Attribute => Inside::Input { joins },
        };
        self.within(inside, |scanner| scanner.code(open + 1, close));
        close + 1
    }

    /// A macro's rules count in the scope where it is used, too: that is where their names are looked up.
    fn expand(&mut self, definition: ItemId) {
        let Some(item) = self.world.index.item(definition) else { return };
        let (span, home) = (item.span, item.scope);
        let Some(root) = self.world.index.root(home) else { return };
        let instance = Instance { span, root, scope: self.scope, item: Some(definition) };
        let node = self.world.instance(instance);
        self.facts.reach(node);
    }

    /// Files named in the input of a macro that includes files.
    fn given_files(&mut self, open: usize, close: usize) {
        let mut is_found = false;
        for at in open..close {
            let Some(path) = included_path(self.file, at, at + 1, &self.world.index.known.variables) else { continue };
            if path.is_file() {
                is_found = true;
                self.facts.files.insert(path);
            }
        }
        if !is_found {
            self.facts.reasons.insert("a macro includes a file whose path is computed".to_owned());
        }
    }

    /// Macros of the standard library with an effect of their own.
    fn standard(&mut self, name: Symbol, open: usize, close: usize) {
        match name {
            // `write!` calls a method of that name, whosever it is.
            symbol::WRITE | symbol::WRITELN => self.facts.name(symbol::WRITE_FMT),
            symbol::LINE | symbol::COLUMN | symbol::FILE => self.facts.sees_positions = true,
            symbol::INCLUDE | symbol::INCLUDE_STR | symbol::INCLUDE_BYTES => self.included(name, open, close),
            symbol::ENV | symbol::OPTION_ENV => match literal_at(self.file, open + 1) {
                Some(value) => {
                    self.facts.env.insert(value);
                }
                None => {
                    self.facts.reasons.insert("reads a variable of the environment whose name is computed".to_owned());
                }
            },
            symbol::CFG => {
                let text: Vec<&str> = (open + 1..close).filter_map(|at| Some(self.text(self.token(at)?))).collect();
                self.facts.cfgs.insert(format!("cfg ( {} )", text.join(" ")));
            }
            symbol::ASM | symbol::GLOBAL_ASM | symbol::NAKED_ASM => {
                for (_, exported) in self.world.exported() {
                    self.facts.reach(NodeId(exported.0));
                }
            }
            _ => {}
        }
    }

    /// `include!`, `include_str!`, `include_bytes!`: the file counts.
    fn included(&mut self, name: Symbol, open: usize, close: usize) {
        let path = included_path(self.file, open + 1, close, &self.world.index.known.variables);
        let Some(path) = path else {
            // In the rules of a macro, the path is looked for where the macro is used.
            if !matches!(self.inside, Inside::Rules { .. }) || self.kind(open + 1) != Some(Kind::Dollar) {
                self.facts.reasons.insert("includes a file whose path is computed".to_owned());
            }
            return;
        };
        if name == symbol::INCLUDE {
            match self.world.index.files.read(&path, &mut self.world.index.symbols) {
                Ok(file) => {
                    let span = Span { file, start: 0, end: self.world.index.tokens(file).len() };
                    if let Some(root) = self.world.index.root(self.scope) {
                        let node = self.world.instance(Instance { span, root, scope: self.scope, item: None });
                        self.facts.reach(node);
                    }
                }
                Err(error) => {
                    self.facts.reasons.insert(format!("cannot include `{}`: {error}", path.display()));
                }
            }
        }
        if name != symbol::INCLUDE {
            self.facts.files.insert(path);
        }
    }
}
