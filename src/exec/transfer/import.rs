//! From a file into a store: what is there stays, what is not is added.

use crate::error::{Error, Result};
use crate::exec::Engine;
use crate::exec::engine::Inner;
use crate::exec::history::{record_import, run_number};
use crate::exec::recorded::{are_there, deep_of, record};
use crate::exec::scratch::Scratch;
use crate::exec::store_error::store_error;
use crate::exec::transfer::differences::{Differences, Survey};
use crate::exec::transfer::format::{Contents, Head, What};
use crate::exec::transfer::reader::{Purpose, Reader};
use crate::fingerprint::{BlobDigest, Fingerprint, ValueDigest};
use crate::store::{Act, Adopted, Alias, Batch, Deep, Key, Payload, RecordKind, Root, Store, StoreError};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

/// What was taken over from a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// The nodes that were chosen when the file was written.
    pub nodes: Vec<ImportedNode>,
    /// Records that were added, or got bytes back that had gone.
    pub records: u64,
    /// Records that were there.
    pub records_known: u64,
    /// Records that say otherwise than what was there, which stayed, and those that rest on them: they were left out.
    pub records_left_out: u64,
    /// Blobs that were added.
    pub blobs: u64,
    /// Bytes of these.
    pub blob_bytes: u64,
    /// Blobs that were there.
    pub blobs_known: u64,
}

/// A node of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImportedNode {
    /// Its identity.
    pub node: String,
    /// Digest of the value, in hexadecimal.
    pub value: String,
    /// Whether the store knows the node with this value now. When not, it or something upstream has another one here, which
    /// stays: a run takes what it can of what was imported and executes the rest.
    pub is_known: bool,
}

/// Blobs of so many bytes go from file to file.
const LARGE: u64 = 1 << 20;
/// Bytes and records that are handed over together.
const BATCH: usize = 8 << 20;
const PAGE: usize = 1000;

impl Engine {
    /// Takes over what [`Engine::export`] wrote. The whole file is verified before anything of it is taken.
    ///
    /// What the store knows stays: the first writer wins. Where a node gave another value here than there, what rests on
    /// the other one is left out, and values that never were together are not mixed. An import stands among the runs:
    /// [`Engine::gc`] keeps what it brought as long as it keeps that run.
    ///
    /// That a value is what its node gives cannot be verified: take files from those whose results you would take.
    ///
    /// # Errors
    /// When the file is damaged, of another version or cannot be read: nothing of it is taken then. When another process
    /// works with the store, and when it cannot be read or written.
    pub fn import(&self, file: &Path) -> Result<Imported> {
        let _running = self.inner.alone("the engine was asked")?;
        // What another process writes after the comparison would be mixed with what is taken.
        let _alone = self.inner.store.alone().map_err(store_error)?;
        import(&self.inner, file)
    }
}

fn import(inner: &Inner, file: &Path) -> Result<Imported> {
    let store = &*inner.store;
    let mut reader = Reader::open(file)?;
    let (contents, mut differences) = survey(store, &mut reader)?;
    if !differences.is_empty() {
        reader.again(Purpose::Verify)?;
        differences.spread(&mut reader)?;
    }
    reader.again(Purpose::Take)?;
    let mut intake = Intake {
        store,
        scratch: &inner.scratch,
        differences,
        run: run_number(),
        page: Vec::new(),
        page_size: 0,
        batch: Batch::default(),
        taken: Imported::default(),
    };
    while let Some(head) = reader.next_entry()? {
        intake.entry(&head, &mut reader)?;
    }
    let mut imported = intake.finish(&contents)?;
    for carried in contents.nodes {
        let known = deep_of(store, &Fingerprint::from_bytes(carried.fingerprint))?;
        let is_known = known.is_some_and(|deep| *deep.value.as_bytes() == carried.value);
        let value = ValueDigest::from_bytes(carried.value).to_string();
        imported.nodes.push(ImportedNode { node: carried.node, value, is_known });
    }
    Ok(imported)
}

/// Reads all of a file: what it holds, and what the store has otherwise.
fn survey(store: &dyn Store, reader: &mut Reader) -> Result<(Contents, Differences)> {
    let mut contents = None;
    let mut survey = Survey::of(store);
    while let Some(head) = reader.next_entry()? {
        match (head.what, &contents) {
            (What::Contents, None) => {
                let bytes = reader.bytes(&head)?;
                let read = postcard::from_bytes::<Contents>(&bytes);
                contents = Some(read.map_err(|_| reader.damaged("what it holds cannot be read"))?);
            }
            (What::Blob(_) | What::Plan(_), Some(_)) => reader.copy(&head, |_| Ok(()))?,
            (What::Record(key), Some(_)) => {
                let bytes = reader.bytes(&head)?;
                if !survey.see(key, &bytes)? {
                    return Err(reader.damaged("a record makes no sense"));
                }
            }
            (What::Contents | What::Blob(_) | What::Record(_) | What::Plan(_) | What::Seal(_), _) => {
                return Err(reader.damaged("entries stand in another order"));
            }
        }
    }
    let contents = contents.ok_or_else(|| reader.damaged("it does not say what it holds"))?;
    Ok((contents, survey.finish()?))
}

/// Hands over to a store what it does not have.
struct Intake<'a> {
    store: &'a dyn Store,
    scratch: &'a Scratch,
    differences: Differences,
    /// The number under which the import stands among the runs.
    run: u64,
    /// Records that were not looked up yet.
    page: Vec<(Key, Vec<u8>)>,
    page_size: usize,
    batch: Batch,
    taken: Imported,
}

/// What becomes of a record.
enum Fate {
    Taken(Vec<u8>),
    Known,
    LeftOut,
}

impl Intake<'_> {
    fn entry(&mut self, head: &Head, reader: &mut Reader) -> Result<()> {
        match head.what {
            What::Contents | What::Seal(_) => reader.skip(head),
            What::Blob(digest) => self.blob(digest, head, reader),
            What::Record(key) => {
                let bytes = reader.bytes(head)?;
                self.page_size += bytes.len();
                self.page.push((key, bytes));
                if self.page.len() >= PAGE || self.page_size >= BATCH { self.look_up() } else { Ok(()) }
            }
            What::Plan(key) => {
                self.look_up()?;
                if self.taken.records == 0 || record(self.store, key)?.is_some() {
                    return reader.skip(head);
                }
                let bytes = reader.bytes(head)?;
                self.batch.put(key, |out| out.extend(bytes));
                self.hand_over()
            }
        }
    }

    fn blob(&mut self, digest: BlobDigest, head: &Head, reader: &mut Reader) -> Result<()> {
        let is_known = self.store.has_blobs(&[digest]).map_err(store_error)?.into_iter().any(|is_there| is_there);
        if is_known {
            self.taken.blobs_known += 1;
            return reader.skip(head);
        }
        if head.len < LARGE {
            self.batch.put_blob(digest, reader.bytes(head)?);
            if self.batch.size() >= BATCH {
                self.hand_over()?;
            }
        } else {
            let path = self.scratch.free_path().map_err(|source| cannot_write(Path::new("scratch"), source))?;
            let adopted = write_blob(&path, head, reader).and_then(|()| {
                let file = Adopted { digest, len: head.len, path: path.clone() };
                self.store.adopt(vec![file]).map_err(store_error)
            });
            // It is gone when the store took it.
            let _ = fs::remove_file(&path);
            adopted?;
        }
        self.taken.blobs += 1;
        self.taken.blob_bytes = self.taken.blob_bytes.saturating_add(head.len);
        Ok(())
    }

    /// Decides about the records that wait.
    fn look_up(&mut self) -> Result<()> {
        let page = std::mem::take(&mut self.page);
        self.page_size = 0;
        // Blobs come first, and are asked for below.
        self.hand_over()?;
        let keys: Vec<Key> = page.iter().map(|(key, _)| *key).collect();
        for ((key, bytes), known) in page.into_iter().zip(self.store.get_many(&keys).map_err(store_error)?) {
            match self.fate(key, bytes, known.as_deref())? {
                Fate::Taken(bytes) => {
                    self.batch.put(key, |out| out.extend(bytes));
                    self.taken.records += 1;
                }
                Fate::Known => self.taken.records_known += 1,
                Fate::LeftOut => self.taken.records_left_out += 1,
            }
        }
        self.hand_over()
    }

    fn fate(&self, key: Key, bytes: Vec<u8>, known: Option<&[u8]>) -> Result<Fate> {
        let is_other = self.differences.contains(&key.digest);
        let fate = match key.kind {
            RecordKind::Act => return self.fate_of_act(&bytes, known, is_other),
            // Names for chains of computations: none is taken when the store has another of these.
            RecordKind::Deep | RecordKind::Root | RecordKind::Accept => match known {
                Some(_) if is_other => Fate::LeftOut,
                Some(_) => Fate::Known,
                None if !self.differences.is_empty() => Fate::LeftOut,
                None if key.kind == RecordKind::Accept => Fate::Taken(bytes),
                None => return self.named(key, &bytes),
            },
            RecordKind::Members if known.is_none() && is_other => Fate::LeftOut,
            RecordKind::Members
            | RecordKind::Way
            | RecordKind::References
            | RecordKind::Spec
            | RecordKind::Code
            | RecordKind::Chunk => match known {
                Some(_) => Fate::Known,
                None => Fate::Taken(bytes),
            },
            // Such files hold none of these.
            RecordKind::File
            | RecordKind::Probe
            | RecordKind::Evicted
            | RecordKind::Cost
            | RecordKind::Run
            | RecordKind::Plan
            | RecordKind::Published
            | RecordKind::Report
            | RecordKind::Preview
            | RecordKind::Severed
            | RecordKind::Tag => Fate::LeftOut,
        };
        Ok(fate)
    }

    fn fate_of_act(&self, bytes: &[u8], known: Option<&[u8]>, is_other: bool) -> Result<Fate> {
        let Some(act) = Act::read(bytes) else { return Ok(Fate::LeftOut) };
        let payload = self.present(act.payload)?;
        Ok(match known.and_then(Act::read) {
            Some(known) if known.value != act.value => Fate::LeftOut,
            // Its bytes were not kept here, or were evicted.
            Some(known) if known.payload.is_absent() && !payload.is_absent() => {
                Fate::Taken(written(|out| Act { payload, ..known }.write(out)))
            }
            Some(_) => Fate::Known,
            None if is_other => Fate::LeftOut,
            None => Fate::Taken(written(|out| Act { payload, run: self.run, ..act }.write(out))),
        })
    }

    /// A record of a node, or a root, as one of this import.
    fn named(&self, key: Key, bytes: &[u8]) -> Result<Fate> {
        if key.kind == RecordKind::Root {
            let root = Root::read(bytes).map(|root| Root { run: self.run, ..root });
            return Ok(root.map_or(Fate::LeftOut, |root| Fate::Taken(written(|out| root.write(out)))));
        }
        let Some(deep) = Deep::read(bytes) else { return Ok(Fate::LeftOut) };
        let own = deep.own.map(|own| self.present(own)).transpose()?;
        let alias = Alias { content: deep.content, value: deep.value, spec: deep.spec, run: self.run };
        Ok(Fate::Taken(written(|out| alias.write(out, deep.upstream.into_iter(), own.as_ref()))))
    }

    /// Where bytes are; of what is upstream they may have gone before the file was written.
    fn present(&self, payload: Payload) -> Result<Payload> {
        match payload {
            Payload::Blob { digest, len } if !are_there(self.store, &payload)? => Ok(Payload::Absent { digest, len }),
            Payload::Blob { .. } | Payload::Inline(_) | Payload::Absent { .. } => Ok(payload),
        }
    }

    fn hand_over(&mut self) -> Result<()> {
        if !self.batch.is_empty() {
            self.store.put(std::mem::take(&mut self.batch)).map_err(store_error)?;
        }
        Ok(())
    }

    fn finish(mut self, contents: &Contents) -> Result<Imported> {
        self.look_up()?;
        if self.taken.records > 0 {
            let n_nodes = u64::try_from(contents.nodes.len()).unwrap_or(u64::MAX);
            record_import(self.run, &contents.plan, n_nodes, &mut self.batch);
        }
        self.hand_over()?;
        self.store.sync().map_err(store_error)?;
        Ok(self.taken)
    }
}

fn write_blob(path: &Path, head: &Head, reader: &mut Reader) -> Result<()> {
    let mut file = File::create_new(path).map_err(|source| cannot_write(path, source))?;
    reader.copy(head, |bytes| file.write_all(bytes).map_err(|source| cannot_write(path, source)))
}

fn cannot_write(path: &Path, source: std::io::Error) -> Error {
    store_error(StoreError::Io { action: "write", path: path.to_path_buf(), source })
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes);
    bytes
}
