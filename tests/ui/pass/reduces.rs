//! Functions that combine: by reference, by value, fallible, with a context and further parameters, with all names taken.

use mamo::{Dict, Graph, List, NodeCtx, node};

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Hist(Vec<u32>);

#[node]
fn merge(a: &Hist, b: &Hist) -> Hist {
    Hist(a.0.iter().zip(&b.0).map(|(a, b)| a + b).collect())
}

#[node]
fn merge_all(ctx: &NodeCtx, list: Hist, initial: Hist, names: &[String], scale: Option<&u32>) -> Result<Hist, String> {
    let _ = (ctx.seed(), names, scale);
    Ok(Hist(list.0.into_iter().zip(initial.0).map(|(a, b)| a + b).collect()))
}

#[node]
fn concat(a: &[u8], b: &[u8]) -> Vec<u8> {
    [a, b].concat()
}

#[node]
fn reduce(a: &str, b: &str) -> String {
    format!("{a}{b}")
}

/// A function that is called as the collection's type parameter.
#[node]
#[allow(non_snake_case)]
fn C(a: u32, b: u32) -> u32 {
    a.max(b)
}

fn main() {
    let built = Graph::build(|g| {
        let hist = g.value(Hist(vec![1]));
        let list: List<Hist> = vec![Hist(vec![1])].into();
        let list = g.value(list);
        let names = g.value(vec![String::new()]);
        g.add(merge::reduce(list).name("a"));
        g.add(merge::reduce_or(hist, list).name("b"));
        g.add(merge_all::reduce(list, names, None).name("c"));
        g.add(merge_all::reduce_or(hist, list, names, Some(g.value(1))).name("d"));
        g.add(concat::reduce(g.value(vec![vec![1u8]])));
        let dict: Dict<String, String> = [("a".to_owned(), String::new())].into_iter().collect();
        g.add(reduce::reduce(g.value(dict)));
        g.add(C::reduce(g.value(vec![1u32])));
        Ok(())
    });
    assert!(built.is_ok());
}
