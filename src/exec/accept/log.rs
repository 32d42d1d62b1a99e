//! Who accepted what, when and why: a list beside each root, to which is only added.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::recorded::record;
use crate::exec::session::Session;
use crate::exec::store_error::store_error;
use crate::fingerprint::{Fingerprint, RECIPE, ValueDigest};
use crate::store::{Key, RecordKind, RecordReader, Store};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

/// That a change of a node's code was declared not to matter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Acceptance {
    /// Identity of the node.
    pub node: String,
    /// Who said so, why, and when.
    pub remark: Remark,
    /// When that was.
    pub at: SystemTime,
    /// Version of the code that gave the value, in hexadecimal.
    pub from: String,
    /// Version of the code that was not executed, in hexadecimal.
    pub to: String,
    /// Who took it back, and when, if somebody did.
    pub revoked: Option<(Remark, SystemTime)>,
}

/// Who declares something, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remark {
    /// Who.
    pub who: String,
    /// Why; empty when nothing was said.
    pub because: String,
}

impl Remark {
    /// A remark of somebody's.
    pub fn by(who: impl Into<String>) -> Self {
        Self { who: who.into(), because: String::new() }
    }

    /// Adds the reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.because = reason.into();
        self
    }
}

/// An acceptance as it is kept; a fingerprint has a list of them, oldest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) node: String,
    pub(crate) value: [u8; 32],
    pub(crate) from: [u8; 32],
    pub(crate) to: [u8; 32],
    pub(crate) said: Said,
    pub(crate) revoked: Option<Said>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Said {
    pub(crate) who: String,
    pub(crate) because: String,
    pub(crate) at_ms: u64,
}

/// All acceptances of a store, oldest first; also those that were taken back.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn acceptances(store: &dyn Store) -> Result<Vec<Acceptance>> {
    let mut all: Vec<Acceptance> =
        entries(store)?.iter().flat_map(|(_, entries)| entries).map(Entry::acceptance).collect();
    all.sort_by(|a, b| (a.at, &a.node).cmp(&(b.at, &b.node)));
    Ok(all)
}

/// The acceptance by which the node with this fingerprint has its value, if one does.
pub(crate) fn accepted_at(
    store: &dyn Store,
    base: &Fingerprint,
    root: Option<ValueDigest>,
) -> Result<Option<Acceptance>> {
    let Some(root) = root else { return Ok(None) };
    let entries = entries_at(store, base)?;
    let holds = |entry: &&Entry| entry.revoked.is_none() && entry.value == *root.as_bytes();
    Ok(entries.iter().rev().find(holds).map(Entry::acceptance))
}

impl Entry {
    pub(crate) fn acceptance(&self) -> Acceptance {
        let hex = |version: [u8; 32]| blake3::Hash::from_bytes(version).to_hex().to_string();
        let Self { node, from, to, said, revoked, .. } = self;
        Acceptance {
            node: node.clone(),
            remark: said.remark(),
            at: said.at(),
            from: hex(*from),
            to: hex(*to),
            revoked: revoked.as_ref().map(|said| (said.remark(), said.at())),
        }
    }
}

impl Said {
    pub(crate) fn now(session: &Session, remark: &Remark) -> Self {
        let now = session.looker.now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let Remark { who, because } = remark.clone();
        Self { who, because, at_ms: u64::try_from(now.as_millis()).unwrap_or(u64::MAX) }
    }

    fn remark(&self) -> Remark {
        Remark { who: self.who.clone(), because: self.because.clone() }
    }

    fn at(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.at_ms)
    }
}

pub(crate) fn entries_at(store: &dyn Store, base: &Fingerprint) -> Result<Vec<Entry>> {
    let bytes = record(store, Key::new(RecordKind::Accept, base.as_bytes()))?;
    bytes.map_or(Ok(Vec::new()), |bytes| read_entries(&bytes))
}

pub(crate) fn entries(store: &dyn Store) -> Result<Vec<(Fingerprint, Vec<Entry>)>> {
    const PAGE: usize = 1000;
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan(RecordKind::Accept, after, PAGE).map_err(store_error)?;
        for (key, bytes) in &page {
            all.push((Fingerprint::from_bytes(key.digest), read_entries(bytes)?));
        }
        match page.last() {
            Some((key, _)) if page.len() == PAGE => after = Some(*key),
            Some(_) | None => return Ok(all),
        }
    }
}

pub(crate) fn write_entries(entries: &[Entry], out: &mut Vec<u8>) {
    out.extend_from_slice(&RECIPE.to_le_bytes());
    // Serialising plain structs of strings and numbers into memory has no way to fail.
    out.extend(postcard::to_stdvec(entries).unwrap_or_default());
}

/// What is written down nowhere else: a list that cannot be read is no empty one, and is not written over.
fn read_entries(bytes: &[u8]) -> Result<Vec<Entry>> {
    let entries = RecordReader::of_recipe(bytes).and_then(|reader| postcard::from_bytes(reader.rest()).ok());
    entries.ok_or_else(|| {
        Error::new(ErrorKind::Store, "what was accepted is written in a form that this version of mamo cannot read")
            .with_hint("use the version of mamo that wrote it, or another store with `--store`")
    })
}
