use mamo::{Graph, Node, node};

mod clean {
    pub fn drop_negative(rows: &[i64]) -> Vec<i64> {
        rows.iter().copied().filter(|row| *row >= 0).collect()
    }
}

#[node]
fn clean(rows: &[i64]) -> Vec<i64> {
    clean::drop_negative(rows)
}

fn pipeline(g: &Graph) -> mamo::Result<Node<Vec<i64>>> {
    let rows = g.value(vec![1i64]);
    Ok(g.add(clean::node(rows)))
}

fn main() {
    let _ = Graph::build(pipeline);
}
