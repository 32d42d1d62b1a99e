use mamo::node;

struct Model {
    weights: Vec<f64>,
}

#[node]
fn fit(rows: &[f64]) -> Model {
    Model { weights: rows.to_vec() }
}

#[node]
fn try_fit(rows: &[f64]) -> Result<Model, String> {
    Ok(Model { weights: rows.to_vec() })
}

fn main() {}
