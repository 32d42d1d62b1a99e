//! Maps: every element by itself.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Dict, Engine, Graph, List, Node, OnFailure, node, source};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

#[node]
fn square(x: u32) -> u32 {
    x * x
}

#[node]
fn scale(x: u32, by: u32) -> u32 {
    x * by
}

#[node]
fn total(numbers: &List<u32>) -> u32 {
    numbers.iter().map(|n| *n).sum()
}

fn squares(numbers: Vec<u32>) -> impl FnOnce(&Graph) -> mamo::Result<Node<u32>> {
    move |g| Ok(g.add(total::node(g.add(square::map(g.add(source::param("numbers", numbers)))))))
}

#[test]
fn only_new_elements_run() {
    let bench = Bench::in_memory();
    let run = |numbers: &[u32], expected| bench.check(squares(numbers.to_vec()), expected).unwrap();
    assert_eq!(run(&[1, 2, 3], expect!["square[0] square[1] square[2] total"]), 14);
    assert_eq!(run(&[1, 2, 3], expect![""]), 14);
    assert_eq!(run(&[1, 4, 2, 3], expect!["square[1] total"]), 30);
    assert_eq!(run(&[3, 1], expect!["total ~square"]), 10);
    assert_eq!(run(&[1, 2, 3], expect![""]), 14);
    assert_eq!(run(&[], expect!["total ~square"]), 0);
}

/// What is there only sometimes, known when the pipeline runs.
#[test]
fn an_option_is_a_condition_at_run_time() {
    #[node]
    fn even(x: u32) -> Option<u32> {
        x.is_multiple_of(2).then_some(x)
    }
    #[node]
    fn text(x: u32) -> String {
        format!("{x}").repeat(200)
    }
    #[node]
    fn long(text: &str) -> Vec<String> {
        vec![text.to_owned()]
    }
    #[node]
    fn count(texts: Option<&Vec<String>>, all: &Option<Vec<String>>) -> usize {
        assert!(texts.is_none());
        all.as_ref().map_or(0, |all| all[0].len())
    }
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |x: u32| {
        move |g: &Graph| {
            let texts = g.add(text::map(g.add(even::node(g.value(x)))));
            Ok(g.add(count::node(None, g.add(long::map(texts)))))
        }
    };
    let bench = Bench::open(folder.path());
    assert_eq!(bench.check(pipeline(2), expect!["count even long[0] text[0]"]).unwrap(), 200);
    assert_eq!(bench.check(pipeline(3), expect!["count even ~long ~text"]).unwrap(), 0);
    assert_eq!(bench.check(pipeline(12), expect!["count even long[0] text[0]"]).unwrap(), 400);
    drop(bench);
    let bench = Bench::open(folder.path());
    assert_eq!(bench.check(pipeline(2), expect![""]).unwrap(), 200);
    let (run, texts) = bench.run(|g| Ok(g.add(text::map(g.add(even::node(g.value(2)))))));
    assert_eq!((*run.get(texts).unwrap()).as_ref().map(String::len), Some(200));
}

#[test]
fn equal_elements_run_once() {
    let bench = Bench::in_memory();
    assert_eq!(bench.check(squares(vec![5, 5, 5]), expect!["square[0] total"]).unwrap(), 75);
}

#[test]
fn a_map_and_a_node_share_what_they_compute() {
    let bench = Bench::in_memory();
    bench.check(|g| Ok(g.add(square::node(g.value(2)))), expect!["square"]).unwrap();
    bench.check(squares(vec![2, 3]), expect!["square[1] total"]).unwrap();
}

#[test]
fn a_changed_shared_input_runs_all_elements() {
    let bench = Bench::in_memory();
    let pipeline = |by: u32| {
        move |g: &Graph| {
            let scaled = g.add(scale::map(g.value(vec![1, 2]), g.add(source::param("by", by))));
            Ok(g.add(total::node(scaled)))
        }
    };
    bench.check(pipeline(2), expect!["scale[0] scale[1] total"]).unwrap();
    bench.check(pipeline(3), expect!["scale[0] scale[1] total"]).unwrap();
}

#[node]
fn label(#[key] name: &str, x: u32) -> String {
    format!("{name}={x}")
}

#[node]
fn join(labels: &Dict<String, String>) -> String {
    labels.values().map(|label| (*label).clone()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_key_is_part_of_the_element() {
    let bench = Bench::in_memory();
    let pipeline = |entries: &[(&str, u32)]| {
        let map: BTreeMap<String, u32> = entries.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect();
        move |g: &Graph| Ok(g.add(join::node(g.add(label::map(g.add(source::param("map", map)))))))
    };
    assert_eq!(bench.check(pipeline(&[("a", 1), ("b", 1)]), expect!["join label[a] label[b]"]).unwrap(), "a=1 b=1");
    assert_eq!(bench.check(pipeline(&[("a", 1), ("c", 1)]), expect!["join label[c]"]).unwrap(), "a=1 c=1");
}

#[node]
fn picky(x: u32) -> Result<u32, String> {
    if x == 2 { Err("not two".into()) } else { Ok(x) }
}

#[test]
fn a_failing_element_fails_its_map_and_the_others_are_kept() {
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let pipeline = |numbers: Vec<u32>| {
        move |g: &Graph| Ok(g.add(total::node(g.add(picky::map(g.add(source::param("numbers", numbers)))))))
    };
    let error = bench.check(pipeline(vec![1, 2, 3]), expect!["!picky[1] -total picky[0] picky[2]"]).unwrap_err();
    assert_eq!(error.to_string(), "node `total` was skipped because node `picky[1]` failed: not two");
    assert_eq!(bench.check(pipeline(vec![1, 4, 3]), expect!["picky[1] total"]).unwrap(), 8);
}

#[test]
fn large_elements_are_read_one_by_one() {
    #[node]
    fn blow_up(x: u32) -> Vec<u8> {
        vec![u8::try_from(x).unwrap(); 100_000]
    }
    #[node]
    fn lengths(all: &List<Vec<u8>>) -> usize {
        all.iter().map(|one| one.len()).sum()
    }
    let folder = tempfile::tempdir().unwrap();
    let pipeline = |g: &Graph| Ok(g.add(lengths::node(g.add(blow_up::map(g.value(vec![1, 2, 3]))))));
    Bench::open(folder.path()).check(pipeline, expect!["blow_up[0] blow_up[1] blow_up[2] lengths"]).unwrap();
    let bench = Bench::open(folder.path());
    let (run, list) = bench.run(|g| Ok(g.add(blow_up::map(g.value(vec![1, 2, 3])))));
    expect![""].assert_eq(&bench.log.take());
    assert_eq!(run.get(list).unwrap().get(1).unwrap()[..3], [2, 2, 2]);
}

#[test]
fn a_thousand_elements_are_one_node() {
    let bench = Bench::in_memory();
    let (run, node) = bench.run(squares((0..1000).collect()));
    assert_eq!(*run.get(node).unwrap(), (0..1000).map(|x| x * x).sum::<u32>());
    assert_eq!(run.counts().nodes, 3);
    assert_eq!((run.elements().executed, run.elements().nodes), (1000, 1000));
}

/// A collection has its elements' bytes, and an equal node that keeps none was first.
#[test]
fn an_element_is_executed_again_when_its_bytes_were_not_kept() {
    #[node]
    fn list(unkept: u32) -> Vec<u32> {
        vec![2, unkept]
    }
    let bench = Bench::in_memory();
    let list = |g: &Graph| {
        let unkept = g.add(square::node(g.value(2)).name("unkept").persist(mamo::Persist::Never));
        g.add(list::node(unkept))
    };
    bench.run(|g| Ok(list(g)));
    expect!["list unkept"].assert_eq(&bench.log.take());
    let (run, total) = bench.run(|g| Ok(g.add(total::node(g.add(square::map(list(g)))))));
    assert_eq!((*run.get(total).unwrap(), run.restarts()), (20, 0));
    expect!["square[0] square[1] total"].assert_eq(&bench.log.take());
}

#[test]
fn elements_are_counted_once_each() {
    let bench = Bench::in_memory();
    let elements = |numbers: &[u32]| {
        let (run, _) = bench.run(squares(numbers.to_vec()));
        let counts = run.elements();
        (counts.nodes, counts.executed, counts.cut_off)
    };
    assert_eq!(elements(&[1, 2, 2, 2]), (4, 2, 2));
    assert_eq!(elements(&[1, 2, 5]), (3, 1, 2));
    assert_eq!(elements(&[1, 2, 5]), (0, 0, 0), "not looked into");
}

/// The map is looked into again when the run starts over, and finds what it executed itself.
#[test]
fn elements_of_a_run_that_starts_over_are_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("by.txt");
    std::fs::write(&path, "2").unwrap();
    #[node]
    fn times(total: u32, by: &std::path::Path) -> Result<u32, std::io::Error> {
        static FIRST: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(true);
        let text = std::fs::read_to_string(by)?;
        if FIRST.swap(false, Ordering::SeqCst) {
            std::fs::write(by, "30")?;
        }
        Ok(total * text.parse::<u32>().unwrap_or(0))
    }
    let bench = Bench::in_memory();
    let (run, node) = bench.run(|g| {
        let by = g.add(source::file(&path));
        let squares = g.add(square::map(g.add(source::param("numbers", vec![1u32, 2, 3]))));
        Ok(g.add(times::node(g.add(total::node(squares)), by)))
    });
    assert_eq!((run.restarts(), *run.get(node).unwrap()), (1, 420));
    assert_eq!((run.elements().nodes, run.elements().executed), (3, 3));
}

static COMPARED: AtomicUsize = AtomicUsize::new(0);
static COPIED: AtomicUsize = AtomicUsize::new(0);

/// A key that counts how often two of them are compared, and how often one is copied.
#[derive(Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Counting(u32);

impl Clone for Counting {
    fn clone(&self) -> Self {
        COPIED.fetch_add(1, Ordering::SeqCst);
        Self(self.0)
    }
}

impl Ord for Counting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        COMPARED.fetch_add(1, Ordering::SeqCst);
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Counting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Elements of a tree were found by counting from its beginning: 100,000 took 7 s. They are found by their keys.
#[test]
fn elements_of_a_tree_are_found_without_counting() {
    let n = 4096;
    let bench = Bench::in_memory();
    let tree: BTreeMap<Counting, u32> = (0..n).map(|n| (Counting(n), n)).collect();
    COMPARED.store(0, Ordering::SeqCst);
    COPIED.store(0, Ordering::SeqCst);
    let (run, _) = bench.run(|g| Ok(g.add(square::map(g.value(tree)))));
    assert_eq!(run.elements().executed, u64::from(n));
    let (compared, copied) = (COMPARED.load(Ordering::SeqCst), COPIED.load(Ordering::SeqCst));
    // Found by keys, each takes some comparisons in one or two nodes a level; counted out, none would be compared.
    assert!(compared > 4096, "{compared}");
    assert!(compared < 4096 * 200 && copied < 4096 * 8, "{compared} comparisons, {copied} copies");
}

/// A value of such a size stands in the record of a node, but not in a list.
#[test]
fn what_a_node_has_made_before_is_an_element_whatever_its_size() {
    #[node]
    fn text(n: u32) -> String {
        n.to_string().repeat(500)
    }
    #[node]
    fn length(text: &str) -> usize {
        text.len()
    }
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::open(folder.path());
    assert_eq!(bench.check(|g| Ok(g.add(text::node(g.value(1)))), expect!["text"]).unwrap().len(), 500);
    let texts = |g: &Graph| Ok(g.add(text::map(g.value(vec![1, 2]))));
    let lengths = |g: &Graph| Ok(g.add(length::map(texts(g)?)));
    let all = expect!["length[0] length[1] text[1]"];
    assert_eq!(bench.check(lengths, all).unwrap().iter().map(|one| *one).collect::<Vec<_>>(), [500, 500]);
    drop(bench);
    let bench = Bench::open(folder.path());
    assert_eq!(bench.check(texts, expect![""]).unwrap().iter().map(|one| one.len()).sum::<usize>(), 1000);
}
