use mamo::{Graph, List, node};

#[node]
fn total(list: &List<u32>) -> u32 {
    list.iter().map(|number| *number).sum()
}

#[node]
fn longer(a: &str, b: &str) -> bool {
    a.len() > b.len()
}

#[node]
fn scaled(number: &u64, by: &u32, plus: u64) -> u64 {
    number * u64::from(*by) + plus
}

#[node]
fn add(a: u32, b: u32) -> u32 {
    a + b
}

fn pipeline(g: &Graph) -> mamo::Result<()> {
    let numbers = g.value(vec![1u32]);
    g.add(total::reduce(numbers));
    g.add(longer::reduce(numbers));
    g.add(scaled::reduce(numbers, g.value(1u64)));
    // Elements of another type, and no collection at all.
    g.add(add::reduce(g.value(vec![1u64])));
    g.add(add::reduce(g.value(1u32)));
    g.add(add::reduce_or(g.value(0u64), numbers));
    Ok(())
}

fn main() {
    let _ = Graph::build(pipeline);
}
