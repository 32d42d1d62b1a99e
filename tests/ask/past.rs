//! Questions about runs that are over.

use crate::support::{call, check};
use expect_test::expect;
use mamo::cli::{Invocation, exit_codes};
use mamo::{Graph, Node, node, source};

#[test]
fn runs_are_listed_shown_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    check(
        store,
        "runs",
        exit_codes::DONE,
        expect![[r#"
        no run is on record
    "#]],
    );
    check(
        store,
        "run show",
        exit_codes::USAGE,
        expect![[r#"
        error: there is no run `last`: _ are on record
          hint: `runs` lists them; `last` is the newest, `last-1` the one before
    "#]],
    );
    for rows in [1000, 500, 500] {
        call(store, rows, "--quiet");
    }
    check(
        store,
        "runs",
        exit_codes::DONE,
        expect![[r#"
            _  _ ago  _ executed of _ nodes in _
            _  _ ago  _ executed of _ nodes in _
            _  _ ago  _ executed of _ nodes in _
        "#]],
    );
    check(
        store,
        "runs --number 1",
        exit_codes::DONE,
        expect![[r#"
        _  _ ago  _ executed of _ nodes in _
        and _ runs before them; `--number` lists more
    "#]],
    );
    check(
        store,
        "run show",
        exit_codes::DONE,
        expect![[r#"
        run _, _ ago: _ executed of _ nodes in _
        _ nodes of which nothing was executed; `--all` lists them
    "#]],
    );
    check(
        store,
        "run show last-1",
        exit_codes::DONE,
        expect![[r#"
        run _, _ ago: _ executed of _ nodes in _
        by program _
          sum  executed in _
          table  executed in _
        _ node of which nothing was executed; `--all` lists them
    "#]],
    );
    check(
        store,
        "run show last-1 --all",
        exit_codes::DONE,
        expect![[r#"
        run _, _ ago: _ executed of _ nodes in _
        by program _
          param:rows  nothing on record
          sum  executed in _
          table  executed in _
    "#]],
    );
    check(
        store,
        "run show last-1 --json",
        exit_codes::DONE,
        expect![[r#"
            {"schema":"mamo.past_run/1","run":{"id":"_","at_ms":_,"took_ms":_,"executable":"_","restarts":_,"counts":{"executed":_,"cut_off":_,"fresh":_,"not_needed":_,"failed":_,"skipped":_},"costs":{"estimated_ms":_,"spent_ms":_,"executed_ms":_,"saving_ms":_,"loading_ms":_,"executions":_,"loads":_,"hits":_,"unknown":_}},"nodes":[{"node":"param:rows","ended":"no_record","forced":false,"took_ms":null,"message":null,"value":null},{"node":"sum","ended":"executed","forced":false,"took_ms":_,"message":null,"value":"_"},{"node":"table","ended":"executed","forced":false,"took_ms":_,"message":null,"value":"_"}]}
        "#]],
    );
    check(
        store,
        "diff",
        exit_codes::DONE,
        expect![[r#"
        from run _ (_ ago) to _ (_ ago)
        all nodes are the same
    "#]],
    );
    check(
        store,
        "diff last-2 last",
        exit_codes::DONE,
        expect![[r#"
            from run _ (_ ago) to _ (_ ago)
            changed:
              param:rows  is another value: _ -> _
            others because of these: sum, table
        "#]],
    );
    check(
        store,
        "diff last-2 last --json",
        exit_codes::DONE,
        expect![[r#"
            {"schema":"mamo.diff/1","earlier":{"id":"_","at_ms":_,"took_ms":_,"executable":"_","restarts":_,"counts":{"executed":_,"cut_off":_,"fresh":_,"not_needed":_,"failed":_,"skipped":_},"costs":{"estimated_ms":_,"spent_ms":_,"executed_ms":_,"saving_ms":_,"loading_ms":_,"executions":_,"loads":_,"hits":_,"unknown":_}},"later":{"id":"_","at_ms":_,"took_ms":_,"executable":null,"restarts":_,"counts":{"executed":_,"cut_off":_,"fresh":_,"not_needed":_,"failed":_,"skipped":_},"costs":{"estimated_ms":_,"spent_ms":_,"executed_ms":_,"saving_ms":_,"loading_ms":_,"executions":_,"loads":_,"hits":_,"unknown":_}},"removed":[],"added":[],"causes":[{"node":"param:rows","change":"value","from":"1000","to":"500","function":null,"items":[]}],"followed":["sum","table"],"same_value":[]}
        "#]],
    );
    check(
        store,
        "diff last-9",
        exit_codes::USAGE,
        expect![[r#"
        error: there is no run `last-9`: _ are on record
          hint: `runs` lists them; `last` is the newest, `last-1` the one before
    "#]],
    );
    check(
        store,
        "run show 12zz",
        exit_codes::USAGE,
        expect![[r#"
        error: there is no run `12zz`
          hint: `runs` lists them; `last` is the newest, `last-1` the one before
    "#]],
    );
    check(
        store,
        "runs --json -n1",
        exit_codes::DONE,
        expect![[r#"
        {"schema":"mamo.runs/1","runs":[{"id":"_","at_ms":_,"took_ms":_,"executable":null,"restarts":_,"counts":{"executed":_,"cut_off":_,"fresh":_,"not_needed":_,"failed":_,"skipped":_},"costs":{"estimated_ms":_,"spent_ms":_,"executed_ms":_,"saving_ms":_,"loading_ms":_,"executions":_,"loads":_,"hits":_,"unknown":_}}]}
    "#]],
    );
}

#[node]
fn length(text: &str, scale: usize) -> usize {
    text.len() * scale
}

#[node]
fn half(length: usize) -> Result<usize, String> {
    if length.is_multiple_of(2) { Ok(length / 2) } else { Err(format!("{length} is odd")) }
}

#[node]
fn shown(half: usize) -> String {
    format!("{half}")
}

/// What a run of a graph that may have other nodes gives.
fn run(store: &std::path::Path, text: &str, scale: usize, is_shown: bool) {
    let pipeline = |g: &Graph| -> mamo::Result<Node<usize>> {
        let text = g.add(source::param("text", text.to_owned()));
        let scale = g.add(source::param("scale", scale));
        let half = g.add(half::node(g.add(length::node(text, scale))));
        g.target("half", half);
        if is_shown {
            g.target("shown", g.add(shown::node(half)));
        }
        Ok(half)
    };
    Invocation::new(["app", "--quiet"], std::io::sink(), std::io::sink()).env("MAMO_STORE", store).run(pipeline);
}

#[test]
fn what_changed_is_told_apart_from_what_follows() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    run(store, "four", 1, false);
    // Another text of the same length: what is below is cut off.
    run(store, "five", 1, true);
    check(
        store,
        "diff",
        exit_codes::DONE,
        expect![[r#"
            from run _ (_ ago) to _ (_ ago)
            only in the later one: shown
            changed:
              param:text  is another value: four -> five
            others because of these: half, length
            with the same value all the same: half, length
        "#]],
    );
    check(
        store,
        "run show --all",
        exit_codes::DONE,
        expect![[r#"
        run _, _ ago: _ executed, _ cut off of _ nodes in _
        by program _
          half  cut off: its inputs were known
          length  executed in _
          param:scale  nothing on record
          param:text  nothing on record
          shown  executed in _
    "#]],
    );
    run(store, "odd", 1, true);
    check(
        store,
        "diff",
        exit_codes::DONE,
        expect![[r#"
            from run _ (_ ago) to _ (_ ago)
            changed:
              param:text  is another value: five -> odd
            others because of these: half, length, shown
        "#]],
    );
    check(
        store,
        "run show",
        exit_codes::DONE,
        expect![[r#"
            run _, _ ago: _ executed, _ failed, _ skipped of _ nodes in _
            by program _
              half  failed: _ is odd
              length  executed in _
            _ nodes of which nothing was executed; `--all` lists them
        "#]],
    );
    check(
        store,
        "runs",
        exit_codes::DONE,
        expect![[r#"
            _  _ ago  _ executed, _ failed, _ skipped of _ nodes in _
            _  _ ago  _ executed, _ cut off of _ nodes in _
            _  _ ago  _ executed of _ nodes in _
        "#]],
    );
}
