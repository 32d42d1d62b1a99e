use mamo::{Secret, node};

#[node]
fn passed_on(token: &Secret<String>) -> Secret<String> {
    Secret::new(token.expose().clone())
}

fn main() {}
