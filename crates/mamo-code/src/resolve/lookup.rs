//! One name in one scope: declarations, imports, globs, macro calls that may make it.
//!
//! Everything a name may mean is given, not only what rustc would choose: cfg twins, and what macros may have made.

use crate::index::{Entry, ImportId, Index, ItemId, KrateId, Map, ScopeId, ScopeKind};
use crate::packages::Dependency;
use crate::resolve::macros::MacroFacts;
use crate::resolve::visible::{has_variant, namespaces, namespaces_of_external};
use crate::symbol::{self, CRATE, SELF, SUPER, Symbol};
use std::collections::HashMap;

/// Something outside of the sources that are read: `std::fmt::Write`, `serde::Serialize`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct ExternalId(pub(crate) usize);

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) enum Target {
    Item(ItemId),
    Module(ScopeId),
    External(ExternalId),
}

#[derive(Debug)]
pub(crate) struct External {
    pub(crate) text: String,
    /// The package, by its place in the lock file; none for the standard library.
    pub(crate) package: Option<usize>,
    /// A crate that neither the manifest nor the lock file knows.
    pub(crate) is_unknown: bool,
}

/// Targets and the namespaces that they surely fill.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) targets: Vec<Target>,
    filled: u8,
}

impl Found {
    pub(super) fn add(&mut self, target: Target, namespaces: u8) {
        if !self.targets.contains(&target) {
            self.targets.push(target);
        }
        self.filled |= namespaces;
    }
}

pub(super) const ALL_NAMESPACES: u8 = 7;

/// Resolves names and remembers the answers.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    pub(crate) externals: Vec<External>,
    external_ids: HashMap<String, ExternalId>,
    lexical: Map<(ScopeId, Symbol), Vec<Target>>,
    in_module: Map<(ScopeId, Symbol), Found>,
    pub(super) imports: Map<ImportId, Found>,
    pub(crate) macros: MacroFacts,
    /// What is being resolved: a second visit finds nothing new.
    visiting: Vec<Visit>,
    /// The outermost visit that a second visit to was cut off; answers further in are incomplete.
    cut: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Visit {
    Name(ScopeId, Symbol),
    Import(ImportId),
}

impl Resolver {
    /// What a name means in a scope and the scopes around it, up to the module; nothing for local variables and for
    /// what the standard prelude brings.
    pub(crate) fn lexical(&mut self, index: &Index, scope: ScopeId, name: Symbol) -> &[Target] {
        if !self.lexical.contains_key(&(scope, name)) {
            let targets = self.lexical_found(index, scope, name).targets;
            self.lexical.insert((scope, name), targets);
        }
        self.lexical.get(&(scope, name)).map_or(&[], |targets| targets)
    }

    pub(super) fn lexical_found(&mut self, index: &Index, scope: ScopeId, name: Symbol) -> Found {
        let mut found = Found::default();
        let mut at = Some(scope);
        while let Some(id) = at {
            let here = self.in_module(index, id, name, scope);
            for target in here.targets {
                let namespaces = namespaces(index, target);
                if namespaces == 0 || namespaces & !found.filled != 0 {
                    found.add(target, 0);
                }
            }
            found.filled |= here.filled;
            let Some(scope) = index.scope(id) else { break };
            at = match scope.kind {
                ScopeKind::Block if found.filled != ALL_NAMESPACES => scope.parent,
                ScopeKind::Block | ScopeKind::Module => None,
            };
        }
        found
    }

    /// What a name means as a member of a module, seen from a scope.
    pub(crate) fn in_module(&mut self, index: &Index, module: ScopeId, name: Symbol, from: ScopeId) -> Found {
        if let Some(found) = self.in_module.get(&(module, name)) {
            return found.clone();
        }
        if let Some(depth) = self.visiting.iter().position(|visit| *visit == Visit::Name(module, name)) {
            self.cut = self.cut.min(depth);
            return declared(index, module, name);
        }
        let outer = self.enter(Visit::Name(module, name));
        let found = self.in_module_anew(index, module, name, from);
        if self.leave(outer) {
            self.in_module.insert((module, name), found.clone());
        }
        found
    }

    /// Begins a visit; gives what was cut off around it.
    pub(super) fn enter(&mut self, visit: Visit) -> usize {
        self.visiting.push(visit);
        std::mem::replace(&mut self.cut, usize::MAX)
    }

    /// Ends a visit; whether its answer is whole: nothing in it waits for a visit further out.
    pub(super) fn leave(&mut self, outer: usize) -> bool {
        self.visiting.pop();
        let is_whole = self.cut >= self.visiting.len();
        self.cut = if is_whole { outer } else { outer.min(self.cut) };
        is_whole
    }

    pub(super) fn in_module_anew(&mut self, index: &Index, module: ScopeId, name: Symbol, from: ScopeId) -> Found {
        let mut found = Found::default();
        let Some(scope) = index.scope(module) else { return found };
        for entry in scope.names.get(&name).map_or(&[][..], |entries| entries) {
            match entry {
                Entry::Item(id) => {
                    let is_conditional = index.item(*id).is_none_or(|item| item.is_conditional);
                    let target = Target::Item(*id);
                    found.add(target, if is_conditional { 0 } else { namespaces(index, target) });
                }
                Entry::Module { scope, .. } => found.add(Target::Module(*scope), 1),
                Entry::Import(id) => self.add_import(index, *id, &mut found),
            }
        }
        for call in &scope.calls {
            if self.macros.mentions(index, *call, name) {
                found.add(Target::Item(*call), 0);
            }
        }
        if found.filled != ALL_NAMESPACES {
            self.through_globs(index, module, name, from, &mut found);
        }
        let krate = index.krate(scope.krate).filter(|krate| krate.is_proc_macro && krate.root == module);
        if found.targets.is_empty() && krate.is_some() {
            // Derives are not named like the functions that make them.
            found.add(Target::Module(module), 0);
        }
        if found.targets.is_empty() {
            for call in &scope.calls {
                if self.macros.is_opaque_call(index, *call) {
                    found.add(Target::Item(*call), 0);
                }
            }
        }
        found
    }

    pub(super) fn add_import(&mut self, index: &Index, id: ImportId, found: &mut Found) {
        let Some(import) = index.import(id) else { return };
        let imported = self.import(index, id);
        for target in imported.targets {
            found.add(target, 0);
        }
        if !import.is_conditional {
            found.filled |= imported.filled;
        }
        if let Some(item) = import.item {
            found.add(Target::Item(item), 0);
        }
    }

    pub(super) fn through_globs(
        &mut self,
        index: &Index,
        module: ScopeId,
        name: Symbol,
        from: ScopeId,
        found: &mut Found,
    ) {
        let explicit = found.filled;
        let imports = index.scope(module).map_or(&[][..], |scope| &scope.imports);
        for id in imports {
            let Some(import) = index.import(*id).filter(|import| import.name.is_none()) else { continue };
            let mut brought = Vec::new();
            for container in self.import(index, *id).targets {
                match container {
                    Target::Module(inside) if inside != module => {
                        let there = self.in_module(index, inside, name, module);
                        brought.extend(
                            there
                                .targets
                                .into_iter()
                                .filter(|target| self.is_visible(index, inside, name, *target, from, module)),
                        );
                    }
                    Target::Item(id) if has_variant(index, id, name) => brought.push(Target::Item(id)),
                    // `use some_crate::*` may bring anything.
                    Target::External(id) if self.is_foreign_glob(id) => {
                        let is_new = found.targets.is_empty() && brought.is_empty();
                        if is_new {
                            brought.push(Target::External(id));
                        }
                    }
                    Target::Module(_) | Target::Item(_) | Target::External(_) => {}
                }
            }
            for target in brought {
                let namespaces = namespaces(index, target);
                if namespaces == 0 || namespaces & !explicit != 0 {
                    found.add(target, if import.is_conditional { 0 } else { namespaces });
                    if let Some(item) = import.item {
                        found.add(Target::Item(item), 0);
                    }
                }
            }
        }
    }

    /// Globs of the standard library are not taken for every unknown name: local variables would all be in there.
    pub(super) fn is_foreign_glob(&self, id: ExternalId) -> bool {
        self.externals.get(id.0).is_some_and(|external| external.package.is_some() || external.is_unknown)
    }

    /// What an import brings, or, for a glob, what it opens.
    pub(crate) fn import(&mut self, index: &Index, id: ImportId) -> Found {
        if let Some(found) = self.imports.get(&id) {
            return found.clone();
        }
        if let Some(depth) = self.visiting.iter().position(|visit| *visit == Visit::Import(id)) {
            self.cut = self.cut.min(depth);
            return Found::default();
        }
        let outer = self.enter(Visit::Import(id));
        let found = self.import_anew(index, id);
        if self.leave(outer) {
            self.imports.insert(id, found.clone());
        }
        found
    }

    pub(super) fn import_anew(&mut self, index: &Index, id: ImportId) -> Found {
        let mut found = Found::default();
        let Some(import) = index.import(id) else { return found };
        let Some((first, rest)) = import.path.split_first() else {
            // `use ::*` or `use {..}`: nothing that compiles.
            return found;
        };
        let mut at = self.first(index, import.scope, *first, import.is_global);
        if at.is_empty() {
            let krate = index.scope(import.scope).map(|scope| scope.krate);
            at = vec![self.unknown(index, *first, krate)];
        }
        for (place, name) in rest.iter().enumerate() {
            let is_last = place + 1 == rest.len();
            let mut next = Found::default();
            for target in at {
                self.member(index, target, *name, import.scope, &mut next);
            }
            if is_last {
                return next;
            }
            at = next.targets;
        }
        for target in at {
            found.add(target, namespaces(index, target));
        }
        found
    }

    /// The first name of a path: keywords, names in scope, crates.
    pub(crate) fn first(&mut self, index: &Index, scope: ScopeId, name: Symbol, is_global: bool) -> Vec<Target> {
        let Some(krate) = index.scope(scope).map(|scope| scope.krate) else { return Vec::new() };
        match name {
            CRATE => return index.root(scope).map(Target::Module).into_iter().collect(),
            SELF => return vec![Target::Module(index.module(scope))],
            SUPER => return index.parent_module(scope).map(Target::Module).into_iter().collect(),
            _ => {}
        }
        let mut targets = if is_global { Vec::new() } else { self.lexical_found(index, scope, name).targets };
        if targets.is_empty() || is_global {
            targets.extend(self.extern_crate(index, krate, name));
        }
        targets
    }

    /// Adds what `name` means behind `::` of a target.
    pub(crate) fn member(&mut self, index: &Index, of: Target, name: Symbol, from: ScopeId, found: &mut Found) {
        match of {
            Target::Module(_) if name == SELF => found.add(of, 1),
            Target::Module(module) if name == SUPER => {
                if let Some(parent) = index.parent_module(module) {
                    found.add(Target::Module(parent), 1);
                }
            }
            Target::Module(module) => {
                let there = self.in_module(index, module, name, from);
                for target in there.targets {
                    found.add(target, 0);
                }
                found.filled |= there.filled;
            }
            Target::External(id) => {
                let target = self.external_member(index, id, name);
                found.add(target, namespaces_of_external(index.symbols.name(name)));
            }
            // A variant, an associated item; or an import that only carries a cfg.
            Target::Item(_) => found.add(of, 0),
        }
    }

    /// A crate that another one sees under a name.
    pub(crate) fn extern_crate(&mut self, index: &Index, krate: KrateId, name: Symbol) -> Option<Target> {
        match index.krate(krate)?.externs.get(&name) {
            Some(Dependency::Read(krate)) => index.krate(*krate).map(|krate| Target::Module(krate.root)),
            Some(Dependency::Locked { package, name }) => Some(self.external(name.clone(), Some(*package), false)),
            Some(Dependency::Trusted(name)) => Some(self.external(name.clone(), None, false)),
            Some(Dependency::Unread(name)) => Some(self.external(name.clone(), None, true)),
            None if matches!(name, symbol::STD | symbol::CORE | symbol::ALLOC | symbol::PROC_MACRO | symbol::TEST) => {
                // `test` is also a common name, but nothing named like that was found.
                Some(self.external(index.symbols.name(name).to_owned(), None, false))
            }
            None => None,
        }
    }

    pub(super) fn unknown(&mut self, index: &Index, name: Symbol, _krate: Option<KrateId>) -> Target {
        self.external(index.symbols.name(name).to_owned(), None, true)
    }

    pub(super) fn external_member(&mut self, index: &Index, id: ExternalId, name: Symbol) -> Target {
        let Some(external) = self.externals.get(id.0) else { return Target::External(id) };
        let text = format!("{}::{}", external.text, index.symbols.name(name));
        let (package, is_unknown) = (external.package, external.is_unknown);
        self.external(text, package, is_unknown)
    }

    pub(super) fn external(&mut self, text: String, package: Option<usize>, is_unknown: bool) -> Target {
        if let Some(id) = self.external_ids.get(&text) {
            return Target::External(*id);
        }
        let id = ExternalId(self.externals.len());
        self.externals.push(External { text: text.clone(), package, is_unknown });
        self.external_ids.insert(text, id);
        Target::External(id)
    }
}

/// What stands in a module itself: in `mod decode; use decode::decode;` the import begins with the module.
fn declared(index: &Index, module: ScopeId, name: Symbol) -> Found {
    let mut found = Found::default();
    let entries = index.scope(module).and_then(|scope| scope.names.get(&name));
    for entry in entries.map_or(&[][..], |entries| entries) {
        match entry {
            Entry::Item(id) => found.add(Target::Item(*id), 0),
            Entry::Module { scope, .. } => found.add(Target::Module(*scope), 0),
            Entry::Import(_) => {}
        }
    }
    found
}
