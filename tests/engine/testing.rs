//! What users' tests are given.

use expect_test::{Expect, expect};
use mamo::testing::{Recorder, assert_plan, ctx};
use mamo::{Artifact, BoxError, Engine, Graph, NodeCtx, node, source};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[node]
fn parity(number: u32) -> Result<u32, String> {
    if number == 13 { Err("thirteen".into()) } else { Ok(number % 2) }
}

#[node]
fn doubled(number: u32) -> u32 {
    number * 2
}

#[node]
fn sum(numbers: &[u32], more: u32) -> u32 {
    numbers.iter().sum::<u32>() + more
}

fn graph(numbers: &[u32]) -> Graph {
    let pipeline = |g: &Graph| {
        let parities = g.add(parity::map(g.value(numbers.to_vec())).name("parities"));
        let first = g.add(doubled::node(g.value(numbers[1])).name("first"));
        g.target("last", g.add(doubled::node(g.add(sum::node(parities, first)))));
        Ok(())
    };
    Graph::build(pipeline).unwrap().0
}

#[test]
fn a_recorder_tells_what_ran() {
    let recorder = Recorder::with(Engine::builder().jobs(2));
    let check = |numbers: &[u32], expected: Expect| {
        let ran = recorder.run(&graph(numbers)).unwrap();
        expected.assert_eq(&format!("{ran}\n{ran:?}"));
    };
    check(
        &[1, 2],
        expect![[r#"
        executed doubled, first, parities[0], parities[1], sum
        Ran { happened: Happened { executed: ["doubled", "first", "parities[0]", "parities[1]", "sum"], cut_off: [], failed: [], skipped: [] }, fresh: ["value", "value#2"], .. }"#]],
    );
    check(
        &[1, 2],
        expect![[r#"
        nothing
        Ran { happened: Happened { executed: [], cut_off: [], failed: [], skipped: [] }, fresh: ["doubled"], .. }"#]],
    );
    check(
        &[3, 2],
        expect![[r#"
        executed parities[0]; cut off doubled, sum
        Ran { happened: Happened { executed: ["parities[0]"], cut_off: ["doubled", "sum"], failed: [], skipped: [] }, fresh: ["first", "value"], .. }"#]],
    );
    check(
        &[13, 2],
        expect![[r#"
        failed parities[0]; skipped doubled, sum
        Ran { happened: Happened { executed: [], cut_off: [], failed: ["parities[0]"], skipped: ["doubled", "sum"] }, fresh: ["first", "value"], .. }"#]],
    );
}

#[test]
fn a_plan_is_compared_name_by_name() {
    let recorder = Recorder::in_memory();
    let _ = recorder.run(&graph(&[1, 2])).unwrap();
    assert_plan(recorder.engine(), &graph(&[1, 2]), []);
    assert_plan(recorder.engine(), &graph(&[1, 4]), ["first", "parities", "sum", "doubled"]);
    let check = |pipeline: &dyn Fn(&Graph) -> mamo::Result<()>, nodes: &[&str], expected: Expect| {
        let graph = Graph::build(pipeline).unwrap().0;
        let asserted = AssertUnwindSafe(|| assert_plan(recorder.engine(), &graph, nodes.iter().copied()));
        expected.assert_eq(catch_unwind(asserted).unwrap_err().downcast_ref::<String>().unwrap());
    };
    let changed = |g: &Graph| {
        g.add(doubled::node(g.value(77_u32)));
        g.add(source::env("MAMO_TEST_THAT_IS_NOT_SET"));
        Ok(())
    };
    check(
        &changed,
        &["sum"],
        expect![[r#"
            the plan is not as expected
            sources that cannot be read: `env:MAMO_TEST_THAT_IS_NOT_SET`
            nodes that would run, but should not: `doubled`
            nodes that should run, but would not: `sum`"#]],
    );
}

#[node]
fn copied(ctx: &NodeCtx, text: &str) -> Result<Artifact, BoxError> {
    ctx.log("copies");
    let folder = ctx.output_dir()?;
    std::fs::write(folder.path().join("text"), format!("{text} {} {}", ctx.trial(), ctx.is_stopped()))?;
    folder.finish()
}

#[test]
fn a_node_function_is_called_alone() {
    let folder = copied(&ctx(), "abc").unwrap();
    let file = folder.get("text").unwrap().unwrap();
    assert_eq!(std::io::read_to_string(file.open().unwrap()).unwrap(), "abc 0 false");
    assert_eq!(ctx().seed(), ctx().seed());
}
