//! Nodes that read and give every kind of value, here or in processes of their own.

use crate::folder;
use mamo::{Artifact, BoxError, Dict, Graph, List, Node, NodeCtx, Spec, Tool, node, source};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

#[node]
pub(crate) fn table(n: usize) -> Vec<f64> {
    (0..n).map(|x| x as f64).collect()
}

#[node]
fn sum(ctx: &NodeCtx, table: &[f64], plus: Option<&f64>, file: &Path) -> Result<(f64, u64, String), BoxError> {
    ctx.log(format_args!("{} rows", table.len()));
    Ok((table.iter().sum::<f64>() + plus.unwrap_or(&0.0), ctx.seed(), fs::read_to_string(file)?))
}

#[node]
fn lists(n: u32) -> List<Vec<u8>> {
    (0..n).map(|x| vec![x as u8; if x % 2 == 0 { 10 } else { 2 << 20 }]).collect()
}

#[node]
fn lengths(lists: &List<Vec<u8>>) -> BTreeMap<String, usize> {
    lists.iter().enumerate().map(|(number, list)| (format!("k{number}"), list.len())).collect()
}

#[node]
fn keyed(ctx: &NodeCtx, item: &usize, #[key] key: &str, table: &[f64]) -> (String, u64) {
    (format!("{key} {item} {}", table.len()), ctx.seed())
}

#[node]
fn paired(left: &Vec<u8>, right: &u32) -> Option<Vec<u8>> {
    (left.len() > 100).then(|| vec![*right as u8; left.len()])
}

#[node]
fn joined(left: &Vec<u32>, right: &Vec<u32>, separator: u32) -> Vec<u32> {
    left.iter().copied().chain([separator]).chain(right.iter().copied()).collect()
}

#[node]
fn files(ctx: &NodeCtx, source: &Artifact, given: &Artifact, cat: &Tool) -> Result<List<Artifact>, BoxError> {
    let mut text = ctx.output_file("text")?;
    write!(text, "{} {}", fs::read_to_string(source.path()?)?, given.bytes()?.len())?;
    let text = text.finish()?;
    let dir = ctx.output_dir()?;
    dir.put("given", given)?;
    dir.put("deep/text", &text)?;
    let shown = ctx.command(cat).arg(source.path()?).output()?;
    let mut large = ctx.output_file("large")?;
    large.write_all(&shown.stdout.repeat(100_000))?;
    Ok([text, dir.finish()?, large.finish()?, source.clone()].into_iter().collect())
}

#[node]
pub(crate) fn large_file(ctx: &NodeCtx, n: usize) -> Result<Artifact, BoxError> {
    let mut out = ctx.output_file("large")?;
    out.write_all(&vec![7; n])?;
    out.finish()
}

#[node]
fn total(files: &List<Artifact>) -> Result<Vec<String>, BoxError> {
    let text = |file: &Artifact| match file.is_folder() {
        true => Ok(format!("{:?}", file.entries()?.into_iter().map(|(path, _)| path).collect::<Vec<_>>())),
        false => Ok(format!("{} {}", String::from_utf8_lossy(&file.bytes()?[..20]), file.len())),
    };
    files.iter().map(|file| text(&file)).collect()
}

#[node(outputs(bytes, text))]
fn two(n: usize) -> (Vec<u8>, String) {
    (vec![1; n], "two".to_owned())
}

/// Every kind of node, here or in processes of their own; what comes out is told as text.
pub(crate) fn kinds(g: &Graph, place: impl Place) -> Node<Vec<String>> {
    let file = g.add(source::file(folder().join("source")));
    let table = g.add(table::node(g.value(1000_usize)));
    let sum = g.add(place.at(sum::node(table, Some(g.value(0.5)), file)));
    let lists = g.add(place.at(lists::node(g.value(5_u32))));
    let lengths = g.add(place.at(lengths::node(lists)));
    let keyed = g.add(place.at(keyed::map(lengths, table)));
    let paired = g.add(place.at(paired::zip_map(lists, g.value(vec![1_u32, 2, 3, 4, 5]))));
    let rows: Vec<Vec<u32>> = (0..9).map(|x| vec![x]).collect();
    let joined = g.add(place.at(joined::reduce(g.value(rows), g.value(77_u32))));
    let given = g.add(large_file::node(g.value(3_usize << 20)));
    let files = g.add(place.at(files::node(file_of(g), given, g.add(source::tool("cat")))));
    let total = g.add(place.at(total::node(files)));
    let (bytes, text) = g.add(place.at(two::node(g.value(5000_usize))));
    let trials = g.add(place.at(keyed::map(lengths, table)).name("again").trials(2));
    g.add(told::node(sum, keyed, paired, joined, total, bytes, text, trials))
}

fn file_of(g: &Graph) -> Node<Artifact> {
    g.add(source::file(folder().join("source")))
}

type Trials = List<Dict<String, (String, u64)>>;

#[node]
fn told(
    sum: &(f64, u64, String),
    keyed: &Dict<String, (String, u64)>,
    paired: &List<Option<Vec<u8>>>,
    joined: &Vec<u32>,
    total: &Vec<String>,
    bytes: &[u8],
    text: &str,
    trials: &Trials,
) -> Vec<String> {
    let paired: Vec<_> = paired.iter().map(|one| one.as_ref().as_ref().map(|one| (one.len(), one[0]))).collect();
    let trials: Vec<_> = trials.iter().map(|trial| format!("{trial:?}")).collect();
    vec![format!("{sum:?} {keyed:?} {paired:?} {joined:?} {} {text} {trials:?}", bytes.len()), total.join("\n")]
}

/// Where the nodes of a pipeline run.
pub(crate) trait Place: Copy {
    fn at<T, H>(self, spec: Spec<T, H>) -> Spec<T, H>;
}

#[derive(Clone, Copy)]
pub(crate) struct Here;

impl Place for Here {
    fn at<T, H>(self, spec: Spec<T, H>) -> Spec<T, H> {
        spec
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Apart;

impl Place for Apart {
    fn at<T, H>(self, spec: Spec<T, H>) -> Spec<T, H> {
        spec.process()
    }
}
