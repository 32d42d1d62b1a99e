//! Every row of the parameter table.
#![deny(warnings)]

use mamo::{Artifact, Graph, List, Node, NodeCtx, Spec, node, source};
use std::path::Path;

#[node]
fn nothing() -> u32 {
    1
}

#[node]
fn shared(a: &u32) -> u32 {
    *a
}

#[node]
fn cloned(a: u32) -> u32 {
    a
}

#[node]
fn text(a: &str) -> usize {
    a.len()
}

#[node]
fn bytes(a: &[u8]) -> usize {
    a.len()
}

#[node]
fn slice(a: &[u32], b: &[String]) -> usize {
    a.len() + b.len()
}

#[node]
fn file(a: &Path, b: &std::path::Path) -> bool {
    a == b
}

#[node]
fn maybe(a: Option<&u32>, b: Option<&str>, c: Option<&[u32]>, d: Option<&Path>, e: Option<u32>) -> bool {
    a.is_some() && b.is_some() && c.is_some() && d.is_some() && e.is_some()
}

#[node]
fn whole(a: &Option<u32>, b: &Vec<u32>, c: &List<u32>, d: &[u8; 2], e: &(u32, u32)) -> bool {
    a.is_some() && b.len() == c.len() && d.len() == 2 && e.0 == e.1
}

#[node]
fn context(ctx: &NodeCtx) -> u64 {
    ctx.seed()
}

#[node]
fn context_and(_: &mamo::NodeCtx, _unused: &u32, (a, b): &(u32, u32), mut c: u32, _: u32) -> u32 {
    c += a + b;
    c
}

#[node]
fn unit(_a: u32) {}

#[node]
#[allow(clippy::unused_unit)]
fn explicit_unit(_a: u32) -> () {}

#[node]
fn function_pointer(a: &u32, f: fn(&str) -> usize) -> usize
where
    u32: Copy,
{
    f("x") + *a as usize
}

#[node]
fn r#type(r#match: &u32) -> u32 {
    *r#match
}

#[node]
fn planes(planes: &[u32], ctx: u32, inputs: &u32) -> Result<u32, String> {
    Ok(planes.iter().sum::<u32>() + ctx + inputs)
}

// The names that constructors would give their type parameters are taken.
struct Csv;
struct C;

#[node(transient)]
fn csv_names(csv: &str, c: &C, _csv_type: &Csv) -> C {
    let _ = (csv, c);
    C
}

fn pipeline(g: &Graph) -> mamo::Result<Node<u32>> {
    let number = g.add(nothing::node());
    let artifact = g.add(source::file("x"));
    let string = g.value(String::new());
    let numbers = g.value(vec![1u32]);
    let strings = g.value(vec![String::new()]);
    let list: Node<List<u32>> = g.gather([number]);
    g.add(shared::node(number));
    g.add(cloned::node(number));
    g.add(text::node(artifact));
    g.add(text::node(string).name("text of a string"));
    g.add(text::map(strings).name("texts"));
    g.add(bytes::node(artifact));
    g.add(slice::node(numbers, strings));
    g.add(slice::node(list, strings).name("slice of a list"));
    g.add(file::node(artifact, artifact));
    let none = g.value(Some(1u32));
    g.add(maybe::node(None, None, None, None, none));
    g.add(maybe::node(Some(number), Some(string), Some(numbers), Some(artifact), none).name("all"));
    g.add(maybe::map(numbers, Some(string), None, None, none).name("each"));
    let pair = g.value((1u32, 2u32));
    g.add(whole::node(none, numbers, list, g.value([1u8, 2]), pair));
    g.add(context::node());
    g.add(context_and::node(number, pair, number, number));
    g.add(unit::node(number));
    g.add(explicit_unit::node(number));
    let f: Node<fn(&str) -> usize> = g.add(source::external("len", str::len as fn(&str) -> usize));
    g.add(function_pointer::node(number, f));
    g.add(r#type::node(number));
    g.add(planes::node(numbers, number, number));
    let constructor: fn(Node<Artifact>) -> Spec<usize> = text::node;
    g.add(constructor(artifact).name("by pointer"));
    let c = g.add(source::external("c", C));
    let csv = g.add(source::external("csv", Csv));
    g.add(csv_names::node(string, c, csv));
    Ok(number)
}

fn main() {
    Graph::build(pipeline).unwrap();
}
