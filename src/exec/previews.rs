//! Parameters and answers as text, so that explanations can say what they were.

use crate::error::Result;
use crate::exec::ledger::Ledger;
use crate::exec::recorded::record;
use crate::exec::session::Session;
use crate::exec::show::preview;
use crate::fingerprint::{Fingerprint, RECIPE};
use crate::graph::{Body, Kind, NodeId, Source};
use crate::store::{Batch, Key, RecordKind, RecordReader, Store};
use crate::value::Value;

/// Longer texts are known by their digests alone.
const LONGEST: usize = 60;

/// Writes down what parameters, answers of probes and versions of programs are, as far as they are short. Never what comes from the
/// environment: it may be a secret.
pub(crate) fn note_previews(session: &Session, ledger: &Ledger, batch: &mut Batch) {
    let graph = &session.graph;
    for node in graph.node_ids().filter(|node| ledger.is_needed(*node)) {
        let Some(fingerprint) = ledger.fingerprint(node) else { continue };
        let text = leaf_value(session, ledger, node).as_ref().and_then(preview);
        if let Some(text) = text.filter(|text| text.chars().count() <= LONGEST) {
            batch.put(Key::new(RecordKind::Preview, fingerprint.as_bytes()), |out| {
                out.extend_from_slice(&RECIPE.to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            });
        }
    }
}

/// What a leaf is, as text, or the beginning of its digest.
pub(crate) fn preview_of_leaf(session: &Session, ledger: &Ledger, node: NodeId) -> String {
    let text = leaf_value(session, ledger, node).as_ref().and_then(preview);
    let text = text.filter(|text| text.chars().count() <= LONGEST);
    text.or_else(|| Some(format!("{:.8}", ledger.fingerprint(node)?))).unwrap_or_default()
}

fn leaf_value(session: &Session, ledger: &Ledger, node: NodeId) -> Option<Value> {
    match session.graph.kind(node) {
        Kind::Constant(constant) => session.graph.is_named(node).then(|| constant.value.clone()),
        Kind::Spec(spec) => match &spec.body {
            Body::Source(source) => match &**source {
                Source::Probe { .. } | Source::Tool { .. } => {
                    ledger.leaves.get(&node)?.as_ref().ok().map(|looked| looked.value.clone())
                }
                Source::File { .. }
                | Source::Folder { .. }
                | Source::Glob { .. }
                | Source::Env { .. }
                | Source::Params { .. }
                | Source::Secret { .. }
                | Source::External { .. } => None,
            },
            Body::Function { .. } | Body::Field(_) | Body::Gather(_) | Body::Settle(_) | Body::Output { .. } => None,
        },
    }
}

/// What a leaf was, as text, or the beginning of its digest.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn preview_at(store: &dyn Store, fingerprint: &Fingerprint) -> Result<String> {
    Ok(noted_preview(store, fingerprint)?.unwrap_or_else(|| format!("{fingerprint:.8}")))
}

/// What a leaf was, as text, if that was written down.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn noted_preview(store: &dyn Store, fingerprint: &Fingerprint) -> Result<Option<String>> {
    let bytes = record(store, Key::new(RecordKind::Preview, fingerprint.as_bytes()))?;
    let reader = bytes.as_deref().and_then(RecordReader::of_recipe);
    Ok(reader.map(|reader| String::from_utf8_lossy(reader.rest()).into_owned()))
}
