//! Names that people give to what nodes gave: to find it again, and so that it is not forgotten.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::drive::make_plan;
use crate::exec::leaves::look_at_sources;
use crate::exec::ledger::Ledger;
use crate::exec::recorded::deep_of;
use crate::exec::session::Session;
use crate::exec::store_error::store_error;
use crate::fingerprint::{Fingerprint, RECIPE, ValueDigest};
use crate::graph::NodeId;
use crate::store::{Batch, Deep, Key, RecordKind, RecordReader, Store};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

/// A name for the value that a node had when it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tag {
    /// The name; nothing for a pin, which only keeps the value.
    pub name: Option<String>,
    /// Identity of the node.
    pub node: String,
    /// When it was given.
    pub at: SystemTime,
    /// Digest of the value, in hexadecimal.
    pub value: String,
    /// Whether the node has this value at its present code and inputs; nothing when nobody looked.
    pub is_present: Option<bool>,
}

/// A tag as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tagged {
    name: Option<String>,
    node: String,
    at_ms: u64,
    /// Under which the node's record stands.
    pub(crate) fingerprint: [u8; 32],
    pub(crate) content: [u8; 32],
    value: [u8; 32],
}

const TAG: &[u8; 32] = b"mamo 1: name that somebody gave ";

/// Gives nodes a name, or pins them.
///
/// # Errors
/// When a node has no value at its present code and inputs.
pub(crate) fn tag(
    session: &Session,
    mut ledger: Ledger,
    pool: &rayon::ThreadPool,
    nodes: &[NodeId],
    name: Option<&str>,
) -> Result<Vec<Tag>> {
    check_name(name)?;
    look_at_sources(session, &mut ledger, pool)?;
    make_plan(session, &mut ledger)?;
    let mut values = Vec::new();
    for node in nodes {
        let identity = session.graph.identity(*node);
        let base = ledger.record_key(&session.graph, *node);
        let known = match base {
            Some(base) => deep_of(&*session.store, &base)?.map(|deep| (base, deep)),
            None => None,
        };
        let Some((fingerprint, deep)) = known else {
            let message = format!("node `{identity}` has no value on record at its present code and inputs");
            let hint = "run it first; sources and constants are not tagged";
            return Err(Error::new(ErrorKind::UnknownName, message).with_node(&identity).with_hint(hint));
        };
        values.push(Named { node: identity, fingerprint, deep });
    }
    give(&*session.store, values, name, session.looker.now(), Some(true))
}

/// A value that gets a name.
pub(crate) struct Named {
    /// Identity of its node.
    pub(crate) node: String,
    /// Under which the node's record stands.
    pub(crate) fingerprint: Fingerprint,
    pub(crate) deep: Deep,
}

/// Refuses what is no name for a tag.
///
/// # Errors
/// When it is empty.
pub(crate) fn check_name(name: Option<&str>) -> Result<()> {
    if name.is_some_and(str::is_empty) {
        return Err(Error::new(ErrorKind::UnknownName, "a tag needs a name").with_hint("or `pin` the node"));
    }
    Ok(())
}

/// Gives values a name, or pins them, all or none.
///
/// # Errors
/// When the store cannot be written.
pub(crate) fn give(
    store: &dyn Store,
    values: Vec<Named>,
    name: Option<&str>,
    now: SystemTime,
    is_present: Option<bool>,
) -> Result<Vec<Tag>> {
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut given = Vec::new();
    let mut batch = Batch::default();
    for Named { node, fingerprint, deep } in values {
        let tagged = Tagged {
            name: name.map(str::to_owned),
            node,
            at_ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
            fingerprint: *fingerprint.as_bytes(),
            content: *deep.content.as_bytes(),
            value: *deep.value.as_bytes(),
        };
        batch.put(tagged.key(), |out| {
            out.extend_from_slice(&RECIPE.to_le_bytes());
            // Serialising plain structs of strings and numbers into memory has no way to fail.
            out.extend(postcard::to_stdvec(&tagged).unwrap_or_default());
        });
        given.push(tagged.told(is_present));
    }
    store.put(batch).map_err(store_error)?;
    store.sync().map_err(store_error)?;
    Ok(given)
}

/// Takes names back: of all nodes, or of some; nothing is taken away but the name.
///
/// # Errors
/// When there is no such tag, and when the store cannot be written.
pub(crate) fn untag(store: &dyn Store, name: Option<&str>, nodes: &[&str]) -> Result<Vec<Tag>> {
    let mut taken = Vec::new();
    let mut batch = Batch::default();
    let is_meant = |tag: &Tagged| tag.name.as_deref() == name && (nodes.is_empty() || nodes.contains(&&*tag.node));
    for tag in tags(store)?.into_iter().filter(is_meant) {
        batch.remove(tag.key());
        taken.push(tag.told(None));
    }
    if taken.is_empty() {
        let what = name.map_or("pin".to_owned(), |name| format!("tag `{name}`"));
        let whose = nodes.first().map(|node| format!(" of node `{node}`")).unwrap_or_default();
        let error = Error::new(ErrorKind::UnknownName, format!("there is no {what}{whose}"));
        return Err(error.with_hint("`tags` lists what was tagged and pinned"));
    }
    store.put(batch).map_err(store_error)?;
    store.sync().map_err(store_error)?;
    Ok(taken)
}

/// All tags and pins, oldest first.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn tags(store: &dyn Store) -> Result<Vec<Tagged>> {
    const PAGE: usize = 1000;
    let mut tags = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan(RecordKind::Tag, after, PAGE).map_err(store_error)?;
        let read = |bytes: &[u8]| postcard::from_bytes::<Tagged>(RecordReader::of_recipe(bytes)?.rest()).ok();
        tags.extend(page.iter().filter_map(|(_, bytes)| read(bytes)));
        match page.last() {
            Some((key, _)) if page.len() == PAGE => after = Some(*key),
            Some(_) | None => break,
        }
    }
    tags.sort_by(|a, b| (a.at_ms, &a.name, &a.node).cmp(&(b.at_ms, &b.name, &b.node)));
    Ok(tags)
}

impl Tagged {
    /// A name may be given to several nodes, and to a node again when it has another value.
    fn key(&self) -> Key {
        let mut hasher = blake3::Hasher::new();
        hasher.update(TAG);
        let name = self.name.as_deref().unwrap_or_default();
        hasher.update(&u64::try_from(name.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(name.as_bytes()).update(self.node.as_bytes()).update(&[0]).update(&self.fingerprint);
        Key::new(RecordKind::Tag, hasher.finalize().as_bytes())
    }

    pub(crate) fn told(&self, is_present: Option<bool>) -> Tag {
        Tag {
            name: self.name.clone(),
            node: self.node.clone(),
            at: SystemTime::UNIX_EPOCH + Duration::from_millis(self.at_ms),
            value: ValueDigest::from_bytes(self.value).to_string(),
            is_present,
        }
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::from_bytes(self.fingerprint)
    }
}
