use mamo::node;

struct Model(u32);

impl Model {
    #[node]
    fn fit(rows: &[u32]) -> u32 {
        rows.iter().sum::<u32>()
    }
}

fn main() {
    let _ = Model(0).0;
}
