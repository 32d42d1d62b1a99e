use mamo::node;

type Fallible = Result<u32, String>;

#[node]
fn parse(text: &str) -> Fallible {
    text.parse().map_err(|_| "no number".to_owned())
}

fn main() {}
