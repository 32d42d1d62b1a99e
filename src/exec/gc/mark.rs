//! What is needed: from nodes and computations to all that they depend on, and to all bytes that their values name.

use crate::error::Result;
use crate::exec::gc::sweep::scan;
use crate::exec::kept::{FailedOn, Place, Which};
use crate::exec::members::members_of;
use crate::exec::recorded::{act_of, deep_of, record};
use crate::exec::references::references_of;
use crate::exec::report::read_report;
use crate::exec::store_error::store_error;
use crate::exec::ways::read_way;
use crate::fingerprint::{BlobDigest, ContentKey, Fingerprint, SpecDigest, SpecKey};
use crate::store::{Key, Payload, RecordKind, Store};
use crate::value::{Listed, Manifest, Part, Reference, Shape};
use std::collections::{BTreeSet, HashSet};

/// Keys of records and digests of blobs.
#[derive(Clone, Default)]
pub(crate) struct Marks {
    pub(crate) records: HashSet<Key>,
    pub(crate) blobs: BTreeSet<BlobDigest>,
}

impl Marks {
    /// Marks what others have marked.
    pub(crate) fn extend(&mut self, others: Self) {
        self.records.extend(others.records);
        self.blobs.extend(others.blobs);
    }

    /// Marks a node by its fingerprint, with all upstream of it.
    pub(crate) fn node(&mut self, store: &dyn Store, fingerprint: Fingerprint) -> Result<()> {
        let mut open = vec![fingerprint];
        while let Some(fingerprint) = open.pop() {
            if !self.records.insert(Key::new(RecordKind::Deep, fingerprint.as_bytes())) {
                continue;
            }
            for kind in [RecordKind::Root, RecordKind::Accept, RecordKind::Preview] {
                self.records.insert(Key::new(kind, fingerprint.as_bytes()));
            }
            // Of a node that failed, what came out of it all the same.
            for content in self.members(store, fingerprint.as_bytes(), &mut open)? {
                self.computation(store, &content, &mut open)?;
            }
            let Some(deep) = deep_of(store, &fingerprint)? else {
                open.extend(self.way(store, &fingerprint)?);
                continue;
            };
            self.computation(store, &deep.content, &mut open)?;
            self.spec(store, &deep.spec)?;
            self.payload(store, deep.own.as_ref())?;
            // Also those without records: a way may lead through them.
            open.extend(deep.upstream.iter().map(|upstream| upstream.fingerprint));
        }
        Ok(())
    }

    /// Marks a computation, with those of which it consists.
    pub(crate) fn content(&mut self, store: &dyn Store, content: &ContentKey) -> Result<()> {
        let mut nodes = Vec::new();
        self.computation(store, content, &mut nodes)?;
        nodes.into_iter().try_for_each(|node| self.node(store, node))
    }

    /// `nodes` gets those of sub-graphs.
    fn computation(&mut self, store: &dyn Store, content: &ContentKey, nodes: &mut Vec<Fingerprint>) -> Result<()> {
        let mut open = vec![*content];
        while let Some(content) = open.pop() {
            if !self.records.insert(Key::new(RecordKind::Act, content.as_bytes())) {
                continue;
            }
            self.records.insert(Key::new(RecordKind::Evicted, content.as_bytes()));
            let payload = act_of(store, &content)?.map(|act| act.payload);
            self.payload(store, payload.as_ref())?;
            open.extend(self.members(store, content.as_bytes(), nodes)?);
        }
        Ok(())
    }

    /// Where to go on from a node that has no record of its own.
    fn way(&mut self, store: &dyn Store, fingerprint: &Fingerprint) -> Result<Vec<Fingerprint>> {
        let key = Key::new(RecordKind::Way, fingerprint.as_bytes());
        let Some(bytes) = record(store, key)? else { return Ok(Vec::new()) };
        self.records.insert(key);
        Ok(read_way(&bytes))
    }

    fn members(&mut self, store: &dyn Store, of: &[u8; 32], nodes: &mut Vec<Fingerprint>) -> Result<Vec<ContentKey>> {
        let members = members_of(store, of)?;
        self.records.insert(Key::new(RecordKind::Members, of));
        self.records.extend(members.chunks);
        let mut contents = Vec::new();
        for key in members.members {
            if key.kind == RecordKind::Deep {
                nodes.push(Fingerprint::from_bytes(key.digest));
            } else {
                contents.push(ContentKey::from_bytes(key.digest));
            }
        }
        Ok(contents)
    }

    /// Marks what is known of a function and its parameters.
    pub(crate) fn spec(&mut self, store: &dyn Store, spec: &SpecDigest) -> Result<()> {
        let key = Key::new(RecordKind::Spec, spec.as_bytes());
        if self.records.insert(key)
            && let Some(spec) = record(store, key)?.and_then(|bytes| SpecKey::from_bytes(&bytes))
        {
            self.records.insert(Key::new(RecordKind::Code, &spec.code));
        }
        Ok(())
    }

    fn payload(&mut self, store: &dyn Store, payload: Option<&Payload>) -> Result<()> {
        match payload {
            Some(Payload::Blob { digest, .. }) => self.blob(store, *digest),
            // What stands in a record names nothing.
            Some(Payload::Inline(_) | Payload::Absent { .. }) | None => Ok(()),
        }
    }

    /// Marks a blob with all that it names.
    pub(crate) fn blob(&mut self, store: &dyn Store, digest: BlobDigest) -> Result<()> {
        let mut open = vec![Reference { digest, shape: Shape::File }];
        while let Some(Reference { digest, shape }) = open.pop() {
            if shape == Shape::Folder {
                self.files(store, &digest)?;
            }
            if !self.blobs.insert(digest) {
                continue;
            }
            self.records.insert(Key::new(RecordKind::References, digest.as_bytes()));
            open.extend(references_of(store, &digest)?.as_slice());
        }
        Ok(())
    }

    /// Marks the files of a folder.
    pub(crate) fn files(&mut self, store: &dyn Store, manifest: &BlobDigest) -> Result<()> {
        let bytes = store.get_blob(manifest).map_err(store_error)?;
        let listing = bytes.as_deref().and_then(Manifest::read).unwrap_or_default();
        self.blobs.extend(listing.into_iter().filter_map(|(_, listed)| match listed {
            Listed::File(file) => Some(file.digest),
            Listed::Alias(_) | Listed::Link(_) => None,
        }));
        Ok(())
    }

    /// Marks what nodes said and failed on since a time, in milliseconds since 1970.
    pub(crate) fn failures(&mut self, store: &dyn Store, since_ms: u64) -> Result<()> {
        let mut reports = Vec::new();
        scan(store, RecordKind::Report, |key, bytes| reports.push((key, bytes)))?;
        for (key, bytes) in reports {
            match read_report(&bytes) {
                Some(report) if report.at_ms >= since_ms => {
                    self.records.insert(key);
                    if let Some(failed) = &report.failed_on {
                        self.failure(store, failed)?;
                    }
                }
                Some(_) => {}
                // Which run has the newest of a name.
                None => drop(self.records.insert(key)),
            }
        }
        Ok(())
    }

    /// Marks what a node failed on.
    fn failure(&mut self, store: &dyn Store, failed: &FailedOn) -> Result<()> {
        let inputs = failed.inputs.iter().filter_map(|input| match &input.place {
            Place::Saved(part) => Some(part),
            Place::Source | Place::Transient | Place::Unsaved | Place::NotRead => None,
        });
        let own: Vec<&Part> = match &failed.which {
            Which::Whole | Which::Element { .. } => Vec::new(),
            Which::Ahead { item, .. } => vec![item],
            Which::Combination { sides } => sides.iter().collect(),
        };
        for part in inputs.chain(own) {
            if let Part::Blob { .. } = part {
                self.blob(store, part.digest())?;
            }
        }
        Ok(())
    }
}
