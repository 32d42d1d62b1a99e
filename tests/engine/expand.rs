//! Functions that make a sub-graph when they run.

use crate::lost::lose_files;
use crate::support::Bench;
use expect_test::expect;
use mamo::{Engine, Failure, Graph, List, Node, NodeCtx, OnFailure, Persist, Spec, node, source};
use std::sync::atomic::{AtomicU32, Ordering};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[node]
fn total(numbers: &[u64]) -> u64 {
    numbers.iter().sum()
}

#[node]
fn sum(parts: &[u64]) -> u64 {
    parts.iter().sum()
}

/// Halves the numbers until there are at most two.
#[node(expand)]
fn halved(g: &Graph, numbers: &[u64]) -> Result<Node<u64>, BoxError> {
    if numbers.len() <= 2 {
        return Ok(g.add(total::node(g.value(numbers.to_vec()))));
    }
    let (left, right) = numbers.split_at(numbers.len() / 2);
    let left = g.add(halved::node(g.value(left.to_vec())).name("left"));
    let right = g.add(halved::node(g.value(right.to_vec())).name("right"));
    Ok(g.add(sum::node(g.gather([left, right]))))
}

fn sum_of(numbers: &[u64]) -> impl Fn(&Graph) -> mamo::Result<Node<u64>> {
    let numbers = numbers.to_vec();
    move |g| Ok(g.add(halved::node(g.value(numbers.clone()))))
}

#[test]
fn a_list_is_split_until_its_parts_are_small_and_an_edit_runs_the_parts_that_it_is_in() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    let all = expect!["halved halved/gather halved/left halved/left/total halved/right halved/right/total halved/sum"];
    assert_eq!(bench.check(sum_of(&[1, 2, 3, 4]), all).unwrap(), 10);
    assert_eq!(bench.check(sum_of(&[1, 2, 3, 4]), expect![""]).unwrap(), 10);
    drop(bench);
    let bench = Bench::open(folder.path());
    assert_eq!(bench.check(sum_of(&[1, 2, 3, 4]), expect![""]).unwrap(), 10);
    let edited = expect!["halved halved/gather halved/right halved/right/total halved/sum"];
    assert_eq!(bench.check(sum_of(&[1, 2, 3, 5]), edited).unwrap(), 11);
    assert_eq!(bench.check(sum_of(&[1, 2, 3, 4]), expect![""]).unwrap(), 10);
    let moved = expect!["halved halved/gather halved/sum"];
    assert_eq!(bench.check(sum_of(&[3, 4, 1, 2]), moved).unwrap(), 10);
}

#[test]
fn deep_expansions_are_run_and_endless_ones_end_with_an_error_that_says_so() {
    #[node(expand)]
    fn countdown(g: &Graph, n: u64) -> Result<Node<u64>, BoxError> {
        if n == 0 {
            return Ok(g.value(0));
        }
        let below = g.add(countdown::node(g.value(n - 1)).name("below"));
        Ok(g.add(sum::node(g.gather([below, g.value(1)]))))
    }
    let bench = Bench::in_memory();
    let (run, node) = bench.run(|g| Ok(g.add(countdown::node(g.value(63)))));
    assert_eq!(*run.get(node).unwrap(), 63);
    let bench = Bench::in_memory();
    let error = bench.check_any(|g| Ok(g.add(countdown::node(g.value(64))))).unwrap_err().to_string();
    assert!(error.starts_with("node `countdown` failed: node `countdown/below` failed: "), "{error}");
    assert!(error.contains("it is 64 expansions deep in others"), "{error}");
    let bench = Bench::with(Engine::builder().expansion_depth(65));
    assert_eq!(bench.check_any(|g| Ok(g.add(countdown::node(g.value(64))))).unwrap(), 64);
}

#[test]
fn a_failure_within_names_the_node_and_is_tried_again_by_the_next_run() {
    static FAILS: AtomicU32 = AtomicU32::new(1);
    #[node]
    fn brittle(x: u64) -> Result<u64, String> {
        if FAILS.load(Ordering::SeqCst) == 1 { Err("no connection".into()) } else { Ok(x) }
    }
    #[node(expand)]
    fn outer(g: &Graph, x: u64) -> Result<Node<u64>, BoxError> {
        let list = g.gather([g.add(brittle::node(g.value(x))), g.add(sum::node(g.gather([g.value(x)])).name("fine"))]);
        Ok(g.add(sum::node(list)))
    }
    #[node]
    fn told(result: &Result<u64, Failure>) -> String {
        match result {
            Ok(value) => value.to_string(),
            Err(failure) => failure.to_string(),
        }
    }
    for policy in [OnFailure::Stop, OnFailure::KeepGoing] {
        FAILS.store(1, Ordering::SeqCst);
        let bench = Bench::with(Engine::builder().on_failure(policy));
        let (run, _) = bench.run(|g| Ok(g.add(outer::node(g.value(7)))));
        let failures: Vec<String> = run.failures().iter().map(ToString::to_string).collect();
        assert_eq!(failures, ["node `outer` failed: node `outer/brittle` failed: no connection"], "{policy:?}");
        assert_eq!((run.counts().failed, run.counts().skipped), (1, 0));
        let error = bench.check_any(|g| Ok(g.add(outer::node(g.value(7))))).unwrap_err().to_string();
        assert_eq!(error, "node `outer` failed: node `outer/brittle` failed: no connection");
        let settled = |g: &Graph| Ok(g.add(told::node(g.settle(g.add(outer::node(g.value(7)))))));
        assert_eq!(
            bench.check_any(settled).unwrap(),
            "node `outer` failed: node `outer/brittle` failed: no connection"
        );
        FAILS.store(0, Ordering::SeqCst);
        assert_eq!(bench.check_any(settled).unwrap(), "14");
        bench.check_any(settled).unwrap();
        assert_eq!(bench.last(), "");
    }
}

#[test]
fn what_comes_from_a_settled_failure_within_is_computed_again() {
    static FAILS: AtomicU32 = AtomicU32::new(1);
    #[node]
    fn brittle(x: u64) -> Result<u64, String> {
        if FAILS.load(Ordering::SeqCst) == 1 { Err("no connection".into()) } else { Ok(x) }
    }
    #[node]
    fn or_zero(result: &Result<u64, Failure>) -> u64 {
        result.clone().unwrap_or(0)
    }
    #[node(expand)]
    fn outer(g: &Graph, x: u64) -> Result<Node<u64>, BoxError> {
        Ok(g.add(or_zero::node(g.settle(g.add(brittle::node(g.value(x)))))))
    }
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| Ok(g.add(sum::node(g.gather([g.add(outer::node(g.value(7)))]))));
    assert_eq!(bench.check_any(pipeline).unwrap(), 0);
    FAILS.store(0, Ordering::SeqCst);
    assert_eq!(bench.check_any(pipeline).unwrap(), 7);
    bench.check_any(pipeline).unwrap();
    assert_eq!(bench.last(), "");
}

#[test]
fn a_function_that_expands_may_have_any_node_as_its_result() {
    #[node(outputs(low, high))]
    fn bounds(x: u64) -> (u64, u64) {
        (x - 1, x + 1)
    }
    #[node(expand)]
    fn high(g: &Graph, x: u64) -> Result<Node<u64>, BoxError> {
        let (_, high) = g.add(bounds::node(g.value(x)));
        Ok(high)
    }
    #[node(expand)]
    fn constant(g: &Graph, x: u64) -> Node<Vec<u64>> {
        g.value((0..x).collect())
    }
    #[node]
    fn double(x: u64) -> u64 {
        2 * x
    }
    #[node(expand)]
    fn doubled(ctx: &NodeCtx, g: &Graph, upto: u64) -> Result<Node<List<u64>>, BoxError> {
        let _ = ctx.seed();
        Ok(g.add(double::map(g.value((0..upto).collect::<Vec<_>>()))))
    }
    let bench = Bench::in_memory();
    assert_eq!(bench.check_any(|g| Ok(g.add(high::node(g.value(5))))).unwrap(), 6);
    assert_eq!(bench.last(), "high high/bounds");
    assert_eq!(bench.check_any(|g| Ok(g.add(total::node(g.add(constant::node(g.value(1000))))))).unwrap(), 499_500);
    let pipeline = |n: u64| move |g: &Graph| Ok(g.add(total::node(g.add(doubled::node(g.value(n))))));
    assert_eq!(bench.check_any(pipeline(3)).unwrap(), 6);
    assert_eq!(bench.last(), "doubled doubled/double[0] doubled/double[1] doubled/double[2] total");
    assert_eq!(bench.check_any(pipeline(4)).unwrap(), 12);
    assert_eq!(bench.last(), "doubled doubled/double[3] total");
}

#[test]
fn a_source_within_is_an_error_that_says_what_to_do() {
    #[node(expand)]
    fn home(g: &Graph, x: u64) -> Result<Node<String>, BoxError> {
        let _ = x;
        Ok(g.add(source::env("HOME")))
    }
    let bench = Bench::in_memory();
    let error = bench.check_any(|g| Ok(g.add(home::node(g.value(1))))).unwrap_err().to_string();
    assert!(error.starts_with("node `home` failed: its sub-graph has the source `env:HOME`"), "{error}");
    assert!(error.ends_with("add it to the graph around it and take its value as an input"), "{error}");
}

#[test]
fn equal_expansions_are_run_once_and_names_of_sub_graphs_are_those_of_their_nodes() {
    let bench = Bench::in_memory();
    let twice = |g: &Graph| {
        let nodes = ["a", "b"].map(|name| g.group(name).add(halved::node(g.value(vec![1, 2]))));
        Ok(g.add(sum::node(g.gather(nodes))))
    };
    assert_eq!(bench.check_any(twice).unwrap(), 6);
    // Which of the two made the sub-graph, and which took its result over first, is a matter of chance.
    let ran = bench.last();
    let count = |what: &dyn Fn(&str) -> bool| ran.split(' ').filter(|word| what(word)).count();
    assert_eq!(count(&|word| word.ends_with("halved/total")), 1, "{ran}");
    assert_eq!(count(&|word| ["a/halved", "b/halved"].contains(&word)), 1, "{ran}");
    assert_eq!(count(&|word| ["~a/halved", "~b/halved"].contains(&word)), 1, "{ran}");
}

/// Values that are not kept go into the sub-graph all the same.
#[test]
fn inputs_that_are_not_kept_are_executed_once() {
    #[node]
    fn numbers(n: u64) -> Vec<u64> {
        (0..n).collect()
    }
    let bench = Bench::in_memory();
    let pipeline = |n: u64| {
        move |g: &Graph| {
            let numbers = g.add(numbers::node(g.value(n)).persist(Persist::Never));
            Ok(g.add(halved::node(numbers)))
        }
    };
    assert_eq!(bench.check_any(pipeline(2)).unwrap(), 1);
    assert_eq!(bench.last(), "halved halved/total numbers");
    assert_eq!(bench.check_any(pipeline(2)).unwrap(), 1);
    assert_eq!(bench.last(), "");
}

/// A function whose constructor is given to a sub-graph.
#[test]
fn constructors_are_values_here_as_well() {
    fn applied(g: &Graph, to: Node<Vec<u64>>, f: fn(Node<Vec<u64>>) -> Spec<u64>) -> Node<u64> {
        g.add(f(to))
    }
    let bench = Bench::in_memory();
    assert_eq!(bench.check_any(|g| Ok(applied(g, g.value(vec![1, 2, 3]), halved::node))).unwrap(), 6);
}

/// The result was read with the type of the function that expands, as which nobody had written it: lost as soon as made.
#[test]
fn a_result_that_is_kept_otherwise_within_is_encoded_anew() {
    enum Text {}
    impl mamo::Codec<u64> for Text {
        const ID: &'static str = "text";
        fn encode(value: &u64, out: &mut dyn std::io::Write) -> Result<(), BoxError> {
            Ok(write!(out, "{value}")?)
        }
        fn decode(bytes: &mamo::Bytes) -> Result<u64, BoxError> {
            Ok(std::str::from_utf8(bytes)?.parse()?)
        }
    }
    #[node(codec = Text)]
    fn written(x: u64) -> u64 {
        x + 1
    }
    #[node(expand)]
    fn outer(g: &Graph, x: u64) -> Result<Node<u64>, BoxError> {
        Ok(g.add(written::node(g.value(x))))
    }
    let bench = Bench::in_memory();
    assert_eq!(bench.check_any(|g| Ok(g.add(sum::node(g.gather([g.add(outer::node(g.value(1)))]))))).unwrap(), 2);
}

#[node]
fn large(x: u8) -> Vec<u8> {
    vec![x; 2 << 20]
}

#[node]
fn firsts(list: &List<Vec<u8>>, plus: u8) -> Vec<u8> {
    list.iter().filter_map(|bytes| bytes.first().map(|byte| byte + plus)).collect()
}

#[test]
fn lost_bytes_of_a_sub_graph_are_made_again() {
    #[node(expand)]
    fn all(g: &Graph, upto: u8) -> Result<Node<List<Vec<u8>>>, BoxError> {
        Ok(g.add(large::map(g.value((0..upto).collect::<Vec<_>>()))))
    }
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |plus: u8| move |g: &Graph| Ok(g.add(firsts::node(g.add(all::node(g.value(2))), g.value(plus))));
    assert_eq!(Bench::open(folder.path()).check_any(pipeline(0)).unwrap(), [0, 1]);
    assert_eq!(lose_files(folder.path()), 2);
    let bench = Bench::open(folder.path());
    assert_eq!(bench.check_any(pipeline(1)).unwrap(), [1, 2]);
    assert_eq!(bench.last(), "all all/large[0] all/large[1] firsts");
    let (run, list) = bench.run(|g: &Graph| Ok(g.add(all::node(g.value(2)))));
    assert_eq!(lose_files(folder.path()), 2);
    assert_eq!(run.get(list).unwrap().get(1).unwrap().len(), 2 << 20, "after the run");
}

/// The sub-graph's own nodes were asked for what a node around it has lost.
#[test]
fn lost_bytes_of_nodes_around_a_sub_graph_are_made_again() {
    #[node(expand)]
    fn inner(g: &Graph, list: &List<Vec<u8>>, plus: u8) -> Result<Node<Vec<u8>>, BoxError> {
        Ok(g.add(firsts::node(g.value(list.clone()), g.value(plus))))
    }
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |plus: u8| {
        move |g: &Graph| {
            let list: Node<List<Vec<u8>>> = g.add(large::map(g.value(vec![1, 2])));
            Ok(g.add(inner::node(list, g.value(plus))))
        }
    };
    assert_eq!(Bench::open(folder.path()).check_any(pipeline(0)).unwrap(), [1, 2]);
    assert_eq!(lose_files(folder.path()), 2);
    let bench = Bench::open(folder.path());
    assert_eq!(bench.check_any(pipeline(1)).unwrap(), [2, 3]);
    assert_eq!(bench.last(), "inner inner/firsts large[0] large[1]");
}

/// A file that changes while a sub-graph reads it starts the run around it over.
#[test]
fn a_file_that_changes_while_a_sub_graph_reads_it_is_read_again() {
    static CHANGES: AtomicU32 = AtomicU32::new(1);
    #[node]
    fn length(file: &std::path::Path) -> Result<u64, BoxError> {
        let len = std::fs::metadata(file)?.len();
        if CHANGES.swap(0, Ordering::SeqCst) == 1 {
            std::fs::write(file, "longer than it was")?;
        }
        Ok(len)
    }
    #[node(expand)]
    fn measured(g: &Graph, file: &mamo::Artifact) -> Result<Node<u64>, BoxError> {
        Ok(g.add(length::node(g.value(file.clone()))))
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text");
    std::fs::write(&path, "short").unwrap();
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| Ok(g.add(measured::node(g.add(source::file(&path)))));
    assert_eq!(bench.check_any(pipeline).unwrap(), 18);
    assert_eq!(bench.last(), "@file measured measured/length");
    assert_eq!(bench.check_any(pipeline).unwrap(), 18);
    assert_eq!(bench.last(), "");
}

/// Random nodes within a sub-graph: what is found of them later goes with what was made of them.
#[test]
fn a_random_node_within_keeps_the_value_that_its_readers_saw() {
    static DRAWS: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn die(x: u64) -> u64 {
        x + u64::from(DRAWS.fetch_add(1, Ordering::SeqCst))
    }
    #[node(expand)]
    fn thrown(g: &Graph, x: u64) -> Result<Node<u64>, BoxError> {
        Ok(g.add(sum::node(g.gather([g.add(die::node(g.value(x)).persist(Persist::Never)), g.value(100)]))))
    }
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| {
        let thrown = g.add(thrown::node(g.value(0)));
        Ok(g.add(sum::node(g.gather([thrown, g.add(die::node(g.value(0)))]))))
    };
    assert_eq!(bench.check_any(pipeline).unwrap() % 2, 0, "one throw for both");
    let first = bench.last();
    bench.check_any(pipeline).unwrap();
    assert_eq!((bench.last().as_str(), DRAWS.load(Ordering::SeqCst)), ("", 1), "{first}");
}

#[test]
fn barriers_inside_and_around_a_sub_graph_know_it_by_its_value() {
    #[node]
    fn parity(x: u64) -> u64 {
        x % 2
    }
    #[node(expand)]
    fn behind(g: &Graph, x: u64) -> Result<Node<u64>, BoxError> {
        let parity = g.add(parity::node(g.value(x)).barrier());
        let inner = g.add(halved::node(g.add(one::node(parity))));
        Ok(g.add(sum::node(g.gather([inner]))))
    }
    #[node]
    fn one(x: u64) -> Vec<u64> {
        vec![x; 3]
    }
    let bench = Bench::in_memory();
    let pipeline = |x: u64| {
        move |g: &Graph| {
            let behind = g.add(behind::node(g.value(x)).barrier());
            Ok(g.add(halved::node(g.add(one::node(behind).name("outer"))).name("last")))
        }
    };
    assert_eq!(bench.check_any(pipeline(1)).unwrap(), 9);
    bench.check_any(pipeline(1)).unwrap();
    assert_eq!(bench.last(), "");
    assert_eq!(bench.check_any(pipeline(3)).unwrap(), 9);
    assert_eq!(bench.last(), "behind behind/parity");
}

#[test]
fn results_that_are_not_kept_are_made_again_when_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |plus: u64| {
        move |g: &Graph| {
            let halved = g.add(halved::node(g.value(vec![1, 2, 3])).persist(Persist::Never));
            Ok(g.add(sum::node(g.gather([halved, g.value(plus)]))))
        }
    };
    assert_eq!(Bench::open(folder.path()).check_any(pipeline(0)).unwrap(), 6);
    let bench = Bench::open(folder.path());
    assert_eq!(bench.check_any(pipeline(1)).unwrap(), 7);
    let (run, node) = bench.run(|g| Ok(g.add(halved::node(g.value(vec![1, 2, 3])).persist(Persist::Never))));
    assert_eq!(*run.get(node).unwrap(), 6);
}

#[test]
fn many_and_deep_sub_graphs_are_run_in_bounded_time_and_stack() {
    #[node(expand)]
    fn countdown(g: &Graph, n: u64) -> Result<Node<u64>, BoxError> {
        match n {
            0 => Ok(g.value(0)),
            _ => Ok(g.add(countdown::node(g.value(n - 1)).name("below"))),
        }
    }
    let bench = Bench::with(Engine::builder().expansion_depth(1000));
    let many = |g: &Graph| {
        let many = g.numbered("many");
        let nodes: Vec<_> = (0..1000).map(|n| many.add(halved::node(many.value(vec![n, n + 1, n + 2])))).collect();
        Ok(g.add(sum::node(g.gather(nodes))))
    };
    assert_eq!(bench.check_any(many).unwrap(), 3 * (0..1000u64).map(|n| n + 1).sum::<u64>());
    assert_eq!(bench.check_any(|g| Ok(g.add(countdown::node(g.value(990))))).unwrap(), 0);
}

#[test]
fn a_file_that_a_sub_graph_made_is_published_and_put_back() {
    #[node]
    fn written(ctx: &NodeCtx, x: u64) -> Result<mamo::Artifact, BoxError> {
        let out = ctx.output_file("x.txt")?;
        std::fs::write(out.path(), vec![b'x'; usize::try_from(x)?])?;
        out.finish()
    }
    #[node(expand)]
    fn made(g: &Graph, x: u64) -> Result<Node<mamo::Artifact>, BoxError> {
        Ok(g.add(written::node(g.value(x))))
    }
    for len in [3, 3 << 20] {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("out.txt");
        let pipeline = |g: &Graph| {
            let made = g.add(made::node(g.value(len)));
            g.publish(made, &to);
            Ok(made)
        };
        let bench = Bench::open(&folder.path().join("store"));
        bench.run(pipeline);
        assert_eq!(bench.last(), "made made/written published");
        std::fs::remove_file(&to).unwrap();
        bench.run(pipeline);
        assert_eq!(bench.last(), "published");
        assert_eq!(std::fs::metadata(&to).unwrap().len(), len);
    }
}

#[test]
fn it_is_planned_asked_and_stopped_like_any_node() {
    let bench = Bench::in_memory();
    let (graph, _) = Graph::build(sum_of(&[1, 2, 3])).unwrap();
    let plan = bench.engine.plan(&graph, &[]).unwrap();
    assert!(plan.nodes().any(|(node, state)| node == "halved" && state == mamo::PlanState::Run));
    bench.engine.run(&graph).unwrap();
    assert_eq!(bench.engine.why(&graph, "halved").unwrap().state, mamo::PlanState::Fresh);
    bench.engine.stopper().stop();
    let (graph, node) = Graph::build(sum_of(&[7, 8, 9])).unwrap();
    let run = bench.engine.run(&graph).unwrap();
    assert!(run.is_stopped() && run.get(node).is_err());
}
