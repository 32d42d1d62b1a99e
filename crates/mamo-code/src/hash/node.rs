//! The digest of one item: its tokens, and what the paths in them resolved to.

use crate::hash::normal::{Macro, Normal};
use crate::index::{FileId, ItemId, ItemKind, Map, Span, Visibility};
use crate::reach::{NodeId, World};
use crate::resolve::Target;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Digests that were computed before.
#[derive(Debug, Default)]
pub(crate) struct Hashes {
    nodes: Map<NodeId, [u8; 32]>,
    pub(super) named: Map<NodeId, Arc<Named>>,
    pub(super) locked: BTreeMap<BTreeSet<usize>, Arc<Vec<String>>>,
    /// An item's path as text, and hashed together with what tells twins apart.
    pub(super) targets: Map<Target, [u8; 32]>,
    pub(super) krate: Option<[u8; 32]>,
}

/// What the closures that an item is in say about it.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Named {
    pub(crate) path: String,
    pub(crate) hash: [u8; 32],
    /// The first bytes of the hash, and the path.
    pub(crate) line: String,
    /// Of the path and of what it says.
    pub(super) digest: [u8; 32],
    /// The source that it stands in.
    pub(super) file: FileId,
    /// It is of the crate itself, whose conditions the compiler can be asked for.
    pub(super) is_own: bool,
    /// Entries of the lock file that it uses.
    pub(super) packages: Vec<usize>,
    /// It depends on something besides code and packages.
    pub(super) has_more: bool,
}

/// What of an item counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    /// Everything.
    Code,
    /// What a value of the type looks like.
    Shape,
}

impl World {
    pub(crate) fn node_hash(&mut self, node: NodeId) -> [u8; 32] {
        if let Some(hash) = self.hashes.nodes.get(&node) {
            return *hash;
        }
        let facts = self.facts(node);
        // One buffer and one call: without optimisation, an incremental hasher costs more than what it hashes.
        let mut bound = match self.instance_of(node) {
            // The rules count by themselves; here only what their names mean.
            Some(instance) if instance.item.is_some() => Vec::new(),
            Some(instance) => self.normal(instance.span, &[], Macro::Other, Side::Code),
            None => self.item_text(ItemId(node.0), Side::Code),
        };
        bound.push(1);
        for target in &facts.bindings {
            bound.extend(self.target_hash(*target));
        }
        let mut traits: Vec<[u8; 32]> = facts.traits.iter().map(|id| self.target_hash(Target::Item(*id))).collect();
        traits.sort_unstable();
        for found in traits {
            bound.extend(found);
        }
        let mut externals: Vec<[u8; 32]> =
            facts.externals.iter().map(|id| self.target_hash(Target::External(*id))).collect();
        externals.sort_unstable();
        for found in externals {
            bound.extend(found);
        }
        for cfg in facts.cfgs.iter().chain(&facts.attributes) {
            bound.extend(blake3::hash(cfg.as_bytes()).as_bytes());
        }
        bound.push(self.visible(ItemId(node.0)));
        let hash = *blake3::hash(&bound).as_bytes();
        self.hashes.nodes.insert(node, hash);
        hash
    }

    /// Who sees a member, if another one has its name: a method that is not seen makes way for one of a trait.
    fn visible(&self, id: ItemId) -> u8 {
        let Some(item) = self.index.item(id).filter(|item| item.parent.is_some()) else { return 0 };
        match self.impls.members.get(&item.name) {
            Some(members) if members.len() > 1 => match item.visibility {
                Visibility::Private => 1,
                Visibility::Super => 2,
                Visibility::Crate => 3,
                Visibility::Public => 4,
            },
            Some(_) | None => 0,
        }
    }

    /// An item's own tokens, normalised; without its members.
    pub(super) fn item_text(&mut self, id: ItemId, side: Side) -> Vec<u8> {
        let Some(item) = self.index.item(id) else { return Vec::new() };
        let (span, kind) = (item.span, item.kind);
        let members: Vec<Span> =
            item.members.iter().filter_map(|member| self.index.item(*member)).map(|member| member.span).collect();
        let around = if kind == ItemKind::Macro { Macro::Other } else { Macro::None };
        self.normal(span, &members, around, side)
    }

    pub(super) fn normal(&mut self, span: Span, holes: &[Span], around: Macro, side: Side) -> Vec<u8> {
        let Some(file) = self.index.files.get(span.file).map(Arc::clone) else { return Vec::new() };
        let skips_derives = side == Side::Shape;
        let mut normal =
            Normal { index: &self.index, macros: &mut self.resolver, file: &file, skips_derives, out: Vec::new() };
        let mut at = span.start;
        for hole in holes {
            normal.tokens(at, hole.start, around);
            at = hole.end;
        }
        normal.tokens(at, span.end, around);
        normal.out
    }

    /// What a path leads to; twins of the same path are told apart by their text.
    fn target_hash(&mut self, target: Target) -> [u8; 32] {
        if let Some(hash) = self.hashes.targets.get(&target) {
            return *hash;
        }
        let mut text = self.target_path(target).into_bytes();
        if let Target::Item(id) = target {
            let kind = self.index.item(id).map(|item| item.kind);
            if matches!(kind, Some(ItemKind::Macro | ItemKind::Call)) {
                text.extend(blake3::hash(&self.item_text(id, Side::Code)).as_bytes());
            }
        }
        let hash = *blake3::hash(&text).as_bytes();
        self.hashes.targets.insert(target, hash);
        hash
    }
}
