//! What a folder's digest depends on.

use super::world::World;
use crate::Artifact;

#[test]
fn order_of_making_and_place_do_not_matter() {
    let world = World::settled();
    for name in ["a", "b/c", "b/d"] {
        world.write(&format!("one/{name}"), name);
    }
    for name in ["b/d", "a", "b/c"] {
        world.write(&format!("two/{name}"), name);
    }
    let one = world.digest(&world.folder("one"));
    assert_eq!(world.digest(&world.folder("two")), one);
    world.rename("two", "three");
    assert_eq!(world.digest(&world.folder("three")), one);
}

#[test]
fn every_name_and_content_counts() {
    let world = World::settled();
    world.write("in/a", "1");
    world.write("in/b/c", "2");
    let folder = world.folder("in");
    let mut digests = vec![world.digest(&folder)];
    world.write("in/a", "3");
    digests.push(world.digest(&folder));
    world.write("in/d", "");
    digests.push(world.digest(&folder));
    world.rename("in/d", "in/e");
    digests.push(world.digest(&folder));
    world.rename("in/b", "in/f");
    digests.push(world.digest(&folder));
    world.remove("in/f/c");
    digests.push(world.digest(&folder));
    let n_looks = digests.len();
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), n_looks);
}

#[test]
fn a_name_cannot_take_over_the_content_of_another() {
    let world = World::settled();
    world.write("one/a", "bc");
    world.write("two/ab", "c");
    world.write("three/a/b", "c");
    let [one, two, three] = ["one", "two", "three"].map(|name| world.digest(&world.folder(name)));
    assert!(one != two && two != three && one != three);
}

#[test]
fn only_changed_files_are_read_again() {
    let world = World::settled();
    for n in 0..20 {
        world.write(&format!("in/{n}"), "text");
    }
    world.check_reads(&world.folder("in"), 20);
    world.check_reads(&world.folder("in"), 0);
    world.write("in/7", "more");
    world.check_reads(&world.folder("in"), 1);
    world.check_reads(&world.file("in/7"), 0);
}

#[test]
fn its_length_is_that_of_its_files() {
    let world = World::settled();
    world.write("in/a", "12");
    world.write("in/b/c", "345");
    let artifact = world.look(&world.folder("in")).value.typed::<Artifact>().unwrap();
    assert_eq!(artifact.len(), 5);
    assert_eq!(artifact.path().unwrap(), world.path("in"));
}

#[test]
fn a_folder_is_unchanged_while_its_files_are() {
    let world = World::settled();
    world.write("in/a", "1");
    let artifact = world.look(&world.folder("in")).value.typed::<Artifact>().unwrap();
    let is_unchanged = || world.looker.is_unchanged(&world.path("in"), &artifact.digest());
    assert!(is_unchanged());
    world.write("in/b", "2");
    assert!(!is_unchanged());
    world.remove("in/b");
    assert!(is_unchanged());
}

#[cfg(unix)]
#[test]
fn a_file_that_becomes_executable_counts() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::settled();
    world.write("in/a", "1");
    let set_mode = |mode| std::fs::set_permissions(world.path("in/a"), PermissionsExt::from_mode(mode)).unwrap();
    set_mode(0o644);
    let plain = world.digest(&world.folder("in"));
    set_mode(0o755);
    assert_ne!(world.digest(&world.folder("in")), plain);
    set_mode(0o640);
    assert_eq!(world.digest(&world.folder("in")), plain);
}

#[cfg(unix)]
#[test]
fn links_are_followed() {
    let world = World::settled();
    world.write("out/file", "1");
    world.write("out/folder/a", "1");
    world.write("in/own", "1");
    world.link("../out/file", "in/link");
    world.link("../out/folder", "in/linked");
    let first = world.digest(&world.folder("in"));
    world.write("out/file", "2");
    let second = world.digest(&world.folder("in"));
    world.write("out/folder/a", "2");
    let third = world.digest(&world.folder("in"));
    assert!(first != second && second != third);
}

#[cfg(unix)]
#[test]
fn links_that_lead_round_or_nowhere_end() {
    let world = World::settled();
    world.write("top/in/a/file", "1");
    world.link(".", "top/in/self");
    world.link("..", "top/in/a/up");
    world.link("../..", "top/in/a/above");
    world.link("itself", "top/in/itself");
    world.link("nowhere", "top/in/dangling");
    let first = world.digest(&world.folder("top/in"));
    assert_eq!(world.digest(&world.folder("top/in")), first);
    world.remove("top/in/dangling");
    world.link("elsewhere", "top/in/dangling");
    assert_ne!(world.digest(&world.folder("top/in")), first);
}

/// Links from each of twenty folders to all others: more ways than anybody can follow.
#[cfg(unix)]
#[test]
fn folders_that_link_to_each_other_are_read_once() {
    let world = World::settled();
    for n in 0..20 {
        world.write(&format!("in/{n}/file"), "1");
        for other in 0..20 {
            world.link(format!("../{other}"), &format!("in/{n}/to_{other}"));
        }
    }
    let (first, n_reads) = world.reads(&world.folder("in"));
    assert_eq!(n_reads, 20);
    world.write("in/19/file", "2");
    assert_ne!(world.digest(&world.folder("in")), first.digest);
}

#[cfg(unix)]
#[test]
fn links_to_other_folders_count() {
    let world = World::settled();
    world.write("in/a/file", "1");
    world.write("in/b/file", "1");
    world.link("a", "in/link");
    let first = world.digest(&world.folder("in"));
    world.remove("in/link");
    world.link("b", "in/link");
    assert_ne!(world.digest(&world.folder("in")), first);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_unicode_stay_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let world = World::settled();
    let digests = [b"\xff", b"\xfe"].map(|name| {
        let _ = std::fs::remove_dir_all(world.path("in"));
        std::fs::create_dir(world.path("in")).unwrap();
        std::fs::write(world.path("in").join(OsStr::from_bytes(name)), "1").unwrap();
        world.digest(&world.folder("in"))
    });
    assert_ne!(digests[0], digests[1]);
}
