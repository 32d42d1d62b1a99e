//! What a path that was read comes to: items, members of types, crates of procedural macros.

use crate::index::{ItemId, ItemKind, ScopeId, Span};
use crate::reach::facts::{Instance, NodeId};
use crate::reach::impls::Of;
use crate::reach::scan::Scanner;
use crate::resolve::{Resolved, Target};
use crate::symbol::Symbol;
use crate::token::Kind;

impl Scanner<'_> {
    pub(super) fn check_lost(&mut self, resolved: &Resolved, names: &[Symbol]) {
        if resolved.is_lost {
            let path: Vec<&str> = names.iter().map(|name| self.world.index.symbols.name(*name)).collect();
            let path = path.join("::");
            self.facts.reasons.insert(format!("cannot tell what `{path}` is"));
        }
    }

    /// `Self::name`, in an impl of a type of ours or of anything else.
    pub(super) fn self_path(&mut self, names: &[Symbol]) {
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
    pub(super) fn is_nested(&self) -> bool {
        self.owner.and_then(|owner| self.index().item(owner)).is_none_or(|owner| owner.scope != self.scope)
    }

    /// `Type::name`
    pub(super) fn member(&mut self, owner: ItemId, name: Symbol) {
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

    pub(super) fn found(&mut self, resolved: Resolved) {
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

    pub(super) fn bind(&mut self, target: Target) {
        self.facts.bindings.push(target);
        self.target(target);
    }

    pub(super) fn target(&mut self, target: Target) {
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

    /// `module::$name`: any member may be meant.
    pub(super) fn open_path(&mut self, resolved: &Resolved) {
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

    /// Everything that stands directly in a module.
    pub(super) fn whole_module(&mut self, module: ScopeId) {
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

    /// What comes from a crate of procedural macros brings all of that crate, and whatever its quotes name.
    pub(super) fn procedural(&mut self, scope: Option<ScopeId>) {
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
}
