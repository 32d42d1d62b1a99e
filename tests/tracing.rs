//! What nodes say by `tracing` is in their logs, and what the engine does is told by it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use mamo::{Engine, Graph, NodeCtx, NodeLog, node};
use std::sync::{Arc, Mutex};
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

/// What the engine told: level, message, node and element.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> Layer<S> for Told {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "mamo" {
            let mut words = Words::default();
            event.record(&mut words);
            let Words { message, others } = words;
            self.0.lock().unwrap().push(format!("{} {message}{others}", event.metadata().level()));
        }
    }
}

#[derive(Default)]
struct Words {
    message: String,
    others: String,
}

impl Visit for Words {
    fn record_str(&mut self, _: &Field, value: &str) {
        self.others += &format!(" {value}");
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}

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
    let told = Told::default();
    let subscriber = tracing_subscriber::registry().with(mamo::log::layer()).with(told.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();
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
    // The engine's own events are in no node's log.
    let mut told = std::mem::take(&mut *told.0.lock().unwrap());
    told.sort();
    let executed = ["DEBUG node executed all 0", "DEBUG node executed all 1", "DEBUG node executed fit"];
    assert_eq!(told, [&executed[..], &["DEBUG planned", "INFO run ended", "INFO run started"]].concat());
}
