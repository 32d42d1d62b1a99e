//! What users are told when a source cannot be looked at.

use super::world::World;
use crate::exec::look::error::LookError;
use crate::graph::Source;
use crate::value::ValueType;
use expect_test::{Expect, expect};
use std::path::Path;
use std::time::Duration;

fn check(world: &World, source: &Source, expected: Expect) {
    expected.assert_eq(&world.error(source));
}

#[test]
fn files_and_folders() {
    let world = World::settled();
    world.write("folder/file", "text");
    check(&world, &world.file("nothing.csv"), expect!["cannot read `../nothing.csv`: no such file or folder"]);
    check(&world, &world.file("folder/file/x"), expect!["cannot read `../folder/file/x`: no such file or folder"]);
    check(&world, &world.file("folder"), expect!["cannot read `../folder`: it is a folder; use `source::folder`"]);
    check(
        &world,
        &world.folder("folder/file"),
        expect!["cannot read the folder `../folder/file`: it is a file; use `source::file`"],
    );
    check(&world, &world.folder("nothing"), expect!["cannot read `../nothing`: no such file or folder"]);
    check(&world, &Source::File { path: "".into() }, expect!["cannot read ``: cannot make an empty path absolute"]);
    #[cfg(unix)]
    check(
        &world,
        &Source::File { path: "/dev/null".into() },
        expect!["cannot read `/dev/null`: it is neither a file nor a folder"],
    );
}

#[test]
fn a_relative_path_is_shown_with_the_current_folder() {
    let world = World::settled();
    let error = world.error(&Source::File { path: "data/nothing.csv".into() });
    let current = std::env::current_dir().unwrap();
    let error = error.replace(&*current.to_string_lossy(), "..");
    expect!["cannot read `data/nothing.csv`: no such file or folder; the current folder is `..`"].assert_eq(&error);
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere() {
    let world = World::settled();
    world.write("in/a.csv", "text");
    world.link("annex/b.csv", "in/b.csv");
    check(
        &world,
        &world.file("in/b.csv"),
        expect!["cannot read `../in/b.csv`: no such file or folder; it is a link to `annex/b.csv`, which is not there"],
    );
    check(
        &world,
        &world.glob("in/*.csv"),
        expect!["cannot read `../in/b.csv`: no such file or folder; it is a link to `annex/b.csv`, which is not there"],
    );
}

/// Whoever runs the tests may be allowed to read everything.
#[test]
fn permission() {
    let error = LookError::reading(Path::new("data/x.csv"), std::io::ErrorKind::PermissionDenied.into());
    expect!["cannot read `data/x.csv`: permission denied; let this user read it"].assert_eq(&error.to_string());
}

#[test]
fn a_file_that_keeps_changing() {
    let mut world = World::settled();
    world.write("log", "");
    let path = world.path("log");
    world.looker.clock = Box::new(move || {
        let longer = std::fs::read_to_string(&path).unwrap() + "line\n";
        std::fs::write(&path, longer).unwrap();
        None
    });
    check(
        &world,
        &world.file("log"),
        expect!["cannot read `../log`: it keeps changing; wait until whoever writes it has finished"],
    );
}

#[test]
fn patterns() {
    let world = World::settled();
    check(&world, &world.glob("in/[a.csv"), expect!["the pattern `../in/[a.csv` is wrong: invalid range pattern"]);
    check(
        &world,
        &world.glob("in/a**"),
        expect!["the pattern `../in/a**` is wrong: recursive wildcards must form a single path component"],
    );
    check(
        &world,
        &world.glob("in/*/"),
        expect![
            "the pattern `../in/*/` is wrong: it ends in a separator and would match folders only; add `*` or `**`"
        ],
    );
    check(&world, &Source::Glob { pattern: String::new() }, expect!["the pattern `` is wrong: it is empty"]);
}

#[cfg(target_os = "linux")]
#[test]
fn matches_that_are_not_unicode() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let world = World::settled();
    world.write("in/a.csv", "");
    std::fs::write(world.path("in").join(OsStr::from_bytes(b"\xff.csv")), "").unwrap();
    check(
        &world,
        &world.glob("in/*.csv"),
        expect!["`�.csv` matches `../in/*.csv`, but its name is not Unicode; rename it or use `source::folder`"],
    );
    world.look(&world.glob("in/a*"));
}

#[test]
fn variables() {
    let mut world = World::settled();
    world.set_environment(&[]);
    check(
        &world,
        &Source::Env { name: "REGION".into(), default: None },
        expect!["the environment variable `REGION` is not set; set it or use `source::env_or`"],
    );
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        world.looker.environment = Box::new(|_| Some(std::ffi::OsString::from_vec(vec![255])));
        check(
            &world,
            &Source::Env { name: "REGION".into(), default: None },
            expect!["the environment variable `REGION` is not Unicode"],
        );
    }
}

#[test]
fn programs() {
    let mut world = World::settled();
    let tool = |name: &str| Source::Tool { name: name.into() };
    world.set_environment(&[]);
    check(
        &world,
        &tool("vips"),
        expect![
            "cannot find the program `vips`: the environment variable `PATH` is not set; set it or give the program's path"
        ],
    );
    world.set_environment(&[("PATH", "/nowhere/bin")]);
    check(
        &world,
        &tool("vips"),
        expect![
            "cannot find the program `vips`: it is in no folder of `PATH`, which is `/nowhere/bin`; install it or give its path"
        ],
    );
    check(&world, &tool(""), expect!["cannot find the program ``: its name is empty"]);
    check(
        &world,
        &tool(world.path("vips").to_str().unwrap()),
        expect![
            "cannot find the program `../vips`: there is no such file; correct the path or give just the program's name"
        ],
    );
    world.write("text/vips", "");
    #[cfg(unix)]
    check(
        &world,
        &tool(world.path("text/vips").to_str().unwrap()),
        expect!["cannot find the program `../text/vips`: it is no file that may be executed; try `chmod +x`"],
    );
}

#[test]
fn probes() {
    let world = World::settled();
    let probe = |ttl, probe| {
        let ttl = Duration::from_secs(ttl);
        Source::Probe { name: "version".into(), ttl, probe, value_type: ValueType::serde::<u32>() }
    };
    for ttl in [0, 60] {
        assert_eq!(world.error(&probe(ttl, Box::new(|| Err("no answer".into())))), "no answer");
        let panics = Box::new(|| std::panic::panic_any("out of cheese"));
        assert_eq!(world.error(&probe(ttl, panics)), "panicked: out of cheese");
    }
}
