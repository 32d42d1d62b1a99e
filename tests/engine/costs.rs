//! What runs cost and save, by a clock that nodes move themselves.

use mamo::store::{Batch, MemoryStore, RecordKind, Store};
use mamo::{Clock, Engine, EngineBuilder, Event, Graph, Node, NodeCtx, Observer, Persist, Run, RunCosts, node, source};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Milliseconds.
static NOW: AtomicU64 = AtomicU64::new(0);

struct Hand;

impl Clock for Hand {
    fn now(&self) -> Duration {
        Duration::from_millis(NOW.load(Ordering::SeqCst))
    }
}

fn pass(ms: u64) {
    NOW.fetch_add(ms, Ordering::SeqCst);
}

/// The clock is everybody's: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn builder() -> EngineBuilder {
    Engine::builder().jobs(1).clock(Arc::new(Hand))
}

/// Takes 10 ms to write and 3 ms to read.
struct Heavy(u32);

impl Serialize for Heavy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        pass(10);
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Heavy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        pass(3);
        u32::deserialize(deserializer).map(Heavy)
    }
}

#[node]
fn load(x: u32) -> Heavy {
    pass(1000);
    Heavy(x)
}

#[node]
fn fit(heavy: &Heavy, y: u32) -> u32 {
    pass(500);
    heavy.0 + y
}

fn graph(y: u32) -> Graph {
    let pipeline = |g: &Graph| {
        let heavy = g.add(load::node(g.value(1)));
        Ok(g.add(fit::node(heavy, g.add(source::param("y", y)))))
    };
    Graph::build(pipeline).unwrap().0
}

/// Milliseconds: estimated, spent, executed, saving, loading; then executions, loads, hits, unknown.
fn shown(costs: RunCosts) -> ([u128; 5], [u64; 4]) {
    let times = [costs.estimated, costs.spent, costs.executed, costs.saving, costs.loading];
    (times.map(|time| time.as_millis()), [costs.executions, costs.loads, costs.hits, costs.unknown])
}

fn run(engine: &Engine, graph: &Graph) -> Run {
    engine.run(graph).unwrap()
}

#[test]
fn a_first_run_costs_what_it_executes_and_keeps() {
    let _alone = alone();
    let run = run(&builder().in_memory(), &graph(1));
    assert_eq!(shown(run.costs()), ([1500, 1510, 1500, 10, 0], [2, 0, 0, 0]));
    assert_eq!((run.time_saved(), run.costs().lost()), (Duration::ZERO, Duration::from_millis(10)));
}

#[test]
fn what_is_known_saves_all_that_its_cone_would_take_also_after_a_restart() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let open = || builder().open(folder.path()).unwrap();
    run(&open(), &graph(1));
    for _ in 0..2 {
        let run = run(&open(), &graph(1));
        // Nobody looked at `load`: the target's hit stands for both.
        assert_eq!(shown(run.costs()), ([1500, 0, 0, 0, 0], [0, 0, 1, 0]));
        assert_eq!(run.time_saved(), Duration::from_millis(1500));
    }
    // `load` is known, its value is read, `fit` is executed.
    let again = run(&open(), &graph(2));
    assert_eq!(shown(again.costs()), ([1500, 503, 500, 0, 3], [1, 1, 1, 0]));
    assert_eq!(again.time_saved(), Duration::from_millis(997));
}

#[test]
fn a_cut_off_saves_what_it_cuts_off() {
    let _alone = alone();
    #[node]
    fn even(x: u32) -> bool {
        pass(7);
        x.is_multiple_of(2)
    }
    #[node]
    fn slow(_even: bool) -> u32 {
        pass(100);
        0
    }
    let engine = builder().in_memory();
    let graph =
        |x: u32| Graph::build(|g| Ok(g.add(slow::node(g.add(even::node(g.add(source::param("x", x)))))))).unwrap().0;
    assert_eq!(shown(run(&engine, &graph(1)).costs()), ([107, 107, 107, 0, 0], [2, 0, 0, 0]));
    assert_eq!(shown(run(&engine, &graph(3)).costs()), ([107, 7, 7, 0, 0], [1, 0, 1, 0]));
}

#[node]
fn square(x: u32) -> u32 {
    pass(100);
    x * x
}

#[node]
fn add(a: u32, b: u32) -> u32 {
    pass(20);
    a + b
}

#[test]
fn elements_and_combinations_are_counted_one_by_one() {
    let _alone = alone();
    let engine = builder().in_memory();
    let graph = |n: u32| {
        Graph::build(|g| {
            let numbers: Vec<u32> = (0..n).collect();
            Ok(g.add(add::reduce(g.add(square::map(g.add(source::param("numbers", numbers)))))))
        })
        .unwrap()
        .0
    };
    assert_eq!(shown(run(&engine, &graph(4)).costs()), ([460, 460, 460, 0, 0], [7, 0, 0, 0]));
    // The reduce is the target, and stands for the map as well.
    assert_eq!(shown(run(&engine, &graph(4)).costs()), ([460, 0, 0, 0, 0], [0, 0, 1, 0]));
    let more = run(&engine, &graph(6));
    let combined = more.elements().executed - 2;
    let known = more.elements().cut_off;
    assert_eq!(known + combined + 2, 6 + 5);
    let executed = 2 * 100 + 20 * combined;
    // A combination that is known is combined with a new one, and read for it.
    let times = [700, executed, executed, 0, 0].map(u128::from);
    assert_eq!(shown(more.costs()), (times, [2 + combined, 1, known, 0]));
    // Of maps that nobody looks into the size is the mean of 4 and 6 elements, of reduces that of 3 and 5 combinations.
    assert_eq!(shown(run(&engine, &graph(6)).costs()).0, [580, 0, 0, 0, 0]);
}

/// Several specs have one record: what the last one wrote replaced what the others had.
#[test]
fn trials_have_one_record_of_costs() {
    let _alone = alone();
    #[node]
    fn sample(ctx: &NodeCtx) -> u32 {
        pass(100 * u64::from(ctx.trial() + 1));
        0
    }
    let store = Arc::new(MemoryStore::new());
    let engine = || builder().with_store(store.clone()).unwrap();
    let graph = |n| Graph::build(|g| Ok(g.add(sample::node().trials(n)))).unwrap().0;
    assert_eq!(shown(run(&engine(), &graph(3)).costs()).0, [600, 600, 600, 0, 0]);
    assert_eq!(store.scan(RecordKind::Cost, None, 10).unwrap().len(), 1);
    assert_eq!(shown(run(&engine(), &graph(3)).costs()).0, [600, 0, 0, 0, 0]);
    assert_eq!(shown(run(&engine(), &graph(4)).costs()), ([1000, 400, 400, 0, 0], [1, 0, 3, 0]));
}

#[test]
fn what_is_executed_twice_would_have_been_executed_once() {
    let _alone = alone();
    static DICE: AtomicU64 = AtomicU64::new(0);
    #[node]
    fn roll() -> u64 {
        pass(100);
        DICE.fetch_add(1, Ordering::SeqCst)
    }
    #[node]
    fn low(roll: u64) -> u64 {
        pass(10);
        roll
    }
    #[node]
    fn high(roll: u64, plus: u64) -> u64 {
        pass(1);
        roll + plus
    }
    let engine = builder().in_memory();
    let graph = |plus: u64| {
        Graph::build(|g| {
            let roll = g.add(roll::node().persist(Persist::Never));
            let (low, high) = (g.add(low::node(roll)), g.add(high::node(roll, g.value(plus))));
            g.target("low", low);
            g.target("high", high);
            Ok(())
        })
        .unwrap()
        .0
    };
    assert_eq!(shown(run(&engine, &graph(0)).costs()).0, [111, 111, 111, 0, 0]);
    // It gives another value, all that reads it follows, and a value that is kept now is read by nobody again.
    let again = run(&engine, &graph(5));
    assert_eq!(again.restarts(), 1);
    assert_eq!(shown(again.costs()).0[0], 111);
    assert!(again.costs().executed >= again.costs().estimated);
}

#[test]
fn nodes_without_a_value_and_unknown_costs_are_left_out() {
    let _alone = alone();
    #[node]
    fn bad(x: u32) -> Result<u32, String> {
        pass(50);
        if x == 0 { Err("zero".into()) } else { Ok(x) }
    }
    let store = Arc::new(MemoryStore::new());
    let engine = builder().with_store(store.clone()).unwrap();
    let graph =
        |x: u32| Graph::build(|g| Ok(g.add(square::node(g.add(bad::node(g.add(source::param("x", x)))))))).unwrap().0;
    assert_eq!(shown(run(&engine, &graph(1)).costs()).0, [150, 150, 150, 0, 0]);
    assert_eq!(shown(run(&engine, &graph(0)).costs()).0[..2], [0, 50]);
    let mut batch = Batch::default();
    for (key, _) in store.scan(RecordKind::Cost, None, 10).unwrap() {
        batch.put(key, |out| out.extend_from_slice(b"nonsense"));
    }
    store.put(batch).unwrap();
    let unknown = run(&builder().with_store(store).unwrap(), &graph(1));
    assert_eq!(shown(unknown.costs()), ([0; 5], [0, 0, 1, 2]));
}

/// The last 72 bytes of a run's record are what `Run::costs` says.
#[test]
fn what_a_run_cost_is_on_record_and_a_run_with_nothing_to_do_writes_one_record_a_function() {
    let _alone = alone();
    let store = Arc::new(MemoryStore::new());
    let numbers = |costs: RunCosts| {
        let (times, counts) = shown(costs);
        let times = times.map(|ms| u64::try_from(ms * 1_000_000).unwrap());
        times.into_iter().chain(counts).collect::<Vec<u64>>()
    };
    let mut expected = Vec::new();
    for _ in 0..2 {
        let run = run(&builder().with_store(store.clone()).unwrap(), &graph(1));
        expected.push(numbers(run.costs()));
    }
    let records = store.scan(RecordKind::Run, None, 10).unwrap();
    let mut recorded: Vec<Vec<u64>> = records
        .iter()
        .map(|(_, bytes)| {
            let numbers = bytes[bytes.len() - 72..].chunks_exact(8);
            numbers.map(|number| u64::from_le_bytes(number.try_into().unwrap())).collect()
        })
        .collect();
    recorded.sort();
    expected.sort();
    assert_eq!(recorded, expected);
    assert_eq!(store.scan(RecordKind::Cost, None, 10).unwrap().len(), 2, "one for each function");
}

/// The time that encoding took stands in the record of the computation, beside what executing it took.
#[test]
fn the_record_of_a_computation_has_both_times() {
    let _alone = alone();
    let store = Arc::new(MemoryStore::new());
    run(&builder().with_store(store.clone()).unwrap(), &graph(1));
    let mut times: Vec<(u64, bool)> = store
        .scan(RecordKind::Act, None, 10)
        .unwrap()
        .iter()
        // Recipe, value, cost, run, and a time only where there is one.
        .map(|(_, bytes)| {
            let cost = u64::from_le_bytes(bytes[34..42].try_into().unwrap());
            (cost / 1_000_000, bytes.get(50..55) == Some(&[&[4][..], &10_000u32.to_le_bytes()[..]].concat()[..]))
        })
        .collect();
    times.sort_unstable();
    assert_eq!(times, [(500, false), (1000, true)]);
}

/// The node that makes a sub-graph takes what making it and executing what is in it takes.
#[test]
fn a_sub_graph_is_one_execution() {
    let _alone = alone();
    #[node(expand)]
    fn squares(g: &Graph, n: u32) -> Result<Node<u32>, mamo::BoxError> {
        pass(10);
        let squares: Vec<_> = (0..n).map(|x| g.add(square::node(g.value(x)).name(x.to_string()))).collect();
        Ok(squares.into_iter().reduce(|a, b| g.group("sum").add(add::node(a, b))).ok_or("no numbers")?)
    }
    let engine = builder().in_memory();
    let graph = |n: u32| Graph::build(|g| Ok(g.add(squares::node(g.add(source::param("n", n)))))).unwrap().0;
    assert_eq!(shown(run(&engine, &graph(2)).costs()), ([230, 230, 230, 0, 0], [1, 0, 0, 0]));
    assert_eq!(shown(run(&engine, &graph(2)).costs()), ([230, 0, 0, 0, 0], [0, 0, 1, 0]));
    // Of one number the square is known.
    let fewer = shown(run(&engine, &graph(1)).costs());
    assert_eq!((fewer.0[1..3].to_vec(), fewer.1), (vec![10, 10], [1, 0, 1, 0]));
}

#[test]
fn a_plan_says_what_its_nodes_took_before() {
    let _alone = alone();
    let engine = builder().in_memory();
    let estimate = |y| {
        let estimate = engine.plan(&graph(y), &[]).unwrap().estimate();
        (estimate.work.as_millis(), estimate.unknown)
    };
    assert_eq!(estimate(1), (0, 2));
    run(&engine, &graph(1));
    assert_eq!(estimate(1), (0, 0));
    assert_eq!(estimate(2), (500, 0));
}

/// Asks what is left whenever something was executed.
#[derive(Default)]
struct Asking {
    engine: OnceLock<Arc<Engine>>,
    left: Mutex<Vec<(u128, u64)>>,
}

impl Observer for Asking {
    fn event(&self, event: &Event<'_>) {
        if let (Event::Planned { .. } | Event::NodeExecuted { .. } | Event::NodeCutOff { .. }, Some(engine)) =
            (event, self.engine.get())
        {
            let left = engine.remaining();
            self.left.lock().unwrap().push((left.work.as_millis(), left.unknown));
        }
    }
}

#[node]
fn slow(x: u32) -> u32 {
    pass(100);
    x % 10
}

#[node]
fn sum(xs: &[u32], y: u32) -> u32 {
    pass(1000);
    xs.iter().sum::<u32>() + y
}

#[test]
fn what_is_left_gets_less() {
    let _alone = alone();
    let asking = Arc::new(Asking::default());
    let engine = Arc::new(builder().observer(asking.clone()).in_memory());
    asking.engine.set(Arc::clone(&engine)).ok().unwrap();
    let left = |xs: [u32; 4], y| {
        let pipeline = |g: &Graph| Ok(g.add(sum::node(g.add(slow::map(g.value(xs.to_vec()))), g.value(y))));
        run(&engine, &Graph::build(pipeline).unwrap().0);
        std::mem::take(&mut *asking.left.lock().unwrap())
    };
    // The map and the sum are of functions that nobody knows.
    assert_eq!(left([1, 2, 3, 4], 1), [(0, 2), (0, 2), (0, 2), (0, 2), (0, 2), (0, 1)]);
    // All four elements are expected to run until it is known that two are stale.
    assert_eq!(left([1, 2, 5, 6], 1), [(1400, 0), (1100, 0), (1000, 0), (0, 0)]);
    // The sum is cut off.
    assert_eq!(left([1, 2, 5, 16], 1), [(1400, 0), (1000, 0), (0, 0)]);
    assert_eq!(left([1, 2, 5, 16], 2), [(1000, 0), (0, 0)]);
}
