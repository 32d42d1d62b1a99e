use mamo::node;

#[derive(Debug)]
struct Trouble;

#[node]
fn fails(text: &str) -> Result<u32, Trouble> {
    text.parse().map_err(|_| Trouble)
}

fn main() {}
