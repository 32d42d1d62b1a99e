//! All that is known of one node.

use crate::error::Result;
use crate::exec::ledger::Ledger;
use crate::exec::past::Past;
use crate::exec::recorded::{deep_of, payload_of_value};
use crate::exec::report::{NodeLog, Report, newest_report};
use crate::exec::session::Session;
use crate::exec::status::{NodeStatus, StatusFilter, status};
use crate::fingerprint::{BlobDigest, Schema, SpecKey, ValueDigest, decode, schema_of, value_digest};
use crate::graph::{Body, Kind, NodeId, Persist};
use crate::store::{Deep, Payload};
use crate::value::{Artifact, Value};
use serde::de::DeserializeOwned;
use std::any::Any;
use std::fmt::Debug;

/// All that is known of a node.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NodeDetails {
    /// How it stands.
    pub status: NodeStatus,
    /// File and line where it was added to the graph.
    pub place: String,
    /// File and line of its function.
    pub function_place: Option<String>,
    /// Version of its code, in hexadecimal.
    pub code: Option<String>,
    /// Type of its value; nothing for several outputs.
    pub value_type: Option<&'static str>,
    /// Which results are kept.
    pub persist: Persist,
    /// Whether it is a barrier.
    pub is_barrier: bool,
    /// What it is known by: its fingerprint, in hexadecimal; nothing below a barrier that is not known.
    pub fingerprint: Option<String>,
    /// The computation, in hexadecimal.
    pub content: Option<String>,
    /// Digest of its value, in hexadecimal.
    pub value: Option<String>,
    /// The beginning of its value, of types that are text, numbers, lists of these, or files.
    pub preview: Option<String>,
    /// What it reads.
    pub inputs: Vec<String>,
    /// What reads it.
    pub readers: Vec<String>,
    /// Id of the run that made its value.
    pub run: Option<String>,
    /// Digest of the program that did, in hexadecimal.
    pub executable: Option<String>,
    /// What it said last, if it ever said anything.
    pub log: Option<NodeLog>,
}

/// So many characters of a value are shown, and so many files of a folder.
const LONGEST: usize = 400;
const FILES: usize = 20;
/// Larger values are not read for a look at them.
const LARGEST: u64 = 16 << 20;

/// Gathers it.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn show(
    session: &Session,
    ledger: Ledger,
    pool: &rayon::ThreadPool,
    node: NodeId,
) -> Result<Option<NodeDetails>> {
    let (graph, store) = (&session.graph, &*session.store);
    let identity = graph.identity(node);
    let (told, ledger) = status(session, ledger, pool, &StatusFilter::default().node(&identity))?;
    let Some(status) = told.into_iter().next() else { return Ok(None) };
    let entry = graph.entry(node);
    let base = ledger.record_key(graph, node);
    let deep = match &base {
        Some(base) => deep_of(store, base)?,
        None => None,
    };
    let (mut code, mut function_place) = (None, None);
    if let Kind::Spec(spec) = graph.kind(node)
        && let Body::Function { function, .. } = &spec.body
    {
        function_place = Some(format!("{}:{}", function.function.file, function.function.line));
        code = SpecKey::from_bytes(&spec.key).map(|key| blake3::Hash::from_bytes(key.code).to_hex().to_string());
    }
    let runs = Past::read(store)?;
    let run = deep.as_ref().and_then(|deep| runs.runs().iter().find(|run| run.number == deep.run));
    let is_reader = |reader: &NodeId| graph.inputs(*reader).iter().any(|input| graph.producer(*input) == node);
    let readers = graph.node_ids().filter(|reader| !graph.is_output(*reader) && is_reader(reader));
    let preview = match (&deep, ledger.leaves.get(&node), graph.kind(node)) {
        (Some(deep), ..) => preview_of(session, node, deep)?,
        (None, Some(Ok(looked)), _) => preview(&looked.value),
        (None, _, Kind::Constant(constant)) => preview(&constant.value),
        (None, Some(Err(_)) | None, Kind::Spec(_)) => None,
    };
    Ok(Some(NodeDetails {
        place: entry.place.to_string(),
        function_place,
        code,
        value_type: graph.value_type(node).map(|value_type| (value_type.type_name)()),
        persist: entry.flags.persist,
        is_barrier: entry.flags.is_barrier,
        fingerprint: base.map(|base| base.to_string()),
        content: deep.as_ref().map(|deep| deep.content.to_string()),
        value: deep.as_ref().map(|deep| deep.value.to_string()),
        preview,
        inputs: graph.inputs(node).iter().map(|input| graph.identity(*input)).collect(),
        readers: readers.map(|reader| graph.identity(reader)).collect(),
        run: run.map(|run| format!("{:016x}", run.number)),
        executable: run.and_then(|run| run.executable).map(|by| blake3::Hash::from_bytes(by).to_hex().to_string()),
        log: newest_report(store, &identity)?.map(Report::log),
        status,
    }))
}

/// A look at a value on record, if its bytes are there and few.
fn preview_of(session: &Session, node: NodeId, deep: &Deep) -> Result<Option<String>> {
    let payload = payload_of_value(&*session.store, &deep.value, Some(&deep.content), deep.own.as_ref())?;
    let Some(payload) = payload.filter(|payload: &Payload| payload.len() <= LARGEST) else { return Ok(None) };
    Ok(session.load(node, &deep.value, &payload).ok().flatten().as_ref().and_then(preview))
}

/// Does something for each type that can be shown, and for vectors of it, until it gives something.
macro_rules! of_shown_types {
    ($do:ident($($argument:expr),*)) => {
        of_shown_types!(@ $do ($($argument),*) String, bool, char, u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64)
    };
    (@ $do:ident $arguments:tt $($shown:ty),*) => {
        None$(.or_else(|| of_shown_types!(% $do::<$shown> $arguments)).or_else(|| of_shown_types!(% $do::<Vec<$shown>> $arguments)))*
    };
    (% $do:ident::<$shown:ty> ($($argument:expr),*)) => { $do::<$shown>($($argument),*) };
}

/// The beginning of a value of a type that can be shown.
pub(crate) fn preview(value: &Value) -> Option<String> {
    if let Some(artifact) = value.as_any().downcast_ref::<Artifact>() {
        return Some(listing(artifact));
    }
    of_shown_types!(shown(value.as_any()))
}

/// The beginning of a value whose type nobody knows here: it is one of those that can be shown if the value is called as values of that
/// type are.
pub(crate) fn preview_of_bytes(value: &ValueDigest, bytes: &[u8]) -> Option<String> {
    let (digest, len) = (BlobDigest::of(bytes), u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    let name = |schema: Schema| value_digest(&schema.digest, &digest, len);
    of_shown_types!(shown_bytes(value, bytes, &name))
}

fn shown_bytes<T: Debug + DeserializeOwned + Send + Sync + 'static>(
    value: &ValueDigest,
    bytes: &[u8],
    name: &dyn Fn(Schema) -> ValueDigest,
) -> Option<String> {
    if name(schema_of::<T>()) != *value {
        return None;
    }
    shown::<T>(&decode::<T>(bytes).ok()?)
}

fn shown<T: Debug + 'static>(value: &(dyn Any + Send + Sync)) -> Option<String> {
    let text = match value.downcast_ref::<String>() {
        Some(text) if std::any::TypeId::of::<T>() == std::any::TypeId::of::<String>() => text.clone(),
        Some(_) | None => format!("{:?}", value.downcast_ref::<T>()?),
    };
    Some(match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    })
}

fn listing(artifact: &Artifact) -> String {
    if !artifact.is_folder() {
        return format!("file, {} bytes, {:.16}", artifact.len(), artifact.digest());
    }
    let mut text = format!("folder, {} bytes, {:.16}", artifact.len(), artifact.digest());
    let entries = artifact.entries().unwrap_or_default();
    for (path, file) in entries.iter().take(FILES) {
        text.push_str(&format!("\n{}  {} bytes", path.display(), file.len()));
    }
    if let Some(more @ 1..) = entries.len().checked_sub(FILES) {
        text.push_str(&format!("\nand {more} more files"));
    }
    text
}
