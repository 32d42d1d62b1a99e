//! Several engines on one store, as several processes have them.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Engine, ErrorKind, Gc, Graph, Node, Persist, node};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};

#[node]
fn double(x: u32) -> u32 {
    2 * x
}

#[node]
fn add(x: u32, plus: u32) -> u32 {
    x + plus
}

fn sum(plus: u32) -> impl Fn(&Graph) -> mamo::Result<Node<u32>> {
    move |g| Ok(g.add(add::node(g.add(double::node(g.value(20))), g.value(plus))))
}

#[test]
fn engines_find_what_others_made_and_go_on_when_the_holder_ends() {
    let folder = tempfile::tempdir().unwrap();
    let first = Bench::open(folder.path());
    let second = Bench::open(folder.path());
    assert_eq!(first.check(sum(2), expect!["add double"]).unwrap(), 42);
    assert_eq!(second.check(sum(2), expect![""]).unwrap(), 42);
    assert_eq!(second.check(sum(3), expect!["add"]).unwrap(), 43);
    assert_eq!(first.check(sum(3), expect![""]).unwrap(), 43);
    drop(first);
    assert_eq!(second.check(sum(2), expect![""]).unwrap(), 42);
    assert_eq!(second.check(sum(4), expect!["add"]).unwrap(), 44);
    let third = Bench::open(folder.path());
    drop(second);
    assert_eq!(third.check(sum(4), expect![""]).unwrap(), 44);
    drop(third);
    assert_eq!(Bench::open(folder.path()).check(sum(3), expect![""]).unwrap(), 43);
}

#[test]
fn what_removes_needs_the_store_alone_and_says_who_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let first = Bench::open(folder.path());
    assert_eq!(first.check(sum(2), expect!["add double"]).unwrap(), 42);
    let second = Bench::open(folder.path());
    let (graph, _) = Graph::build(sum(2)).unwrap();
    for engine in [&first.engine, &second.engine] {
        let refused = [
            engine.gc(&Gc::default()).err(),
            engine.flush().err(),
            engine.repair().err(),
            engine.forget(&graph, &["add"], false).err(),
        ];
        for error in refused.map(Option::unwrap) {
            assert_eq!(error.kind(), ErrorKind::StoreLocked);
            assert!(error.to_string().contains(&format!("process {} on ", std::process::id())), "{error}");
        }
        engine.gc(&Gc::default().dry_run()).unwrap();
        assert!(engine.verify().unwrap().is_sound());
    }
    assert_eq!(second.check(sum(2), expect![""]).unwrap(), 42);
    drop(first);
    second.engine.forget(&graph, &["add"], false).unwrap();
    assert_eq!(second.check(sum(2), expect!["add"]).unwrap(), 42);
}

static DICE: AtomicU32 = AtomicU32::new(0);

/// Another number each time.
#[node]
fn roll(round: u32) -> u32 {
    round * 1_000_000 + DICE.fetch_add(1000, Ordering::SeqCst)
}

#[node]
fn low(x: u32) -> u32 {
    x
}

/// Whoever rolled first: in each run, and for ever after, what was computed from a roll stands beside that roll.
#[test]
fn two_engines_at_once_do_not_mix_what_two_executions_gave() {
    for (round, policy) in (0..40).zip([Persist::Auto, Persist::Always, Persist::Never].into_iter().cycle()) {
        let pipeline = move |plus: u32| {
            move |g: &Graph| {
                let roll = g.add(roll::node(g.value(round)).persist(policy));
                let (low, high) = (g.add(low::node(roll)), g.add(add::node(roll, g.value(plus))));
                g.target("low", low);
                g.target("high", high);
                Ok((low, high))
            }
        };
        let folder = tempfile::tempdir().unwrap();
        let start = Barrier::new(2);
        // No panics here: whoever waits at the start would wait for ever.
        let mixed = |bench: &Bench, plus: u32| {
            let (graph, (low, high)) = Graph::build(pipeline(plus)).unwrap();
            let values = bench.engine.run(&graph).and_then(|run| Ok((*run.get(low)?, *run.get(high)?)));
            let is_sound = values.as_ref().is_ok_and(|(low, high)| low + plus == *high);
            (!is_sound).then(|| format!("round {round} {policy:?} plus {plus}: {values:?}"))
        };
        let run = |bench: &Bench| -> Vec<String> {
            let runs = (0..3).map(|plus| {
                start.wait();
                mixed(bench, plus)
            });
            runs.collect::<Vec<_>>().into_iter().flatten().collect()
        };
        let benches = [Bench::open(folder.path()), Bench::open(folder.path())];
        let found = std::thread::scope(|scope| {
            let [first, second] = &benches;
            let other = scope.spawn(|| run(second));
            [run(first), other.join().unwrap()].concat()
        });
        let logs = benches.each_ref().map(Bench::last);
        assert!(found.is_empty(), "{found:?} {logs:?}");
        drop(benches);
        let bench = Bench::open(folder.path());
        // What the two left may need one more execution to be one; then all is known.
        assert_eq!((0..3).find_map(|plus| mixed(&bench, plus)), None);
        bench.log.take();
        assert_eq!((0..3).find_map(|plus| mixed(&bench, plus)), None);
        assert_eq!(bench.log.take(), "", "round {round} {policy:?}");
    }
}

#[test]
fn a_run_goes_on_when_the_holder_ends_in_the_middle_of_it() {
    #[node]
    fn slow(x: u32, step: u32) -> u32 {
        HOLDER.lock().unwrap().take();
        x + step
    }
    static HOLDER: std::sync::Mutex<Option<Engine>> = std::sync::Mutex::new(None);
    let folder = tempfile::tempdir().unwrap();
    *HOLDER.lock().unwrap() = Some(Engine::open(folder.path()).unwrap());
    let pipeline = |g: &Graph| {
        let mut node = g.value(0_u32);
        for step in 0..5 {
            node = g.add(slow::node(node, g.value(step)).name(format!("slow{step}")));
        }
        Ok(node)
    };
    let bench = Bench::open(folder.path());
    assert_eq!(bench.check(pipeline, expect!["slow0 slow1 slow2 slow3 slow4"]).unwrap(), 10);
    assert!(HOLDER.lock().unwrap().is_none());
    drop(bench);
    assert_eq!(Bench::open(folder.path()).check(pipeline, expect![""]).unwrap(), 10);
}
