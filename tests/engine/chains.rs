//! A map over a map goes along with it, element by element.

use crate::support::Bench;
use expect_test::expect;
use mamo::{Dict, Engine, Graph, List, Node, OnFailure, node};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

#[node]
fn next(x: u32) -> u32 {
    x + 1
}

#[node]
fn double(x: &u32, by: u32) -> u32 {
    x * by
}

#[node]
fn half(x: u32) -> u32 {
    x / 2
}

#[node]
fn total(list: &[u32]) -> u32 {
    list.iter().sum()
}

/// The second element of the first map waits for the first element of the last map; all at once they would wait for ever.
#[test]
fn chains_of_maps_run_element_by_element() {
    static SEEN: Mutex<bool> = Mutex::new(false);
    static CHANGED: Condvar = Condvar::new();
    #[node]
    fn slow(x: u32) -> Result<u32, String> {
        if x == 1 {
            let seen = SEEN.lock().unwrap();
            // Only for the test to end when it fails.
            let limit = Duration::from_secs(60);
            let (_seen, timeout) = CHANGED.wait_timeout_while(seen, limit, |seen| !*seen).unwrap();
            if timeout.timed_out() {
                return Err("nobody went on with the other element".into());
            }
        }
        Ok(x)
    }
    #[node]
    fn see(x: u32) -> u32 {
        *SEEN.lock().unwrap() = true;
        CHANGED.notify_all();
        x
    }
    let bench = Bench::in_memory();
    let (run, total) = bench.run(|g| {
        let slow = g.add(slow::map(g.value(vec![0, 1])));
        let seen = g.add(see::map(g.add(double::map(slow, g.add(half::node(g.value(4)))))));
        Ok(g.add(total::node(seen)))
    });
    assert_eq!(*run.get(total).unwrap(), 2);
}

#[test]
fn an_edit_of_a_list_runs_what_is_new_all_along_a_chain() {
    let bench = Bench::in_memory();
    let pipeline = |list: Vec<u32>, by: u32| {
        move |g: &Graph| {
            let numbers = g.add(next::map(g.value(list)));
            let halves = g.add(half::map(g.add(double::map(numbers, g.value(by)))));
            Ok(g.add(total::node(halves)))
        }
    };
    for (list, by, sum, expected) in [
        (
            vec![1, 2, 3],
            2,
            9,
            expect!["double[0] double[1] double[2] half[0] half[1] half[2] next[0] next[1] next[2] total"],
        ),
        (vec![1, 7, 2, 3], 2, 17, expect!["double[1] half[1] next[1] total"]),
        (vec![3, 2, 1, 7], 2, 17, expect!["total ~double ~half ~next"]),
        (vec![7, 7, 7], 2, 24, expect!["total ~double ~half ~next"]),
        (vec![9, 7, 9, 7], 2, 36, expect!["double[0] half[0] next[0] total"]),
        (vec![9, 7, 9, 7], 3, 54, expect!["double[0] double[1] half[0] half[1] total"]),
        (vec![1, 2, 3], 2, 9, expect![""]),
    ] {
        assert_eq!(bench.check(pipeline(list, by), expected).unwrap(), sum);
    }
}

/// What is equal above is one computation there, and with its key several below.
#[test]
fn keys_are_those_of_the_first_collection() {
    #[node]
    fn named(#[key] name: &str, x: u32) -> String {
        format!("{name}={x}")
    }
    #[node]
    fn joined(all: &Dict<String, String>) -> String {
        all.iter().map(|(_, text)| text.to_string()).collect::<Vec<_>>().join(" ")
    }
    let bench = Bench::in_memory();
    let pipeline = |entries: &'static [(&str, u32)]| {
        move |g: &Graph| {
            let entries: BTreeMap<String, u32> = entries.iter().map(|(key, x)| ((*key).to_owned(), *x)).collect();
            Ok(g.add(joined::node(g.add(named::map(g.add(next::map(g.value(entries))))))))
        }
    };
    let expected = expect!["joined named[a] named[b] next[a] next[b]"];
    assert_eq!(bench.check(pipeline(&[("a", 1), ("b", 2)]), expected).unwrap(), "a=2 b=3");
    let expected = expect!["joined named[c] named[d] next[d]"];
    assert_eq!(bench.check(pipeline(&[("a", 1), ("b", 2), ("c", 1), ("d", 9)]), expected).unwrap(), "a=2 b=3 c=2 d=10");
}

/// The elements below those that did not fail are done, and found by the run in which nothing fails any more.
#[test]
fn a_failure_in_a_chain_costs_its_own_elements() {
    static BROKEN: AtomicUsize = AtomicUsize::new(1);
    #[node]
    fn parse(x: u32) -> Result<u32, String> {
        if x == 2 && BROKEN.load(Ordering::SeqCst) == 1 { Err("two".into()) } else { Ok(x) }
    }
    let bench = Bench::with(Engine::builder().on_failure(OnFailure::KeepGoing));
    let pipeline = |g: &Graph| Ok(g.add(total::node(g.add(next::map(g.add(parse::map(g.value(vec![1, 2, 3]))))))));
    let (run, node) = bench.run(pipeline);
    expect!["!parse[1] -next -total next[0] next[2] parse[0] parse[2]"].assert_eq(&bench.log.take());
    expect!["node `total` was skipped because node `parse[1]` failed: two"]
        .assert_eq(&run.get(node).unwrap_err().to_string());
    let elements = run.elements();
    assert_eq!((elements.executed, elements.failed, elements.skipped), (4, 1, 1), "{elements:?}");
    BROKEN.store(0, Ordering::SeqCst);
    let sum = bench.check(pipeline, expect!["next[1] parse[1] total"]).unwrap();
    assert_eq!(sum, 9);
}

/// Whole collections were held in memory until the wave was over.
#[test]
fn elements_are_dropped_when_the_map_below_is_done_with_them() {
    static LIVE: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    struct Counted(u32);
    impl Counted {
        fn new(x: u32) -> Self {
            MOST.fetch_max(LIVE.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            Self(x)
        }
    }
    impl Drop for Counted {
        fn drop(&mut self) {
            LIVE.fetch_sub(1, Ordering::SeqCst);
        }
    }
    impl Serialize for Counted {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.serialize(serializer)
        }
    }
    impl<'de> Deserialize<'de> for Counted {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            u32::deserialize(deserializer).map(Self::new)
        }
    }
    #[node]
    fn make(x: u32) -> Counted {
        Counted::new(x)
    }
    #[node]
    fn look(counted: &Counted) -> u32 {
        counted.0
    }
    #[node]
    fn add_up(list: &List<Counted>) -> u32 {
        list.iter().map(|counted| counted.0).sum()
    }
    let bench = Bench::with(Engine::builder());
    let (run, (looked, direct)) = bench.run(|g| {
        let list: Node<List<Counted>> = g.add(make::map(g.value((0..3000).collect::<Vec<u32>>())));
        let looked = g.add(total::node(g.add(look::map(list))));
        let whole = g.add(make::map(g.value((3000..4000).collect::<Vec<u32>>())).name("whole"));
        let direct = g.add(add_up::node(whole));
        // What the graph makes of the type to see its shape is never dropped.
        LIVE.store(0, Ordering::SeqCst);
        MOST.store(0, Ordering::SeqCst);
        g.target("looked", looked);
        g.target("direct", direct);
        Ok((looked, direct))
    });
    assert_eq!((*run.get(looked).unwrap(), *run.get(direct).unwrap()), (4_498_500, 3_499_500));
    let (live, most) = (LIVE.load(Ordering::SeqCst), MOST.load(Ordering::SeqCst));
    // The list that is read whole is in memory whole.
    assert!(live == 0 && (1000..2000).contains(&most), "{live} {most}");
}
