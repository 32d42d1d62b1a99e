use mamo::node;

#[node(verison = 3)]
fn a() {}

#[node(cache)]
fn b() {}

#[node(pool)]
fn c() {}

#[node(version = "3")]
fn d() {}

#[node(outputs(train, test, rest))]
fn split(rows: &[u32]) -> (Vec<u32>, Vec<u32>) {
    (rows.to_vec(), Vec::new())
}

#[node(outputs(train, test))]
fn no_tuple(rows: &[u32]) -> Result<Vec<u32>, String> {
    Ok(rows.to_vec())
}

type Pair = (Vec<u32>, Vec<u32>);

#[node(outputs(train, test))]
fn alias(rows: &[u32]) -> Pair {
    (rows.to_vec(), Vec::new())
}

#[node(name = "fit")]
fn e() {}

struct NoCodec;

#[node(codec = NoCodec)]
fn h() -> u32 {
    0
}

#[node(memory = "4gb")]
fn i() {}

#[node(memory = 4)]
fn j() {}

#[node(slots = 0)]
fn k() {}

#[node(pool = "my gpu")]
fn l() {}

#[node(blocking = true)]
fn m() {}

fn main() {}
