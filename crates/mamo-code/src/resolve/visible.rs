//! From where a name is seen, and in which namespaces it stands.

use crate::index::{Entry, Index, ItemId, ItemKind, ScopeId, Visibility};
use crate::resolve::lookup::{ALL_NAMESPACES, Resolver, Target};
use crate::symbol::Symbol;
use crate::token::Kind;

impl Resolver {
    /// Whether a glob in `module` takes a target along from `inside`.
    pub(super) fn is_visible(
        &self,
        index: &Index,
        inside: ScopeId,
        name: Symbol,
        target: Target,
        _from: ScopeId,
        module: ScopeId,
    ) -> bool {
        let Some(scope) = index.scope(inside) else { return true };
        let entries = scope.names.get(&name).map_or(&[][..], |entries| entries);
        let mut is_declared = false;
        for entry in entries {
            let visibility = match entry {
                Entry::Item(id) if target == Target::Item(*id) => index.item(*id).map(|item| item.visibility),
                Entry::Module { scope, visibility } if target == Target::Module(*scope) => Some(*visibility),
                Entry::Import(id) if self.imports.get(id).is_none_or(|found| found.targets.contains(&target)) => {
                    index.import(*id).map(|import| import.visibility)
                }
                Entry::Item(_) | Entry::Module { .. } | Entry::Import(_) => continue,
            };
            is_declared = true;
            let Some(visibility) = visibility else { return true };
            if sees(index, module, inside, visibility) {
                return true;
            }
        }
        // What came from a glob or a macro is not looked at closely; private globs are.
        !is_declared && self.glob_is_visible(index, inside, module)
    }

    pub(super) fn glob_is_visible(&self, index: &Index, inside: ScopeId, module: ScopeId) -> bool {
        let Some(scope) = index.scope(inside) else { return true };
        !scope.calls.is_empty()
            || scope
                .imports
                .iter()
                .filter_map(|id| index.import(*id))
                .any(|import| sees(index, module, inside, import.visibility))
    }
}

/// Whether something in `owner` of this visibility is seen from `from`; for `pub(in ..)` when in doubt, yes.
pub(super) fn sees(index: &Index, from: ScopeId, owner: ScopeId, visibility: Visibility) -> bool {
    match visibility {
        Visibility::Private => index.is_within(from, index.module(owner)),
        Visibility::Super => index.parent_module(owner).is_some_and(|parent| index.is_within(from, parent)),
        Visibility::Crate => index.root(from) == index.root(owner),
        Visibility::Public => true,
    }
}

/// Whether a glob import of an enum brings a name.
pub(super) fn has_variant(index: &Index, id: ItemId, name: Symbol) -> bool {
    let Some(item) = index.item(id) else { return false };
    match item.kind {
        ItemKind::Enum => index.span(item.span).iter().any(|token| token.is(name)),
        ItemKind::Call | ItemKind::Alias => true,
        ItemKind::Fn
        | ItemKind::Foreign
        | ItemKind::Struct
        | ItemKind::Union
        | ItemKind::Const
        | ItemKind::Static
        | ItemKind::Trait
        | ItemKind::Impl
        | ItemKind::Macro
        | ItemKind::Import => false,
    }
}

pub(super) fn namespaces(index: &Index, target: Target) -> u8 {
    match target {
        Target::Module(_) => 1,
        Target::External(_) => 0,
        Target::Item(id) => index.item(id).map_or(0, |item| {
            let has_fields_in_braces = index.span(item.span).last().is_some_and(|last| last.kind == Kind::CloseBrace);
            if item.kind == ItemKind::Struct && has_fields_in_braces { 1 } else { item.kind.namespaces() }
        }),
    }
}

/// Types are written with a capital; anything else may be a function, a macro or a module.
pub(super) fn namespaces_of_external(name: &str) -> u8 {
    if name.starts_with(|first: char| first.is_uppercase()) { 3 } else { ALL_NAMESPACES }
}
