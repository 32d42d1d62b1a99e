//! A million nodes in a row and a million into one, on a small stack.

use mamo::{Engine, Graph, List, Node, node};

#[node]
fn next(x: u32) -> u32 {
    x.wrapping_add(1)
}

#[node]
fn start() -> u32 {
    0
}

#[node]
fn total(numbers: &List<u32>) -> u64 {
    numbers.iter().map(|n| u64::from(*n)).sum()
}

const MILLION: u32 = 1_000_000;

fn on_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}

#[test]
fn a_chain_of_a_million_nodes() {
    on_small_stack(|| {
        let (graph, last) = Graph::build(|g| {
            let g = g.numbered("chain");
            Ok((0..MILLION).fold(g.add(start::node()), |node, _| g.add(next::node(node))))
        })
        .unwrap();
        let engine = Engine::in_memory();
        assert_eq!(*engine.run(&graph).unwrap().get(last).unwrap(), MILLION);
        assert_eq!(engine.run(&graph).unwrap().counts().executed, 0);
    });
}

#[test]
fn a_million_nodes_into_one() {
    on_small_stack(|| {
        let (graph, total) = Graph::build(|g| {
            let many = g.numbered("many");
            let nodes: Vec<Node<u32>> = (0..MILLION).map(|n| many.value(n)).collect();
            Ok(g.add(total::node(g.gather(nodes))))
        })
        .unwrap();
        let engine = Engine::in_memory();
        let expected = (0..u64::from(MILLION)).sum::<u64>();
        assert_eq!(*engine.run(&graph).unwrap().get(total).unwrap(), expected);
        assert_eq!(engine.run(&graph).unwrap().counts().executed, 0);
    });
}
