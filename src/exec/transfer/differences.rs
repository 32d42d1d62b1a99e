//! Where a file and a store disagree about what computations gave and what nodes are.
//!
//! A computation that gives another value each time may have been executed on both sides. Each side's records fit together;
//! mixed, they would hand out values that never were together. So what the store has stays, and of the file only that
//! is taken which does not say otherwise: computations by their inputs' values, apart from those that consist of computations
//! on which the two disagree. Nodes are names for chains of computations, and a chain may lead through what has no
//! record, so that nobody can tell which of them rest on the difference: then none is taken. A run finds them again by
//! their inputs, without executing what is known.

use crate::error::Result;
use crate::exec::members::members_of;
use crate::exec::store_error::store_error;
use crate::exec::transfer::format::What;
use crate::exec::transfer::reader::Reader;
use crate::fingerprint::ValueDigest;
use crate::store::{Act, Batch, Deep, Key, MemoryStore, RecordKind, Root, Store};
use std::collections::{BTreeMap, HashSet};

/// What the store has otherwise than the file.
#[derive(Default)]
pub(super) struct Differences {
    /// Computations and nodes, and those that consist of such, by content key and fingerprint.
    digests: HashSet<[u8; 32]>,
}

/// Compares a file with a store, record by record.
pub(super) struct Survey<'a> {
    store: &'a dyn Store,
    acts: Vec<(Key, ValueDigest)>,
    nodes: BTreeMap<[u8; 32], Said>,
    found: Differences,
}

/// What is on record of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Said {
    value: Option<ValueDigest>,
    root: Option<ValueDigest>,
    /// Whether somebody ever accepted its code: when there is no root, that was taken back.
    is_accepted: bool,
}

/// Records are compared so many at a time.
const PAGE: usize = 1000;

impl<'a> Survey<'a> {
    pub(super) fn of(store: &'a dyn Store) -> Self {
        Self { store, acts: Vec::new(), nodes: BTreeMap::new(), found: Differences::default() }
    }

    /// Takes note of a record; whether it makes sense.
    pub(super) fn see(&mut self, key: Key, bytes: &[u8]) -> Result<bool> {
        match key.kind {
            RecordKind::Act => {
                let Some(act) = Act::read(bytes) else { return Ok(false) };
                self.acts.push((key, act.value));
                if self.acts.len() >= PAGE {
                    self.compare_acts()?;
                }
            }
            RecordKind::Deep => {
                let Some(deep) = Deep::read(bytes) else { return Ok(false) };
                self.nodes.entry(key.digest).or_default().value = Some(deep.value);
            }
            RecordKind::Root => {
                let Some(root) = Root::read(bytes) else { return Ok(false) };
                self.nodes.entry(key.digest).or_default().root = Some(root.value);
            }
            RecordKind::Accept => self.nodes.entry(key.digest).or_default().is_accepted = true,
            // Named by what they hold, or taken only where nothing is known.
            RecordKind::Spec
            | RecordKind::Code
            | RecordKind::File
            | RecordKind::Probe
            | RecordKind::Evicted
            | RecordKind::Cost
            | RecordKind::Run
            | RecordKind::Plan
            | RecordKind::Chunk
            | RecordKind::Published
            | RecordKind::Report
            | RecordKind::References
            | RecordKind::Members
            | RecordKind::Way
            | RecordKind::Preview
            | RecordKind::Severed
            | RecordKind::Tag => {}
        }
        Ok(true)
    }

    /// All differences in what was seen.
    pub(super) fn finish(mut self) -> Result<Differences> {
        self.compare_acts()?;
        let nodes: Vec<([u8; 32], Said)> = std::mem::take(&mut self.nodes).into_iter().collect();
        for nodes in nodes.chunks(PAGE) {
            let keys = nodes.iter().flat_map(|(node, _)| {
                [RecordKind::Deep, RecordKind::Root, RecordKind::Accept].map(|kind| Key::new(kind, node))
            });
            let mut answers = self.store.get_many(&keys.collect::<Vec<_>>()).map_err(store_error)?.into_iter();
            for (node, brought) in nodes {
                let (deep, root) = (answers.next().flatten(), answers.next().flatten());
                let known = Said {
                    value: deep.as_deref().and_then(Deep::read).map(|deep| deep.value),
                    root: root.as_deref().and_then(Root::read).map(|root| root.value),
                    is_accepted: answers.next().flatten().is_some(),
                };
                if !known.allows(brought) {
                    self.found.digests.insert(*node);
                }
            }
        }
        Ok(self.found)
    }

    fn compare_acts(&mut self) -> Result<()> {
        let acts = std::mem::take(&mut self.acts);
        let keys: Vec<Key> = acts.iter().map(|(key, _)| *key).collect();
        for ((key, brought), known) in acts.into_iter().zip(self.store.get_many(&keys).map_err(store_error)?) {
            let known = known.as_deref().and_then(Act::read);
            if known.is_some_and(|known| known.value != brought) {
                self.found.digests.insert(key.digest);
            }
        }
        Ok(())
    }
}

impl Said {
    /// Whether records that say `brought` may stand beside these.
    fn allows(&self, brought: &Self) -> bool {
        // Also a root that one side alone knows: it decides which records count below the node.
        *self == Self::default()
            || (self.root == brought.root
                && self.value.is_none_or(|value| brought.value.is_none_or(|brought| brought == value)))
    }
}

impl Differences {
    pub(super) fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    /// Whether the two disagree about this computation or node.
    pub(super) fn contains(&self, digest: &[u8; 32]) -> bool {
        self.digests.contains(digest)
    }

    /// Adds what consists of computations and nodes on which the two disagree, by what the file says of that.
    pub(super) fn spread(&mut self, reader: &mut Reader) -> Result<()> {
        let lists = MemoryStore::new();
        let mut nodes = Vec::new();
        let mut consisting = Vec::new();
        while let Some(head) = reader.next_entry()? {
            let key = match head.what {
                What::Record(key) => key,
                What::Contents | What::Blob(_) | What::Plan(_) | What::Seal(_) => {
                    reader.skip(&head)?;
                    continue;
                }
            };
            if key.kind == RecordKind::Members || key.kind == RecordKind::Chunk {
                let mut batch = Batch::default();
                let bytes = reader.bytes(&head)?;
                batch.put(key, |out| out.extend(bytes));
                lists.put(batch).map_err(store_error)?;
                if key.kind == RecordKind::Members {
                    consisting.push(key.digest);
                }
            } else if key.kind == RecordKind::Deep {
                let content = Deep::read(&reader.bytes(&head)?).map(|deep| *deep.content.as_bytes());
                nodes.extend(content.map(|content| (key.digest, content)));
            } else {
                reader.skip(&head)?;
            }
        }
        loop {
            let n_before = self.digests.len();
            let by_content = nodes.iter().filter(|(_, content)| self.digests.contains(content));
            let resting: Vec<[u8; 32]> = by_content.map(|(node, _)| *node).collect();
            self.digests.extend(resting);
            for of in &consisting {
                if members_of(&lists, of)?.members.iter().any(|member| self.digests.contains(&member.digest)) {
                    self.digests.insert(*of);
                }
            }
            if self.digests.len() == n_before {
                return Ok(());
            }
        }
    }
}
