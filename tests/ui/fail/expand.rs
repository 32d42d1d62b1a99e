use mamo::{BoxError, Graph, List, Node, node};

#[node(expand)]
fn no_graph(x: u32) -> Result<Node<u32>, BoxError> {
    Err(x.to_string().into())
}

#[node(expand)]
fn graph_behind(x: u32, g: &Graph) -> Result<Node<u32>, BoxError> {
    Ok(g.value(x))
}

#[node(expand)]
fn no_node(g: &Graph, x: u32) -> Result<u32, BoxError> {
    let _ = g;
    Ok(x)
}

#[node(expand, outputs(a, b))]
fn outputs(g: &Graph) -> (Node<u32>, Node<u32>) {
    (g.value(1), g.value(2))
}

#[node(expand)]
fn fine(g: &Graph, x: u32) -> Result<Node<u32>, BoxError> {
    Ok(g.value(x))
}

fn mapped(g: &Graph, list: Node<List<u32>>) {
    g.add(fine::map(list));
}

fn main() {}
