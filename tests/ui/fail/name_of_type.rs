use mamo::node;

#[allow(non_camel_case_types)]
struct score(u32);

#[node]
fn score(rows: &[u32]) -> u32 {
    rows.iter().sum()
}

fn main() {}
