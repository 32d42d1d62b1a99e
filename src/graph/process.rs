//! Nodes whose functions run in a process of their own.

use crate::graph::builder::Builder;
use crate::graph::spec::Spec;
use crate::graph::{Body, Declared, NodeId, Results};
use crate::value::ValueType;

impl<T, H> Spec<T, H> {
    /// Runs the node's function in a process of its own, and each element of a map and combination of a reduce; part of
    /// no key.
    ///
    /// A [`timeout`](Spec::timeout) is hard then: half a second after the time is over the process is killed, with
    /// what it may hold. A function that brings its process down (a fault in a library, an abort) fails
    /// like any other, and the run goes on. What is gained costs some milliseconds for the first process of a run, and
    /// for each call the way of the inputs and the result from one process to the other; a process serves
    /// one call after the other. What comes back is bytes, which are saved, with
    /// [`Persist::Never`](crate::Persist::Never) as well.
    ///
    /// The process is this program started anew, with the same arguments. It has to say what it is there
    /// for before it does anything else: [`cli::main`](crate::cli::main) does so, other programs call
    /// [`worker::serve`](crate::worker::serve) with their pipeline. Static variables are those of that process.
    ///
    /// ```
    /// # use mamo::node;
    /// # use std::time::Duration;
    /// #[node]
    /// fn solve(size: u32) -> Vec<f64> {
    ///     // A call into a library that sometimes never returns.
    ///     vec![0.0; size as usize]
    /// }
    /// # mamo::Graph::build(|g| {
    /// let solved = g.add(solve::node(g.value(9_u32)).process().timeout(Duration::from_secs(60)));
    /// # Ok(solved) });
    /// ```
    pub fn process(mut self) -> Self {
        self.raw.rare().is_process = true;
        self
    }
}

impl Builder {
    /// Notes what is wrong with nodes in processes of their own: known when it is known what they read.
    pub(crate) fn check_processes(&mut self) {
        let graph = &self.graph;
        let refused = graph.processes.iter().filter_map(|node| {
            let why = graph.why_no_process(*node)?;
            let (name, place) = (graph.identity(*node), graph.entry(*node).place);
            Some(format!("`{name}` cannot run in a process of its own: {why} ({place})"))
        });
        self.mistakes.extend(refused);
    }
}

impl Declared {
    fn why_no_process(&self, node: NodeId) -> Option<String> {
        let Body::Function { function, .. } = self.spec(node)?.body else { return None };
        if function.function.expands {
            return Some("it makes a sub-graph, whose nodes this process runs; say `.process()` of those".to_owned());
        }
        let has_bytes = |value_type: &ValueType| value_type.bytes.is_some();
        let gives_bytes = match function.results {
            Results::One(one) => has_bytes(one),
            Results::Many(types) => types.iter().all(|one| has_bytes(one)),
        };
        if !gives_bytes {
            return Some("its value is transient, and has no bytes that could leave the process".to_owned());
        }
        let input = self.inputs(node).iter().find(|input| !self.value_type(**input).is_some_and(has_bytes))?;
        let name = self.identity(*input);
        Some(format!("the value of `{name}`, which it reads, is transient, and has no bytes that could get there"))
    }
}
