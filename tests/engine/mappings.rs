//! Maps over two collections in step, and maps that give several values for an element, or none.

use crate::support::{Bench, without_place};
use expect_test::expect;
use mamo::{Dict, Engine, Graph, List, OnFailure, node};
use std::collections::BTreeMap;

#[node]
fn scaled(x: &u32, by: u32, plus: u32) -> u32 {
    x * by + plus
}

#[node]
fn total(list: &[u32]) -> u32 {
    list.iter().sum()
}

#[node]
fn even(x: u32) -> Option<u32> {
    x.is_multiple_of(2).then_some(x)
}

#[node]
fn divisors(x: u32) -> Vec<u32> {
    (1..=x).filter(|y| x.is_multiple_of(*y)).collect()
}

#[test]
fn two_collections_are_gone_over_in_step() {
    let bench = Bench::in_memory();
    let pipeline = |xs: Vec<u32>, by: Vec<u32>| {
        move |g: &Graph| {
            let by: List<u32> = by.into();
            Ok(g.add(total::node(g.add(scaled::zip_map(g.value(xs), g.value(by), g.value(1))))))
        }
    };
    let expected = expect!["scaled[0] scaled[1] total"];
    assert_eq!(bench.check(pipeline(vec![1, 2], vec![10, 100]), expected).unwrap(), 212);
    let expected = expect!["scaled[1] scaled[2] total"];
    assert_eq!(bench.check(pipeline(vec![1, 1, 2], vec![10, 1, 10]), expected).unwrap(), 34);
    // The same computation as a node of its own.
    let alone = |g: &Graph| Ok(g.add(scaled::node(g.value(2), g.value(100), g.value(1))));
    assert_eq!(bench.check(alone, expect!["~scaled"]).unwrap(), 201);
    let error = bench.check(pipeline(vec![1, 2], vec![10]), expect!["!scaled -total"]).unwrap_err();
    expect!["node `total` was skipped because node `scaled` failed: `zip_map` goes over collections of one length: `x` has 2 elements, `by` 1"]
        .assert_eq(&error.to_string());
}

#[test]
fn what_is_gone_over_in_step_has_the_same_keys() {
    #[node]
    fn named(#[key] key: &str, a: u32, b: u32) -> String {
        format!("{key}:{a}{b}")
    }
    #[node]
    fn joined(all: &Dict<String, String>) -> String {
        all.iter().map(|(_, text)| text.to_string()).collect()
    }
    let bench = Bench::in_memory();
    let pipeline = |keys: [&'static str; 2], others: [&'static str; 2]| {
        move |g: &Graph| {
            let dict = |keys: [&str; 2]| {
                keys.iter().zip(1u32..).map(|(key, x)| ((*key).to_owned(), x)).collect::<BTreeMap<_, _>>()
            };
            Ok(g.add(joined::node(g.add(named::zip_map(g.value(dict(keys)), g.value(dict(others)))))))
        }
    };
    let text = bench.check(pipeline(["a", "b"], ["a", "b"]), expect!["joined named[a] named[b]"]).unwrap();
    assert_eq!(text, "a:11b:22");
    let error = bench.check(pipeline(["a", "b"], ["a", "c"]), expect!["!named -joined"]).unwrap_err();
    expect!["node `joined` was skipped because node `named` failed: `zip_map` goes over collections with the same keys: `a` has `b` where `b` has `c`"]
        .assert_eq(&error.to_string());
}

#[test]
fn some_elements_give_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    let pipeline = |list: Vec<u32>| {
        move |g: &Graph| {
            let scaled = g.add(scaled::map(g.add(even::filter_map(g.value(list))), g.value(10), g.value(0)));
            Ok(g.add(total::node(scaled)))
        }
    };
    let expected = expect!["even[0] even[1] even[2] scaled[0] scaled[1] total"];
    assert_eq!(bench.check(pipeline(vec![1, 2, 4]), expected).unwrap(), 60);
    assert_eq!(bench.check(pipeline(vec![3, 2, 4]), expect!["even[0] ~scaled ~total"]).unwrap(), 60);
    assert_eq!(bench.check(pipeline(vec![1]), expect!["total ~even ~scaled"]).unwrap(), 0);
    drop(bench);
    let bench = Bench::open(folder.path());
    assert_eq!(bench.check(pipeline(vec![3, 2, 4]), expect![""]).unwrap(), 60);
    assert_eq!(bench.check(pipeline(vec![4, 2, 3]), expect!["total ~even ~scaled"]).unwrap(), 60);
}

/// Keys stay with what they name.
#[test]
fn a_dict_keeps_the_keys_of_what_is_there() {
    #[node]
    fn keys(all: &Dict<String, u32>) -> Vec<(String, u32)> {
        all.iter().map(|(key, x)| (key.clone(), *x)).collect()
    }
    let bench = Bench::in_memory();
    let entries: BTreeMap<String, u32> = [("a", 1), ("b", 2), ("c", 4)].map(|(key, x)| (key.to_owned(), x)).into();
    let (run, keys) = bench.run(|g| Ok(g.add(keys::node(g.add(even::filter_map(g.value(entries)))))));
    assert_eq!(*run.get(keys).unwrap(), [("b".to_owned(), 2), ("c".to_owned(), 4)]);
}

#[test]
fn an_element_gives_several_values() {
    #[node]
    fn long(x: u32) -> List<String> {
        (0..x).map(|y| format!("{y}").repeat(300)).collect()
    }
    #[node]
    fn len(text: &str) -> u32 {
        u32::try_from(text.len()).unwrap()
    }
    let folder = tempfile::tempdir().unwrap();
    let numbers = |list: Vec<u32>| move |g: &Graph| Ok(g.add(total::node(g.add(divisors::flat_map(g.value(list))))));
    let texts =
        |list: Vec<u32>| move |g: &Graph| Ok(g.add(total::node(g.add(len::map(g.add(long::flat_map(g.value(list))))))));
    let bench = Bench::open(folder.path());
    let expected = expect!["divisors[0] divisors[1] total"];
    assert_eq!(bench.check(numbers(vec![6, 4]), expected).unwrap(), 19);
    assert_eq!(bench.check(numbers(vec![4, 6, 5]), expect!["divisors[2] total"]).unwrap(), 25);
    let expected = expect!["len[0] len[2] long[0] long[1] total"];
    assert_eq!(bench.check(texts(vec![1, 2]), expected).unwrap(), 900);
    drop(bench);
    let bench = Bench::open(folder.path());
    assert_eq!(bench.check(texts(vec![2, 1]), expect!["~len ~long ~total"]).unwrap(), 900);
    assert_eq!(bench.check(numbers(vec![6, 4]), expect![""]).unwrap(), 19);
}

#[test]
fn elements_are_put_into_groups() {
    #[node]
    fn parity(x: u32) -> String {
        if x.is_multiple_of(2) { "even".to_owned() } else { "odd".to_owned() }
    }
    #[node]
    fn sums(groups: &Dict<String, u32>) -> Vec<(String, u32)> {
        groups.iter().map(|(key, sum)| (key.clone(), *sum)).collect()
    }
    #[node]
    fn sum(group: &[u32]) -> u32 {
        group.iter().sum()
    }
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |list: Vec<u32>| {
        move |g: &Graph| {
            let list = g.value(list);
            let groups = g.group_by(list, g.add(parity::map(list)));
            let again =
                g.group_by(g.add(scaled::map(list, g.value(1), g.value(0))), g.add(parity::map(list).name("p")));
            g.target("again", again);
            let sums = g.add(sums::node(g.add(sum::map(groups))));
            g.target("sums", sums);
            Ok(sums)
        }
    };
    let bench = Bench::open(folder.path());
    let expected = [("even".to_owned(), 6), ("odd".to_owned(), 4)];
    assert_eq!(bench.check(pipeline(vec![1, 2, 3, 4]), expect!["group_by group_by#2 parity[0] parity[1] parity[2] parity[3] scaled[0] scaled[1] scaled[2] scaled[3] sum[even] sum[odd] sums ~p"]).unwrap(), expected);
    drop(bench);
    let bench = Bench::open(folder.path());
    // One group is as it was.
    let expected = [("even".to_owned(), 6), ("odd".to_owned(), 9)];
    assert_eq!(
        bench
            .check(pipeline(vec![2, 4, 9]), expect!["group_by group_by#2 parity[2] scaled[2] sum[odd] sums ~p"])
            .unwrap(),
        expected
    );
    let error = bench.run(|g| {
        let keys = g.value(vec!["a".to_owned()]);
        Ok(g.group_by(g.value(vec![1u32, 2]), keys))
    });
    let error = error.0.get(error.1).unwrap_err().to_string();
    assert!(error.contains("`group_by` needs a key for each element: there are 2 elements and 1 keys"), "{error}");
}

/// The later of two entries took the place of the first one, and nobody noticed.
#[test]
fn duplicate_keys_are_an_error_that_names_them() {
    #[node]
    fn by_name(rows: &[(String, u32)]) -> Dict<String, u32> {
        rows.iter().cloned().collect()
    }
    #[node]
    fn tried(rows: &[(String, u32)]) -> Result<Dict<String, u32>, mamo::DuplicateKeys> {
        Dict::from_unique(rows.iter().cloned())
    }
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let (run, [panicked, failed]) = bench.run(|g| {
        let rows = g.value(["a", "b", "a", "b"].map(|key| (key.to_owned(), 1u32)).to_vec());
        Ok([g.add(by_name::node(rows).name("panicked")), g.add(tried::node(rows))])
    });
    let message = |node| run.get(node).unwrap_err().to_string();
    expect!["node `panicked` failed: panicked: a key of a `Dict` occurs more than once: `a`, `b`"]
        .assert_eq(&without_place(&message(panicked)));
    expect!["node `tried` failed: a key of a `Dict` occurs more than once: `a`, `b`"].assert_eq(&message(failed));
}
