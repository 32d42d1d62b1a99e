//! The program `mamo`: nodes by the names that earlier runs had for them.

use crate::standalone::check;
use crate::support::call;
use expect_test::expect;
use mamo::cli::exit_codes;

#[test]
fn a_node_is_shown_as_far_as_it_is_on_record() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    for rows in [2000, 3] {
        call(store, rows, "--quiet");
    }
    check(
        store,
        "show table",
        exit_codes::DONE,
        expect![[r#"
        table: as in the newest run that had it
          value  [0, _, 4]
          size  _
          made  _ ago by run _, took _
          function  ask::support::table
          code  _
          reads  param:rows
          read by  sum
          fingerprint _
          digest  _
    "#]],
    );
    check(
        store,
        "show table --json",
        exit_codes::DONE,
        expect![[r#"
        {"schema":"mamo.show/1","node":{"node":"table","state":null,"function":"ask::support::table","tags":null,"at_ms":_,"took_ms":_,"bytes":_,"members":null,"failure":null},"place":null,"function_place":null,"code":"_","value_type":null,"persist":null,"barrier":null,"fingerprint":"_","content":"_","value":"_","preview":"[0, _, 4]","inputs":["param:rows"],"readers":["sum"],"run":"_","executable":"_","log":[]}
    "#]],
    );
    check(
        store,
        "show param:rows",
        exit_codes::DONE,
        expect![[r#"
            param:rows: as in the newest run that had it
              value  _
              read by  table
              fingerprint _
        "#]],
    );
    check(
        store,
        "show smu",
        exit_codes::USAGE,
        expect![[r#"
        error: no run on record had a node `smu`
          hint: did you mean `sum`?
    "#]],
    );
}

/// `mamo runs | head -1`: who reads no more has read enough. The code is that of the command, and nothing is said of the pipe.
#[test]
fn the_newest_values_are_tagged_and_pinned() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    for rows in [2000, 1000] {
        call(store, rows, "--quiet");
    }
    check(
        store,
        "tag good table sum",
        exit_codes::DONE,
        expect![[r#"
        tagged `good`: table (_)
        tagged `good`: sum (_)
    "#]],
    );
    check(
        store,
        "pin sum --json",
        exit_codes::DONE,
        expect![[r#"
        {"schema":"mamo.tags/1","tags":[{"tag":null,"node":"sum","value":"_","at_ms":_}]}
    "#]],
    );
    check(
        store,
        "tags",
        exit_codes::DONE,
        expect![[r#"
        good  sum  (_, _ ago)
        good  table  (_, _ ago)
        (pinned)  sum  (_, _ ago)
    "#]],
    );
    check(
        store,
        "tag good param:rows",
        exit_codes::USAGE,
        expect![[r#"
        error: node `param:rows` has no value on record
          hint: run it first; sources and constants are not tagged
    "#]],
    );
    check(
        store,
        "pin sums",
        exit_codes::USAGE,
        expect![[r#"
        error: no run on record had a node `sums`
          hint: did you mean `sum`?
    "#]],
    );
    check(
        store,
        "forget table",
        exit_codes::OTHER,
        expect![[r#"
        error: node `sum` is tagged `good` and would be forgotten, or rests on what would
          hint: `untag good sum` first
    "#]],
    );
    check(
        store,
        "untag good",
        exit_codes::DONE,
        expect![[r#"
        no longer tagged `good`: sum (_)
        no longer tagged `good`: table (_)
    "#]],
    );
    check(
        store,
        "unpin sum",
        exit_codes::DONE,
        expect![[r#"
        no longer pinned: sum (_)
    "#]],
    );
    check(
        store,
        "forget table",
        exit_codes::DONE,
        expect![[r#"
        table: forgot _ versions
    "#]],
    );
}

#[test]
fn nodes_are_forgotten_by_the_names_that_runs_had_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    for rows in [2000, 1000] {
        call(store, rows, "--quiet");
    }
    check(
        store,
        "forget tabel",
        exit_codes::USAGE,
        expect![[r#"
        error: no run on record had a node `tabel`
          hint: did you mean `table`?
    "#]],
    );
    check(
        store,
        "forget table param:rows --downstream",
        exit_codes::DONE,
        expect![[r#"
            table: forgot _ versions
            param:rows: there was nothing to forget
        "#]],
    );
    check(
        store,
        "forget table --json",
        exit_codes::DONE,
        expect![[r#"
            {"schema":"mamo.forget/1","forgotten":[{"node":"table","versions":_}]}
        "#]],
    );
    for rows in [2000, 1000] {
        assert_eq!(call(store, rows, "assert-plan --at-most 1").0, exit_codes::NODE_FAILED, "both are executed");
    }
}
