//! Runs that execute more or less than what is stale, as people and as programs read of them.

use crate::support::{call, check_with, pipeline};
use expect_test::expect;

#[test]
fn older_values_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    assert_eq!(call(store, 300, "run -q").0, 0);
    check_with(
        store,
        pipeline(500),
        "plan --missing-only",
        0,
        expect![[r#"
            _ nodes: nothing to run, _ cut off, _ fresh, _ not needed
              _ stale node keeps an older value: table
        "#]],
    );
    check_with(
        store,
        pipeline(500),
        "plan --depth 0 --json",
        0,
        expect![[r#"
        {"schema":"mamo.plan/1","targets":["sum"],"nodes":_,"states":{"after_barrier":_,"cut_off":_,"failed":_,"fresh":_,"not_needed":_,"run":_,"run_unless_cut_off":_},"estimated_ms":_,"unknown":_,"plan":[{"node":"param:rows","state":"not_needed"},{"node":"table","state":"fresh"},{"node":"sum","state":"cut_off"}],"older_values":[{"node":"table","since_ms":_}]}
    "#]],
    );
    check_with(
        store,
        pipeline(500),
        "run --depth 0",
        0,
        expect![[r#"
        done in _: nothing executed, _ cut off, _ fresh, _ not needed
          _ stale node keeps an older value: table
    "#]],
    );
    let (_, json, _) = call(store, 500, "run --depth 0 --json -q");
    assert!(json.contains(r#""older_values":[{"node":"table","since_ms":1"#), "{json}");
    check_with(
        store,
        pipeline(500),
        "run --depth 9 --progress off",
        0,
        expect![[r#"
        done in _: _ executed, _ fresh
    "#]],
    );
    check_with(
        store,
        pipeline(700),
        "run --missing-only --force table --progress off",
        0,
        expect![[r#"
        done in _: _ executed, _ fresh
          _ stale node keeps an older value: sum
    "#]],
    );
}

#[test]
fn policies_are_for_single_runs() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    check_with(
        store,
        pipeline(500),
        "watch --missing-only",
        2,
        expect![[r#"
            error: `--missing-only` is for single runs

            Usage: app [OPTIONS] [TARGETS]... [COMMAND]

            For more information, try '--help'.
        "#]],
    );
    check_with(
        store,
        pipeline(500),
        "run --missing-only --depth 2",
        2,
        expect![[r#"
        error: the argument '--missing-only' cannot be used with '--depth <N>'

        Usage: app run --missing-only [TARGETS]...

        For more information, try '--help'.
    "#]],
    );
    check_with(
        store,
        pipeline(500),
        "--depth 2 status",
        2,
        expect![[r#"
        error: `--depth` is an option of `run`, not of `status`

        Usage: app [OPTIONS] [TARGETS]... [COMMAND]

        For more information, try '--help'.
    "#]],
    );
}
