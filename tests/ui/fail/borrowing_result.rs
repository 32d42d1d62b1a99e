use mamo::node;

#[node]
fn first(rows: &[String]) -> &str {
    rows.first().map_or("", String::as_str)
}

#[node]
fn all<'a>(rows: &'a [String]) -> Result<Vec<std::borrow::Cow<'a, str>>, String> {
    Ok(rows.iter().map(Into::into).collect())
}

fn main() {}
