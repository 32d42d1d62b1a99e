//! What was exported and imported, as programs read it; `docs/json.md` explains it.

use crate::cli::json::line;
use crate::exec::{Exported, ExportedNode, Imported, ImportedNode};
use serde::Serialize;

#[derive(Serialize)]
struct ExportObject<'a> {
    schema: &'static str,
    nodes: Vec<ExportedObject<'a>>,
    records: u64,
    blobs: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct ExportedObject<'a> {
    node: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct ImportObject<'a> {
    schema: &'static str,
    nodes: Vec<ImportedObject<'a>>,
    records: u64,
    records_known: u64,
    records_left_out: u64,
    blobs: u64,
    blob_bytes: u64,
    blobs_known: u64,
}

#[derive(Serialize)]
struct ImportedObject<'a> {
    node: &'a str,
    value: &'a str,
    known: bool,
}

impl<'a> From<&'a ExportedNode> for ExportedObject<'a> {
    fn from(node: &'a ExportedNode) -> Self {
        Self { node: &node.node, value: &node.value }
    }
}

impl<'a> From<&'a ImportedNode> for ImportedObject<'a> {
    fn from(node: &'a ImportedNode) -> Self {
        Self { node: &node.node, value: &node.value, known: node.is_known }
    }
}

pub(crate) fn exported(exported: &Exported) -> String {
    let Exported { nodes, records, blobs, bytes } = exported;
    let nodes = nodes.iter().map(ExportedObject::from).collect();
    line(&ExportObject { schema: "mamo.export/1", nodes, records: *records, blobs: *blobs, bytes: *bytes })
}

pub(crate) fn imported(imported: &Imported) -> String {
    let Imported { nodes, records, records_known, records_left_out, blobs, blob_bytes, blobs_known } = imported;
    line(&ImportObject {
        schema: "mamo.import/1",
        nodes: nodes.iter().map(ImportedObject::from).collect(),
        records: *records,
        records_known: *records_known,
        records_left_out: *records_left_out,
        blobs: *blobs,
        blob_bytes: *blob_bytes,
        blobs_known: *blobs_known,
    })
}
