use mamo::{Graph, node};

#[node]
fn join(rows: &Vec<u32>, name: &String) -> String {
    format!("{name} {rows:?}")
}

fn pipeline(g: &Graph) -> mamo::Result<()> {
    let rows = g.value(vec![1u32]);
    let name = g.value(String::new());
    g.add(join::node(name, rows));
    Ok(())
}

fn main() {
    let _ = Graph::build(pipeline);
}
