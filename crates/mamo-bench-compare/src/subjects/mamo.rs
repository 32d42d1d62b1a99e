//! mamo, through its public interface.

use crate::Result;
use crate::graph::{grid, leaf_value, node_value};
use crate::measure::{resident_bytes, timed};
use crate::subjects::counting::Counting;
use crate::subjects::{Figure, Readings, check};
use mamo::{Engine, Graph, Node, Run, node};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// A node of a layer.
#[node]
fn mix(a: u64, b: u64, c: u64) -> u64 {
    node_value([a, b, c])
}

/// A node of the tree, with up to ten inputs.
#[node]
#[expect(clippy::too_many_arguments, reason = "one for each node that it reads")]
fn join(
    a: u64,
    b: Option<&u64>,
    c: Option<&u64>,
    d: Option<&u64>,
    e: Option<&u64>,
    f: Option<&u64>,
    g: Option<&u64>,
    h: Option<&u64>,
    i: Option<&u64>,
    j: Option<&u64>,
) -> u64 {
    node_value([Some(&a), b, c, d, e, f, g, h, i, j].into_iter().flatten().copied())
}

/// Builds a grid and runs it, with a store that is forgotten.
pub(super) fn cold(nodes: usize) -> Result<Readings> {
    let built = Built::new(nodes)?;
    let engine = Engine::in_memory();
    let (run, ns) = timed(|| engine.run(&built.graph));
    let (run, bytes) = (run?, resident_bytes()? - built.resident);
    built.check(&run, built.n_readers)?;
    Ok(built.readings([(Figure::Run, ns), (Figure::RunBytes, bytes)]))
}

/// Fills the store in `folder`.
pub(super) fn prepare(nodes: usize, folder: &Path) -> Result<Readings> {
    let built = Built::new(nodes)?;
    built.check(&Engine::open(folder)?.run(&built.graph)?, built.n_readers)?;
    Ok(Vec::new())
}

/// Builds a grid and runs it, with a store in which everything is fresh.
pub(super) fn no_op(nodes: usize, folder: &Path) -> Result<Readings> {
    let built = Built::new(nodes)?;
    let (store, open) = timed(|| Counting::open(folder));
    let store = Arc::new(store?);
    let engine = Engine::builder().with_store(store.clone())?;
    let (run, ns) = timed(|| engine.run(&built.graph));
    let (run, bytes) = (run?, resident_bytes()? - built.resident);
    // Reading the value of the target is none of the run's lookups.
    let lookups = store.lookups.load(Ordering::Relaxed);
    built.check(&run, 0)?;
    let mut readings = built.readings([(Figure::Open, open), (Figure::Run, ns), (Figure::RunBytes, bytes)]);
    readings.push((Figure::Lookups, lookups as f64));
    Ok(readings)
}

/// Builds a grid and runs it, with a new store in `folder`, to the point where everything is durable.
pub(super) fn persisted(nodes: usize, folder: &Path) -> Result<Readings> {
    let built = Built::new(nodes)?;
    let (engine, open) = timed(|| Engine::open(folder));
    let engine = engine?;
    let (run, ns) = timed(|| engine.run(&built.graph));
    let run = run?;
    built.check(&run, built.n_readers)?;
    // The run reads values from the store, and so keeps it open.
    let ((), close) = timed(|| drop((run, engine)));
    Ok(built.readings([(Figure::Open, open), (Figure::Run, ns), (Figure::Close, close)]))
}

/// A declared grid, and what declaring it took.
struct Built {
    graph: Graph,
    root: Node<u64>,
    nodes: usize,
    n_readers: usize,
    ns: f64,
    bytes: f64,
    /// Memory of the process when it was declared.
    resident: f64,
}

impl Built {
    fn new(nodes: usize) -> Result<Self> {
        let before = resident_bytes()?;
        let (built, ns) = timed(|| Graph::build(|graph| pipeline(graph, nodes)));
        let (graph, (root, n_readers)) = built?;
        let resident = resident_bytes()?;
        Ok(Self { graph, root, nodes, n_readers, ns, bytes: resident - before, resident })
    }

    fn check(&self, run: &Run, executed: usize) -> Result<()> {
        check(self.nodes, run.get(self.root).ok().as_deref().copied())?;
        if run.counts().executed != executed as u64 {
            return Err(format!("{executed} nodes should have been executed, but: {:?}", run.counts()).into());
        }
        Ok(())
    }

    /// All readings, for one node.
    fn readings<const N: usize>(&self, readings: [(Figure, f64); N]) -> Readings {
        let n_nodes = self.graph.len() as f64;
        let all = [(Figure::Build, self.ns), (Figure::BuildBytes, self.bytes)].into_iter().chain(readings);
        all.map(|(figure, reading)| (figure, reading / n_nodes)).collect()
    }
}

fn pipeline(graph: &Graph, nodes: usize) -> mamo::Result<(Node<u64>, usize)> {
    let scope = graph.numbered("grid");
    let mut n_readers = 0;
    let root = grid(
        nodes,
        |leaf| scope.value(leaf_value(leaf)),
        |inputs| {
            n_readers += 1;
            match inputs {
                [] => scope.value(0),
                [a, b, c] => scope.add(mix::node(*a, *b, *c)),
                [first, rest @ ..] => {
                    let at = |index: usize| rest.get(index).copied();
                    scope.add(join::node(*first, at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8)))
                }
            }
        },
    );
    let root = root.unwrap_or_else(|| scope.value(0));
    graph.target("root", root);
    Ok((root, n_readers))
}
