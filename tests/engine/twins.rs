//! Equal nodes run once, also where their values are not kept.

use crate::lost::lose_files;
use crate::support::Bench;
use mamo::{Graph, List, Node, Persist, Spec, node};
use std::sync::atomic::{AtomicU32, Ordering};

#[node]
fn add(a: u32, b: u32) -> u32 {
    a + b
}

#[node]
fn double(x: &u32) -> u32 {
    x * 2
}

#[node]
fn total(list: &[u32]) -> u32 {
    list.iter().sum()
}

struct Connection(u32);

#[node(transient)]
fn connect(port: u32) -> Connection {
    Connection(port)
}

#[node]
fn ask(connection: &Connection, question: u32) -> u32 {
    connection.0 + question
}

/// Two groups that make the same value and read it differently; gives the readers.
fn in_two_groups(g: &Graph, same: impl Fn(u32, Spec<u32>) -> Spec<u32>) -> [Node<u32>; 2] {
    [0, 1].map(|group| {
        let g = g.group(group);
        let value = g.add(same(group, add::node(g.value(1), g.value(2)).name("same")));
        g.add(add::node(value, g.value(10 + group)).name("reader"))
    })
}

/// How many nodes or elements of this name were executed; which of equal ones does it is a matter of luck.
fn executions(log: &str, name: &str) -> usize {
    log.split(' ').filter(|event| !event.starts_with('~') && event.contains(name)).count()
}

/// The value of the first was let go after its last use, and the second had to be executed in a wave of its own.
#[test]
fn equal_nodes_that_are_not_kept_run_once() {
    let bench = Bench::in_memory();
    bench.run(|g| Ok(in_two_groups(g, |_, same| same.persist(Persist::Never))));
    let log = bench.log.take();
    assert_eq!((executions(&log, "same"), executions(&log, "reader")), (1, 2), "{log}");
}

#[test]
fn a_node_that_is_not_kept_and_an_equal_one_that_is_run_once() {
    for kept in 0..2 {
        let bench = Bench::in_memory();
        let never = |group, same: Spec<u32>| if group == kept { same } else { same.persist(Persist::Never) };
        bench.run(|g| Ok(in_two_groups(g, never)));
        let log = bench.log.take();
        assert_eq!((executions(&log, "same"), executions(&log, "reader")), (1, 2), "{log}");
    }
}

#[test]
fn equal_maps_that_are_not_kept_run_once() {
    let bench = Bench::in_memory();
    let (run, sums) = bench.run(|g| {
        let sums = [0usize, 1].map(|group| {
            let g = g.group(group);
            let list = g.add(double::map(g.value(vec![1, 2, 3])).persist(Persist::Never));
            g.add(total::node(list).name(["total", "sum"][group]))
        });
        g.target("first", sums[0]);
        g.target("second", g.add(add::node(sums[1], g.value(1))));
        Ok(sums)
    });
    assert_eq!((*run.get(sums[0]).unwrap(), *run.get(sums[1]).unwrap()), (12, 12));
    let log = bench.log.take();
    assert_eq!(executions(&log, "double["), 3, "{log}");
}

#[test]
fn equal_transient_nodes_are_made_once_a_run() {
    let bench = Bench::in_memory();
    let pipeline = |question| {
        move |g: &Graph| {
            let answers = [0u32, 1].map(|group| {
                let g = g.group(group);
                g.add(ask::node(g.add(connect::node(g.value(80))), g.value(question + group)))
            });
            Ok(g.add(total::node(g.gather(answers))))
        }
    };
    for (question, n_asked, sum) in [(0, 2, 161), (1, 1, 163)] {
        let (run, node) = bench.run(pipeline(question));
        let log = bench.log.take();
        assert_eq!((executions(&log, "connect"), executions(&log, "ask")), (1, n_asked), "{log}");
        assert_eq!(*run.get(node).unwrap(), sum);
    }
}

const LARGE: usize = 1 << 20;

#[node]
fn half(x: u32) -> u32 {
    x / 2
}

#[node]
fn head(numbers: &[u32]) -> u32 {
    numbers[0]
}

#[node]
fn heads(list: &List<Vec<u32>>, _after: u32) -> u32 {
    list.iter().map(|numbers| numbers[0]).sum()
}

/// A node that is not kept and an element computed the same and ran once each: with a random function they disagreed.
#[test]
fn an_element_takes_what_an_equal_node_made_that_is_not_kept() {
    static DICE: AtomicU32 = AtomicU32::new(1);
    #[node]
    fn roll(x: u32) -> Vec<u32> {
        vec![1000 * x + DICE.fetch_add(1, Ordering::SeqCst); LARGE]
    }
    for is_node_first in [true, false] {
        DICE.store(1, Ordering::SeqCst);
        let bench = Bench::in_memory();
        let pipeline = |g: &Graph| {
            let never = |x| g.add(head::node(g.add(roll::node(x).name("unkept").persist(Persist::Never))));
            let listed = |x, after| g.add(heads::node(g.add(roll::map(x)), after));
            let list = |x: Node<u32>| g.add(pack::node(x));
            let (node, list) = if is_node_first {
                let node = never(g.value(1));
                (node, listed(list(g.add(half::node(g.add(under::node(node))))), node))
            } else {
                let list = listed(g.value(vec![1]), g.value(0));
                (never(g.add(half::node(g.add(under::node(list))))), list)
            };
            Ok(g.add(both::node(node, list)))
        };
        let (run, both) = bench.run(pipeline);
        assert_eq!((*run.get(both).unwrap(), run.restarts()), ((1001, 1001), 0));
        let log = bench.log.take();
        assert_eq!(executions(&log, "unkept") + executions(&log, "roll["), 1, "{log}");
        let (run, both) = bench.run(pipeline);
        assert_eq!((*run.get(both).unwrap(), run.counts().executed), ((1001, 1001), 0));
    }
}

#[node]
fn last(numbers: &[u32]) -> u32 {
    numbers[numbers.len() - 1]
}

#[node]
fn under(x: u32) -> u32 {
    x.min(2)
}

#[node]
fn pack(x: u32) -> Vec<u32> {
    vec![x]
}

#[node]
fn both(a: u32, b: u32) -> (u32, u32) {
    (a, b)
}

/// Nodes that turn out to be equal only by what they read ran once each, when the first was not kept.
#[test]
fn nodes_that_are_equal_by_what_they_read_run_once() {
    static DICE: AtomicU32 = AtomicU32::new(1);
    #[node]
    fn roll(x: u32) -> Vec<u32> {
        vec![1000 * x + DICE.fetch_add(1, Ordering::SeqCst); LARGE]
    }
    for persist in [Persist::Never, Persist::Auto, Persist::Always] {
        for is_barrier in [false, true] {
            DICE.store(1, Ordering::SeqCst);
            let folder = tempfile::tempdir().unwrap();
            let bench = Bench::open(folder.path());
            let pipeline = |g: &Graph| {
                let first = g.add(roll::node(g.value(1)).name("first").persist(Persist::Never));
                let first = g.add(head::node(first).name("its reader"));
                let under = g.add(under::node(first));
                let under = g.add(if is_barrier { half::node(under).barrier() } else { half::node(under) });
                let second = g.add(roll::node(under).name("second").persist(persist));
                let head = g.add(last::node(second).name("reader of second"));
                g.target("both", g.add(both::node(first, head)));
                Ok(second)
            };
            let (run, second) = bench.run(pipeline);
            assert_eq!((run.restarts(), DICE.load(Ordering::SeqCst)), (0, 2), "{persist:?} {is_barrier}");
            let log = bench.log.take();
            // Below a barrier the two have one fingerprint.
            let is_cut_off = !is_barrier || persist == Persist::Always;
            assert_eq!((executions(&log, "first"), log.contains("~second")), (1, is_cut_off), "{log}");
            if persist == Persist::Always || (persist == Persist::Auto && !is_barrier) {
                assert_eq!((run.get(second).unwrap()[0], DICE.load(Ordering::SeqCst)), (1001, 2), "{persist:?}");
            }
            drop((run, bench));
            let bench = Bench::open(folder.path());
            let (run, _) = bench.run(pipeline);
            assert_eq!(run.counts().executed, 0, "{persist:?} {is_barrier}");
        }
    }
}

/// An element that failed was executed again in the next wave, when another element of its map waited for lost bytes.
#[test]
fn an_element_that_failed_stays_failed_in_the_run() {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn large(x: u32) -> Vec<u32> {
        vec![x; LARGE]
    }
    #[node]
    fn look(numbers: &[u32], _round: u32) -> Result<u32, String> {
        if numbers[0] == 1 {
            TRIED.fetch_add(1, Ordering::SeqCst);
            return Err("one".into());
        }
        Ok(numbers[0])
    }
    let folder = tempfile::tempdir().unwrap();
    for round in 0..2 {
        let bench = Bench::open_with(mamo::Engine::builder().on_failure(mamo::OnFailure::KeepGoing), folder.path());
        let (_, _) = bench.run(|g| {
            let small = g.add(pack_numbers::node(g.value(1)));
            let lists = g.gather([small, g.add(large::node(g.value(2)))]);
            Ok(g.add(look::map(lists, g.value(round))))
        });
        assert_eq!(TRIED.load(Ordering::SeqCst), round + 1, "{}", bench.log.take());
        lose_files(folder.path());
    }
}

#[node]
fn pack_numbers(x: u32) -> Vec<u32> {
    vec![x]
}
