//! What a node takes of the machine while it runs; part of no key.

use crate::graph::builder::Builder;
use crate::graph::spec::Spec;
use crate::graph::{Body, Declared, NodeId, NodeSpec};
use std::panic::Location;

/// What every node of a function takes, unless a node says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takes {
    /// Slots of the engine; 0 for what is usual: one, and none for a blocking node.
    pub slots: u32,
    /// Bytes of memory beside its inputs and its result.
    pub memory: u64,
    /// The pool of which it takes one.
    pub pool: Option<&'static str>,
    /// Whether it waits more than it computes.
    pub is_blocking: bool,
}

/// What is said of a single node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    slots: Option<u32>,
    memory: Option<u64>,
    pool: Option<Box<str>>,
    is_blocking: bool,
}

/// What a node takes while it runs, all things considered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Requirements<'a> {
    pub(crate) slots: u32,
    pub(crate) memory: u64,
    pub(crate) pool: Option<&'a str>,
    pub(crate) is_blocking: bool,
}

impl Takes {
    /// One slot, and nothing else.
    pub const ORDINARY: Self = Self { slots: 0, memory: 0, pool: None, is_blocking: false };
}

impl<T, H> Spec<T, H> {
    /// Takes so many of the engine's slots while the node runs, instead of one; each element of a map takes them.
    ///
    /// For a function that starts threads of its own. Part of no key, like all that is said of resources: another number
    /// runs nothing. More slots than the engine has are an error before anything runs, see
    /// [`EngineBuilder::slots`](crate::EngineBuilder::slots).
    pub fn slots(mut self, slots: u32) -> Self {
        self.asked().slots = Some(slots);
        self
    }

    /// Takes so many bytes of memory while the node runs, or an element of it; part of no key.
    ///
    /// What counts is what the function needs beside its inputs and its result, of which the engine knows. More than the
    /// engine has is an error before anything runs, see
    /// [`EngineBuilder::memory_limit`](crate::EngineBuilder::memory_limit).
    pub fn memory(mut self, bytes: u64) -> Self {
        self.asked().memory = Some(bytes);
        self
    }

    /// Runs at most so many nodes and elements at once as the engine's pool of this name says; part of no key.
    ///
    /// The pool is the engine's to declare: [`EngineBuilder::pool`](crate::EngineBuilder::pool), or `--pool gpu=2` on the
    /// command line. One that is not declared is an error before anything runs. Letters, digits, `_`, `-` and `.` make a
    /// name; others are a mistake of the graph.
    pub fn pool(mut self, name: impl Into<String>) -> Self {
        self.asked().pool = Some(name.into().into_boxed_str());
        self
    }

    /// Runs the node on a thread of its own, since it waits more than it computes; part of no key.
    ///
    /// It takes no slot then, unless [`Spec::slots`] says so, and keeps nobody from running: there are up to
    /// [`EngineBuilder::blocking_threads`](crate::EngineBuilder::blocking_threads) such threads.
    pub fn blocking(mut self) -> Self {
        self.asked().is_blocking = true;
        self
    }

    fn asked(&mut self) -> &mut Asked {
        self.raw.rare().asked.get_or_insert_default()
    }
}

impl Builder {
    /// Notes what a node takes; only functions take anything.
    pub(crate) fn ask(&mut self, node: NodeId, asked: Asked, place: &'static Location<'static>) {
        if !self.calls_function(node, "given resources", place) {
            return;
        }
        if asked.slots == Some(0) {
            let name = self.graph.identity(node);
            self.mistakes
                .push(format!("`{name}` is to take no slot: leave `.slots(..)` out, or say `.blocking()` ({place})"));
            return;
        }
        if let Some(pool) = asked.pool.as_deref().filter(|pool| !can_be_declared(pool)) {
            let name = self.graph.identity(node);
            self.mistakes.push(format!(
                "`{name}` is to be in the pool `{pool}`, which is no name of one: letters, digits, `_`, `-` and `.` make \
                 one ({place})"
            ));
            return;
        }
        self.graph.asked.insert(node, asked);
    }

    /// The second of two nodes takes what the first one takes, unless it says otherwise.
    pub(crate) fn ask_alike(&mut self, first: NodeId, second: NodeId) {
        if let Some(asked) = self.graph.asked.get(&first) {
            self.graph.asked.insert(second, asked.clone());
        }
    }
}

impl Declared {
    /// Whether any node takes more than a slot.
    pub(crate) fn has_requirements(&self) -> bool {
        let takes = |spec: &NodeSpec| match &spec.body {
            Body::Function { function, .. } => function.function.takes != Takes::ORDINARY,
            Body::Source(_) | Body::Field(_) | Body::Gather(_) | Body::Settle(_) | Body::Output { .. } => false,
        };
        !self.asked.is_empty() || self.specs.iter().any(takes)
    }

    /// What a node takes while it runs; nothing for one that takes a slot and no more.
    pub(crate) fn requirements(&self, node: NodeId) -> Option<Requirements<'_>> {
        let Body::Function { function, .. } = &self.spec(node)?.body else { return None };
        let takes = function.function.takes;
        let asked = self.asked.get(&node);
        if asked.is_none() && takes == Takes::ORDINARY {
            return None;
        }
        let is_blocking = takes.is_blocking || asked.is_some_and(|asked| asked.is_blocking);
        let slots = asked.and_then(|asked| asked.slots).or((takes.slots > 0).then_some(takes.slots));
        let requirements = Requirements {
            slots: slots.unwrap_or(if is_blocking { 0 } else { 1 }),
            memory: asked.and_then(|asked| asked.memory).unwrap_or(takes.memory),
            pool: asked.and_then(|asked| asked.pool.as_deref()).or(takes.pool),
            is_blocking,
        };
        let is_ordinary = Requirements { slots: 1, memory: 0, pool: None, is_blocking: false } == requirements;
        (!is_ordinary).then_some(requirements)
    }
}

/// Whether a pool of this name can be declared on the command line; `#[mamo::node(pool = ..)]` takes the same names.
fn can_be_declared(pool: &str) -> bool {
    !pool.is_empty() && pool.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use crate::graph::{Graph, Node};
    use crate::node;

    #[node(krate = crate, slots = 2, memory = "1.5 KiB", pool = "gpu")]
    fn heavy(x: u32) -> u32 {
        x
    }

    #[node(krate = crate, blocking)]
    fn fetch(x: u32) -> u32 {
        x
    }

    #[node(krate = crate)]
    fn plain(x: u32) -> u32 {
        x
    }

    #[test]
    fn a_node_takes_what_its_function_takes_unless_it_says_otherwise() {
        let (graph, nodes) = Graph::build(|g| {
            let x = g.value(1);
            Ok(vec![
                g.add(heavy::node(x)),
                g.add(heavy::node(x).slots(3).memory(7).pool("net").blocking().name("own")),
                g.add(fetch::node(x)),
                g.add(fetch::node(x).slots(1).name("one")),
                g.add(plain::node(x)),
                g.add(plain::node(x).slots(1).name("said")),
                g.add(plain::node(x).pool("net").name("pooled")),
            ])
        })
        .unwrap();
        let requirements = |node: &Node<u32>| {
            let requirements = graph.declared().unwrap().requirements(node.raw().id);
            requirements.map(|all| (all.slots, all.memory, all.pool, all.is_blocking))
        };
        let all: Vec<_> = nodes.iter().map(requirements).collect();
        let expected = [
            Some((2, 1536, Some("gpu"), false)),
            Some((3, 7, Some("net"), true)),
            Some((0, 0, None, true)),
            Some((1, 0, None, true)),
            None,
            None,
            Some((1, 0, Some("net"), false)),
        ];
        assert_eq!(all, expected);
    }

    #[test]
    fn a_map_with_settled_elements_takes_what_the_map_takes() {
        let (graph, settled) = Graph::build(|g| {
            let map = g.add(plain::map(g.value(vec![1, 2])).pool("gpu"));
            Ok(g.settle_each(map))
        })
        .unwrap();
        let requirements = graph.declared().unwrap().requirements(settled.raw().id).unwrap();
        assert_eq!(requirements.pool, Some("gpu"));
    }

    #[test]
    fn what_cannot_be_taken_is_a_mistake() {
        let error = Graph::build(|g| {
            g.add(plain::node(g.value(1)).slots(0));
            g.add(plain::node(g.value(1)).pool("g,u").name("pooled"));
            Ok(g.add(crate::source::param("x", 1).memory(5)))
        })
        .map(drop)
        .unwrap_err();
        let text = error.to_string();
        assert!(text.contains("`plain` is to take no slot: leave `.slots(..)` out, or say `.blocking()`"), "{text}");
        assert!(
            text.contains("`pooled` is to be in the pool `g,u`, which is no name of one: letters, digits"),
            "{text}"
        );
        assert!(text.contains("`param:x` is to be given resources, but it calls no node function"), "{text}");
    }
}
