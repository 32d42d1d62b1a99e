use mamo::{Graph, node};

#[node]
fn clean(rows: &Vec<u32>, limit: u32) -> Vec<u32> {
    rows.iter().copied().filter(|row| *row < limit).collect()
}

fn pipeline(g: &Graph) -> mamo::Result<()> {
    let rows = g.value(vec![1u32]);
    g.add(clean::node(rows, 3));
    Ok(())
}

fn main() {
    let _ = Graph::build(pipeline);
}
