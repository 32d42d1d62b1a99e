//! What is not needed, in the order in which it may go.

use crate::error::Result;
use crate::exec::gc::mark::Marks;
use crate::exec::maker::Maker;
use crate::exec::store_error::store_error;
use crate::fingerprint::{BlobDigest, Fingerprint};
use crate::store::{Act, Batch, Deep, Key, RecordKind, Store};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Records and blobs that go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waste {
    /// Those that depend on others before these.
    pub(crate) records: Vec<(Key, u64)>,
    /// Records of runs that are shortened, since something stays that they made: with what stays of them and the bytes that go.
    pub(crate) shortened: Vec<(Key, Vec<u8>, u64)>,
    pub(crate) blobs: BTreeMap<BlobDigest, u64>,
}

/// Kinds of records that go when nothing needs them. All others are small, and know what the runs to come ask for: the
/// state of files, answers, costs, what was published, tags.
const COLLECTED: [RecordKind; 15] = [
    RecordKind::Deep,
    RecordKind::Root,
    RecordKind::Accept,
    RecordKind::Act,
    RecordKind::Evicted,
    RecordKind::Members,
    RecordKind::Way,
    RecordKind::Preview,
    RecordKind::Severed,
    RecordKind::References,
    RecordKind::Spec,
    RecordKind::Code,
    RecordKind::Report,
    RecordKind::Run,
    RecordKind::Plan,
];

/// A page of a scan, and a batch of removals.
const PAGE: usize = 10_000;

impl Waste {
    /// All that is not marked.
    pub(crate) fn of(store: &dyn Store, marks: &Marks) -> Result<Self> {
        let mut waste = Self::default();
        let mut aliases = Aliases::default();
        // Runs that made something of what stays.
        let mut makers = HashSet::new();
        // Chunks of plans and of members, behind those.
        for kind in COLLECTED.into_iter().chain([RecordKind::Chunk]) {
            scan(store, kind, |key, bytes| {
                if marks.records.contains(&key) {
                    makers.extend(maker_of(kind, &bytes));
                    return;
                }
                let size = size_of(&bytes);
                let made = || Maker::read(&bytes).is_some_and(|maker| makers.contains(&maker.number));
                if kind == RecordKind::Deep {
                    aliases.add(key, &bytes, size);
                } else if kind == RecordKind::Run && made() {
                    waste.shorten(key, &bytes);
                } else {
                    waste.records.push((key, size));
                }
            })?;
        }
        let mut records = aliases.downstream_first();
        records.append(&mut waste.records);
        waste.records = records;
        for_each_blob(store, |digest, size| {
            if !marks.blobs.contains(&digest) {
                waste.blobs.insert(digest, size);
            }
        })?;
        Ok(waste)
    }

    /// Of a run, whoever looks for work of runs that did not end has to know that it did.
    fn shorten(&mut self, key: Key, bytes: &[u8]) {
        let left = Maker::shortened(bytes);
        let goes = size_of(bytes).saturating_sub(size_of(left));
        if goes > 0 {
            self.shortened.push((key, left.to_vec(), goes));
        }
    }

    /// Bytes of all of it.
    pub(crate) fn bytes(&self) -> u64 {
        self.record_bytes().saturating_add(self.blob_bytes())
    }

    pub(super) fn record_bytes(&self) -> u64 {
        let removed: u64 = self.records.iter().map(|(_, size)| *size).sum();
        removed + self.shortened.iter().map(|(_, _, bytes)| *bytes).sum::<u64>()
    }

    pub(super) fn blob_bytes(&self) -> u64 {
        self.blobs.values().sum()
    }
}

/// The run that made what is on record there.
fn maker_of(kind: RecordKind, bytes: &[u8]) -> Option<u64> {
    let of_act = || Act::read(bytes).map(|act| act.run);
    let of_deep = || Deep::read(bytes).map(|deep| deep.run);
    (kind == RecordKind::Act).then(of_act).or_else(|| (kind == RecordKind::Deep).then(of_deep)).flatten()
}

/// Bytes of a record, with its key.
pub(super) fn size_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len() + 33).unwrap_or(u64::MAX)
}

/// Takes waste away: no record before those that depend on it, no bytes before the records.
///
/// # Errors
/// When the store cannot be written.
pub(crate) fn remove(store: &dyn Store, waste: &Waste) -> Result<()> {
    for runs in waste.shortened.chunks(PAGE) {
        let mut batch = Batch::default();
        runs.iter().for_each(|(key, left, _)| batch.put(*key, |out| out.extend_from_slice(left)));
        store.put(batch).map_err(store_error)?;
    }
    for records in waste.records.chunks(PAGE) {
        let mut batch = Batch::default();
        records.iter().for_each(|(key, _)| batch.remove(*key));
        store.put(batch).map_err(store_error)?;
    }
    let blobs: Vec<&BlobDigest> = waste.blobs.keys().collect();
    for blobs in blobs.chunks(PAGE) {
        let mut batch = Batch::default();
        blobs.iter().for_each(|digest| batch.remove_blob(**digest));
        store.put(batch).map_err(store_error)?;
    }
    store.sync().map_err(store_error).map(|_| ())
}

/// Goes through all records of a kind.
pub(crate) fn scan(store: &dyn Store, kind: RecordKind, mut each: impl FnMut(Key, Vec<u8>)) -> Result<()> {
    let mut after = None;
    loop {
        let page = store.scan(kind, after, PAGE).map_err(store_error)?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|(key, _)| *key).or(after);
        page.into_iter().for_each(|(key, bytes)| each(key, bytes));
        if is_last {
            return Ok(());
        }
    }
}

/// Goes through all blobs.
pub(crate) fn for_each_blob(store: &dyn Store, mut each: impl FnMut(BlobDigest, u64)) -> Result<()> {
    let mut after = None;
    loop {
        let page = store.blobs(after, PAGE).map_err(store_error)?;
        let is_last = page.len() < PAGE;
        after = page.last().map(|(digest, _)| *digest).or(after);
        page.into_iter().for_each(|(digest, size)| each(digest, size));
        if is_last {
            return Ok(());
        }
    }
}

/// Records under fingerprints that go, with those on which they rest.
#[derive(Default)]
struct Aliases {
    sizes: HashMap<Fingerprint, u64>,
    upstream: HashMap<Fingerprint, Vec<Fingerprint>>,
}

impl Aliases {
    fn add(&mut self, key: Key, bytes: &[u8], size: u64) {
        let fingerprint = Fingerprint::from_bytes(key.digest);
        let upstream = Deep::read(bytes).map(|deep| deep.upstream).unwrap_or_default();
        let recorded = upstream.iter().filter(|upstream| upstream.recorded).map(|upstream| upstream.fingerprint);
        self.upstream.insert(fingerprint, recorded.collect());
        self.sizes.insert(fingerprint, size);
    }

    /// Each behind all that rest on it.
    fn downstream_first(&self) -> Vec<(Key, u64)> {
        let mut n_resting: HashMap<Fingerprint, usize> = self.sizes.keys().map(|known| (*known, 0)).collect();
        for upstream in self.upstream.values().flatten() {
            if let Some(count) = n_resting.get_mut(upstream) {
                *count += 1;
            }
        }
        let mut open: Vec<Fingerprint> =
            n_resting.iter().filter(|(_, count)| **count == 0).map(|(fingerprint, _)| *fingerprint).collect();
        open.sort_unstable();
        let mut order = Vec::with_capacity(self.sizes.len());
        while let Some(fingerprint) = open.pop() {
            let size = self.sizes.get(&fingerprint).copied().unwrap_or_default();
            order.push((Key::new(RecordKind::Deep, fingerprint.as_bytes()), size));
            for upstream in self.upstream.get(&fingerprint).into_iter().flatten() {
                if let Some(count) = n_resting.get_mut(upstream) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        open.push(*upstream);
                    }
                }
            }
        }
        order
    }
}
