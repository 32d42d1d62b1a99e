//! What a node function may return.
#![deny(warnings)]

use mamo::{BoxError, Bytes, Codec, Graph, List, Node, Spec, node};
use std::io::Write;

type FitResult = Result<u32, String>;
type AnyResult<T, E = String> = Result<T, E>;

#[node]
fn by_std(a: u32) -> Result<u32, std::num::TryFromIntError> {
    u8::try_from(a).map(u32::from)
}

#[node]
fn by_path(a: u32) -> std::io::Result<u32> {
    Ok(a)
}

#[node]
fn by_anyhow(a: u32) -> anyhow::Result<u32> {
    Ok(a)
}

#[node]
fn by_mamo(a: u32) -> mamo::Result<u32> {
    Ok(a)
}

#[node]
fn by_text(a: u32) -> Result<u32, &'static str> {
    Ok(a)
}

#[node]
fn by_box(a: u32) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    Ok(a)
}

#[node]
fn by_box_error(a: u32) -> Result<(), BoxError> {
    let _ = a;
    Ok(())
}

#[node]
fn by_alias(a: u32) -> FitResult {
    Ok(a)
}

#[node]
fn by_default(a: u32) -> AnyResult<u32> {
    Ok(a)
}

#[node]
fn inner_result(a: u32) -> Option<Result<u32, String>> {
    Some(Ok(a))
}

#[node(outputs(train, test))]
fn split(a: u32) -> (u32, String) {
    (a, String::new())
}

#[node(outputs(one))]
fn single(a: u32) -> anyhow::Result<(u32,)> {
    Ok((a,))
}

#[node]
fn pair(a: u32) -> (u32, String) {
    (a, String::new())
}

/// Bytes as they are.
struct Raw;

impl Codec<u64> for Raw {
    const ID: &'static str = "raw";

    fn encode(value: &u64, out: &mut dyn Write) -> Result<(), BoxError> {
        Ok(out.write_all(&value.to_le_bytes())?)
    }

    fn decode(bytes: &Bytes) -> Result<u64, BoxError> {
        Ok(u64::from_le_bytes(bytes[..].try_into()?))
    }
}

#[node(codec = Raw, version = 2)]
fn coded(a: u32) -> u64 {
    u64::from(a)
}

struct Connection;

#[node(transient)]
fn connect(a: u32) -> Result<Connection, String> {
    let _ = a;
    Ok(Connection)
}

#[node]
fn ask(connection: &Connection, a: u32) -> u32 {
    let Connection = connection;
    a
}

fn apply(g: &Graph, stages: &[fn(Node<u32>) -> Spec<u32>], mut node: Node<u32>) -> Node<u32> {
    for (number, stage) in stages.iter().enumerate() {
        node = g.group(number).add(stage(node));
    }
    node
}

const STAGES: [fn(Node<u32>) -> Spec<u32>; 9] = [
    by_std::node,
    by_path::node,
    by_anyhow::node,
    by_mamo::node,
    by_text::node,
    by_box::node,
    by_alias::node,
    by_default::node,
    by_std::node,
];

fn pipeline(g: &Graph) -> mamo::Result<Node<u32>> {
    let a = g.value(1u32);
    let node = apply(g, &STAGES, a);
    let () = { let _: Node<()> = g.add(by_box_error::node(node)); };
    let _: Node<Option<Result<u32, String>>> = g.add(inner_result::node(a));
    let (train, test): (Node<u32>, Node<String>) = g.add(split::node(a));
    let (one,): (Node<u32>,) = g.add(single::node(train));
    let _ = (test, one);
    let _: Node<(u32, String)> = g.add(pair::node(a));
    let _: Node<u64> = g.add(coded::node(a));
    let list = g.value(vec![1u32]);
    let _: Node<List<u64>> = g.add(coded::map(list).name("each"));
    let connection = g.add(connect::node(a));
    g.add(ask::node(connection, a));
    Ok(node)
}

fn main() {
    Graph::build(pipeline).unwrap();
}
