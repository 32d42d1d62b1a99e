//! Runs pipelines and tells what ran.

use expect_test::Expect;
use mamo::{Engine, Event, Graph, Node, Observer, Run};
use std::sync::{Arc, Mutex};

/// What happened in a run, one word an event: `up` ran, `~down` was cut off, `!bad` failed, `-rest` was skipped,
/// `@x` is why the run started over, `published` that files were written beside the store. Sorted, since nodes run in any order.
#[derive(Default)]
pub(crate) struct Log(Mutex<Vec<String>>);

impl Log {
    pub(crate) fn take(&self) -> String {
        let mut events = std::mem::take(&mut *self.0.lock().unwrap());
        events.sort();
        events.join(" ")
    }
}

impl Observer for Log {
    fn event(&self, event: &Event<'_>) {
        let name = |node: &str, element: Option<&str>| match element {
            Some(element) => format!("{node}[{element}]"),
            None => node.to_owned(),
        };
        let word = match event {
            Event::NodeExecuted { node, element, .. } => name(node, *element),
            Event::NodeCutOff { node } => format!("~{node}"),
            Event::NodeFailed { node, element, .. } => format!("!{}", name(node, *element)),
            Event::NodeSkipped { node } => format!("-{node}"),
            Event::Restarted { reason } => match reason {
                mamo::RestartReason::Diverged { node } => format!("@{node}"),
                mamo::RestartReason::Changed { .. } => "@file".to_owned(),
                _ => "@?".to_owned(),
            },
            Event::Published { .. } => "published".to_owned(),
            _ => return,
        };
        self.0.lock().unwrap().push(word);
    }
}

/// A message in which a panic tells no place: that is where mamo's own code stands, or the test's.
pub(crate) fn without_place(message: &str) -> String {
    let Some((head, rest)) = message.split_once("panicked at ") else { return message.to_owned() };
    let (place, text) = rest.split_once(": ").unwrap();
    assert!(place.contains(".rs:"), "{message}");
    format!("{head}panicked: {text}")
}

/// An engine with its log.
pub(crate) struct Bench {
    pub(crate) engine: Engine,
    pub(crate) log: Arc<Log>,
}

impl Bench {
    pub(crate) fn in_memory() -> Self {
        Self::with(Engine::builder())
    }

    pub(crate) fn with(builder: mamo::EngineBuilder) -> Self {
        let log = Arc::new(Log::default());
        let engine = builder.jobs(2).observer(log.clone()).in_memory();
        Self { engine, log }
    }

    pub(crate) fn open(folder: &std::path::Path) -> Self {
        Self::open_with(Engine::builder(), folder)
    }

    pub(crate) fn open_with(builder: mamo::EngineBuilder, folder: &std::path::Path) -> Self {
        let log = Arc::new(Log::default());
        let builder = builder.jobs(2).observer(log.clone());
        Self { engine: builder.open(folder).unwrap(), log }
    }

    /// Runs a pipeline, whatever happens in it; gives the value of the node that it returns.
    pub(crate) fn check_any<T: Clone + Send + Sync + 'static>(
        &self,
        pipeline: impl FnOnce(&Graph) -> mamo::Result<Node<T>>,
    ) -> mamo::Result<T> {
        let _ = self.log.take();
        let (run, node) = self.run(pipeline);
        run.get(node).map(|value| (*value).clone())
    }

    /// What happened since it was asked before.
    pub(crate) fn last(&self) -> String {
        self.log.take()
    }

    /// Runs a pipeline and compares what happened; gives the value of the node that it returns.
    #[track_caller]
    pub(crate) fn check<T: Clone + Send + Sync + 'static>(
        &self,
        pipeline: impl FnOnce(&Graph) -> mamo::Result<Node<T>>,
        expected: Expect,
    ) -> mamo::Result<T> {
        let (run, node) = self.run(pipeline);
        expected.assert_eq(&self.log.take());
        run.get(node).map(|value| (*value).clone())
    }

    #[track_caller]
    pub(crate) fn run<H>(&self, pipeline: impl FnOnce(&Graph) -> mamo::Result<H>) -> (Run, H) {
        let (graph, handles) = Graph::build(pipeline).unwrap();
        let run = self.engine.run(&graph).unwrap();
        let counts = run.counts();
        let sum = counts.executed + counts.cut_off + counts.fresh + counts.not_needed + counts.failed + counts.skipped;
        assert_eq!(sum, counts.nodes, "{counts:?}");
        (run, handles)
    }
}
