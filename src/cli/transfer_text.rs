//! What was exported and imported, as people read it.

use crate::cli::upkeep_text::shortened;
use crate::exec::{Exported, Imported};
use crate::words;
use std::path::Path;

/// What was written to a file.
pub(crate) fn exported(exported: &Exported, file: &Path) -> String {
    let Exported { nodes, records, blobs, bytes, .. } = exported;
    let mut text: String =
        nodes.iter().map(|node| format!("exported: {} ({})\n", node.node, shortened(&node.value))).collect();
    let (records, blobs) = (words::count(*records, "record"), words::count(*blobs, "blob"));
    text.push_str(&format!("{records} and {blobs} ({}) are in `{}`\n", words::bytes(*bytes), file.display()));
    text
}

/// What was taken over, and what was not.
pub(crate) fn imported(imported: &Imported) -> String {
    let mut text = String::new();
    for node in &imported.nodes {
        let value = shortened(&node.value);
        text.push_str(&match node.is_known {
            true => format!("imported: {} ({value})\n", node.node),
            false => format!("not known as it was there: {} ({value})\n", node.node),
        });
    }
    let (records, blobs) = (words::count(imported.records, "record"), words::count(imported.blobs, "blob"));
    text.push_str(&format!("added {records} and {blobs} ({})", words::bytes(imported.blob_bytes)));
    if imported.records_known > 0 || imported.blobs_known > 0 {
        let known = words::count(imported.records_known, "record");
        text.push_str(&format!("; {known} and {} were there", words::count(imported.blobs_known, "blob")));
    }
    text.push('\n');
    if imported.records_left_out > 0 {
        let left_out = words::count(imported.records_left_out, "record");
        text.push_str(&format!("left out {left_out}: nodes gave other values here, which stay\n"));
        text.push_str("a run takes what fits these, and executes the rest\n");
    }
    text
}
