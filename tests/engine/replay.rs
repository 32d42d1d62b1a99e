//! A node that failed is run again alone, on what it failed on.

use crate::support::Bench;
use expect_test::expect;
use mamo::{
    Artifact, Dict, Engine, ErrorKind, Graph, Node, NodeCtx, OnFailure, Persist, ReplayEnd, Secret, node, source,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

fn keep_going(folder: &Path) -> Bench {
    Bench::open_with(Engine::builder().on_failure(OnFailure::KeepGoing), folder)
}

/// What the replay of a node gives, or says.
fn replayed(bench: &Bench, pipeline: impl FnOnce(&Graph) -> mamo::Result<Node<u32>>, name: &str) -> String {
    let (graph, _) = Graph::build(pipeline).unwrap();
    let answer = match bench.engine.replay(&graph, name) {
        Ok(replay) => match &replay.ended {
            ReplayEnd::Value { is_as_recorded, .. } => {
                let recorded = match is_as_recorded {
                    Some(true) => "as recorded",
                    Some(false) => "not as recorded",
                    None => "not recorded",
                };
                let of = if replay.of.is_some() { "its failure" } else { "the present" };
                format!("{} of {of}, {recorded}", replay.value::<u32>().unwrap())
            }
            ReplayEnd::Failed { message } => format!("failed: {message}"),
        },
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::NotReplayed, "{error}");
            format!("{error} ({})", error.hint().unwrap())
        }
    };
    // Nothing is told, since nothing belongs to a run.
    assert_eq!(bench.log.take(), "");
    answer
}

#[test]
fn a_failed_node_is_run_alone_on_inputs_that_nobody_had_kept() {
    static MADE: AtomicU32 = AtomicU32::new(0);
    static IS_BROKEN: AtomicBool = AtomicBool::new(true);
    static SEEDS: Mutex<Vec<u64>> = Mutex::new(Vec::new());
    #[node]
    fn make(x: u32) -> Vec<u32> {
        MADE.fetch_add(1, Ordering::SeqCst);
        vec![x; 1000]
    }
    #[node]
    fn sum(ctx: &NodeCtx, all: &[u32], plus: u32) -> Result<u32, String> {
        SEEDS.lock().unwrap().push(ctx.seed());
        let sum = all.iter().sum::<u32>() + plus;
        if IS_BROKEN.load(Ordering::SeqCst) { Err(format!("not {sum}")) } else { Ok(sum) }
    }
    let folder = tempfile::tempdir().unwrap();
    let pipeline =
        |g: &Graph| Ok(g.add(sum::node(g.add(make::node(g.value(2)).persist(Persist::Never)), g.value(7u32))));
    keep_going(folder.path()).check(pipeline, expect!["!sum make"]).unwrap_err();
    let bench = keep_going(folder.path());
    assert_eq!(replayed(&bench, pipeline, "sum"), "failed: not 2007");
    IS_BROKEN.store(false, Ordering::SeqCst);
    assert_eq!(replayed(&bench, pipeline, "sum"), "2007 of its failure, not recorded");
    assert_eq!(MADE.load(Ordering::SeqCst), 1);
    // One stream of random numbers each time.
    let seeds = SEEDS.lock().unwrap().clone();
    assert_eq!(seeds, [seeds[0]; 3]);
    // What a replay gives is no result: the run executes the node.
    bench.check(pipeline, expect!["make sum"]).unwrap();
    assert_eq!(replayed(&bench, pipeline, "sum"), "2007 of its failure, as recorded");
}

#[node]
fn odd(x: u32) -> Result<u32, String> {
    if x % 2 == 1 { Err(format!("{x} is odd")) } else { Ok(x) }
}

#[node]
fn total(all: &[u32]) -> u32 {
    all.iter().sum()
}

#[node]
fn add(a: u32, b: u32) -> u32 {
    a + b
}

#[test]
fn a_failed_node_reads_what_it_failed_on_although_its_inputs_have_changed() {
    let bench = Bench::in_memory();
    let pipeline = |x: u32| move |g: &Graph| Ok(g.add(odd::node(g.add(add::node(g.value(x), g.value(2))))));
    bench.check(pipeline(3), expect!["!odd add"]).unwrap_err();
    assert_eq!(replayed(&bench, pipeline(5), "odd"), "failed: 5 is odd");
    bench.check(pipeline(5), expect!["!odd add"]).unwrap_err();
    assert_eq!(replayed(&bench, pipeline(5), "odd"), "failed: 7 is odd");
}

#[test]
fn elements_of_maps_are_replayed_by_their_keys() {
    #[node]
    fn keyed(#[key] name: &str, x: u32, plus: u32) -> Result<u32, String> {
        if name == "b" { Err(format!("{name} {x} {plus}")) } else { Ok(x + plus) }
    }
    #[node]
    fn make(x: u32) -> BTreeMap<String, u32> {
        ["a", "b", "c"].into_iter().map(|name| (name.to_owned(), x)).collect()
    }
    #[node]
    fn count(all: &Dict<String, u32>) -> u32 {
        u32::try_from(all.len()).unwrap()
    }
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let pipeline = |g: &Graph| {
        let made = g.add(make::node(g.value(2)).persist(Persist::Never));
        Ok(g.add(count::node(g.add(keyed::map(made, g.value(5u32))))))
    };
    bench.check(pipeline, expect!["!keyed[b] -count keyed[a] keyed[c] make"]).unwrap_err();
    assert_eq!(replayed(&bench, pipeline, "keyed[b]"), "failed: b 2 5");
    // The others' list was never kept, and they have not failed.
    expect!["cannot replay node `keyed[a]`: the value of node `make` is not in the store any more (run the pipeline again: a node that fails keeps its inputs anew)"]
        .assert_eq(&replayed(&bench, pipeline, "keyed[a]"));
    expect!["cannot replay node `keyed`: it is a map, whose elements are executed one by one (name one, such as `keyed[0]`; `log keyed` lists those that failed or have a log)"]
        .assert_eq(&replayed(&bench, pipeline, "keyed"));
}

/// The second map goes along with the first, whose list is never finished.
#[test]
fn an_element_of_a_map_that_goes_along_is_replayed() {
    #[node]
    fn half(x: u32) -> Result<u32, String> {
        if x == 9 { Err("nine".into()) } else { Ok(x / 2) }
    }
    #[node]
    fn keyed(#[key] number: usize, x: u32) -> Result<u32, String> {
        if x == 3 { Err(format!("{number}: {x}")) } else { Ok(x) }
    }
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |g: &Graph| Ok(g.add(total::node(g.add(keyed::map(g.add(half::map(g.value(vec![2, 6, 9, 8]))))))));
    keep_going(folder.path()).run(pipeline);
    let bench = keep_going(folder.path());
    assert_eq!(replayed(&bench, pipeline, "half[2]"), "failed: nine");
    assert_eq!(replayed(&bench, pipeline, "keyed[1]"), "failed: 1: 3");
}

#[test]
fn a_combination_of_a_reduce_is_replayed() {
    #[node]
    fn join(a: &String, b: &String) -> Result<String, String> {
        if b.len() > 300 { Err(format!("{} and {}", a.len(), b.len())) } else { Ok(format!("{a}{b}")) }
    }
    #[node]
    fn len(text: &str) -> u32 {
        u32::try_from(text.len()).unwrap()
    }
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let pipeline = |g: &Graph| {
        let texts = vec!["x".repeat(400), "y".repeat(500)];
        Ok(g.add(len::node(g.add(join::reduce(g.value(texts))))))
    };
    bench.run(pipeline);
    bench.log.take();
    let (graph, _) = Graph::build(pipeline).unwrap();
    let log = bench.engine.log(&graph, "join").unwrap().unwrap();
    assert_eq!(replayed(&bench, pipeline, &format!("join[{}]", log.elements[0])), "failed: 400 and 500");
    assert!(replayed(&bench, pipeline, "join").contains("only a combination that failed"));
}

#[test]
fn a_node_that_did_not_fail_is_replayed_on_its_present_inputs() {
    static DIE: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn die(x: u32) -> u32 {
        x + DIE.fetch_add(1, Ordering::SeqCst)
    }
    let bench = Bench::in_memory();
    let pipeline = |x: u32| {
        move |g: &Graph| {
            let sum = g.add(add::node(g.value(x), g.value(1)));
            g.target("sum", sum);
            g.target("die", g.add(die::node(g.value(x))));
            g.target("list", g.add(odd::map(g.value(vec![6, 4])).name("list")));
            Ok(g.add(odd::node(sum)))
        }
    };
    bench.run(pipeline(1));
    bench.log.take();
    assert_eq!(replayed(&bench, pipeline(1), "sum"), "2 of the present, as recorded");
    assert_eq!(replayed(&bench, pipeline(1), "odd"), "2 of the present, not recorded");
    assert_eq!(replayed(&bench, pipeline(1), "list[1]"), "4 of the present, as recorded");
    assert_eq!(replayed(&bench, pipeline(1), "die"), "2 of the present, not as recorded");
    assert!(
        replayed(&bench, pipeline(2), "odd").contains("the present value of node `add`, which it reads, is not known")
    );
    assert!(replayed(&bench, pipeline(1), "list[2]").contains("there is no element `2`"));
    assert!(replayed(&bench, pipeline(1), "sum[2]").contains("it has no elements"));
}

#[test]
fn what_is_not_there_any_more_is_told_with_a_remedy() {
    #[node]
    fn read(file: &Artifact, plus: u32) -> Result<u32, mamo::BoxError> {
        let text = std::fs::read_to_string(file.path()?)?;
        Err(format!("{text} {plus}").into())
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.txt");
    std::fs::write(&file, "first").unwrap();
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| Ok(g.add(read::node(g.add(source::file(&file)), g.value(1u32))));
    bench.run(pipeline);
    bench.log.take();
    assert_eq!(replayed(&bench, pipeline, "read"), "failed: first 1");
    std::fs::write(&file, "second").unwrap();
    let message = replayed(&bench, pipeline, "read");
    assert!(message.contains("has changed since it failed, and sources are not copied"), "{message}");
    // It reads something else now.
    #[node]
    fn other(x: u32) -> Result<u32, String> {
        Err(x.to_string())
    }
    let message = replayed(&bench, |g| Ok(g.add(other::node(g.value(1)).name("read"))), "read");
    assert!(message.contains("the graph has changed since it failed: it reads other nodes now"), "{message}");
    assert!(replayed(&bench, |g| Ok(g.value(1)), "value").contains("it calls no node function"));
}

/// Of a pattern of files one is read: another one that comes along changes nothing for it.
#[test]
fn an_element_of_a_pattern_is_replayed_although_there_are_more_files() {
    #[node]
    fn read(text: &str) -> Result<u32, String> {
        Err(text.to_owned())
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("b.txt"), "b").unwrap();
    let pattern = folder.path().join("*.txt");
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| {
        let files = g.add(source::glob(pattern.to_str().unwrap()));
        g.target("all", g.add(read::map(files)));
        Ok(g.value(1))
    };
    let (run, _) = bench.run(pipeline);
    let name = run.failures()[0].node().to_owned();
    bench.log.take();
    std::fs::write(folder.path().join("a.txt"), "a").unwrap();
    assert_eq!(replayed(&bench, pipeline, &name), "failed: b");
    std::fs::write(folder.path().join("b.txt"), "bb").unwrap();
    assert!(replayed(&bench, pipeline, &name).contains("the element is another one now"));
}

/// A secret is looked up again, never written down.
#[test]
fn a_node_that_reads_a_secret_is_replayed() {
    #[node]
    fn login(token: &Secret<String>) -> Result<u32, String> {
        Err(format!("{} characters", token.expose().len()))
    }
    let bench = Bench::in_memory();
    let pipeline = |g: &Graph| Ok(g.add(login::node(g.add(source::secret("token", "tok-of-a-replay")))));
    bench.run(pipeline);
    bench.log.take();
    assert_eq!(replayed(&bench, pipeline, "login"), "failed: 15 characters");
}

/// It would wait for the run that waits for the node.
#[test]
fn a_replay_within_a_node_is_refused() {
    static ASKED: Mutex<Option<(std::sync::Arc<Engine>, std::sync::Arc<Graph>)>> = Mutex::new(None);
    #[node]
    fn nosy(x: u32) -> Result<u32, String> {
        let (engine, graph) = ASKED.lock().unwrap().take().unwrap();
        let refusal = engine.replay(&graph, "nosy").map(|_| x);
        refusal.map_err(|error| error.to_string())
    }
    let engine = std::sync::Arc::new(Engine::in_memory());
    let (graph, node) = Graph::build(|g| Ok(g.add(nosy::node(g.value(1))))).unwrap();
    let graph = std::sync::Arc::new(graph);
    *ASKED.lock().unwrap() = Some((std::sync::Arc::clone(&engine), std::sync::Arc::clone(&graph)));
    let message = engine.run(&graph).unwrap().get(node).unwrap_err().to_string();
    assert!(message.contains("the engine was asked from within a node"), "{message}");
}
