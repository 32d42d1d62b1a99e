//! Random numbers: seeds that hold still, samples side by side, draws on purpose.

use crate::support::Bench;
use expect_test::{Expect, expect};
use mamo::{Change, Dict, Engine, Graph, List, Node, NodeCtx, Persist, Retry, node};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

#[node]
fn noisy(ctx: &NodeCtx, x: u32) -> (u32, u32, u64) {
    (x, ctx.trial(), ctx.seed())
}

#[node]
fn draw(ctx: &NodeCtx, name: &str) -> String {
    format!("{name} {:x}", ctx.seed())
}

#[node]
fn add(ctx: &NodeCtx, a: u64, b: u64) -> u64 {
    a.wrapping_add(b).wrapping_add(ctx.seed())
}

fn trials(n: u32) -> impl Fn(&Graph) -> mamo::Result<Node<List<(u32, u32, u64)>>> {
    move |g| Ok(g.add(noisy::node(g.value(7)).trials(n)))
}

fn all<T: Send + Sync + 'static>(list: &List<T>) -> Vec<Arc<T>> {
    list.iter().collect()
}

/// As [`Bench::check`], for a list.
#[track_caller]
fn check<T: Send + Sync + 'static>(
    bench: &Bench,
    pipeline: impl FnOnce(&Graph) -> mamo::Result<Node<List<T>>>,
    expected: Expect,
) -> Vec<Arc<T>> {
    let (run, node) = bench.run(pipeline);
    expected.assert_eq(&bench.log.take());
    all(&run.get(node).unwrap())
}

#[test]
fn more_trials_run_only_what_is_new_and_fewer_run_nothing() {
    let bench = Bench::in_memory();
    let five =
        check(&bench, trials(5), expect!["noisy noisy.trial0 noisy.trial1 noisy.trial2 noisy.trial3 noisy.trial4"]);
    assert_eq!(five.iter().map(|sample| sample.1).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(five.iter().map(|sample| sample.2).collect::<BTreeSet<_>>().len(), 5, "five seeds");
    let eight = check(&bench, trials(8), expect!["noisy noisy.trial5 noisy.trial6 noisy.trial7"]);
    assert_eq!(eight[..5], five);
    assert_eq!(check(&bench, trials(5), expect![""]), five);
    // Only the list is put together.
    assert_eq!(check(&bench, trials(2), expect!["noisy"]), five[..2]);
    assert!(check(&bench, trials(0), expect!["noisy"]).is_empty());
}

#[test]
fn the_first_trial_is_the_node_without_trials() {
    let bench = Bench::in_memory();
    let one = |g: &Graph| Ok(g.add(noisy::node(g.value(7))));
    let sample = bench.check(one, expect!["noisy"]).unwrap();
    let two = check(&bench, trials(2), expect!["noisy noisy.trial1"]);
    assert_eq!(*two[0], sample);
    let bench = Bench::in_memory();
    check(&bench, trials(1), expect!["noisy noisy.trial0"]);
    bench.check(one, expect![""]).unwrap();
}

#[test]
fn trials_have_names_and_can_be_asked_for() {
    let (graph, _) = Graph::build(|g| {
        let group = g.group("fold");
        group.add(noisy::node(g.value(1)).trials(2));
        group.add(noisy::node(g.value(1)).trials(1).name("other"));
        let numbered = g.numbered("many");
        numbered.add(noisy::node(g.value(1)).trials(1));
        numbered.add(noisy::node(g.value(2)).trials(1));
        Ok(())
    })
    .unwrap();
    let run = Engine::in_memory().run_targets(&graph, &["fold/noisy.trial1"]).unwrap();
    assert_eq!(run.find::<(u32, u32, u64)>("fold/noisy.trial1").unwrap().1, 1);
    let names: Vec<_> = run.outcomes().map(|(name, _)| name).filter(|name| !name.starts_with("value")).collect();
    expect![[
        "fold/noisy.trial0 fold/noisy.trial1 fold/noisy fold/other.trial0 fold/other many/noisy.trial0 many/noisy \
         many/noisy#2.trial0 many/noisy#2"
    ]]
    .assert_eq(&names.join(" "));
}

#[test]
fn a_chosen_seed_draws_again_and_the_former_draws_are_kept() {
    let bench = Bench::in_memory();
    let pipeline = |seed: Option<u64>| {
        move |g: &Graph| {
            let spec = noisy::node(g.value(7));
            Ok(g.add(if let Some(seed) = seed { spec.seed(seed) } else { spec }))
        }
    };
    let seeds = [
        bench.check(pipeline(None), expect!["noisy"]),
        bench.check(pipeline(Some(0)), expect!["noisy"]),
        bench.check(pipeline(Some(1)), expect!["noisy"]),
    ];
    assert_eq!(seeds.map(|sample| sample.unwrap().2).into_iter().collect::<BTreeSet<_>>().len(), 3);
    bench.check(pipeline(Some(0)), expect![""]).unwrap();
    bench.check(pipeline(None), expect![""]).unwrap();
    // Whatever comes first, the seed or the trials.
    check(&bench, |g| Ok(g.add(noisy::node(g.value(7)).seed(1).trials(2))), expect!["noisy noisy.trial1"]);
    check(&bench, |g| Ok(g.add(noisy::node(g.value(7)).trials(2).seed(1))), expect![""]);
}

#[test]
fn another_draw_is_a_reason() {
    let store = tempfile::tempdir().unwrap();
    let bench = Bench::open(store.path());
    let graph = |seed| Graph::build(|g| Ok(g.add(noisy::node(g.value(7)).seed(seed)))).unwrap().0;
    bench.engine.run(&graph(1)).unwrap();
    let why = bench.engine.why(&graph(2), "noisy").unwrap();
    let changes: Vec<_> = why.causes.iter().map(|cause| &cause.change).collect();
    assert_eq!(changes, [&Change::Draw { from: "trial 0, seed 1".into(), to: "trial 0, seed 2".into() }]);
}

/// Names, order, threads and neighbours decide nothing about a seed.
#[test]
fn seeds_depend_on_function_and_inputs_alone() {
    type Drawn = (Vec<Arc<String>>, Arc<String>);
    let draws = |jobs: usize, names: &[&str], name: &str| -> Drawn {
        let engine = Engine::builder().jobs(jobs).in_memory();
        let (graph, (mapped, one)) = Graph::build(|g| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let mapped = g.add(draw::map(g.value(names)).name(format!("{name} of all")));
            Ok((mapped, g.group(name).add(draw::node(g.value("b".to_owned())).persist(Persist::Never).name(name))))
        })
        .unwrap();
        let run = engine.run(&graph).unwrap();
        let mut mapped = all(&run.get(mapped).unwrap());
        mapped.sort();
        (mapped, run.get(one).unwrap())
    };
    let usual = draws(1, &["a", "b", "c"], "usual");
    assert_eq!(draws(4, &["c", "b", "a"], "renamed"), usual);
    assert_eq!(usual.0[1], usual.1, "an element is the same computation as a node");
    assert_eq!(draws(2, &["x", "b", "a"], "usual").0[..2], usual.0[..2], "neighbours do not matter");
}

#[test]
fn trials_of_a_map_are_samples_of_each_element() {
    let bench = Bench::in_memory();
    let names = || ["a", "b"].map(str::to_owned).to_vec();
    let plain = check(&bench, |g| Ok(g.add(draw::map(g.value(names())))), expect!["draw[0] draw[1]"]);
    let lists = check(
        &bench,
        |g| Ok(g.add(draw::map(g.value(names())).trials(2))),
        expect!["draw draw.trial1[0] draw.trial1[1]"],
    );
    let lists: Vec<Vec<Arc<String>>> = lists.iter().map(|list| all(list)).collect();
    assert_eq!(lists[0], plain);
    assert!(lists[1].iter().all(|sample| !plain.contains(sample)));
    // An element that is there already has been drawn already.
    check(
        &bench,
        |g| Ok(g.add(draw::map(g.value(vec!["b".to_owned(), "c".to_owned()])).trials(2))),
        expect!["draw draw.trial0[1] draw.trial1[1]"],
    );
}

#[test]
fn settled_elements_and_combinations_draw_what_their_map_and_reduce_do() {
    let (graph, (map, settled, once, twice)) = Graph::build(|g| {
        let dict = g.value(Dict::from_iter([("k".to_owned(), "a".to_owned())]));
        let map = g.add(draw::map(dict).seed(3));
        let numbers = g.value(vec![1u64, 2, 3]);
        let once = g.add(add::reduce(numbers).name("once"));
        Ok((map, g.settle_each(map), once, g.add(add::reduce(numbers).name("twice").trials(2))))
    })
    .unwrap();
    let engine = Engine::in_memory();
    let run = engine.run(&graph).unwrap();
    let drawn = run.get(map).unwrap().get("k").unwrap();
    let settled = run.get(settled).unwrap();
    assert_eq!(settled.get("k").unwrap().as_ref().as_ref().unwrap(), &*drawn);
    let twice = all(&run.get(twice).unwrap());
    assert_eq!(twice[0], run.get(once).unwrap());
    assert_ne!(twice[0], twice[1]);
}

#[test]
fn options_count_for_each_trial() {
    static SEEN: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
    #[node]
    fn flaky(ctx: &NodeCtx) -> Result<u32, String> {
        if SEEN.lock().unwrap().insert(ctx.trial()) { Err("not yet".into()) } else { Ok(ctx.trial()) }
    }
    let bench = Bench::in_memory();
    let retry = Retry::times(1).backoff(std::time::Duration::ZERO);
    let list =
        check(&bench, |g| Ok(g.add(flaky::node().retry(retry).trials(2))), expect!["flaky flaky.trial0 flaky.trial1"]);
    assert_eq!(list.iter().map(|trial| **trial).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn what_draws_nothing_has_no_draws() {
    let mistakes = |pipeline: fn(&Graph)| {
        let error = Graph::build(|g| {
            pipeline(g);
            Ok(())
        });
        let error = error.err().unwrap();
        let text = format!("{error} {}", error.hint().unwrap_or_default());
        assert!(text.contains("trials.rs:"), "{text}");
        text
    };
    let text = mistakes(|g| {
        g.add(mamo::source::param("seeded", 1u32).seed(1));
    });
    assert!(text.contains("`param:seeded` is to draw"), "{text}");
    assert!(text.contains("calls no node function"), "{text}");
    let text = mistakes(|g| {
        g.add(noisy::node(g.value(1)).trials(2).trials(2));
    });
    assert!(text.contains("has trials of trials"), "{text}");
    let text = mistakes(|g| {
        g.add(noisy::node(g.value(1)).trials(2));
        g.add(noisy::node(g.value(2)).name("noisy.trial1"));
    });
    assert!(text.contains("two nodes are called `noisy.trial1`"), "{text}");
}

/// A trial was replayed with the seed of the first one.
#[test]
fn a_replay_draws_what_the_run_drew() {
    let bench = Bench::in_memory();
    let (run, trials) = bench.run(trials(2));
    let second = *run.get(trials).unwrap().get(1).unwrap();
    let graph = Graph::build(self::trials(2)).unwrap().0;
    let replay = bench.engine.replay(&graph, "noisy.trial1").unwrap();
    assert_eq!(replay.value::<(u32, u32, u64)>().as_deref(), Some(&second));
}
