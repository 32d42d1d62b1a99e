//! Engines whose nodes wait for each other, and nodes that take what there is little of.

use mamo::{Engine, EngineBuilder, Spec};

/// What nodes take of the machine changes neither values nor what runs.
pub(crate) fn with_resources<T>(number: usize, spec: Spec<T>) -> Spec<T> {
    match number % 6 {
        0 => spec.pool("one"),
        1 => spec.slots(2),
        2 => spec.blocking(),
        3 => spec.memory(1000).pool("one").blocking(),
        4 => spec.memory(600).slots(2).pool("one"),
        _ => spec,
    }
}

/// An engine whose nodes have to wait for each other.
pub(crate) fn narrow(jobs: usize) -> EngineBuilder {
    Engine::builder().jobs(jobs).slots(2).memory_limit(1500).pool("one", 1).blocking_threads(2)
}
