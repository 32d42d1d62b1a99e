//! Accepting a change of code: what runs then, what does not, and that nothing is poisoned by it.

use crate::support::{Bench, Log};
use expect_test::{Expect, expect};
use mamo::store::MemoryStore;
use mamo::{Engine, ErrorKind, Graph, List, Node, Persist, Remark, Spec, node, source};
use std::sync::Arc;

pub(crate) type Up = fn(Node<u32>) -> Spec<u32>;

/// Three versions of one function: adding 1, 2 and 3.
pub(crate) fn up(version: usize) -> Up {
    fn first() -> Up {
        #[node(version = 1)]
        fn up(x: u32) -> u32 {
            x + 1
        }
        up::node
    }
    fn second() -> Up {
        #[node(version = 2)]
        fn up(x: u32) -> u32 {
            x + 2
        }
        up::node
    }
    fn third() -> Up {
        #[node(version = 3)]
        fn up(x: u32) -> u32 {
            x + 3
        }
        up::node
    }
    [first, second, third][version - 1]()
}

#[node]
fn down(x: u32) -> u32 {
    x * 10
}

pub(crate) fn bench(store: &Arc<MemoryStore>) -> Bench {
    let log = Arc::new(Log::default());
    let engine = Engine::builder().jobs(2).observer(log.clone()).with_store(store.clone()).unwrap();
    Bench { engine, log }
}

fn pipeline(version: usize, x: u32) -> impl FnOnce(&Graph) -> mamo::Result<Node<u32>> {
    move |g| {
        let x = g.add(source::param("x", x));
        Ok(g.add(down::node(g.add(up(version)(x)))))
    }
}

fn graph(version: usize, x: u32) -> Graph {
    Graph::build(pipeline(version, x)).unwrap().0
}

/// Runs a version on a number, in a new process as it were.
#[track_caller]
fn check(store: &Arc<MemoryStore>, version: usize, x: u32, answer: u32, expected: Expect) {
    assert_eq!(bench(store).check(pipeline(version, x), expected).unwrap(), answer);
}

#[track_caller]
fn accept(store: &Arc<MemoryStore>, version: usize, x: u32) {
    bench(store).engine.accept(&graph(version, x), &["up"], &Remark::by("maria")).unwrap();
}

#[track_caller]
fn refusal(store: &Arc<MemoryStore>, version: usize, x: u32) -> String {
    let error = bench(store).engine.accept(&graph(version, x), &["up"], &Remark::by("maria")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotAccepted);
    error.to_string()
}

#[test]
fn accepted_code_is_not_executed_at_its_present_inputs_and_is_at_others() {
    let store = Arc::new(MemoryStore::new());
    check(&store, 1, 1, 20, expect!["down up"]);
    accept(&store, 2, 1);
    check(&store, 2, 1, 20, expect!["~down"]);
    check(&store, 2, 1, 20, expect![""]);
    // Another input executes the new code, under its own key.
    check(&store, 2, 5, 70, expect!["down up"]);
    // And back: what was accepted is so still.
    check(&store, 2, 1, 20, expect![""]);
}

#[test]
fn the_former_code_finds_its_own_results_again() {
    let store = Arc::new(MemoryStore::new());
    check(&store, 1, 1, 20, expect!["down up"]);
    accept(&store, 2, 1);
    check(&store, 2, 1, 20, expect!["~down"]);
    check(&store, 1, 1, 20, expect![""]);
    check(&store, 1, 5, 60, expect!["down up"]);
    // A number on which only the former code ran is executed anew.
    check(&store, 2, 5, 70, expect!["down up"]);
}

#[test]
fn taken_back_it_is_executed_and_nothing_below_is_stale() {
    let store = Arc::new(MemoryStore::new());
    check(&store, 1, 1, 20, expect!["down up"]);
    accept(&store, 2, 1);
    check(&store, 2, 1, 20, expect!["~down"]);
    check(&store, 2, 5, 70, expect!["down up"]);
    // Taken back while another input is there: it counts for all inputs.
    let by = Remark::by("jo").because("it does matter");
    bench(&store).engine.unaccept(&graph(2, 5), &["up"], &by).unwrap();
    check(&store, 2, 5, 70, expect![""]);
    check(&store, 2, 1, 30, expect!["down up"]);
    check(&store, 1, 1, 20, expect![""]);
    check(&store, 2, 1, 30, expect![""]);
    let error = bench(&store).engine.unaccept(&graph(2, 1), &["up"], &by).unwrap_err();
    assert_eq!(error.to_string(), "no change of the code of node `up` is accepted");
}

#[test]
fn one_engine_sees_at_once_what_it_accepted_and_took_back() {
    let store = Arc::new(MemoryStore::new());
    let bench = bench(&store);
    assert_eq!(bench.check(pipeline(1, 1), expect!["down up"]).unwrap(), 20);
    bench.engine.accept(&graph(2, 1), &["up"], &Remark::by("maria")).unwrap();
    assert_eq!(bench.check(pipeline(2, 1), expect!["~down"]).unwrap(), 20);
    bench.engine.unaccept(&graph(2, 1), &["up"], &Remark::by("maria")).unwrap();
    assert_eq!(bench.check(pipeline(2, 1), expect!["down up"]).unwrap(), 30);
}

#[test]
fn what_was_accepted_can_be_accepted_further() {
    let store = Arc::new(MemoryStore::new());
    check(&store, 1, 1, 20, expect!["down up"]);
    accept(&store, 2, 1);
    check(&store, 2, 1, 20, expect!["~down"]);
    accept(&store, 3, 1);
    check(&store, 3, 1, 20, expect![""]);
    check(&store, 3, 2, 50, expect!["down up"]);
    let acceptances = bench(&store).engine.acceptances().unwrap();
    assert_eq!(acceptances.len(), 2);
    // The value is that of the first code, whatever was accepted in between.
    assert_eq!(acceptances[0].from, acceptances[1].from);
    assert_ne!(acceptances[0].to, acceptances[1].to);
}

#[test]
fn who_why_and_from_what_to_what_is_on_record() {
    let store = Arc::new(MemoryStore::new());
    check(&store, 1, 1, 20, expect!["down up"]);
    let by = Remark::by("maria").because("only a log line");
    let accepted = bench(&store).engine.accept(&graph(2, 1), &["up"], &by).unwrap();
    let versions = [1, 2].map(|version| {
        graph(version, 1).code().iter().find(|code| code.function.ends_with("::up")).unwrap().version.clone()
    });
    assert_eq!([accepted[0].from.clone(), accepted[0].to.clone()], versions);
    assert_eq!((accepted[0].node.as_str(), &accepted[0].remark, &accepted[0].revoked), ("up", &by, &None));
    let back = Remark::by("jo");
    bench(&store).engine.unaccept(&graph(2, 1), &["up"], &back).unwrap();
    let all = bench(&store).engine.acceptances().unwrap();
    assert_eq!((all.len(), &all[0].remark), (1, &by));
    assert_eq!(all[0].revoked.as_ref().map(|(remark, _)| remark), Some(&back));
}

#[test]
fn what_cannot_be_accepted_is_refused_with_the_reason() {
    let store = Arc::new(MemoryStore::new());
    expect!["node `up` has no value from an earlier run"].assert_eq(&refusal(&store, 1, 1));
    check(&store, 1, 1, 20, expect!["down up"]);
    expect!["node `up` would not be executed, so there is nothing to accept"].assert_eq(&refusal(&store, 1, 1));
    expect!["node `up` has no value from an earlier run with the inputs that it has now"]
        .assert_eq(&refusal(&store, 2, 2));
    let error = bench(&store).engine.accept(&graph(2, 1), &["down"], &Remark::by("maria")).unwrap_err();
    assert_eq!(error.to_string(), "node `down` reads nodes that are stale themselves");
    let error = bench(&store).engine.accept(&graph(2, 1), &["x"], &Remark::by("maria")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownName);
    let error = bench(&store).engine.accept(&graph(2, 1), &["param:x"], &Remark::by("maria")).unwrap_err();
    assert_eq!(error.to_string(), "node `param:x` has no code of its own");
}

/// Another type, another parameter: the former value is none of the node's.
#[test]
fn more_than_the_code_is_never_accepted() {
    fn typed() -> Graph {
        #[node(version = 2)]
        fn up(x: u32) -> u64 {
            u64::from(x) + 1
        }
        Graph::build(|g| Ok(g.add(up::node(g.add(source::param("x", 1_u32)))))).unwrap().0
    }
    fn with_another_parameter() -> Graph {
        #[node(version = 2)]
        fn up(y: u32) -> u32 {
            y + 2
        }
        Graph::build(|g| Ok(g.add(up::node(g.add(source::param("x", 1_u32)))))).unwrap().0
    }
    let store = Arc::new(MemoryStore::new());
    check(&store, 1, 1, 20, expect!["down up"]);
    let refusal =
        |graph: Graph| bench(&store).engine.accept(&graph, &["up"], &Remark::by("jo")).unwrap_err().to_string();
    expect!["node `up` gives another type than it did"].assert_eq(&refusal(typed()));
    expect!["node `up` differs in more than its code from what it was"].assert_eq(&refusal(with_another_parameter()));
}

type Chain = [usize; 3];

/// Three nodes in a row, each in a version of its own.
fn chain(versions: Chain) -> impl FnOnce(&Graph) -> mamo::Result<Node<u32>> {
    move |g| {
        let first = g.add(up(versions[0])(g.value(0)).name("first"));
        let second = g.add(up(versions[1])(first).name("second"));
        Ok(g.add(up(versions[2])(second).name("third")))
    }
}

#[test]
fn several_are_accepted_from_the_top_down() {
    let store = Arc::new(MemoryStore::new());
    let run = |versions: Chain, expected: Expect| bench(&store).check(chain(versions), expected).unwrap();
    assert_eq!(run([1, 1, 1], expect!["first second third"]), 3);
    let graph = || Graph::build(chain([2, 2, 1])).unwrap().0;
    let accepted = bench(&store).engine.accept(&graph(), &["second", "first"], &Remark::by("maria")).unwrap();
    assert_eq!(accepted.iter().map(|accepted| accepted.node.as_str()).collect::<Vec<_>>(), ["first", "second"]);
    assert_eq!(run([2, 2, 1], expect!["~third"]), 3);
    assert_eq!(bench(&store).engine.accept_all(&graph(), &Remark::by("maria")).unwrap(), []);
    let graph = Graph::build(chain([3, 2, 3])).unwrap().0;
    let accepted = bench(&store).engine.accept_all(&graph, &Remark::by("maria")).unwrap();
    assert_eq!(accepted.iter().map(|accepted| accepted.node.as_str()).collect::<Vec<_>>(), ["first", "third"]);
    assert_eq!(run([3, 2, 3], expect![""]), 3);
}

/// The bytes of what was accepted are needed and nobody has them: the present code runs, and those below follow it.
#[test]
fn an_accepted_value_that_was_not_kept_is_made_by_the_present_code() {
    let store = Arc::new(MemoryStore::new());
    let pipeline = |version: usize, x: u32| {
        move |g: &Graph| {
            let up = g.add(up(version)(g.value(1)).persist(Persist::Never));
            Ok(g.add(sum::node(up, g.value(x))))
        }
    };
    let check = |version, x, answer, expected: Expect| {
        assert_eq!(bench(&store).check(pipeline(version, x), expected).unwrap(), answer);
    };
    check(1, 10, 12, expect!["sum up"]);
    let graph = Graph::build(pipeline(2, 10)).unwrap().0;
    bench(&store).engine.accept(&graph, &["up"], &Remark::by("maria")).unwrap();
    check(2, 10, 12, expect!["~sum"]);
    check(2, 20, 23, expect!["@up sum up"]);
    check(2, 10, 13, expect!["sum"]);
    // Taking it back now changes nothing: the value is the present code's.
    bench(&store).engine.unaccept(&graph, &["up"], &Remark::by("maria")).unwrap();
    check(2, 10, 13, expect![""]);
}

#[node]
fn sum(a: u32, b: u32) -> u32 {
    a + b
}

#[node]
fn total(list: &[u32]) -> u32 {
    list.iter().sum()
}

#[test]
fn maps_and_nodes_with_several_outputs_are_accepted_whole() {
    type Both = fn(Node<List<u32>>) -> Spec<List<u32>>;
    fn old() -> Both {
        #[node(version = 1)]
        fn twice(x: &u32) -> u32 {
            x * 2
        }
        twice::map
    }
    fn new() -> Both {
        #[node(version = 2)]
        fn twice(x: &u32) -> u32 {
            x * 3
        }
        twice::map
    }
    let store = Arc::new(MemoryStore::new());
    let pipeline = |twice: Both, last: u32| {
        move |g: &Graph| {
            let list = g.value([1, 2, last].into_iter().collect::<List<u32>>());
            Ok(g.add(total::node(g.add(twice(list)))))
        }
    };
    let check = |twice, last, answer, expected: Expect| {
        assert_eq!(bench(&store).check(pipeline(twice, last), expected).unwrap(), answer);
    };
    check(old(), 3, 12, expect!["total twice[0] twice[1] twice[2]"]);
    let graph = Graph::build(pipeline(new(), 3)).unwrap().0;
    bench(&store).engine.accept(&graph, &["twice"], &Remark::by("maria")).unwrap();
    check(new(), 3, 12, expect!["~total"]);
    // Another list is other inputs: all of it is executed, also the elements that the accepted one shares with it.
    check(new(), 4, 21, expect!["total twice[0] twice[1] twice[2]"]);
}

#[test]
fn of_runs_that_follow_each_other_quickly_the_newest_counts() {
    for _ in 0..20 {
        let store = Arc::new(MemoryStore::new());
        let bench = bench(&store);
        bench.engine.run(&graph(1, 1)).unwrap();
        bench.engine.run(&graph(2, 1)).unwrap();
        bench.engine.accept(&graph(3, 1), &["up"], &Remark::by("maria")).unwrap();
        assert_eq!(bench.run(pipeline(3, 1)).0.find::<u32>("down").map(|value| *value).unwrap(), 30);
    }
}

/// A value that is not kept is executed again as a target, but not because of its code.
#[test]
fn what_the_present_code_gave_is_not_replaced_by_what_the_former_one_gave() {
    let store = Arc::new(MemoryStore::new());
    let pipeline = |version: usize, is_target: bool| {
        move |g: &Graph| {
            let up = g.add(up(version)(g.value(1)).persist(Persist::Never));
            let down = g.add(down::node(up));
            g.target("answer", down);
            if is_target {
                g.target("also", up);
            }
            Ok(down)
        }
    };
    let check = |version, answer, expected: Expect| {
        assert_eq!(bench(&store).check(pipeline(version, false), expected).unwrap(), answer);
    };
    check(1, 20, expect!["down up"]);
    check(2, 30, expect!["down up"]);
    let graph = Graph::build(pipeline(2, false)).unwrap().0;
    let error = bench(&store).engine.accept(&graph, &["up"], &Remark::by("maria")).unwrap_err();
    assert_eq!(error.to_string(), "node `up` would be executed for its bytes alone, which were not kept");
    check(2, 30, expect![""]);
    let graph = Graph::build(pipeline(2, true)).unwrap().0;
    assert_eq!(bench(&store).engine.accept_all(&graph, &Remark::by("maria")).unwrap(), []);
}

struct Connection(u32);

#[node(transient)]
fn connect(port: u32) -> Connection {
    Connection(port)
}

type Ask = fn(Node<Connection>, Node<u32>) -> Spec<u32>;

#[test]
fn a_node_that_reads_a_transient_one_is_accepted() {
    fn old() -> Ask {
        #[node(version = 1)]
        fn ask(connection: &Connection, question: u32) -> u32 {
            connection.0 + question
        }
        ask::node
    }
    fn new() -> Ask {
        #[node(version = 2)]
        fn ask(connection: &Connection, question: u32) -> u32 {
            connection.0 - question
        }
        ask::node
    }
    let store = Arc::new(MemoryStore::new());
    let pipeline = |ask: Ask, port: u32| {
        move |g: &Graph| Ok(g.add(down::node(g.add(ask(g.add(connect::node(g.value(port))), g.value(1))))))
    };
    let check = |ask, port, answer, expected: Expect| {
        assert_eq!(bench(&store).check(pipeline(ask, port), expected).unwrap(), answer);
    };
    check(old(), 80, 810, expect!["ask connect down"]);
    let graph = Graph::build(pipeline(new(), 80)).unwrap().0;
    let error = bench(&store).engine.accept(&graph, &["connect"], &Remark::by("maria")).unwrap_err();
    assert_eq!(error.to_string(), "node `connect` is transient, so it has no value to keep");
    bench(&store).engine.accept(&graph, &["ask"], &Remark::by("maria")).unwrap();
    check(new(), 80, 810, expect!["~down"]);
    check(new(), 90, 890, expect!["ask connect down"]);
}

/// Two nodes that compute the same, under names of their own.
fn twins(version: usize, names: [&str; 2]) -> impl FnOnce(&Graph) -> mamo::Result<Node<u32>> {
    move |g| {
        let x = g.add(source::param("x", 1));
        let [a, b] = names.map(|name| g.add(up(version)(x).name(name)));
        Ok(g.add(sum::node(a, b)))
    }
}

#[test]
fn what_was_accepted_of_equal_nodes_is_taken_back_of_all_of_them() {
    let store = Arc::new(MemoryStore::new());
    let answer = |version| {
        let (run, sum) = bench(&store).run(twins(version, ["a", "b"]));
        *run.get(sum).unwrap()
    };
    let graph = Graph::build(twins(2, ["a", "b"])).unwrap().0;
    assert_eq!(answer(1), 4);
    bench(&store).engine.accept(&graph, &["a", "b"], &Remark::by("maria")).unwrap();
    assert_eq!(answer(2), 4);
    let taken_back = bench(&store).engine.unaccept(&graph, &["b"], &Remark::by("jo")).unwrap();
    assert_eq!(taken_back.iter().map(|acceptance| acceptance.node.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(answer(2), 6);
    assert!(bench(&store).engine.acceptances().unwrap().iter().all(|acceptance| acceptance.revoked.is_some()));
}

#[test]
fn a_renamed_node_is_taken_back_by_either_name() {
    for name in ["new a", "a"] {
        let store = Arc::new(MemoryStore::new());
        bench(&store).run(twins(1, ["a", "b"]));
        let graph = Graph::build(twins(2, ["a", "b"])).unwrap().0;
        bench(&store).engine.accept(&graph, &["a"], &Remark::by("maria")).unwrap();
        let graph = Graph::build(twins(2, ["new a", "new b"])).unwrap().0;
        bench(&store).engine.unaccept(&graph, &[name], &Remark::by("jo")).unwrap();
        let (run, sum) = bench(&store).run(twins(2, ["new a", "new b"]));
        assert_eq!(*run.get(sum).unwrap(), 6);
        let error = bench(&store).engine.unaccept(&graph, &["newa"], &Remark::by("jo")).unwrap_err();
        assert_eq!((error.kind(), error.hint()), (ErrorKind::UnknownName, Some("did you mean `new a`?")));
    }
}
