//! Taking back what a program made.

use crate::support::{Bench, Log};
use expect_test::expect;
use mamo::store::{Batch, MemoryStore, RecordKind, Store};
use mamo::{Engine, ErrorKind, Gc, Graph, List, Node, Persist, node};
use std::sync::Arc;

#[node]
fn fetch(x: u32) -> u32 {
    x + 1
}

#[node]
fn clean(x: u32, by: u32) -> u32 {
    x * by
}

#[node]
fn sum(all: &List<u32>) -> u32 {
    all.iter().map(|x| *x).sum()
}

fn cleaned(x: u32, by: u32) -> impl Fn(&Graph) -> mamo::Result<Node<u32>> {
    move |g| Ok(g.add(clean::node(g.add(fetch::node(g.value(x)).persist(Persist::Always)), g.value(by))))
}

fn summed(values: Vec<u32>) -> impl Fn(&Graph) -> mamo::Result<Node<u32>> {
    move |g| Ok(g.add(sum::node(g.add(fetch::map(g.value(values.clone()))))))
}

struct World {
    store: Arc<MemoryStore>,
    bench: Bench,
}

impl World {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let log = Arc::new(Log::default());
        let builder = Engine::builder().jobs(2).observer(log.clone());
        let engine = builder.with_store(Arc::<MemoryStore>::clone(&store)).unwrap();
        Self { store, bench: Bench { engine, log } }
    }

    fn runs<H>(&self, pipeline: impl Fn(&Graph) -> mamo::Result<H>) -> String {
        self.bench.run(pipeline);
        self.bench.last()
    }

    /// Has the newest run be one of another program, whose digest consists of this byte; or of nobody knows which.
    fn newest_was_of(&self, program: Option<u8>) {
        let newest = u64::from_str_radix(&self.bench.engine.runs().unwrap()[0].id, 16).unwrap().to_le_bytes();
        let mut batch = Batch::default();
        for (key, bytes) in self.store.scan(RecordKind::Run, None, 100).unwrap() {
            if bytes[2..10] == newest {
                match program {
                    Some(program) => {
                        batch.put(key, |out| out.extend([&bytes[..26], &[program; 32], &bytes[58..]].concat()));
                    }
                    None => batch.remove(key),
                }
            }
        }
        self.store.put(batch).unwrap();
    }

    fn revoke(&self, executable: &str) -> mamo::Revoked {
        let mut planned = self.bench.engine.revoke(executable, true).unwrap();
        assert!(std::mem::take(&mut planned.is_dry));
        let revoked = self.bench.engine.revoke(executable, false).unwrap();
        assert_eq!(planned, revoked);
        revoked
    }
}

#[test]
fn what_a_program_made_is_executed_again_and_nothing_else() {
    let world = World::new();
    expect!["clean fetch"].assert_eq(&world.runs(cleaned(1, 10)));
    world.newest_was_of(Some(7));
    expect!["clean fetch"].assert_eq(&world.runs(cleaned(2, 10)));
    let revoked = world.revoke("07070707");
    assert_eq!((revoked.runs, revoked.unfinished_runs, revoked.computations, revoked.records), (1, 0, 2, 2));
    expect![""].assert_eq(&world.runs(cleaned(2, 10)));
    expect!["clean fetch"].assert_eq(&world.runs(cleaned(1, 10)));
}

#[test]
fn what_others_made_of_it_is_compared_by_value() {
    let world = World::new();
    let fetched = |g: &Graph| Ok(g.add(fetch::node(g.value(1)).persist(Persist::Always)));
    expect!["fetch"].assert_eq(&world.runs(fetched));
    world.newest_was_of(Some(7));
    expect!["clean"].assert_eq(&world.runs(cleaned(1, 10)));
    let revoked = world.revoke(&"07".repeat(32));
    assert_eq!((revoked.computations, revoked.records), (1, 2));
    // It gives the same again, so what rests on it was right.
    expect!["fetch ~clean"].assert_eq(&world.runs(cleaned(1, 10)));
}

#[test]
fn elements_of_a_map_are_taken_back_one_by_one() {
    let world = World::new();
    expect!["fetch[0] fetch[1] sum"].assert_eq(&world.runs(summed(vec![1, 2])));
    world.newest_was_of(Some(7));
    expect!["fetch[2] sum"].assert_eq(&world.runs(summed(vec![1, 2, 3])));
    world.newest_was_of(Some(8));
    expect!["fetch[3] sum"].assert_eq(&world.runs(summed(vec![1, 2, 3, 4])));
    world.revoke("08080808");
    expect!["fetch[2] ~sum"].assert_eq(&world.runs(summed(vec![1, 2, 3, 4])));
    expect!["sum ~fetch"].assert_eq(&world.runs(summed(vec![1, 2, 3])));
}

#[test]
fn what_was_collected_is_still_known_to_be_of_the_program() {
    let world = World::new();
    world.runs(cleaned(1, 10));
    world.newest_was_of(Some(7));
    world.runs(cleaned(1, 10));
    world.bench.engine.gc(&Gc::default().keep_runs(1)).unwrap();
    assert_eq!(world.bench.engine.runs().unwrap().len(), 1);
    world.revoke("07070707");
    expect!["clean fetch"].assert_eq(&world.runs(cleaned(1, 10)));
}

#[test]
fn nobody_knows_who_made_what_a_killed_run_left() {
    let world = World::new();
    world.runs(cleaned(1, 10));
    world.newest_was_of(None);
    world.runs(cleaned(2, 10));
    world.newest_was_of(Some(7));
    let revoked = world.revoke("07070707");
    assert_eq!((revoked.runs, revoked.unfinished_runs, revoked.computations), (1, 1, 4));
    expect!["clean fetch"].assert_eq(&world.runs(cleaned(1, 10)));
}

#[test]
fn what_is_tagged_or_unknown_is_refused() {
    let world = World::new();
    let (graph, _) = Graph::build(cleaned(1, 10)).unwrap();
    world.bench.engine.run(&graph).unwrap();
    world.newest_was_of(Some(7));
    world.bench.engine.tag(&graph, &["clean"], "published").unwrap();
    let refused = |executable: &str| {
        let error = world.bench.engine.revoke(executable, false).err().unwrap();
        (error.kind(), format!("{error}; {}", error.hint().unwrap_or_default()))
    };
    let (kind, message) = refused("07070707");
    assert_eq!(kind, ErrorKind::Tagged);
    expect!["node `clean` is tagged `published` and would be forgotten, or rests on what would; `untag published clean` first"].assert_eq(&message);
    let (kind, message) = refused("0707");
    assert_eq!(kind, ErrorKind::UnknownName);
    expect!["no run on record was of a program `0707`; `run show RUN` names a run's program; 8 digits of its digest do, or its file"].assert_eq(&message);
    world.bench.engine.untag("published", &[]).unwrap();
    world.revoke("07070707");
    assert_eq!(world.bench.engine.run(&graph).unwrap().counts().executed, 2);
}
