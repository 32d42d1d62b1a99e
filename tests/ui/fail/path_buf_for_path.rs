use mamo::{Graph, node};
use std::path::{Path, PathBuf};

#[node]
fn size(file: &Path) -> std::io::Result<u64> {
    Ok(std::fs::metadata(file)?.len())
}

fn pipeline(g: &Graph) -> mamo::Result<()> {
    let file = g.value(PathBuf::from("data.csv"));
    g.add(size::node(file));
    Ok(())
}

fn main() {
    let _ = Graph::build(pipeline);
}
