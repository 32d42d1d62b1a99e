use mamo::node;

#[derive(serde::Serialize, serde::Deserialize)]
struct EvalResult {
    loss: f64,
}

#[node]
fn evaluate(rows: &[f64]) -> EvalResult {
    EvalResult { loss: rows.iter().sum() }
}

fn main() {}
