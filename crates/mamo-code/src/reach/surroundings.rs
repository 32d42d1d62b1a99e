//! What the scope of an item adds to it: crates whose traits are in scope, local traits, conditions of its modules.

use crate::index::{Entry, ItemId, ItemKind, Map, ScopeId};
use crate::reach::facts::{Facts, World};
use crate::reach::texts::condition;
use crate::resolve::{ExternalId, Target};
use crate::symbol::Symbol;
use std::collections::BTreeSet;

/// Traits of the standard library whose members have names in common: which one is in scope matters.
const AMBIGUOUS: [&str; 12] = [
    "Write",
    "Read",
    "BufRead",
    "Borrow",
    "BorrowMut",
    "AsRef",
    "AsMut",
    "Any",
    "Hash",
    "Hasher",
    "UpperHex",
    "LowerHex",
];

#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    externals: Map<ScopeId, Vec<ExternalId>>,
    traits: Map<ScopeId, Vec<ItemId>>,
}

impl World {
    /// Adds to an item's facts what its scope says.
    pub(crate) fn surround(&mut self, scope: ScopeId, facts: &mut Facts) {
        let mut at = Some(scope);
        let mut is_visible = true;
        while let Some(id) = at {
            let Some(here) = self.index.scope(id) else { break };
            at = here.parent;
            let is_module = here.kind == crate::index::ScopeKind::Module;
            for attribute in here.attributes.clone() {
                let tokens = self.index.tokens(attribute.file);
                let text = |token| self.index.text(attribute.file, token);
                match condition(tokens, attribute.start, text) {
                    Some(condition) => facts.cfgs.insert(condition),
                    None => facts.attributes.insert(self.joined(self.index.span(attribute), attribute.file)),
                };
            }
            if is_visible {
                facts.externals.extend(self.externals_in(id));
                for found in self.traits_in(id) {
                    let members = self.index.item(found).map_or(&[][..], |item| &item.members);
                    let is_used = members
                        .iter()
                        .filter_map(|member| self.index.item(*member))
                        .any(|member| facts.names.contains(&member.name));
                    if is_used {
                        facts.traits.insert(found);
                    }
                }
            }
            is_visible &= !is_module;
        }
        facts.externals.sort_unstable();
        facts.externals.dedup();
    }

    /// What comes from other crates and may be a trait.
    fn externals_in(&mut self, scope: ScopeId) -> Vec<ExternalId> {
        if let Some(found) = self.surroundings.externals.get(&scope) {
            return found.clone();
        }
        let mut found = Vec::new();
        let imports = self.index.scope(scope).map_or_else(Vec::new, |scope| scope.imports.clone());
        for id in imports {
            let Some(import) = self.index.import(id) else { continue };
            let last = import.path.last().map_or("", |name| self.index.symbols.name(*name)).to_owned();
            let may_be_trait = import.name.is_none() || last.starts_with(|first: char| first.is_uppercase());
            if !may_be_trait {
                continue;
            }
            for target in self.resolver.import(&self.index, id).targets {
                let Target::External(id) = target else { continue };
                let is_standard = self
                    .resolver
                    .externals
                    .get(id.0)
                    .is_none_or(|external| external.package.is_none() && !external.is_unknown);
                if !is_standard || AMBIGUOUS.contains(&last.as_str()) {
                    found.push(id);
                }
            }
        }
        self.surroundings.externals.insert(scope, found.clone());
        found
    }

    /// Local traits whose members can be called in a scope.
    fn traits_in(&mut self, scope: ScopeId) -> Vec<ItemId> {
        if let Some(found) = self.surroundings.traits.get(&scope) {
            return found.clone();
        }
        let mut found = BTreeSet::new();
        self.collect_traits(scope, &mut found, &mut vec![]);
        let found: Vec<ItemId> = found.into_iter().collect();
        self.surroundings.traits.insert(scope, found.clone());
        found
    }

    fn collect_traits(&mut self, scope: ScopeId, found: &mut BTreeSet<ItemId>, seen: &mut Vec<ScopeId>) {
        if seen.contains(&scope) {
            return;
        }
        seen.push(scope);
        let Some(here) = self.index.scope(scope) else { return };
        let mut names: Vec<&Symbol> = here.names.keys().collect();
        names.sort_unstable();
        for name in names {
            for entry in here.names.get(name).map_or(&[][..], |entries| entries) {
                if let Entry::Item(id) = entry
                    && self.index.item(*id).is_some_and(|item| item.kind == ItemKind::Trait)
                {
                    found.insert(*id);
                }
            }
        }
        for id in here.imports.clone() {
            let is_glob = self.index.import(id).is_some_and(|import| import.name.is_none());
            for target in self.resolver.import(&self.index, id).targets {
                match target {
                    Target::Item(id) if self.index.item(id).is_some_and(|item| item.kind == ItemKind::Trait) => {
                        found.insert(id);
                    }
                    Target::Module(module) if is_glob => self.collect_traits(module, found, seen),
                    Target::Item(_) | Target::Module(_) | Target::External(_) => {}
                }
            }
        }
    }
}
