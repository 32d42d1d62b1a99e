use mamo::{Graph, node};

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Options;

#[node]
fn clean(rows: &[u32], options: &Options) -> Vec<u32> {
    let _ = options;
    rows.to_vec()
}

fn pipeline(g: &Graph) -> mamo::Result<()> {
    let rows = g.value(vec![1u32]);
    let limit = g.value(3u32);
    g.add(clean::node(rows, limit));
    Ok(())
}

fn main() {
    let _ = Graph::build(pipeline);
}
