#![deny(unused_must_use)]

use mamo::{Graph, node};

#[node]
fn total(rows: &[u32]) -> u32 {
    rows.iter().sum()
}

fn pipeline(g: &Graph) -> mamo::Result<()> {
    let rows = g.value(vec![1u32]);
    total::node(rows);
    Ok(())
}

fn main() {
    let _ = Graph::build(pipeline);
}
