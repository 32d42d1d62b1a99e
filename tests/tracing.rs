//! What nodes say by `tracing` is in their logs.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use mamo::{Engine, Graph, NodeCtx, NodeLog, node};
use tracing_subscriber::layer::SubscriberExt;

#[node]
fn fit(ctx: &NodeCtx, x: u32) -> u32 {
    tracing::info!(x, "begins");
    ctx.log("in between");
    helper(x)
}

fn helper(x: u32) -> u32 {
    tracing::warn!(name = "a b", "odd");
    tracing::debug!(x);
    // A thread of the node's own is in no log.
    std::thread::scope(|scope| {
        scope.spawn(|| tracing::error!("elsewhere"));
    });
    x + 1
}

fn lines(log: Option<NodeLog>) -> Vec<String> {
    log.unwrap().lines.iter().map(|line| format!("{} {}", line.level, line.text)).collect()
}

#[test]
fn events_of_a_node_are_in_its_log() {
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(mamo::log::layer())).unwrap();
    tracing::info!("outside");
    let engine = Engine::builder().jobs(2).in_memory();
    let (graph, (one, all)) = Graph::build(|g| {
        let one = g.add(fit::node(g.value(1)));
        Ok((one, g.add(fit::map(g.value(vec![2, 3])).name("all"))))
    })
    .unwrap();
    let run = engine.run(&graph).unwrap();
    assert_eq!(
        lines(run.log(one).unwrap()),
        ["info begins x=1", "info in between", "warn odd name=\"a b\"", "debug x=1"]
    );
    assert_eq!(lines(run.find_log("all[1]").unwrap())[0], "info begins x=3");
    assert_eq!(run.log(all).unwrap().unwrap().elements, ["0", "1"]);
}
