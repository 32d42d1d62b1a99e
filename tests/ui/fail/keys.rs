use mamo::{Graph, node};

#[node]
fn only_key(#[key] name: &str) -> String {
    name.to_owned()
}

#[node]
fn two_keys(#[key] a: &str, #[key] b: &str, row: &u32) -> String {
    format!("{a}{b}{row}")
}

#[node(transient)]
fn transient(#[key] name: &str, row: &u32) -> String {
    format!("{name}{row}")
}

#[node]
fn named(#[key] name: &str, row: &u32) -> String {
    format!("{name}{row}")
}

fn pipeline(g: &Graph) -> mamo::Result<()> {
    let row = g.value(1u32);
    g.add(named::node(row));
    Ok(())
}

fn main() {
    let _ = Graph::build(pipeline);
}
