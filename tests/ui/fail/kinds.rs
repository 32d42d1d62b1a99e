use mamo::node;

#[node]
fn generic<T: Clone>(rows: &[T]) -> usize {
    rows.len()
}

#[node]
fn sized<const N: usize>(rows: &[u8; N]) -> usize {
    rows.len()
}

#[node]
fn unnamed(rows: impl Iterator<Item = u8>) -> usize {
    rows.count()
}

#[node]
async fn later(rows: &[u8]) -> usize {
    rows.len()
}

#[node]
unsafe fn risky(rows: &[u8]) -> usize {
    rows.len()
}

#[node]
extern "C" fn foreign(rows: u8) -> u8 {
    rows
}

#[node]
fn unnamed_result(rows: &[u8]) -> impl Iterator<Item = u8> {
    rows.to_vec().into_iter()
}

#[node]
fn changes(rows: &mut Vec<u8>) {
    rows.clear();
}

#[node]
fn object(error: &dyn std::error::Error) -> String {
    error.to_string()
}

#[node]
fn forever(text: &'static str) -> usize {
    text.len()
}

#[node]
fn inside(texts: Vec<&str>) -> usize {
    texts.len()
}

#[node]
fn context_last(rows: &[u8], ctx: &mamo::NodeCtx) -> u64 {
    ctx.seed() + rows.len() as u64
}

#[node]
struct Stage;

fn main() {}
