//! Functions that make a sub-graph when they run: `#[node(expand)]`.

use crate::graph::source::Source;
use crate::graph::{Body, Declared, Graph, Node, NodeId, Ran};
use crate::value::{BoxError, Value};
use std::sync::Arc;

/// What a function that expands gave: a graph, and the node of it whose value is the function's.
pub(crate) struct Expansion {
    pub(crate) graph: Arc<Declared>,
    pub(crate) node: NodeId,
}

/// A list that a function which expands would be mapped over: there is none.
#[diagnostic::on_unimplemented(
    message = "`{F}` makes a sub-graph and cannot be mapped",
    label = "`map` is not there for this function",
    note = "let it take the whole collection, and add a node for each element to its sub-graph: \
            `let g = g.numbered(\"each\"); list.iter().map(|x| g.add(f::node(g.value(x))))`"
)]
pub trait ExpandedWith<F>: Sized {
    /// What nobody calls.
    fn never<T>(self) -> T {
        std::panic::panic_any("a function that expands has no map")
    }
}

/// What the engine keeps of a function that returned `build`'s node.
///
/// # Errors
/// What `build` fails with, the mistakes of the graph that it made, and what a sub-graph cannot have: sources, targets and
/// published results.
#[doc(hidden)]
pub fn expanded<T>(build: impl FnOnce(&Graph) -> Result<Node<T>, BoxError>) -> Ran {
    let mut given = None;
    let built = Graph::build(|g| {
        given = Some(build(g));
        Ok(())
    });
    // Mistakes of the graph count only where the function itself found none.
    let node = match given {
        Some(Err(error)) => return Err(error),
        Some(Ok(node)) => node.raw(),
        None => return Err("the function was not called; please report this as a bug of mamo".into()),
    };
    let (graph, ()) = built.map_err(|error| format!("in its sub-graph: {error}"))?;
    let declared = graph.declared().ok_or("the sub-graph is not finished; please report this as a bug of mamo")?;
    if node.graph != declared.id {
        return Err(
            "it returns a node of another graph: the node must be added to the `&Graph` that it is given".into()
        );
    }
    refuse(declared)?;
    let node = declared.effective(node.id);
    Ok(Value::new(Expansion { graph: Arc::clone(declared), node }))
}

/// Says what a sub-graph cannot have: its result is found by the values that the function read, and by nothing else.
fn refuse(graph: &Declared) -> Result<(), BoxError> {
    let source = graph.node_ids().find_map(|node| match graph.spec(node).map(|spec| &spec.body) {
        Some(Body::Source(source)) => Some((node, source)),
        Some(Body::Function { .. } | Body::Field(_) | Body::Gather(_) | Body::Settle(_) | Body::Output { .. })
        | None => None,
    });
    if let Some((node, source)) = source {
        let (name, place) = (Source::label(source), graph.entry(node).place);
        return Err(format!(
            "its sub-graph has the source `{name}` ({place}), but sources are looked at before a run begins: add it to the \
             graph around it and take its value as an input"
        )
        .into());
    }
    if let Some(publication) = graph.publications.first() {
        let path = publication.path.display();
        return Err(format!("its sub-graph publishes `{path}`: publish the node that expands instead").into());
    }
    if let Some((name, _)) = graph.targets.first() {
        return Err(format!("its sub-graph has the target `{name}`: what it returns is all that is asked for").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{NodeCtx, source};
    use crate::node;
    use crate::value::Artifact;

    #[node(krate = crate)]
    fn file(ctx: &NodeCtx) -> Result<Artifact, BoxError> {
        ctx.output_file("out.txt")?.finish()
    }

    fn refused(build: impl FnOnce(&Graph) -> Result<Node<u32>, BoxError>) -> String {
        expanded(build).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn what_a_sub_graph_cannot_have_is_named() {
        let message = refused(|g| {
            g.add(source::env("HOME"));
            Ok(g.value(1))
        });
        assert!(message.starts_with("its sub-graph has the source `env:HOME`"), "{message}");
        let message = refused(|g| {
            let node = g.value(1);
            g.target("one", node);
            Ok(node)
        });
        assert_eq!(message, "its sub-graph has the target `one`: what it returns is all that is asked for");
        let message = refused(|g| {
            g.publish(g.add(file::node()), "out/file.txt");
            Ok(g.value(1))
        });
        assert_eq!(message, "its sub-graph publishes `out/file.txt`: publish the node that expands instead");
        let (_, stranger) = Graph::build(|g| Ok(g.value(1u32))).unwrap();
        assert!(refused(|_| Ok(stranger)).starts_with("it returns a node of another graph"));
        let message = refused(|g| {
            g.add(source::external("x", 1u32).name("same"));
            g.add(source::external("y", 1u32).name("same"));
            Ok(g.value(2))
        });
        assert!(message.starts_with("in its sub-graph: the graph has 1 mistake:"), "{message}");
        assert_eq!(refused(|_| Err("too large".into())), "too large");
    }
}
