//! The environment, programs, probes and external values.

use super::world::World;
use crate::Tool;
use crate::exec::look::Looked;
use crate::graph::{Constant, Source};
use crate::store::RecordKind;
use crate::value::{Value, ValueType};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, UNIX_EPOCH};

fn variable(name: &str, default: Option<&str>) -> Source {
    Source::Env { name: name.into(), default: default.map(str::to_owned) }
}

#[test]
fn a_variable_equals_a_parameter_with_its_text() {
    let mut world = World::settled();
    world.set_environment(&[("REGION", "north"), ("EMPTY", "")]);
    let constant = |text: &str| Constant::new(text.to_owned(), ValueType::serde::<String>()).unwrap().digest;
    assert_eq!(world.digest(&variable("REGION", None)), constant("north"));
    assert_eq!(world.digest(&variable("REGION", Some("south"))), constant("north"));
    assert_eq!(world.digest(&variable("OTHER", Some("south"))), constant("south"));
    assert_eq!(world.digest(&variable("EMPTY", Some("south"))), constant(""));
}

#[cfg(unix)]
fn write_program(world: &World, name: &str, text: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    world.write(name, text);
    std::fs::set_permissions(world.path(name), PermissionsExt::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_program_is_the_first_that_may_be_executed() {
    let mut world = World::settled();
    world.write("one/vips/file", "a folder is no program");
    write_program(&world, "two/vips", "text", 0o644);
    write_program(&world, "three/vips", "program", 0o755);
    write_program(&world, "four/vips", "another", 0o755);
    let search_path = ["one", "two", "three", "four"].map(|name| world.path(name));
    let search_path = std::env::join_paths(search_path).unwrap();
    world.set_environment(&[("PATH", search_path.to_str().unwrap())]);
    let source = Source::Tool { name: "vips".into() };
    let (looked, n_reads) = world.reads(&source);
    assert_eq!((looked.value.typed::<Tool>().unwrap().path(), n_reads), (&*world.path("three/vips"), 1));
    world.check_reads(&source, 0);
    write_program(&world, "three/vips", "changed", 0o755);
    assert_ne!(world.digest(&source), looked.digest);
    // The same bytes elsewhere are the same program.
    world.remove("three/vips");
    write_program(&world, "four/vips", "program", 0o755);
    assert_eq!(world.digest(&source), looked.digest);
    let by_path = Source::Tool { name: world.path("four/vips").to_str().unwrap().into() };
    assert_eq!(world.look(&by_path).value.typed::<Tool>().unwrap().path(), world.path("four/vips"));
}

/// A probe that answers with the number of times it was asked.
fn probe(ttl: u64) -> (Source, Arc<AtomicU32>) {
    let n_asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&n_asked);
    let probe = Box::new(move || Ok(Value::new(count.fetch_add(1, Ordering::Relaxed) + 1)));
    let value_type = ValueType::serde::<u32>();
    (Source::Probe { name: "version".into(), ttl: Duration::from_secs(ttl), probe, value_type }, n_asked)
}

fn at_second(world: &mut World, second: u64) {
    world.looker.now = Box::new(move || UNIX_EPOCH + Duration::from_secs(second));
}

fn answer(looked: &Looked) -> u32 {
    *looked.value.typed::<u32>().unwrap()
}

#[test]
fn an_answer_is_taken_while_it_is_young() {
    let mut world = World::settled();
    let (source, n_asked) = probe(60);
    for (second, expected) in [(1000, 1), (1059, 1), (1060, 2), (1119, 2), (1121, 3), (900, 4), (959, 4)] {
        at_second(&mut world, second);
        let looked = world.look(&source);
        assert_eq!(answer(&looked), expected, "second {second}");
        assert_eq!(looked.digest, Constant::new(expected, ValueType::serde::<u32>()).unwrap().digest);
    }
    assert_eq!(n_asked.load(Ordering::Relaxed), 4);
}

#[test]
fn without_a_ttl_every_look_asks() {
    let world = World::settled();
    let (source, _) = probe(0);
    assert_eq!(answer(&world.look(&source)), 1);
    assert_eq!(answer(&world.look(&source)), 2);
    assert!(world.looker.store.scan(RecordKind::Probe, None, 1).unwrap().is_empty());
}

/// The bytes of a small `u32` are those of a `u64` as well.
#[test]
fn an_answer_of_another_type_is_asked_for_again() {
    let world = World::settled();
    let (source, _) = probe(60);
    world.look(&source);
    let wider = Source::Probe {
        name: "version".into(),
        ttl: Duration::from_secs(60),
        probe: Box::new(|| Ok(Value::new(7_u64))),
        value_type: ValueType::serde::<u64>(),
    };
    assert_eq!(*world.look(&wider).value.typed::<u64>().unwrap(), 7);
}

#[test]
fn an_external_value_is_its_name() {
    let world = World::settled();
    let external = |name: &str, value: u32| {
        let value_type = ValueType::transient::<u32>();
        world.look(&Source::External { name: name.into(), value: Value::new(value), value_type })
    };
    assert_eq!(external("model", 1).digest, external("model", 2).digest);
    assert_ne!(external("model", 1).digest, external("other", 1).digest);
    assert_eq!(answer(&external("model", 7)), 7);
}
