//! What a run would execute, compared with what a test expects.

use crate::exec::{Engine, PlanState};
use crate::graph::Graph;
use std::collections::BTreeSet;

/// Asserts that a run of all targets would or may execute these nodes and no others; none means that nothing is stale.
///
/// Nodes are named by their identities, `report` or `fold1/fit`. Nodes that are stale but would be cut off are not among
/// them, and a map is one node. The question is that of `plan` and `assert-plan` on the command line.
///
/// # Panics
/// When it is not so, when a source cannot be read, and when the engine cannot answer.
#[track_caller]
pub fn assert_plan<'a>(engine: &Engine, graph: &Graph, nodes: impl IntoIterator<Item = &'a str>) {
    let expected: BTreeSet<&str> = nodes.into_iter().collect();
    let plan = match engine.plan(graph, &[]) {
        Ok(plan) => plan,
        Err(error) => panic!("there is no plan: {error:?}"),
    };
    let in_state = |is_meant: fn(PlanState) -> bool| {
        plan.nodes().filter(move |(_, state)| is_meant(*state)).map(|(node, _)| node).collect::<BTreeSet<_>>()
    };
    let failed = in_state(|state| state == PlanState::Failed);
    let run = in_state(PlanState::may_execute);
    let differences = [
        ("sources that cannot be read", failed),
        ("nodes that would run, but should not", run.difference(&expected).copied().collect()),
        ("nodes that should run, but would not", expected.difference(&run).copied().collect()),
    ];
    let lines = differences.iter().filter(|(_, nodes)| !nodes.is_empty()).map(|(what, nodes)| {
        let nodes: Vec<String> = nodes.iter().map(|node| format!("`{node}`")).collect();
        format!("\n{what}: {}", nodes.join(", "))
    });
    let lines = lines.collect::<String>();
    assert!(lines.is_empty(), "the plan is not as expected{lines}");
}
