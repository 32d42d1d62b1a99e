use mamo::{Graph, node};

#[node]
fn double(number: &u32) -> u32 {
    2 * number
}

#[node]
fn count(text: &str) -> usize {
    text.len()
}

#[node]
fn label(#[key] name: &str, number: &u32) -> String {
    format!("{name} {number}")
}

fn pipeline(g: &Graph) -> mamo::Result<()> {
    let names = g.value(vec![String::new()]);
    g.add(double::map(names));
    let numbers = g.value(vec![1u32]);
    g.add(count::map(numbers));
    g.add(label::map(numbers));
    Ok(())
}

fn main() {
    let _ = Graph::build(pipeline);
}
