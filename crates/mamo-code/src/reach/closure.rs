//! From one item to all that it reaches: rapid type analysis over the facts of each item.
//!
//! An impl counts once all local types in its header are reached; of an impl of a local trait only the members whose
//! name is used somewhere in what is reached; of an impl of a foreign trait all members, because nobody sees its caller.

use crate::index::{ItemId, ItemKind, Map};
use crate::reach::facts::{NodeId, World};
use crate::reach::impls::Of;
use crate::symbol::Symbol;

/// What is reached, in the order in which it was found.
#[derive(Debug, Default)]
pub(crate) struct Closure {
    pub(crate) reached: Vec<Reached>,
}

/// One reached item, and the place of the one that led to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reached {
    pub(crate) node: NodeId,
    pub(crate) through: Option<u32>,
}

struct Search<'a> {
    world: &'a mut World,
    /// Where each node is among those reached, counted from 1. Room for all at once: without optimisation, a vector that
    /// grows costs more than the search.
    places: Vec<u32>,
    /// Impls that count.
    live: Vec<bool>,
    found: Closure,
    names: Vec<(Symbol, NodeId)>,
    /// Which item used a name first.
    users: Map<Symbol, NodeId>,
    /// Members of what counts whose name nobody has used yet.
    waiting: Map<Symbol, Vec<ItemId>>,
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
        let mut search = Search {
            places: vec![0; self.index.items.len() + self.instances.len()],
            live: vec![false; self.index.items.len()],
            world: self,
            found: Closure::default(),
            names: Vec::new(),
            users: Map::default(),
            waiting: Map::default(),
        };
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
        if self.places.len() <= node.0 {
            // Macros that are read on the way.
            self.places.resize(node.0 + 256, 0);
        }
        let n_reached = u32::try_from(self.found.reached.len()).unwrap_or(u32::MAX);
        let through = through.and_then(|through| self.place(through)).map(|place| place - 1);
        let Some(place) = self.places.get_mut(node.0) else { return };
        if *place == 0 {
            *place = n_reached + 1;
            self.found.reached.push(Reached { node, through });
        }
    }

    fn place(&self, node: NodeId) -> Option<u32> {
        self.places.get(node.0).copied().filter(|place| *place != 0)
    }

    fn is_reached(&self, id: ItemId) -> bool {
        self.place(NodeId(id.0)).is_some()
    }

    fn is_live(&self, id: ItemId) -> bool {
        self.live.get(id.0).copied().unwrap_or(false)
    }

    fn make_live(&mut self, id: ItemId) {
        if let Some(live) = self.live.get_mut(id.0) {
            *live = true;
        }
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
            if !self.users.contains_key(name) {
                self.users.insert(*name, node);
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
        for call in self.world.impls.calls.get(&id).cloned().unwrap_or_default() {
            self.reach(NodeId(call.0), Some(through));
        }
    }

    /// What counts for any function: impls and macro calls that name no type of ours.
    fn free(&mut self) {
        let Some(first) = self.found.reached.first().map(|reached| reached.node) else { return };
        for call in self.world.impls.free_calls.clone() {
            self.reach(NodeId(call.0), Some(first));
        }
        for found in self.world.impls.free.clone() {
            self.consider(found, first);
        }
    }

    /// Makes an impl count if all that it asks for is there.
    fn consider(&mut self, found: ItemId, through: NodeId) {
        if self.is_live(found) {
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
                self.make_live(found);
                self.reach(NodeId(found.0), Some(through));
                for member in members {
                    self.reach(NodeId(member.0), Some(NodeId(found.0)));
                }
            }
            Of::Local(of) => {
                if !self.is_reached(of) && !self.is_called(of) {
                    return;
                }
                self.make_live(found);
                self.reach(NodeId(found.0), Some(through));
                self.reach(NodeId(of.0), Some(NodeId(found.0)));
                self.members(&members);
                let own = self.world.index.item(of).map_or_else(Vec::new, |item| item.members.clone());
                self.members(&own);
            }
            Of::Inherent => {
                self.make_live(found);
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
                .any(|member| self.users.contains_key(&member.name))
        })
    }

    /// Reaches those members whose name is used, now or later.
    fn members(&mut self, members: &[ItemId]) {
        for member in members {
            let Some(item) = self.world.index.item(*member) else { continue };
            match self.users.get(&item.name).copied() {
                Some(through) => self.reach(NodeId(member.0), Some(through)),
                None => self.waiting.entry(item.name).or_default().push(*member),
            }
        }
    }

    /// A name is used for the first time: members of that name of all that counts are reached, and impls of traits with
    /// a member of that name may begin to count.
    ///
    /// All other impls are considered when the types that they demand are reached. A crate may have thousands of members
    /// that are called `new`: to look at each of them would cost more than everything else.
    fn name(&mut self, name: Symbol, through: NodeId) {
        for member in self.waiting.remove(&name).unwrap_or_default() {
            self.reach(NodeId(member.0), Some(through));
        }
        for of in self.world.impls.traits_with.get(&name).cloned().unwrap_or_default() {
            self.calls_for(of, through);
            for found in self.world.impls.by_trait.get(&of).cloned().unwrap_or_default() {
                self.consider(found, through);
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
