//! What nodes take of the machine: slots, memory, pools, threads.

use crate::support::Bench;
use expect_test::{Expect, expect};
use mamo::{Engine, EngineBuilder, ErrorKind, Failure, Graph, Node, OnFailure, node};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Barrier, Condvar, LazyLock, Mutex};
use std::time::Duration;

#[node(slots = 3, memory = "1MiB", pool = "gpu")]
fn heavy(x: u32) -> u32 {
    x + 1
}

#[node]
fn plain(x: u32) -> u32 {
    x + 1
}

/// What a run that takes too much says: nothing ran, and the plan says the same.
#[track_caller]
fn check(builder: EngineBuilder, pipeline: impl Fn(&Graph) -> mamo::Result<Node<u32>>, expected: Expect) {
    let bench = Bench::with(builder);
    let (graph, _) = Graph::build(pipeline).unwrap();
    let error = bench.engine.run(&graph).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.node()), (ErrorKind::Resources, Some("heavy")));
    expected.assert_eq(&format!("{error}\n{}", error.hint().unwrap_or_default()));
    assert_eq!(bench.log.take(), "");
    assert_eq!(bench.engine.plan(&graph, &[]).unwrap_err().to_string(), error.to_string());
}

#[test]
fn what_takes_more_than_there_is_is_an_error_before_anything_runs() {
    let builder = || Engine::builder().pool("gpu", 1).pool("net", 2).slots(8);
    let pipeline = |g: &Graph| Ok(g.add(heavy::node(g.add(plain::node(g.value(1))))));
    check(
        builder().slots(2),
        pipeline,
        expect![[r#"
            node `heavy` takes 3 slots, and the engine has 2
            let the node take fewer, or give the engine more: `--slots 3`, `EngineBuilder::slots`"#]],
    );
    check(
        builder().memory_limit(1000),
        pipeline,
        expect![[r#"
            node `heavy` takes 1 MiB of memory, and the engine has 1000 B
            let the node take less, or give the engine more: `--memory SIZE`, `EngineBuilder::memory_limit`"#]],
    );
    check(
        Engine::builder().pool("net", 2).slots(8),
        pipeline,
        expect![[r#"
            node `heavy` is in the pool `gpu`, which the engine has not
            declare it: `--pool gpu=1`, `EngineBuilder::pool("gpu", 1)`; declared are `net`"#]],
    );
    check(
        builder().pool("gpu", 0),
        pipeline,
        expect![[r#"
            node `heavy` is in the pool `gpu`, which has no room
            make room: `--pool gpu=1`, `EngineBuilder::pool("gpu", 1)`"#]],
    );
    // Below a barrier as well, before the barrier runs.
    check(
        builder().slots(2),
        |g| Ok(g.add(heavy::node(g.add(plain::node(g.value(1)).barrier())))),
        expect![[r#"
            node `heavy` takes 3 slots, and the engine has 2
            let the node take fewer, or give the engine more: `--slots 3`, `EngineBuilder::slots`"#]],
    );
}

#[test]
fn what_a_node_takes_is_no_part_of_its_key_and_what_is_known_takes_nothing() {
    let bench = Bench::with(Engine::builder().pool("gpu", 1).pool("net", 1).slots(3));
    assert_eq!(bench.check(|g| Ok(g.add(heavy::node(g.value(1)))), expect!["heavy"]).unwrap(), 2);
    let other = |g: &Graph| Ok(g.add(heavy::node(g.value(1)).slots(1).memory(5).pool("net").blocking()));
    assert_eq!(bench.check(other, expect![""]).unwrap(), 2);
    // It would not fit, but it does not run.
    let large = |g: &Graph| Ok(g.add(heavy::node(g.value(1)).slots(99).pool("of-nobody")));
    assert_eq!(bench.check(large, expect![""]).unwrap(), 2);
}

/// How many run at once, and how many did at most.
struct Crowd {
    now: AtomicU32,
    most: AtomicU32,
}

impl Crowd {
    const fn new() -> Self {
        Self { now: AtomicU32::new(0), most: AtomicU32::new(0) }
    }

    /// Is in the crowd for a while, so that others come in who may.
    fn visit(&self) {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        for _ in 0..2000 {
            std::thread::yield_now();
        }
        self.now.fetch_sub(1, Ordering::SeqCst);
    }

    fn take_most(&self) -> u32 {
        assert_eq!(self.now.load(Ordering::SeqCst), 0);
        self.most.swap(0, Ordering::SeqCst)
    }
}

fn engine(builder: EngineBuilder) -> Engine {
    builder.jobs(4).in_memory()
}

#[test]
fn of_a_pool_run_at_most_so_many_at_once_nodes_elements_and_combinations() {
    static CROWD: Crowd = Crowd::new();
    #[node(pool = "gpu")]
    fn train(x: u32) -> u32 {
        CROWD.visit();
        x + 1
    }
    #[node(pool = "gpu")]
    fn join(a: &u32, b: &u32) -> u32 {
        CROWD.visit();
        a + b
    }
    for capacity in [1, 2] {
        let (graph, sum) = Graph::build(|g| {
            let nodes = g.numbered("nodes");
            let nodes: Vec<Node<u32>> = (100..108).map(|x| nodes.add(train::node(nodes.value(x)))).collect();
            let elements = g.add(train::map(g.value((0..8).collect::<Vec<u32>>())));
            // Goes along with the one above.
            let again = g.add(train::map(elements).name("again"));
            let sums = [g.add(join::reduce(again)), g.add(join::reduce(g.gather(nodes)).name("other"))];
            Ok(g.add(join::node(sums[0], sums[1]).name("sum")))
        })
        .unwrap();
        let run = engine(Engine::builder().pool("gpu", capacity)).run(&graph).unwrap();
        assert_eq!(*run.get(sum).unwrap(), (2..10).sum::<u32>() + (101..109).sum::<u32>());
        assert!(CROWD.take_most() <= capacity);
    }
}

#[test]
fn a_node_with_all_slots_runs_alone_and_is_not_starved() {
    static ALL: Crowd = Crowd::new();
    static LARGE: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn small(x: u32) -> u32 {
        ALL.now.fetch_add(1, Ordering::SeqCst);
        assert_eq!(LARGE.load(Ordering::SeqCst), 0);
        std::thread::yield_now();
        ALL.now.fetch_sub(1, Ordering::SeqCst);
        x + 1
    }
    #[node(slots = 4)]
    fn large(x: u32) -> u32 {
        LARGE.fetch_add(1, Ordering::SeqCst);
        for _ in 0..200 {
            assert_eq!(ALL.now.load(Ordering::SeqCst), 0);
            std::thread::yield_now();
        }
        LARGE.fetch_sub(1, Ordering::SeqCst);
        x + 1
    }
    let (graph, nodes) = Graph::build(|g| {
        let many = g.numbered("many");
        let nodes = (0..400).map(|x| match x % 40 {
            0 => many.add(large::node(many.value(x))),
            _ => many.add(small::node(many.value(x))),
        });
        Ok(nodes.collect::<Vec<_>>())
    })
    .unwrap();
    let run = engine(Engine::builder()).run(&graph).unwrap();
    for (x, node) in (1..).zip(nodes) {
        assert_eq!(*run.get(node).unwrap(), x);
    }
}

#[test]
fn fewer_slots_than_threads_run_fewer_nodes() {
    static CROWD: Crowd = Crowd::new();
    #[node]
    fn visit(x: u32) -> u32 {
        CROWD.visit();
        x
    }
    let (graph, ()) = Graph::build(|g| {
        let many = g.numbered("many");
        for x in 0..8 {
            many.add(visit::node(many.value(x)));
        }
        Ok(())
    })
    .unwrap();
    engine(Engine::builder().slots(1)).run(&graph).unwrap();
    assert_eq!(CROWD.take_most(), 1);
}

#[test]
fn who_fails_or_panics_gives_back_what_it_took() {
    #[node(pool = "gpu", memory = "1KiB", slots = 3)]
    fn risky(x: u32) -> Result<u32, String> {
        match x % 3 {
            0 => Ok(x),
            1 => Err("no luck".into()),
            _ => panic!("bad luck"),
        }
    }
    #[node]
    fn settled(results: &[Result<u32, Failure>]) -> usize {
        results.iter().filter(|result| result.is_ok()).count()
    }
    let (graph, count) = Graph::build(|g| {
        let map = g.add(risky::map(g.value((0..9).collect::<Vec<u32>>())));
        let many = g.numbered("many");
        for x in 100..109 {
            many.add(risky::node(many.value(x)).retry(mamo::Retry::times(1).backoff(Duration::ZERO)));
        }
        Ok(g.add(settled::node(g.settle_each(map))))
    })
    .unwrap();
    let builder = Engine::builder().pool("gpu", 1).memory_limit(1024).on_failure(OnFailure::KeepGoing);
    let run = engine(builder).run(&graph).unwrap();
    assert_eq!(*run.get(count).unwrap(), 3);
    assert_eq!(run.counts().failed, 6);
}

#[test]
fn blocking_nodes_run_at_once_beside_a_single_thread() {
    static ALL_HERE: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(8));
    #[node(blocking)]
    fn fetch(x: u32) -> u32 {
        ALL_HERE.wait();
        x + 1
    }
    let nodes = |g: &Graph| {
        let many = g.numbered("many");
        Ok((0..8).map(|x| many.add(fetch::node(many.value(x)))).collect::<Vec<_>>())
    };
    let bench = Engine::builder().jobs(1).in_memory();
    let (graph, nodes) = Graph::build(nodes).unwrap();
    let run = bench.run(&graph).unwrap();
    for (x, node) in (1..).zip(nodes) {
        assert_eq!(*run.get(node).unwrap(), x);
    }
    // Elements of a map as well, and a chain of maps, each with a thread as soon as it is ready.
    let (graph, list) = Graph::build(|g| {
        let first = g.add(fetch::map(g.value((1..9).map(|x| x * 10).collect::<Vec<u32>>())));
        Ok(g.add(fetch::map(first).name("again")))
    })
    .unwrap();
    let run = bench.run(&graph).unwrap();
    assert_eq!(
        run.get(list).unwrap().iter().map(|x| *x).collect::<Vec<_>>(),
        (1..9).map(|x| x * 10 + 2).collect::<Vec<u32>>()
    );
}

/// A node that waits for another one would wait for ever if it took that one's thread.
#[test]
fn ordinary_nodes_go_on_while_blocking_ones_wait() {
    static DOOR: Door = Door::new();
    #[node(blocking)]
    fn waits(x: u32) -> u32 {
        DOOR.wait();
        x
    }
    #[node]
    fn opens(x: u32) -> u32 {
        DOOR.open();
        x + 1
    }
    let (graph, ()) = Graph::build(|g| {
        let many = g.numbered("many");
        for x in 0..4 {
            many.add(waits::node(many.value(x)));
        }
        let before = many.add(opens::node(many.value(1)).name("first"));
        many.add(opens::node(before).name("second"));
        Ok(())
    })
    .unwrap();
    let run = Engine::builder().jobs(1).blocking_threads(2).in_memory().run(&graph).unwrap();
    assert_eq!(run.counts().executed, 6);
}

/// A door that stays open.
struct Door(Mutex<bool>, Condvar);

impl Door {
    const fn new() -> Self {
        Self(Mutex::new(false), Condvar::new())
    }

    fn open(&self) {
        *self.0.lock().unwrap() = true;
        self.1.notify_all();
    }

    fn wait(&self) {
        let mut is_open = self.0.lock().unwrap();
        while !*is_open {
            is_open = self.1.wait(is_open).unwrap();
        }
    }
}

#[test]
fn blocking_nodes_are_as_many_as_there_are_threads_for_them_or_their_pool_allows() {
    static CROWD: Crowd = Crowd::new();
    #[node(blocking)]
    fn fetch(x: u32) -> u32 {
        CROWD.visit();
        x
    }
    for (threads, pool, most) in [(2, 9, 2), (9, 3, 3), (0, 9, 1)] {
        let (graph, list) = Graph::build(|g| {
            let list = g.value((0..20).collect::<Vec<u32>>());
            Ok(g.add(fetch::map(list).pool("net")))
        })
        .unwrap();
        let run = engine(Engine::builder().blocking_threads(threads).pool("net", pool)).run(&graph).unwrap();
        assert_eq!(run.get(list).unwrap().iter().map(|x| *x).collect::<Vec<_>>(), (0..20).collect::<Vec<u32>>());
        assert!(CROWD.take_most() <= most);
    }
}

#[test]
fn a_failure_stops_what_waits_in_line() {
    static RAN: AtomicU32 = AtomicU32::new(0);
    #[node(pool = "gpu", blocking)]
    fn fails(x: u32) -> Result<u32, String> {
        RAN.fetch_add(1, Ordering::SeqCst);
        Err(format!("{x}"))
    }
    let bench = Bench::with(Engine::builder().pool("gpu", 1));
    let (run, ()) = bench.run(|g| {
        let many = g.numbered("many");
        for x in 0..50 {
            many.add(fails::node(many.value(x)));
        }
        Ok(())
    });
    assert_eq!((run.counts().failed, run.counts().skipped, RAN.load(Ordering::SeqCst)), (1, 49, 1));
}
