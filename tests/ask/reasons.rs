//! Why, accept, log, replay, audit and the list of code, as people and as programs read them.

use crate::support::check_with;
use expect_test::{Expect, expect};
use mamo::{Graph, Node, NodeCtx, Spec, node, source};
use std::path::Path;

type Up = fn(Node<u32>) -> Spec<u32>;

/// Two versions of one function.
fn up(version: u32) -> Up {
    fn first() -> Up {
        #[node(version = 1)]
        fn up(x: u32) -> u32 {
            x + 1
        }
        up::node
    }
    fn second() -> Up {
        #[node(version = 2)]
        fn up(x: u32) -> u32 {
            x + 2
        }
        up::node
    }
    if version == 1 { first() } else { second() }
}

#[node]
fn down(ctx: &NodeCtx, x: u32) -> Result<u32, String> {
    ctx.log(format!("down from {x}"));
    x.checked_sub(10).ok_or_else(|| format!("{x} is below ten"))
}

fn pipeline(version: u32, x: u32) -> impl Fn(&Graph) -> mamo::Result<Node<u32>> {
    move |g| {
        let x = g.add(source::param("x", x));
        let down = g.add(down::node(g.add(up(version)(x))));
        g.target("down", down);
        Ok(down)
    }
}

/// For people, and with `--json` for programs.
#[track_caller]
fn check(store: &Path, (version, x): (u32, u32), args: &str, code: u8, text: Expect, json: Expect) {
    check_with(store, pipeline(version, x), args, code, text);
    check_with(store, pipeline(version, x), &format!("{args} --json"), code, json);
}

#[test]
fn what_a_changed_parameter_and_changed_code_run_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    check(
        store,
        (1, 20),
        "why up",
        0,
        expect![[r#"
        up: run
        no earlier run in which it was something else
    "#]],
        expect![[r#"
            {"schema":"mamo.why/1","node":"up","state":"run","since_ms":null,"causes":[],"last":null,"gone":false,"evicted_ms":null,"accepted":null}
        "#]],
    );
    check_with(store, pipeline(1, 20), "run -q", 0, expect![""]);
    check(
        store,
        (1, 21),
        "why up",
        0,
        expect![[r#"
            up: run
            last run, just now: executed in _
            compared with the run that ended just now:
              param:x  is another value: _ -> _
        "#]],
        expect![[r#"
            {"schema":"mamo.why/1","node":"up","state":"run","since_ms":_,"causes":[{"node":"param:x","change":"value","from":"20","to":"21","function":null,"items":[]}],"last":{"at_ms":_,"ended":"executed","forced":false,"took_ms":_,"message":null},"gone":false,"evicted_ms":null,"accepted":null}
        "#]],
    );
    check(
        store,
        (2, 20),
        "why up",
        0,
        expect![[r#"
            up: run
            last run, just now: executed in _
            compared with the run that ended just now:
              up  code of `ask::reasons::up`: _ -> _
              version  _ -> _
        "#]],
        expect![[r#"
            {"schema":"mamo.why/1","node":"up","state":"run","since_ms":_,"causes":[{"node":"up","change":"code","from":"_","to":"_","function":"ask::reasons::up","items":[{"name":"version","from":"1","to":"2"}]}],"last":{"at_ms":_,"ended":"executed","forced":false,"took_ms":_,"message":null},"gone":false,"evicted_ms":null,"accepted":null}
        "#]],
    );
    check(
        store,
        (2, 20),
        "why down",
        0,
        expect![[r#"
            down: run unless cut off
            last run, just now: executed in _
            compared with the run that ended just now:
              up  code of `ask::reasons::up`: _ -> _
              version  _ -> _
        "#]],
        expect![[r#"
            {"schema":"mamo.why/1","node":"down","state":"run_unless_cut_off","since_ms":_,"causes":[{"node":"up","change":"code","from":"_","to":"_","function":"ask::reasons::up","items":[{"name":"version","from":"1","to":"2"}]}],"last":{"at_ms":_,"ended":"executed","forced":false,"took_ms":_,"message":null},"gone":false,"evicted_ms":null,"accepted":null}
        "#]],
    );
}

#[test]
fn what_is_accepted_is_told_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    check_with(store, pipeline(1, 20), "run -q", 0, expect![""]);
    check_with(
        store,
        pipeline(2, 20),
        "accept up --by me --because same",
        0,
        expect![[r#"
        up  _ instead of _, accepted by me just now: same
    "#]],
    );
    check(
        store,
        (2, 20),
        "accepted",
        0,
        expect![[r#"
        up  _ instead of _, accepted by me just now: same
    "#]],
        expect![[r#"
        {"schema":"mamo.accept/1","acceptances":[{"node":"up","who":"me","because":"same","at_ms":_,"from":"_","to":"_","revoked":null}]}
    "#]],
    );
    check(
        store,
        (2, 20),
        "why up",
        0,
        expect![[r#"
            up: fresh
            last run, just now: executed in _
            compared with the run that ended just now:
              up  code of `ask::reasons::up`: _ -> _
              version  _ -> _
            its value is that of code _ instead of _, accepted by me just now: same
        "#]],
        expect![[r#"
            {"schema":"mamo.why/1","node":"up","state":"fresh","since_ms":_,"causes":[{"node":"up","change":"code","from":"_","to":"_","function":"ask::reasons::up","items":[{"name":"version","from":"1","to":"2"}]}],"last":{"at_ms":_,"ended":"executed","forced":false,"took_ms":_,"message":null},"gone":false,"evicted_ms":null,"accepted":{"node":"up","who":"me","because":"same","at_ms":_,"from":"_","to":"_","revoked":null}}
        "#]],
    );
    check_with(
        store,
        pipeline(2, 20),
        "unaccept up --by me --because other --json",
        0,
        expect![[r#"
        {"schema":"mamo.accept/1","acceptances":[{"node":"up","who":"me","because":"same","at_ms":_,"from":"_","to":"_","revoked":{"who":"me","because":"other","at_ms":_}}]}
    "#]],
    );
}

#[test]
fn what_a_node_said_and_failed_on_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    check_with(
        store,
        pipeline(1, 1),
        "run -q",
        1,
        expect![[r#"
        failed down: _ is below ten
          its log ends with:
          down from _
    "#]],
    );
    check(
        store,
        (1, 1),
        "log down",
        0,
        expect![[r#"
        down: failed just now
          _  down from _
        failed: _ is below ten
    "#]],
        expect![[r#"
        {"schema":"mamo.log/1","node":"down","at_ms":_,"failure":"2 is below ten","lines":[{"at_ms":_,"level":"info","text":"down from _"}],"left_out":_,"left_out_behind":null,"elements":[],"elements_left_out":_}
    "#]],
    );
    check(
        store,
        (1, 1),
        "replay down",
        1,
        expect![[r#"
        down: run alone, on what it failed on just now
          _  down from _
        failed after _: _ is below ten
    "#]],
        expect![[r#"
        {"schema":"mamo.replay/1","node":"down","failed_at_ms":_,"code_changed":false,"wall_ms":_,"failure":"2 is below ten","bytes":null,"as_recorded":null,"lines":[{"at_ms":_,"level":"info","text":"down from _"}]}
    "#]],
    );
    check(
        store,
        (1, 1),
        "why down",
        0,
        expect![[r#"
            down: run
            last run, just now: failed: _ is below ten
            no earlier run in which it was something else
        "#]],
        expect![[r#"
            {"schema":"mamo.why/1","node":"down","state":"run","since_ms":null,"causes":[],"last":{"at_ms":_,"ended":"failed","forced":false,"took_ms":null,"message":"2 is below ten"},"gone":false,"evicted_ms":null,"accepted":null}
        "#]],
    );
}

#[test]
fn an_audit_and_the_code_that_counts_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path();
    check_with(store, pipeline(1, 20), "run -q", 0, expect![""]);
    check(
        store,
        (1, 20),
        "audit --all",
        0,
        expect![[r#"
        up  executed in _: the same
        down  executed in _: the same
        executed _ of _ computations once more: all gave the same
    "#]],
        expect![[r#"
        {"schema":"mamo.audit/1","computations":_,"audited":[{"node":"up","element":null,"verdict":"same","recorded":"_","value":"_","message":null,"took_ms":_},{"node":"down","element":null,"verdict":"same","recorded":"_","value":"_","message":null,"took_ms":_}],"left_out":[]}
    "#]],
    );
    check(
        store,
        (1, 20),
        "plan --code",
        0,
        expect![[r#"
        ask::reasons::down  _  deep, _ reached
        ask::reasons::up  _  version _
    "#]],
        expect![[r#"
        {"schema":"mamo.code/1","functions":[{"function":"ask::reasons::down","code":"deep","version":"_","items":_,"fallback":null},{"function":"ask::reasons::up","code":"version _","version":"_","items":_,"fallback":null}]}
    "#]],
    );
}
