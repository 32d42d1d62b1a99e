//! From one item to all that it reaches: rapid type analysis over the facts of each item.
//!
//! An impl counts once all local types in its header are reached; of an impl of a local trait only the members whose
//! name is used somewhere in what is reached; of an impl of a foreign trait all members, because nobody sees its caller.

use crate::index::{ItemId, ItemKind};
use crate::reach::facts::{NodeId, World};
use crate::reach::impls::Of;
use crate::symbol::Symbol;

/// What is reached, in the order in which it was found.
#[derive(Debug, Default)]
pub(crate) struct Closure {
    pub(crate) reached: Vec<Reached>,
}

/// One reached item, and the one that led to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reached {
    pub(crate) node: NodeId,
    pub(crate) through: Option<NodeId>,
}

/// Marks of one search, kept between searches: a mark counts if it has the number of the search.
#[derive(Debug, Default)]
struct Marks {
    nodes: Vec<bool>,
    names: Vec<bool>,
    live: Vec<bool>,
}

fn mark(marks: &mut Vec<bool>, place: usize) -> bool {
    if marks.len() <= place {
        marks.resize(place + 256, false);
    }
    match marks.get_mut(place) {
        Some(mark) => !std::mem::replace(mark, true),
        None => false,
    }
}

fn is_marked(marks: &[bool], place: usize) -> bool {
    marks.get(place).copied().unwrap_or(false)
}

struct Search<'a> {
    world: &'a mut World,
    marks: Marks,
    found: Closure,
    names: Vec<(Symbol, NodeId)>,
}

/// What a search begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Start {
    /// A function: whatever type comes in through its signature counts.
    Function,
    /// Any other item.
    Item,
}

impl World {
    pub(crate) fn closure(&mut self, roots: &[ItemId], start: Start) -> Closure {
        let mut search = Search { world: self, marks: Marks::default(), found: Closure::default(), names: Vec::new() };
        for root in roots {
            search.reach(NodeId(root.0), None);
            if start == Start::Function {
                search.signature(*root);
            }
        }
        search.free();
        search.run();
        search.found
    }
}

impl Search<'_> {
    fn reach(&mut self, node: NodeId, through: Option<NodeId>) {
        if mark(&mut self.marks.nodes, node.0) {
            self.found.reached.push(Reached { node, through });
        }
    }

    fn is_reached(&self, id: ItemId) -> bool {
        is_marked(&self.marks.nodes, id.0)
    }

    fn run(&mut self) {
        let (mut next, mut next_name) = (0, 0);
        loop {
            while let Some(reached) = self.found.reached.get(next).copied() {
                next += 1;
                self.follow(reached.node);
            }
            let Some((name, through)) = self.names.get(next_name).copied() else { break };
            next_name += 1;
            self.name(name, through);
        }
    }

    fn follow(&mut self, node: NodeId) {
        let facts = self.world.facts(node);
        for reached in &facts.reached {
            self.reach(*reached, Some(node));
        }
        for name in &facts.names {
            if mark(&mut self.marks.names, name.0) {
                self.names.push((*name, node));
            }
        }
        let id = ItemId(node.0);
        let Some(kind) = self.world.index.item(id).map(|item| item.kind) else { return };
        if kind == ItemKind::Trait {
            let members = self.world.index.item(id).map_or_else(Vec::new, |item| item.members.clone());
            self.members(&members);
            for found in self.world.impls.by_trait.get(&id).cloned().unwrap_or_default() {
                self.consider(found, node);
            }
        }
        if kind.is_nominal() || kind == ItemKind::Trait {
            for found in self.world.impls.by_type.get(&id).cloned().unwrap_or_default() {
                self.consider(found, node);
            }
            self.calls(id);
        }
        if kind == ItemKind::Alias {
            self.calls(id);
        }
    }

    /// Macro calls that may make an impl for what was just reached.
    fn calls(&mut self, id: ItemId) {
        self.calls_for(id, NodeId(id.0));
    }

    fn calls_for(&mut self, id: ItemId, through: NodeId) {
        let calls: Vec<ItemId> =
            self.world.impls.calls.iter().filter(|(_, types)| types.contains(&id)).map(|(call, _)| *call).collect();
        for call in calls {
            self.reach(NodeId(call.0), Some(through));
        }
    }

    /// What counts for any function: impls and macro calls that name no type of ours.
    fn free(&mut self) {
        let Some(first) = self.found.reached.first().map(|reached| reached.node) else { return };
        let calls: Vec<ItemId> =
            self.world.impls.calls.iter().filter(|(_, types)| types.is_empty()).map(|(call, _)| *call).collect();
        for call in calls {
            self.reach(NodeId(call.0), Some(first));
        }
        for found in self.world.impls.free.clone() {
            self.consider(found, first);
        }
    }

    /// Makes an impl count if all that it asks for is there.
    fn consider(&mut self, found: ItemId, through: NodeId) {
        if is_marked(&self.marks.live, found.0) {
            return;
        }
        let Some(header) = self.world.impls.headers.get(&found) else { return };
        if !header.demands.iter().all(|demand| self.is_reached(*demand)) {
            return;
        }
        let of = header.of;
        let members = self.world.index.item(found).map_or_else(Vec::new, |item| item.members.clone());
        match of {
            Of::Foreign => {
                mark(&mut self.marks.live, found.0);
                self.reach(NodeId(found.0), Some(through));
                for member in members {
                    self.reach(NodeId(member.0), Some(NodeId(found.0)));
                }
            }
            Of::Local(of) => {
                if !self.is_reached(of) && !self.is_called(of) {
                    return;
                }
                mark(&mut self.marks.live, found.0);
                self.reach(NodeId(found.0), Some(through));
                self.reach(NodeId(of.0), Some(NodeId(found.0)));
                self.members(&members);
                let own = self.world.index.item(of).map_or_else(Vec::new, |item| item.members.clone());
                self.members(&own);
            }
            Of::Inherent => {
                mark(&mut self.marks.live, found.0);
                if self.world.index.item(found).is_some_and(|item| item.has_calls) {
                    self.reach(NodeId(found.0), Some(through));
                }
                self.members(&members);
            }
        }
    }

    /// Whether the name of a member of a trait is used.
    fn is_called(&self, of: ItemId) -> bool {
        self.world.index.item(of).is_some_and(|item| {
            item.members
                .iter()
                .filter_map(|member| self.world.index.item(*member))
                .any(|member| is_marked(&self.marks.names, member.name.0))
        })
    }

    /// Reaches those members whose name is used.
    fn members(&mut self, members: &[ItemId]) {
        for member in members {
            let Some(item) = self.world.index.item(*member) else { continue };
            if is_marked(&self.marks.names, item.name.0) {
                let through = self.names.iter().find(|(name, _)| *name == item.name).map(|(_, through)| *through);
                self.reach(NodeId(member.0), through);
            }
        }
    }

    /// A name is used for the first time: members of that name of all that counts are reached.
    fn name(&mut self, name: Symbol, through: NodeId) {
        for member in self.world.impls.members.get(&name).cloned().unwrap_or_default() {
            let Some(parent) = self.world.index.item(member).and_then(|item| item.parent) else { continue };
            match self.world.impls.headers.get(&parent).map(|header| header.of) {
                Some(_) if is_marked(&self.marks.live, parent.0) => self.reach(NodeId(member.0), Some(through)),
                Some(_) => self.consider(parent, through),
                None => {
                    // A member of a trait: the trait counts by its impls, or by being reached.
                    self.calls_for(parent, through);
                    for found in self.world.impls.by_trait.get(&parent).cloned().unwrap_or_default() {
                        self.consider(found, through);
                    }
                    if self.is_reached(parent) {
                        self.reach(NodeId(member.0), Some(through));
                    }
                }
            }
        }
    }

    /// Types that come in through the signature are not made by anything that is reached: any type with an impl of a
    /// trait in the signature may be one.
    fn signature(&mut self, root: ItemId) {
        let Some(item) = self.world.index.item(root).filter(|item| item.kind == ItemKind::Fn) else { return };
        let (span, scope, name) = (item.span, item.scope, item.name_token);
        let tokens = self.world.index.tokens(span.file);
        let mut end = name;
        while end < span.end {
            match tokens.get(end) {
                Some(token) if token.kind == crate::token::Kind::OpenBrace => break,
                Some(_) | None => end += 1,
            }
        }
        let traits: Vec<ItemId> = (name + 1..end)
            .filter_map(|at| tokens.get(at).and_then(|token| token.symbol()))
            .flat_map(|name| self.world.resolver.lexical(&self.world.index, scope, name).to_vec())
            .filter_map(|target| match target {
                crate::resolve::Target::Item(id) => Some(id),
                crate::resolve::Target::Module(_) | crate::resolve::Target::External(_) => None,
            })
            .filter(|id| self.world.index.item(*id).is_some_and(|item| item.kind == ItemKind::Trait))
            .collect();
        for of in traits {
            for found in self.world.impls.by_trait.get(&of).cloned().unwrap_or_default() {
                let demands =
                    self.world.impls.headers.get(&found).map_or_else(Vec::new, |header| header.demands.clone());
                for demand in demands {
                    self.reach(NodeId(demand.0), Some(NodeId(root.0)));
                }
            }
        }
    }
}
