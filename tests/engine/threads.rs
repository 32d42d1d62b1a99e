//! Node bodies are never rayon jobs: a body that waits for its own parallel work runs no other body on its stack.

use crate::support::Bench;
use mamo::{Engine, Graph, Node, node};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::sync::Mutex;

static ONE: Mutex<u64> = Mutex::new(0);

/// Holds a lock around its own parallel work: run on the stack of another one it would wait for itself.
#[node]
fn locked(x: u64) -> u64 {
    let mut one = ONE.lock().unwrap();
    *one += 1;
    (0..20_000u64).into_par_iter().map(|n| std::hint::black_box(n ^ x)).reduce(|| 0, u64::wrapping_add)
}

#[node]
fn xor(numbers: &mamo::List<u64>) -> u64 {
    numbers.iter().fold(0, |all, one| all ^ *one)
}

#[test]
fn nodes_that_hold_one_lock_around_parallel_work_do_not_deadlock() {
    for jobs in [1, 2, 4] {
        let engine = Engine::builder().jobs(jobs).in_memory();
        let (graph, node) = Graph::build(|g| {
            let many = g.numbered("many");
            let nodes: Vec<Node<u64>> = (0..64).map(|x| many.add(locked::node(many.value(x)))).collect();
            Ok(g.add(xor::node(g.gather(nodes))))
        })
        .unwrap();
        let run = engine.run(&graph).unwrap();
        assert_eq!(run.counts().executed, 66);
        run.get(node).unwrap();
    }
}

#[test]
fn seeds_follow_the_inputs_not_the_name() {
    #[node]
    fn draw(ctx: &mamo::NodeCtx, x: u32) -> u64 {
        let _ = x;
        ctx.seed()
    }
    let bench = Bench::in_memory();
    let (run, (a, b, c)) = bench.run(|g| {
        let a = g.add(draw::node(g.value(1)).name("a"));
        let b = g.add(draw::node(g.value(1)).name("b"));
        let c = g.add(draw::node(g.value(2)).name("c"));
        Ok((a, b, c))
    });
    assert_eq!(run.get(a).unwrap(), run.get(b).unwrap());
    assert_ne!(run.get(a).unwrap(), run.get(c).unwrap());
}
