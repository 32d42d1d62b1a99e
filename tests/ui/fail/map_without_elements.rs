use mamo::{Graph, node};

#[node]
fn double(number: &u32) -> u32 {
    2 * number
}

#[node]
fn count(text: &str) -> usize {
    text.len()
}

fn pipeline(g: &Graph) -> mamo::Result<()> {
    let number = g.value(1u32);
    g.add(double::map(number));
    g.add(count::map(number));
    Ok(())
}

fn main() {
    let _ = Graph::build(pipeline);
}
