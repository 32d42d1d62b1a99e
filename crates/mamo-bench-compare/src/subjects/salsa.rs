//! salsa: leaves are inputs, every other node is one tracked function of an input that never changes.

use crate::Result;
use crate::graph::{Flat, leaf_value, node_value};
use crate::measure::{resident_bytes, timed};
use crate::subjects::{Figure, Readings, check};
use salsa::Durability;
use std::sync::OnceLock;

/// The graph that the tracked function walks: tracked functions take nothing but the database and a key.
static GRAPH: OnceLock<Keyed> = OnceLock::new();

/// salsa runs `node` recursively, a few frames for each layer.
const STACK: usize = 64 << 20;

struct Keyed {
    flat: Flat,
    leaves: Vec<Leaf>,
    keys: Vec<Key>,
}

#[salsa::input]
struct Leaf {
    #[returns(copy)]
    value: u64,
}

#[salsa::input]
struct Key {
    #[returns(copy)]
    reader: u32,
}

#[salsa::tracked(returns(copy))]
fn node(db: &dyn salsa::Database, key: Key) -> u64 {
    let Some(graph) = GRAPH.get() else { return 0 };
    node_value(graph.flat.inputs(key.reader(db)).iter().filter_map(|input| {
        let input = *input as usize;
        match graph.leaves.get(input) {
            Some(leaf) => Some(leaf.value(db)),
            None => graph.keys.get(input - graph.leaves.len()).map(|key| node(db, *key)),
        }
    }))
}

/// Declares a grid's inputs and runs everything.
pub(super) fn cold(nodes: usize) -> Result<Readings> {
    let thread = std::thread::Builder::new().stack_size(STACK);
    // Errors as text: those of the thread need not be `Send`.
    let joined = thread.spawn(move || measure(nodes).map_err(|error| error.to_string()))?.join();
    Ok(joined.map_err(|_| "salsa panicked")??)
}

fn measure(nodes: usize) -> Result<Readings> {
    let flat = Flat::grid(nodes);
    let per_node = flat.len() as f64;
    let before = resident_bytes()?;
    let ((db, graph), build) = timed(|| build(flat));
    let root = graph.keys.last().copied().ok_or("the grid has no root")?;
    if GRAPH.set(graph).is_err() {
        return Err("salsa is measured once in a process".into());
    }
    let built = resident_bytes()?;
    let (value, run) = timed(|| node(&db, root));
    let bytes = resident_bytes()? - built;
    check(nodes, Some(value))?;
    Ok(vec![
        (Figure::Build, build / per_node),
        (Figure::BuildBytes, (built - before) / per_node),
        (Figure::Run, run / per_node),
        (Figure::RunBytes, bytes / per_node),
    ])
}

fn build(flat: Flat) -> (salsa::DatabaseImpl, Keyed) {
    let db = salsa::DatabaseImpl::new();
    let leaf = |leaf: u32| Leaf::builder(leaf_value(leaf.into())).durability(Durability::LOW).new(&db);
    let leaves: Vec<Leaf> = flat.leaves().map(leaf).collect();
    let n_readers = (flat.len() - leaves.len()) as u32;
    let key = |reader| Key::builder(reader).durability(Durability::NEVER_CHANGE).new(&db);
    let keys = (0..n_readers).map(key).collect();
    (db, Keyed { flat, leaves, keys })
}
