//! Maps, with and without keys.
#![deny(warnings)]

use mamo::{Artifact, Dict, Graph, List, Node, NodeCtx, Spec, node, source};
use std::collections::BTreeMap;

#[node]
fn by_text(#[key] key: &str, a: &u32) -> String {
    format!("{key}{a}")
}

#[node]
fn by_reference(ctx: &NodeCtx, #[key] key: &(u8, u8), a: u32, b: &str) -> u64 {
    u64::from(key.0) + u64::from(a) + ctx.seed() + b.len() as u64
}

#[node]
fn by_value(a: &[u32], #[key] key: usize) -> Result<usize, String> {
    Ok(key + a.len())
}

#[node]
fn parse(csv: &[u8]) -> Vec<u32> {
    csv.iter().copied().map(u32::from).collect()
}

#[node]
fn unused_key(#[key] _key: usize, a: u32) -> u32 {
    a
}

fn each<T>(map: fn(Node<List<u32>>) -> Spec<List<T>>, g: &Graph, list: Node<List<u32>>) -> Node<List<T>> {
    g.add(map(list))
}

fn pipeline(g: &Graph) -> mamo::Result<()> {
    let files: Node<Dict<String, Artifact>> = g.add(source::glob("*.csv"));
    let parsed: Node<Dict<String, Vec<u32>>> = g.add(parse::map(files));
    let keyed = g.value(BTreeMap::from([(String::new(), 1u32)]));
    let _: Node<Dict<String, String>> = g.add(by_text::map(keyed));
    let pairs = g.value(BTreeMap::from([((1u8, 2u8), 1u32)]));
    let text = g.value(String::new());
    let _: Node<Dict<(u8, u8), u64>> = g.add(by_reference::map(pairs, text));
    let lists = g.value(vec![vec![1u32]]);
    let _: Node<List<usize>> = g.add(by_value::map(lists));
    let one = g.value(1u32);
    let list = g.gather([one]);
    each(unused_key::map, g, list);
    let _ = parsed;
    Ok(())
}

fn main() {
    Graph::build(pipeline).unwrap();
}
