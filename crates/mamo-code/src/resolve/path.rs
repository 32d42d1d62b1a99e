//! A path where it stands: what it reaches, and the names of members whose owner is not certain.

use crate::index::{Index, ItemId, ItemKind, ScopeId};
use crate::resolve::lookup::{Found, Resolver, Target};
use crate::symbol::{CRATE, SELF, SUPER, Symbol};

/// What a path begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Base {
    /// A name, or `crate`, `self`, `super`.
    Name,
    /// `::name`
    Global,
    /// `$crate`, with that crate's root.
    Root(ScopeId),
}

/// What a path comes to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) targets: Vec<Target>,
    /// Members behind a type: `Type::name`.
    pub(crate) members: Vec<(ItemId, Symbol)>,
    /// Members of something that is only known by the name.
    pub(crate) names: Vec<Symbol>,
    /// Nothing is known about the path, although it should be.
    pub(crate) is_lost: bool,
}

impl Resolver {
    /// Resolves `names`, which is not empty; inside of macros, `super` may mean a module that the macro makes.
    pub(crate) fn path(
        &mut self,
        index: &Index,
        base: Base,
        names: &[Symbol],
        scope: ScopeId,
        is_macro: bool,
    ) -> Resolved {
        let mut resolved = Resolved::default();
        let (mut at, rest) = match (base, names.split_first()) {
            (Base::Root(root), _) => (vec![Target::Module(root)], names),
            (_, None) => return resolved,
            (Base::Name, Some((&first @ (CRATE | SELF | SUPER), rest))) => {
                let mut at = self.first(index, scope, first, false);
                if is_macro && matches!(first, SELF | SUPER) {
                    let here = index.module(scope);
                    at.push(Target::Module(here));
                    at.extend(index.parent_module(scope).map(Target::Module));
                    at.sort_unstable();
                    at.dedup();
                }
                (at, rest)
            }
            (Base::Name, Some((first, []))) => {
                resolved.targets = self.lexical(index, scope, *first).to_vec();
                return resolved;
            }
            (Base::Name | Base::Global, Some((first, rest))) => {
                (self.first(index, scope, *first, base == Base::Global), rest)
            }
        };
        if at.is_empty() {
            resolved.names.extend(rest);
            let name = names.first().map_or("", |name| index.symbols.name(*name));
            resolved.is_lost = !is_macro && !is_type_like(name);
            return resolved;
        }
        for (place, name) in rest.iter().enumerate() {
            let mut next = Found::default();
            for target in &at {
                match target {
                    Target::Item(id) => {
                        let kind = index.item(*id).map(|item| item.kind);
                        match kind {
                            Some(ItemKind::Call) => {
                                // Either a type that the macro makes, or a module of it.
                                resolved.targets.push(*target);
                                resolved.names.extend(rest.get(place..).unwrap_or_default());
                            }
                            Some(ItemKind::Import) => resolved.targets.push(*target),
                            Some(_) | None => {
                                resolved.members.push((*id, *name));
                                resolved.targets.push(*target);
                                resolved.names.extend(rest.get(place + 1..).unwrap_or_default());
                            }
                        }
                    }
                    Target::Module(_) | Target::External(_) => self.member(index, *target, *name, scope, &mut next),
                }
            }
            if next.targets.is_empty() {
                resolved.is_lost |= resolved.targets.is_empty() && !is_macro;
                return resolved;
            }
            at = next.targets;
        }
        resolved.targets.extend(at);
        resolved
    }
}

/// Whether a first name that nothing declares is a generic parameter, a primitive, or a type of the prelude.
fn is_type_like(name: &str) -> bool {
    const PRIMITIVES: [&str; 17] = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64", "bool",
        "char", "str",
    ];
    name.starts_with(|first: char| first.is_uppercase())
        || PRIMITIVES.contains(&name)
        || name == "_"
        || matches!(name, "clippy" | "rustfmt" | "rustc" | "diagnostic" | "miri")
}
