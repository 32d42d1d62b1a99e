//! What one item says by itself, found once: what it names, and what else it depends on.

use crate::index::{Index, ItemId, ItemKind, Map, ScopeId, Span};
use crate::packages::Workspace;
use crate::reach::impls::Impls;
use crate::reach::locals::Locals;
use crate::reach::scan::Scanner;
use crate::reach::surroundings::Surroundings;
use crate::resolve::{ExternalId, Resolver, Target};
use crate::symbol::{self, Symbol};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// An item, or behind all items a macro's rules where they are used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct NodeId(pub(crate) usize);

/// What an item says by itself.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) reached: Vec<NodeId>,
    /// Names of members that are used, of an owner that is not certain.
    pub(crate) names: Vec<Symbol>,
    pub(crate) externals: Vec<ExternalId>,
    /// Conditions, as `cfg!` takes them.
    pub(crate) cfgs: BTreeSet<String>,
    /// Other attributes of the modules around it.
    pub(crate) attributes: BTreeSet<String>,
    pub(crate) env: BTreeSet<String>,
    pub(crate) files: BTreeSet<PathBuf>,
    /// Why the crate as a whole has to count.
    pub(crate) reasons: BTreeSet<String>,
    /// What the paths in it resolved to, in the order of the text.
    pub(crate) bindings: Vec<Target>,
    /// Traits in scope that have a member of a used name.
    pub(crate) traits: BTreeSet<ItemId>,
    /// It asks where in the text it stands.
    pub(crate) sees_positions: bool,
}

impl Facts {
    pub(crate) fn reach(&mut self, node: NodeId) {
        if !self.reached.contains(&node) {
            self.reached.push(node);
        }
    }

    pub(crate) fn name(&mut self, name: Symbol) {
        if !self.names.contains(&name) {
            self.names.push(name);
        }
    }
}

/// A macro's rules, read as if they stood in a scope.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Instance {
    pub(crate) span: Span,
    /// Where `$crate` leads.
    pub(crate) root: ScopeId,
    pub(crate) scope: ScopeId,
    /// The macro, for the path; none for a crate of procedural macros.
    pub(crate) item: Option<ItemId>,
}

/// The index with everything that was found out about it.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) index: Index,
    pub(crate) resolver: Resolver,
    pub(crate) workspace: Workspace,
    pub(crate) impls: Impls,
    pub(crate) surroundings: Surroundings,
    /// Functions by name, for those who ask.
    pub(crate) functions: Map<Symbol, Vec<ItemId>>,
    pub(crate) instances: Vec<Instance>,
    instance_ids: Map<Instance, NodeId>,
    facts: Vec<Option<Arc<Facts>>>,
    pub(crate) hashes: crate::hash::Hashes,
}

impl World {
    pub(crate) fn new(index: Index, workspace: Workspace) -> Self {
        let mut world = Self {
            index,
            resolver: Resolver::default(),
            workspace,
            impls: Impls::default(),
            surroundings: Surroundings::default(),
            functions: Map::default(),
            instances: Vec::new(),
            instance_ids: Map::default(),
            facts: Vec::new(),
            hashes: crate::hash::Hashes::default(),
        };
        world.find_impls();
        for (place, item) in world.index.items.iter().enumerate() {
            if item.kind == ItemKind::Fn {
                world.functions.entry(item.name).or_default().push(ItemId(place));
            }
        }
        world
    }

    pub(crate) fn instance(&mut self, instance: Instance) -> NodeId {
        if let Some(id) = self.instance_ids.get(&instance) {
            return *id;
        }
        let id = NodeId(self.index.items.len() + self.instances.len());
        self.instances.push(instance);
        self.instance_ids.insert(instance, id);
        id
    }

    pub(crate) fn instance_of(&self, node: NodeId) -> Option<Instance> {
        self.instances.get(node.0.checked_sub(self.index.items.len())?).copied()
    }

    pub(crate) fn facts(&mut self, node: NodeId) -> Arc<Facts> {
        if let Some(Some(facts)) = self.facts.get(node.0) {
            return Arc::clone(facts);
        }
        let facts = Arc::new(match self.instance_of(node) {
            Some(instance) => self.instance_facts(instance),
            None => self.item_facts(ItemId(node.0)),
        });
        if self.facts.len() <= node.0 {
            self.facts.resize(node.0 + 64, None);
        }
        if let Some(place) = self.facts.get_mut(node.0) {
            *place = Some(Arc::clone(&facts));
        }
        facts
    }

    fn item_facts(&mut self, id: ItemId) -> Facts {
        let mut facts = Facts::default();
        let Some(item) = self.index.item(id) else { return facts };
        let (scope, span, kind, parent, name) = (item.scope, item.span, item.kind, item.parent, item.name_token);
        let members: Vec<Span> =
            item.members.iter().filter_map(|member| self.index.item(*member)).map(|member| member.span).collect();
        // Types and their attributes belong to the header; functions and consts are reached by name.
        let always: Vec<ItemId> = item
            .members
            .iter()
            .copied()
            .filter(|member| self.index.item(*member).is_some_and(|member| member.kind == ItemKind::Alias))
            .collect();
        for reached in parent.into_iter().chain(item.given_to) {
            facts.reach(NodeId(reached.0));
        }
        for member in always {
            facts.reach(NodeId(member.0));
        }
        let file = self.index.files.get(span.file).map(Arc::clone);
        let Some(file) = file else { return facts };
        let has_scopes = file.lexed.nested.iter().any(|(token, open)| {
            span.start <= *token && *token < span.end && self.index.braces.contains_key(&(span.file, *open))
        });
        let mut scanner = Scanner::new(self, &file, span.file, scope, parent.or(Some(id)), &mut facts);
        let mut at = span.start;
        for member in members {
            scanner.code(at, member.start);
            at = member.end;
        }
        match kind {
            ItemKind::Macro => scanner.definition(span),
            ItemKind::Call => scanner.item_call(span),
            ItemKind::Enum => {
                let end = span.end.saturating_sub(1);
                let open = scanner.opening(end);
                scanner.code(at, open + 1);
                scanner.variants(open + 1, end);
            }
            ItemKind::Fn => {
                if !has_scopes {
                    scanner.locals = Locals::of_function(&file.lexed.tokens, name, span.end);
                }
                scanner.code(at, span.end);
            }
            ItemKind::Foreign
            | ItemKind::Struct
            | ItemKind::Union
            | ItemKind::Alias
            | ItemKind::Const
            | ItemKind::Static
            | ItemKind::Trait
            | ItemKind::Impl
            | ItemKind::Import => scanner.code(at, span.end),
        }
        if kind == ItemKind::Foreign {
            self.foreign_facts(id, &mut facts);
        }
        self.surround(scope, &mut facts);
        facts
    }

    fn instance_facts(&mut self, instance: Instance) -> Facts {
        let mut facts = Facts::default();
        let Some(file) = self.index.files.get(instance.span.file).map(Arc::clone) else { return facts };
        Scanner::new(self, &file, instance.span.file, instance.scope, None, &mut facts).rules(instance);
        self.surround(instance.scope, &mut facts);
        facts
    }

    /// A foreign function may be one of ours, under its symbol.
    fn foreign_facts(&mut self, id: ItemId, facts: &mut Facts) {
        let Some(item) = self.index.item(id) else { return };
        let mut wanted = vec![self.index.symbols.name(item.name).to_owned()];
        let texts = self.index.span(item.span).iter().filter(|token| token.kind == crate::token::Kind::String);
        wanted.extend(texts.map(|token| crate::literal::value(self.index.text(item.span.file, *token))));
        for (symbol, exported) in self.exported() {
            if symbol.is_none_or(|symbol| wanted.contains(&symbol)) {
                facts.reach(NodeId(exported.0));
            }
        }
    }

    /// Items with a symbol of their own for the linker; without one if it is not known.
    pub(crate) fn exported(&mut self) -> Vec<(Option<String>, ItemId)> {
        let mut exported = Vec::new();
        for (place, item) in self.index.items.iter().enumerate() {
            if !matches!(item.kind, ItemKind::Fn | ItemKind::Static | ItemKind::Call) {
                continue;
            }
            if item.kind == ItemKind::Call {
                if item.name == symbol::GLOBAL_ASM
                    || self.index.span(item.span).iter().any(|token| token.is(symbol::NO_MANGLE))
                {
                    exported.push((None, ItemId(place)));
                }
                continue;
            }
            let head = self.index.tokens(item.span.file).get(item.span.start..item.name_token).unwrap_or_default();
            if head.iter().any(|token| token.is(symbol::NO_MANGLE)) {
                exported.push((Some(self.index.symbols.name(item.name).to_owned()), ItemId(place)));
            } else if head.iter().any(|token| token.is(symbol::EXPORT_NAME)) {
                let texts = head.iter().filter(|token| token.kind == crate::token::Kind::String);
                for text in texts {
                    let name = crate::literal::value(self.index.text(item.span.file, *text));
                    exported.push((Some(name), ItemId(place)));
                }
            }
        }
        exported
    }
}
