use mamo::node;

type Fallible = anyhow::Result<u32>;

#[node]
fn parse(text: &str) -> Fallible {
    Ok(text.parse()?)
}

fn main() {}
