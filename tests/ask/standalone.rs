//! The program `mamo`: commands for which a store is enough, in a process of its own.

use crate::support::{call, call_with, scrubbed};
use expect_test::{Expect, expect};
use mamo::cli::exit_codes;
use mamo::{Graph, NodeCtx, Remark, node};
use std::path::Path;
use std::process::Command;

/// What the program says to some arguments: code, standard output, standard error.
fn mamo(store: &Path, args: &str) -> (u8, String, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_mamo"));
    let program = program.args(args.split_whitespace()).env("MAMO_STORE", store).env_remove("CLICOLOR_FORCE");
    let output = program.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let code = u8::try_from(output.status.code().unwrap()).unwrap();
    (code, text(&output.stdout), text(&output.stderr))
}

#[track_caller]
pub(crate) fn check(store: &Path, args: &str, code: u8, expected: Expect) {
    let (ended, stdout, stderr) = mamo(store, args);
    assert_eq!(ended, code, "{stdout}{stderr}");
    expected.assert_eq(&timeless(&format!("{stdout}{stderr}")).replace(store.to_str().unwrap(), "STORE"));
}

/// However long ago it was.
fn timeless(text: &str) -> String {
    scrubbed(text).replace("just now", "_ ago").replace("_ min _ ago", "_ ago")
}

/// It says what the pipeline's own program says.
#[test]
fn a_store_is_enough_for_what_is_over_and_for_its_upkeep() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    for rows in [2000, 1000, 500] {
        call(store, rows, "--quiet");
    }
    call(store, 500, "tag first table");
    call(store, 500, "pin sum");
    for args in [
        "runs",
        "runs --number 1 --json",
        "run show last-1 --all",
        "run show --json",
        "diff last-2 last",
        "diff --json",
        "stats",
        "stats --json",
        "tags",
        "tags --json",
        "accepted",
        "accepted --json",
        "log table",
        "log table --json",
        "verify",
        "gc --dry-run --keep-runs 1",
        "run show last-9",
        "untag nothing",
        "gc --max-age soon",
        "--color sometimes runs",
    ] {
        let (own, of_pipeline) = (mamo(store, args), call(store, 500, args));
        assert_eq!(own.0, of_pipeline.0, "{args}: {own:?}");
        let shown = |(_, stdout, stderr): &(u8, String, String)| timeless(&format!("{stdout}{stderr}"));
        assert_eq!(shown(&own), shown(&of_pipeline).replace("app", "mamo"), "{args}");
    }
    check(
        store,
        "untag first",
        exit_codes::DONE,
        expect![[r#"
        no longer tagged `first`: table (_)
    "#]],
    );
    check(
        store,
        "unpin",
        exit_codes::DONE,
        expect![[r#"
        no longer pinned: sum (_)
    "#]],
    );
    check(
        store,
        "gc --keep-runs 1",
        exit_codes::DONE,
        expect![[r#"
        not needed by what is kept: _ records and _ blobs (_) went
        the store holds _ -> _; on disk _ -> _
    "#]],
    );
    check(
        store,
        "repair",
        exit_codes::DONE,
        expect![[r#"
        read _ records and _ blob (_)
        all of it is sound
    "#]],
    );
    let (_, text, _) = call(store, 500, "assert-plan --nothing-stale");
    assert_eq!(text, "as expected: nothing would run\n");
    check(
        store,
        "flush --yes",
        exit_codes::DONE,
        expect![[r#"
        forgot all that is not tagged or pinned: _
    "#]],
    );
    check(
        store,
        "runs",
        exit_codes::DONE,
        expect![[r#"
        no run is on record
    "#]],
    );
}

#[node]
fn speaks(ctx: &NodeCtx, n: u32) -> u32 {
    ctx.log("three words here");
    n
}

#[node(version = 1)]
fn first(x: u32) -> u32 {
    x
}

#[test]
fn logs_and_acceptances_are_read_without_the_pipeline() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    let speaking = |g: &Graph| Ok(g.add(speaks::node(g.add(mamo::source::param("n", 7_u32)))));
    call_with(store, speaking, "--quiet");
    check(
        store,
        "log speaks",
        exit_codes::DONE,
        expect![[r#"
            speaks: ended _ ago
              _  three words here
        "#]],
    );
    check(
        store,
        "log other",
        exit_codes::DONE,
        expect![[r#"
        other said nothing in any run
    "#]],
    );
    let versioned = |version: usize| {
        move |g: &Graph| {
            let x = g.value(1);
            Ok(g.add(if version == 1 { first::node(x) } else { second(x) }.name("up")))
        }
    };
    call_with(store, versioned(1), "--quiet");
    {
        let graph = Graph::build(versioned(2)).unwrap().0;
        let engine = mamo::Engine::open(store).unwrap();
        engine.accept(&graph, &["up"], &Remark::by("ann").because("the same")).unwrap();
    }
    check(
        store,
        "accepted",
        exit_codes::DONE,
        expect![[r#"
            up  _ instead of _, accepted by ann _ ago: the same
        "#]],
    );
}

fn second(x: mamo::Node<u32>) -> mamo::Spec<u32> {
    #[node(version = 2)]
    fn first(x: u32) -> u32 {
        x + 1
    }
    first::node(x)
}

#[test]
fn a_file_is_imported_into_a_new_store() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    let file = folder.path().join("sum.mamo");
    call(&here, 500, "--quiet");
    call(&here, 500, &format!("export -o {}", file.display()));
    check(
        &there,
        &format!("import {}", file.display()),
        exit_codes::DONE,
        expect![[r#"
        imported: sum (_)
        added _ records and _ blob (_)
    "#]],
    );
    let (_, text, _) = call(&there, 500, "assert-plan --nothing-stale");
    assert_eq!(text, "as expected: nothing would run\n");
}

#[test]
fn a_closed_standard_output_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    call(store, 2000, "--quiet");
    for args in [
        "runs",
        "runs --json",
        "run show",
        "stats",
        "diff last last --json",
        "why --last",
        "show table",
        "log table",
        "tag good table",
        "tags --json",
        "untag good",
        "gc --dry-run",
        "verify",
        "show nothing",
        "show nothing --json",
        "plan --json",
        "--help",
    ] {
        let (code, _, stderr) = mamo(store, args);
        let (closed_code, closed_stderr) = mamo_into_closed_pipe(store, args);
        // The tag was given and taken back by the first call.
        if args != "untag good" {
            assert_eq!((closed_code, closed_stderr.as_str()), (code, stderr.as_str()), "{args}");
        }
        assert!(!closed_stderr.contains("standard output"), "{args}: {closed_stderr}");
    }
}

/// As [`mamo`], when nobody reads standard output from the beginning.
fn mamo_into_closed_pipe(store: &Path, args: &str) -> (u8, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut program = Command::new(env!("CARGO_BIN_EXE_mamo"));
    let program = program.args(args.split_whitespace()).env("MAMO_STORE", store).env_remove("CLICOLOR_FORCE");
    let output =
        program.stdout(writer).stderr(std::process::Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    (u8::try_from(output.status.code().unwrap()).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A disk that is full is another matter than a reader that went away.
#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    call(folder.path(), 2000, "--quiet");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_mamo"));
    let program = program.arg("runs").env("MAMO_STORE", folder.path()).stdout(full);
    let output = program.output().unwrap();
    assert_eq!(output.status.code(), Some(i32::from(exit_codes::OTHER)));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("error: cannot write to standard output"));
}

#[test]
fn what_needs_the_pipeline_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    for args in [
        "run",
        "run sum",
        "watch",
        "plan",
        "plan sum --all",
        "plan --code",
        "assert-plan --nothing-stale",
        "status",
        "ls up:sum",
        "impact table",
        "why sum",
        "replay sum",
        "audit",
        "accept sum",
        "unaccept sum",
        "export sum -o file",
    ] {
        let (code, stdout, stderr) = mamo(&store, args);
        let mut name = args.split(' ').next().unwrap().replace("ls", "status");
        if args == "plan --code" {
            name = args.to_owned();
        }
        assert_eq!((code, stdout.as_str()), (exit_codes::USAGE, ""), "{args}: {stderr}");
        let told = format!("error: `{name}` needs the pipeline: use the pipeline's own program");
        assert!(stderr.starts_with(&told), "{args}: {stderr}");
    }
    check(
        &store,
        "plan --json",
        exit_codes::USAGE,
        expect![[r#"
        {"schema":"mamo.error/1","kind":"usage","message":"`plan` needs the pipeline: use the pipeline's own program","node":null,"causes":[],"hint":null}
        error: `plan` needs the pipeline: use the pipeline's own program

        Usage: mamo [OPTIONS] <COMMAND>

        For more information, try '--help'.
    "#]],
    );
    check(
        &store,
        "tgas",
        exit_codes::USAGE,
        expect![[r#"
        error: there is no command `tgas`

        Usage: mamo [OPTIONS] <COMMAND>

        For more information, try '--help'.
    "#]],
    );
    check(
        &store,
        "runs",
        exit_codes::USAGE,
        expect![[r#"
        error: there is no store in `STORE`: `--store` says where it is

        Usage: mamo [OPTIONS] <COMMAND>

        For more information, try '--help'.
    "#]],
    );
    assert!(!store.exists(), "a store that is asked about is not made");
}

#[test]
fn a_store_in_use_and_a_missing_file_have_their_codes() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    let (code, _, stderr) = mamo(store, "import nothing.mamo");
    assert_eq!(code, exit_codes::OTHER);
    assert!(stderr.starts_with("error: cannot read `nothing.mamo`\n  cause: "), "{stderr}");
    let file = store.join("sum.mamo");
    call(store, 500, "--quiet");
    call(store, 500, &format!("export -o {}", file.display()));
    // What is compared must not change before it is taken.
    let import = format!("import {}", file.display());
    let engine = mamo::Engine::open(store).unwrap();
    for args in ["gc", &import] {
        let (code, _, stderr) = mamo(store, args);
        assert_eq!(code, exit_codes::STORE_LOCKED, "{args}: {stderr}");
    }
    drop(engine);
    for args in ["gc", &import] {
        assert_eq!(mamo(store, args).0, exit_codes::DONE, "{args}");
    }
}

#[test]
fn the_help_says_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    check(
        folder.path(),
        "--help",
        exit_codes::DONE,
        expect![[r#"
            Looks after the stores of pipelines, without their programs

            Usage: mamo [OPTIONS] <COMMAND>

            Commands:
              run  Say what a run did with each node: `run show`
              show  Show what is on record of a node's newest value
              stats  Say what the store holds, and what it has been good for
              runs  List the runs that are on record
              diff  Say what is different in one run and another
              why  Say why the last run did what it did: `why --last`
              log  Print what a node said when it ran last
              accepted  List what was accepted, by whom and why
              tag  Name the newest values of nodes, and keep them for good
              untag  Take a name back; the values may go then
              tags  List names and pins, by name or by node
              pin  Keep the newest values of nodes for good
              unpin  Let pinned values go again
              forget  Forget what nodes gave; they run when they are needed next
              flush  Forget all that is not tagged or pinned
              revoke  Take back what a program made that turned out to be wrong
              gc  Take away what nobody needs, by rules that you choose
              import  Take over values that another store exported
              verify  Read every byte of the store, and say what is damaged
              repair  As `verify`, and take away what is damaged

            Options:
              --color <WHEN>  When to colour: auto, always, never [default: auto]
              --json  End standard output with one line of JSON
              -q, --quiet  Say nothing but results, warnings and errors
              --store <DIR>  Folder of the store [default: .mamo]
              --wait <SECONDS>  Wait so long for a store that is in use [default: 0]
              -h, --help  Print help

            All else needs the pipeline, and is a command of the pipeline's own program.

            Results and JSON go to standard output, everything else to standard error.

            Environment:
              MAMO_STORE  as --store
              NO_COLOR, CLICOLOR_FORCE  no colours; colours everywhere

            Exit codes:
              _  done
              _  wrong call: unknown command or option, no store there
              _  another process holds the store
              _  the store cannot be read or written, or has another format
              _  anything else went wrong
        "#]],
    );
    let (code, stdout, stderr) = mamo(folder.path(), "");
    assert_eq!((code, stdout.as_str()), (exit_codes::USAGE, ""));
    assert_eq!(stderr, mamo(folder.path(), "--help").1);
}
