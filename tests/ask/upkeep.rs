//! Commands that keep the store in order.

use crate::support::{call, check};
use expect_test::expect;
use mamo::cli::exit_codes;

#[test]
fn names_are_given_listed_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    check(
        store,
        "tag first table",
        exit_codes::USAGE,
        expect![[r#"
            error: node `table` has no value on record at its present code and inputs
              hint: run it first; sources and constants are not tagged
        "#]],
    );
    call(store, 500, "--quiet");
    check(
        store,
        "tag first sum table",
        exit_codes::DONE,
        expect![[r#"
        tagged `first`: sum (_)
        tagged `first`: table (_)
    "#]],
    );
    check(
        store,
        "pin table",
        exit_codes::DONE,
        expect![[r#"
        pinned: table (_)
    "#]],
    );
    check(
        store,
        "tags",
        exit_codes::DONE,
        expect![[r#"
            first  sum  (_, _ ago)
            first  table  (_, _ ago)
            (pinned)  table  (_, _ ago)
        "#]],
    );
    check(
        store,
        "tags sum",
        exit_codes::DONE,
        expect![[r#"
        first  sum  (_, _ ago)
    "#]],
    );
    check(
        store,
        "tags --json first",
        exit_codes::DONE,
        expect![[r#"
        {"schema":"mamo.tags/1","tags":[{"tag":"first","node":"sum","value":"_","at_ms":_},{"tag":"first","node":"table","value":"_","at_ms":_}]}
    "#]],
    );
    check(
        store,
        "forget table",
        exit_codes::OTHER,
        expect![[r#"
            error: node `sum` is tagged `first` and would be forgotten, or rests on what would
              hint: `untag first sum` first
        "#]],
    );
    check(
        store,
        "untag first",
        exit_codes::DONE,
        expect![[r#"
        no longer tagged `first`: sum (_)
        no longer tagged `first`: table (_)
    "#]],
    );
    check(
        store,
        "untag first",
        exit_codes::USAGE,
        expect![[r#"
            error: there is no tag `first`
              hint: `tags` lists what was tagged and pinned
        "#]],
    );
    check(
        store,
        "unpin",
        exit_codes::DONE,
        expect![[r#"
        no longer pinned: table (_)
    "#]],
    );
    check(
        store,
        "forget table",
        exit_codes::DONE,
        expect![[r#"
        table: forgot _ version
    "#]],
    );
    check(
        store,
        "forget --downstream table",
        exit_codes::DONE,
        expect![[r#"
        table: there was nothing to forget
    "#]],
    );
}

#[test]
fn garbage_is_collected_and_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    for rows in [2_000, 1_000, 500] {
        call(store, rows, "--quiet");
    }
    check(
        store,
        "gc --keep-runs 1 --dry-run",
        exit_codes::DONE,
        expect![[r#"
        not needed by what is kept: _ records and _ blobs (_) would go
        the store holds _, and would hold _
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
        "gc",
        exit_codes::DONE,
        expect![[r#"
            nothing is there that no kept run needs
            the store holds _ -> _; on disk _ -> _
        "#]],
    );
    let (code, text, _) = call(store, 500, "plan --json");
    assert!(code == exit_codes::DONE && text.contains("\"fresh\":1"), "{text}");
    check(
        store,
        "gc --max-size 1B --json",
        exit_codes::OTHER,
        expect![[r#"
        {"schema":"mamo.gc/1","dry_run":false,"within":false,"records":_,"blobs":_,"blob_bytes":_,"tagged_bytes":_,"freed_bytes":_,"evicted":[],"before":{"records":_,"record_bytes":_,"blobs":_,"blob_bytes":_,"disk_bytes":_},"after":{"records":_,"record_bytes":_,"blobs":_,"blob_bytes":_,"disk_bytes":_}}
    "#]],
    );
    check(
        store,
        "gc --max-age soon",
        exit_codes::USAGE,
        expect![[r#"
        error: invalid value 'soon' for '--max-age <AGE>': an age is written as `30d`, `12h`, `90min` or `45s`

        For more information, try '--help'.
    "#]],
    );
    check(
        store,
        "flush",
        exit_codes::USAGE,
        expect![[r#"
        error: the following required arguments were not provided:
          --yes

        Usage: app flush --yes

        For more information, try '--help'.
    "#]],
    );
    check(
        store,
        "flush --yes",
        exit_codes::DONE,
        expect![[r#"
        forgot all that is not tagged or pinned: _
    "#]],
    );
}

#[test]
fn every_byte_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    call(store, 500_000, "--quiet");
    check(
        store,
        "verify",
        exit_codes::DONE,
        expect![[r#"
        read _ records and _ blob (_)
        all of it is sound
    "#]],
    );
    let objects = std::fs::read_dir(store.join("objects")).unwrap().map(|shard| shard.unwrap().path());
    let object = objects.flat_map(|shard| std::fs::read_dir(shard).unwrap()).next().unwrap().unwrap().path();
    std::fs::remove_file(&object).unwrap();
    std::fs::write(&object, vec![9; 2 << 20]).unwrap();
    check(
        store,
        "verify",
        exit_codes::STORE,
        expect![[r#"
        read _ records and _ blob (_)
        _ value without all their bytes: evicted or lost, made again when needed
        damaged: _ broken blob; `repair` takes it away, so that it is made again
    "#]],
    );
    check(
        store,
        "repair --json",
        exit_codes::DONE,
        expect![[r#"
        {"schema":"mamo.verify/1","sound":true,"records":_,"blobs":_,"bytes":_,"broken_records":_,"broken_blobs":_,"orphans":_,"without_bytes":_}
    "#]],
    );
}

#[test]
fn json_is_documented() {
    let docs = include_str!("../../docs/json.md");
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    call(store, 500, "--quiet");
    for args in [
        "runs",
        "run show",
        "diff last last",
        "pin sum",
        "tags",
        "gc --dry-run",
        "export -o FILE",
        "import FILE",
        "verify",
        "forget nothing",
        "unpin",
        "forget sum",
        "flush --yes",
    ] {
        let args = args.replace("FILE", store.join("values.mamo").to_str().unwrap());
        let (_, text, _) = call(store, 500, &format!("{args} --json"));
        let object: serde_json::Value = serde_json::from_str(&text).unwrap();
        for key in object.as_object().unwrap().keys() {
            assert!(docs.contains(&format!("`{key}`")), "docs/json.md does not explain `{key}` of {args}");
        }
        assert!(docs.contains(object["schema"].as_str().unwrap()), "{args}");
    }
}

#[test]
fn what_a_program_made_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    assert_eq!(call(store, 500, "run -q").0, 0);
    let program = std::env::current_exe().unwrap();
    let program = program.to_str().unwrap();
    check(
        store,
        &format!("revoke --dry-run --exe {program}"),
        0,
        expect![[r#"
        of program _ in _ run: _ computations and _ records would be taken back
    "#]],
    );
    let (code, json, _) = call(store, 500, &format!("revoke --json --exe {program}"));
    let rest = r#""],"runs":1,"unfinished_runs":0,"computations":2,"records":2}"#;
    assert!(json.starts_with(r#"{"schema":"mamo.revoke/1","dry_run":false,"executables":[""#), "{json}");
    assert!(code == 0 && json.trim_end().ends_with(rest), "{json}");
    check(
        store,
        "revoke --exe 0123456789",
        2,
        expect![[r#"
        error: no run on record was of a program `0123456789`
          hint: `run show RUN` names a run's program; _ digits of its digest do, or its file
    "#]],
    );
    check(
        store,
        "run --progress off",
        0,
        expect![[r#"
        done in _: _ executed, _ fresh
    "#]],
    );
}
