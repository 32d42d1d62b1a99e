use mamo::node;

#[derive(serde::Serialize, serde::Deserialize)]
struct Model(Vec<f64>);

#[node]
fn score(model: Model) -> usize {
    model.0.len()
}

fn main() {}
