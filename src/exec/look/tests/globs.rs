//! Which files a pattern matches, and by which names.

use super::world::World;
use crate::exec::look::Looked;
use crate::{Artifact, Dict};

fn names(looked: &Looked) -> String {
    let dict = looked.value.typed::<Dict<String, Artifact>>().unwrap();
    dict.keys().cloned().collect::<Vec<_>>().join(" ")
}

fn check(world: &World, pattern: &str, expected: &str) {
    assert_eq!(names(&world.look(&world.glob(pattern))), expected, "{pattern}");
}

fn world() -> World {
    let world = World::settled();
    for name in ["data/a.csv", "data/b.csv", "data/c.txt", "data/.d.csv", "data/x/e.csv", "data/x/y/f.csv"] {
        world.write(name, name);
    }
    world.write("data/.hidden/g.csv", "");
    world
}

#[test]
fn names_are_relative_to_the_part_without_wildcards() {
    let world = world();
    check(&world, "data/*.csv", "a.csv b.csv");
    check(&world, "data/[ab].csv", "a.csv b.csv");
    check(&world, "data/?.txt", "c.txt");
    check(&world, "d*/a.csv", "data/a.csv");
    check(&world, "data/a.csv", "a.csv");
    check(&world, "data/*/*.csv", "x/e.csv");
    check(&world, "data/*/y/f.csv", "x/y/f.csv");
    check(&world, "data/**/*.csv", "a.csv b.csv x/e.csv x/y/f.csv");
    check(&world, "data/**/**/f.csv", "x/y/f.csv");
    check(&world, "data/**", "a.csv b.csv c.txt x/e.csv x/y/f.csv");
    check(&world, "data/x/../?.csv", "a.csv b.csv");
}

#[test]
fn hidden_files_are_named_by_a_dot_only() {
    let world = world();
    check(&world, "data/.*.csv", ".d.csv");
    check(&world, "data/.hidden/*", "g.csv");
    check(&world, "data/.h*/*", ".hidden/g.csv");
}

#[test]
fn no_match_is_an_empty_dict() {
    let world = world();
    check(&world, "data/*.parquet", "");
    check(&world, "nowhere/*.csv", "");
    check(&world, "data/a.csv/*.csv", "");
    check(&world, "data/nothing.csv", "");
}

#[test]
fn adding_removing_renaming_and_changing_files_count() {
    let world = World::settled();
    world.write("in/a.csv", "1");
    let source = world.glob("in/*.csv");
    let one = world.digest(&source);
    world.write("in/b.csv", "1");
    let two = world.digest(&source);
    world.rename("in/b.csv", "in/c.csv");
    let three = world.digest(&source);
    world.write("in/c.csv", "2");
    let four = world.digest(&source);
    assert!(one != two && two != three && three != four && two != four);
    world.remove("in/c.csv");
    assert_eq!(world.digest(&source), one);
    world.write("in/d.txt", "1");
    assert_eq!(world.digest(&source), one);
    world.rename("in", "out");
    assert_eq!(world.digest(&world.glob("out/*.csv")), one);
}

#[test]
fn unchanged_files_are_not_read_again() {
    let world = world();
    world.check_reads(&world.glob("data/*.csv"), 2);
    world.check_reads(&world.glob("data/*.csv"), 0);
    world.check_reads(&world.glob("data/**/*.csv"), 2);
}

#[test]
fn files_can_be_read_by_name() {
    let world = world();
    let dict = world.look(&world.glob("data/**/*.csv")).value.typed::<Dict<String, Artifact>>().unwrap();
    assert_eq!(dict.get("x/e.csv").unwrap().bytes().unwrap(), b"data/x/e.csv");
}

#[cfg(unix)]
#[test]
fn links_lead_to_files_but_not_round_and_round() {
    let world = World::settled();
    world.write("out/real.csv", "1");
    world.write("in/a/own.csv", "1");
    world.link("..", "in/a/up");
    world.link("../a", "in/a/again");
    world.link("../out/real.csv", "in/link.csv");
    world.link("../out", "in/other");
    check(&world, "in/**/*.csv", "a/own.csv link.csv");
    check(&world, "in/*/*.csv", "a/own.csv other/real.csv");
}
