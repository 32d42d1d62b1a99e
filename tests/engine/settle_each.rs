//! Failures of a map's elements as values.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Dict, Engine, Failure, Graph, List, OnFailure, Persist, node};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

type Settled<T> = List<Result<T, Failure>>;

#[node]
fn good(x: u32) -> u32 {
    x
}

#[node]
fn count(all: &Settled<String>) -> (usize, usize) {
    let ok = all.iter().filter(|one| one.is_ok()).count();
    (ok, all.len() - ok)
}

#[test]
fn failures_of_elements_are_values_and_are_tried_again() {
    static BROKEN: AtomicU32 = AtomicU32::new(0);
    #[node]
    fn text(x: u32) -> Result<String, String> {
        if x == BROKEN.load(Ordering::SeqCst) { Err(format!("no {x}")) } else { Ok(format!("{x}").repeat(500)) }
    }
    for on_failure in [OnFailure::Stop, OnFailure::FinishRunning, OnFailure::KeepGoing] {
        BROKEN.store(2, Ordering::SeqCst);
        let folder = tempfile::tempdir().unwrap();
        let bench = Bench::open_with(Engine::builder().on_failure(on_failure), folder.path());
        let pipeline = |list: Vec<u32>| {
            move |g: &Graph| {
                let texts = g.add(text::map(g.value(list)));
                Ok(g.add(count::node(g.settle_each(texts))))
            }
        };
        let expected = expect!["!settle_each(text)[1] count settle_each(text)[0] settle_each(text)[2]"];
        assert_eq!(bench.check(pipeline(vec![1, 2, 3]), expected).unwrap(), (2, 1), "{on_failure:?}");
        // What failed is tried again; what is below is known by what it reads.
        let expected = expect!["!settle_each(text)[1] ~count"];
        assert_eq!(bench.check(pipeline(vec![1, 2, 3]), expected).unwrap(), (2, 1), "{on_failure:?}");
        BROKEN.store(0, Ordering::SeqCst);
        let expected = expect!["count settle_each(text)[1]"];
        assert_eq!(bench.check(pipeline(vec![1, 2, 3]), expected).unwrap(), (3, 0), "{on_failure:?}");
        assert_eq!(bench.check(pipeline(vec![1, 2, 3]), expect![""]).unwrap(), (3, 0), "{on_failure:?}");
        // Failures did not come in between: the record of a healthy run is found again.
        BROKEN.store(4, Ordering::SeqCst);
        let expected = expect!["!settle_each(text)[1] count"];
        assert_eq!(bench.check(pipeline(vec![1, 4, 3]), expected).unwrap(), (2, 1), "{on_failure:?}");
        assert_eq!(bench.check(pipeline(vec![1, 2, 3]), expect![""]).unwrap(), (3, 0), "{on_failure:?}");
    }
}

#[test]
fn elements_that_do_not_fail_are_computed_once_for_the_map_and_the_settled_one() {
    #[node]
    fn text(x: u32) -> String {
        x.to_string()
    }
    #[node]
    fn join(all: &List<String>) -> String {
        all.iter().map(|text| text.to_string()).collect()
    }
    let bench = Bench::in_memory();
    let (run, (counts, all)) = bench.run(|g| {
        let texts = g.add(text::map(g.value(vec![1, 2])).persist(Persist::Never));
        let counts = g.add(count::node(g.settle_each(texts)));
        let all = g.add(join::node(texts));
        g.target("counts", counts);
        g.target("all", all);
        Ok((counts, all))
    });
    assert_eq!((*run.get(counts).unwrap(), run.get(all).unwrap().as_str()), ((2, 0), "12"));
    let log = bench.log.take();
    assert_eq!(log.matches("text[").count() + log.matches("text)[").count(), 2, "{log}");
}

/// A value or failure has one form, whether it is read from the store, an element, or what a function gave.
#[test]
fn settled_elements_can_be_mapped_over_and_read_back() {
    #[node]
    fn bytes(#[key] key: &str, x: u32) -> Result<Vec<u32>, String> {
        if x == 0 { Err(format!("nothing for {key}")) } else { Ok(vec![x; 700]) }
    }
    #[node]
    fn size(one: &Result<Vec<u32>, Failure>) -> usize {
        one.as_ref().map_or(0, Vec::len)
    }
    #[node]
    fn sizes(all: &Dict<String, usize>) -> Vec<usize> {
        all.iter().map(|(_, size)| *size).collect()
    }
    let folder = tempfile::tempdir().unwrap();
    let entries = |x: u32| BTreeMap::from([("a".to_owned(), 7), ("b".to_owned(), x)]);
    for (x, expected, expected_log) in [
        (0, [700, 0], expect!["!settle_each(bytes)[b] settle_each(bytes)[a] size[a] size[b] sizes"]),
        (5, [700, 700], expect!["settle_each(bytes)[b] size[b] sizes"]),
        (0, [700, 0], expect!["!settle_each(bytes)[b] ~size ~sizes"]),
    ] {
        let bench = Bench::open(folder.path());
        let (run, (settled, sizes)) = bench.run(|g| {
            let settled = g.settle_each(g.add(bytes::map(g.value(entries(x)))));
            Ok((settled, g.add(sizes::node(g.add(size::map(settled))))))
        });
        assert_eq!(*run.get(sizes).unwrap(), expected);
        let settled = run.get(settled).unwrap();
        assert_eq!((*settled.get("a").unwrap()).as_ref().unwrap()[699], 7);
        match &*settled.get("b").unwrap() {
            Err(failure) => assert_eq!(failure.message(), "nothing for b"),
            Ok(all) => assert_eq!(all[0], 5),
        }
        expected_log.assert_eq(&bench.log.take());
    }
}

#[test]
fn what_is_not_made_by_a_map_cannot_be_settled_element_by_element() {
    #[node]
    fn list(x: u32) -> List<u32> {
        vec![x].into()
    }
    let error = Graph::build(|g| {
        let list = g.add(list::node(g.value(1)));
        Ok(g.settle_each(list))
    });
    let error = error.err().unwrap().to_string();
    assert!(error.contains("`list` is not made so") && error.contains("g.settle"), "{error}");
}

#[test]
fn a_fixture_for_a_map_says_what_to_do_about_its_settled_elements() {
    let build = |is_settled_too: bool| {
        Graph::build(|g| {
            let map = g.add(good::map(g.value(vec![1u32])));
            let settled = g.settle_each(map);
            g.replace(map, g.value(List::from(vec![5u32])));
            if is_settled_too {
                g.replace(settled, g.value(List::from(vec![Ok::<u32, Failure>(5)])));
            }
            Ok(settled)
        })
    };
    let error = build(false).err().unwrap().to_string();
    assert!(error.contains("`settle_each(good)` goes over its elements: replace that one too"), "{error}");
    build(true).unwrap();
}

/// They were tried again only when the settled map itself said so.
#[test]
fn elements_are_tried_again_as_the_map_says() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static TRIES: AtomicU32 = AtomicU32::new(0);
    #[mamo::node]
    fn fetch(x: u32) -> Result<u32, String> {
        if TRIES.fetch_add(1, Ordering::SeqCst) == 0 { Err("busy".into()) } else { Ok(x) }
    }
    #[mamo::node]
    fn count(all: &[Result<u32, Failure>]) -> usize {
        all.iter().filter(|one| one.is_ok()).count()
    }
    let retry = mamo::Retry::times(1).backoff(std::time::Duration::ZERO);
    let (run, n_ok) = Bench::in_memory().run(|g| {
        let map = g.add(fetch::map(g.value(vec![1u32, 2])).retry(retry));
        Ok(g.add(count::node(g.settle_each(map))))
    });
    assert_eq!(*run.get(n_ok).unwrap(), 2);
}
