//! Equal nodes run once, also where their values are not kept.

use crate::support::Bench;
use mamo::{Graph, Node, Persist, Spec, node};

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
