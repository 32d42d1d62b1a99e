//! Why the last run did what it did, from what is on record.

use crate::support::{call_with, check_with, scrubbed};
use expect_test::{Expect, expect};
use mamo::{Graph, Node, NodeCtx, Persist, node, source};
use std::path::Path;

#[node]
fn load(x: u32) -> u32 {
    x + 1
}

#[node(outputs(hundreds, odd))]
fn split(x: u32) -> (u32, u32) {
    (x / 100, x % 2)
}

#[node]
fn high(ctx: &NodeCtx, x: u32) -> Result<String, String> {
    ctx.log("high");
    if x == 13 { Err("thirteen".into()) } else { Ok("high ".repeat(400_000) + &x.to_string()) }
}

#[node]
fn report(high: &str, by: u32) -> usize {
    high.len() * usize::try_from(by).unwrap()
}

fn pipeline(x: u32, by: u32) -> impl Fn(&Graph) -> mamo::Result<Node<usize>> {
    move |g| {
        let x = g.add(source::param("x", x));
        let by = g.add(source::param("by", by));
        let (hundreds, _) = g.add(split::node(g.add(load::node(x).persist(Persist::Always))));
        let report = g.add(report::node(g.add(high::node(hundreds).persist(Persist::Always)), by));
        g.target("report", report);
        Ok(report)
    }
}

fn run(store: &Path, x: u32, by: u32, args: &str) {
    let (code, _, told) = call_with(store, pipeline(x, by), &format!("run -q {args}"));
    assert!(code < 2, "{told}");
}

/// For people, and with `--json` for programs; of the pipeline and without it.
#[track_caller]
fn check(store: &Path, args: &str, text: Expect, json: Expect) {
    check_with(store, pipeline(1, 1), args, 0, text);
    check_with(store, pipeline(1, 1), &format!("{args} --json"), 0, json);
}

#[test]
fn what_was_different_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    check_with(
        store,
        pipeline(1, 1),
        "why --last",
        2,
        expect![[r#"
        error: there is no run `last`: _ are on record
          hint: `runs` lists them; `last` is the newest, `last-1` the one before
    "#]],
    );
    run(store, 300, 1, "");
    check_with(
        store,
        pipeline(1, 1),
        "why --last",
        0,
        expect![[r#"
            run _, _ ago: _ executed of _ nodes in _
            what it did:
              load  executed in _: it was new
              split  executed in _: it was new
              high  executed in _: it was new
              report  executed in _: it was new
        "#]],
    );
    // Another value of a parameter, which `split` makes the same of.
    run(store, 320, 2, "");
    check(
        store,
        "why --last",
        expect![[r#"
            run _, _ ago: _ executed, _ cut off of _ nodes in _
            what was different:
              param:x  is another value: _ -> _
              param:by  is another value: _ -> _
            what it did:
              load  executed in _: of param:x
              split  executed in _: of param:x
              high  cut off: its inputs were known: of param:x
              report  executed in _: of param:x, param:by
        "#]],
        expect![[r#"
            {"schema":"mamo.why_run/1","run":{"id":"_","at_ms":_,"took_ms":_,"executable":"_","restarts":_,"counts":{"executed":_,"cut_off":_,"fresh":_,"not_needed":_,"failed":_,"skipped":_},"costs":{"estimated_ms":_,"spent_ms":_,"executed_ms":_,"saving_ms":_,"loading_ms":_,"executions":_,"loads":_,"hits":_,"unknown":_}},"causes":[{"node":"param:x","change":"value","from":"300","to":"320","function":null,"items":[]},{"node":"param:by","change":"value","from":"1","to":"2","function":null,"items":[]}],"nodes":[{"node":"load","ended":"executed","forced":false,"took_ms":_,"message":null,"value":"_","reason":"changed","since_ms":_,"causes":[{"node":"param:x","change":"value","from":"300","to":"320","function":null,"items":[]}],"evicted_ms":null},{"node":"split","ended":"executed","forced":false,"took_ms":_,"message":null,"value":"_","reason":"changed","since_ms":_,"causes":[{"node":"param:x","change":"value","from":"300","to":"320","function":null,"items":[]}],"evicted_ms":null},{"node":"high","ended":"cut_off","forced":false,"took_ms":null,"message":null,"value":"_","reason":"changed","since_ms":_,"causes":[{"node":"param:x","change":"value","from":"300","to":"320","function":null,"items":[]}],"evicted_ms":null},{"node":"report","ended":"executed","forced":false,"took_ms":_,"message":null,"value":"_","reason":"changed","since_ms":_,"causes":[{"node":"param:x","change":"value","from":"300","to":"320","function":null,"items":[]},{"node":"param:by","change":"value","from":"1","to":"2","function":null,"items":[]}],"evicted_ms":null}]}
        "#]],
    );
    check(
        store,
        "why --last report",
        expect![[r#"
            report: executed in _
            compared with the run that ended just now:
              param:x  is another value: _ -> _
              param:by  is another value: _ -> _
        "#]],
        expect![[r#"
            {"schema":"mamo.why_run_node/1","node":"report","ended":"executed","forced":false,"took_ms":_,"message":null,"value":"_","reason":"changed","since_ms":_,"causes":[{"node":"param:x","change":"value","from":"300","to":"320","function":null,"items":[]},{"node":"param:by","change":"value","from":"1","to":"2","function":null,"items":[]}],"evicted_ms":null}
        "#]],
    );
    check_with(
        store,
        pipeline(1, 1),
        "why --last high",
        0,
        expect![[r#"
            high: cut off: its inputs were known
            compared with the run that ended just now:
              param:x  is another value: _ -> _
        "#]],
    );
    check_with(
        store,
        pipeline(1, 1),
        "why --last param:x",
        0,
        expect![[r#"
        param:x: nothing on record
          (sources leave none, nor values that are never saved or rest on a settled failure)
        compared with the run that ended just now:
          param:x  is another value: _ -> _
    "#]],
    );
    check_with(
        store,
        pipeline(1, 1),
        "why --last hihg",
        2,
        expect![[r#"
        error: there was no node `hihg` in that run, or no target needed it
          hint: `run show --all` lists the nodes of a run
    "#]],
    );
    run(store, 320, 2, "");
    check_with(
        store,
        pipeline(1, 1),
        "why --last",
        0,
        expect![[r#"
            run _, _ ago: _ executed of _ nodes in _
            it had nothing to do
        "#]],
    );
}

#[test]
fn what_was_forced_failed_or_gone_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    run(store, 300, 1, "");
    run(store, 300, 1, "--force high");
    check(
        store,
        "why --last",
        expect![[r#"
            run _, _ ago: _ executed of _ nodes in _
            what it did:
              high  executed in _: somebody wanted it
        "#]],
        expect![[r#"
            {"schema":"mamo.why_run/1","run":{"id":"_","at_ms":_,"took_ms":_,"executable":"_","restarts":_,"counts":{"executed":_,"cut_off":_,"fresh":_,"not_needed":_,"failed":_,"skipped":_},"costs":{"estimated_ms":_,"spent_ms":_,"executed_ms":_,"saving_ms":_,"loading_ms":_,"executions":_,"loads":_,"hits":_,"unknown":_}},"causes":[],"nodes":[{"node":"high","ended":"executed","forced":true,"took_ms":_,"message":null,"value":"_","reason":"forced","since_ms":_,"causes":[],"evicted_ms":null}]}
        "#]],
    );
    check_with(
        store,
        pipeline(1, 1),
        "run show",
        0,
        expect![[r#"
            run _, _ ago: _ executed of _ nodes in _
            by program _
              high  executed in _, since somebody wanted it
            _ nodes of which nothing was executed; `--all` lists them
        "#]],
    );
    run(store, 1300, 1, "");
    check_with(
        store,
        pipeline(1, 1),
        "why --last",
        0,
        expect![[r#"
            run _, _ ago: _ executed, _ failed, _ skipped of _ nodes in _
            what was different:
              param:x  is another value: _ -> _
            what it did:
              high  failed: thirteen
              load  executed in _: of param:x
              split  executed in _: of param:x
        "#]],
    );
    run(store, 1300, 1, "");
    check_with(
        store,
        pipeline(1, 1),
        "why --last high",
        0,
        expect![[r#"
        high: failed: thirteen
        it is what it was in the run that ended just now, and had no value then
    "#]],
    );
}

#[test]
fn what_went_for_room_is_told_with_its_date() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    run(store, 300, 1, "");
    let (code, _, told) = call_with(store, pipeline(1, 1), "gc --max-size 1MiB");
    assert!(code == 0 || code == 5, "{told}");
    let (_, text, _) = call_with(store, pipeline(300, 2), "why high");
    expect![[r#"
        high: fresh
        last run, just now: executed in _
        no earlier run in which it was something else
    "#]]
    .assert_eq(&scrubbed(&text));
    run(store, 300, 2, "");
    check_with(
        store,
        pipeline(1, 1),
        "why --last high",
        0,
        expect![[r#"
            high: executed in _
            it is what it was in the run that ended just now; its bytes went just now to save room
        "#]],
    );
}

#[test]
fn a_run_that_left_stale_nodes_is_no_measure_for_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    run(store, 300, 1, "");
    run(store, 420, 1, "--missing-only");
    run(store, 420, 1, "");
    check_with(
        store,
        pipeline(1, 1),
        "why --last",
        0,
        expect![[r#"
            run _, _ ago: _ executed of _ nodes in _
            what was different:
              param:x  is another value: _ -> _
            what it did:
              load  executed in _: of param:x
              split  executed in _: of param:x
              high  executed in _: of param:x
              report  executed in _: of param:x
        "#]],
    );
}

#[test]
fn what_gave_something_else_when_it_was_forced_was_executed() {
    #[node]
    fn dice(x: u32) -> u32 {
        static DICE: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
        x + DICE.fetch_add(1, std::sync::atomic::Ordering::SeqCst)
    }
    let dice = |g: &Graph| Ok(g.add(dice::node(g.value(1))));
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    check_with(store, dice, "run -q", 0, expect![]);
    check_with(
        store,
        dice,
        "run --force dice --progress off",
        0,
        expect![[r#"
        warning: the run starts over: node `dice` was executed again and gave another value than before
        done in _: _ executed, _ fresh; _ restart
    "#]],
    );
    check_with(
        store,
        dice,
        "why dice",
        0,
        expect![[r#"
        dice: fresh
        last run, just now: executed in _, since somebody wanted it
        no earlier run in which it was something else
    "#]],
    );
}
