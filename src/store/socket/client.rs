//! The side of a process that works with a store through its holder.

use crate::fingerprint::BlobDigest;
use crate::store::socket::wire::{Answer, Body, Call, Message, PROTOCOL, WireKey, WirePath};
use crate::store::{Adopted, Key, RecordKind, StoreError, Ticket};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Connections to the holder of a store.
#[derive(Debug)]
pub(super) struct Client {
    address: PathBuf,
    /// Who calls, in words and as a number that no other client has.
    process: String,
    number: u64,
    /// Connections that nobody uses just now: each call has one of its own.
    idle: Mutex<Vec<UnixStream>>,
    /// How far the writes have come, as far as it was told.
    durable: AtomicU64,
}

/// Why a call has no answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The holder is gone.
    Gone(io::Error),
    /// It lets nobody in.
    NotNow(String),
    /// What the store said.
    Failed(StoreError),
}

impl Client {
    /// Connects to the holder that listens at `address`.
    pub(super) fn connect(address: &Path, process: &str) -> Result<Self, Trouble> {
        let client = Self {
            address: address.to_path_buf(),
            process: process.to_owned(),
            number: new_number(),
            idle: Mutex::default(),
            durable: AtomicU64::new(0),
        };
        let first = client.open()?;
        client.idle().push(first);
        Ok(client)
    }

    pub(super) fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, Trouble> {
        let answer = self.call(Call::Get(keys.iter().map(WireKey::from).collect()))?;
        let Answer::Records(lengths) = answer.head else { return Err(unexpected(&answer.head)) };
        let mut body = Body::new(&answer.body);
        let mut take = |len| body.take(len).map(<[u8]>::to_vec).ok_or_else(cut_off);
        let records = lengths.into_iter().map(|len| len.map(&mut take).transpose());
        let records: Vec<_> = records.collect::<Result<_, _>>()?;
        if records.len() == keys.len() { Ok(records) } else { Err(cut_off()) }
    }

    /// `message` is a batch.
    pub(super) fn put(&self, message: &[u8]) -> Result<Ticket, Trouble> {
        let answer = self.send(message)?;
        let Answer::Put { ticket, durable } = answer.head else { return Err(unexpected(&answer.head)) };
        self.durable.fetch_max(durable, Ordering::AcqRel);
        Ok(Ticket(ticket))
    }

    /// How far the writes have come; as far as was heard last, when the holder does not answer.
    pub(super) fn durable(&self) -> Ticket {
        if let Ok(Message { head: Answer::Durable(ticket), .. }) = self.call(Call::Durable) {
            self.durable.fetch_max(ticket, Ordering::AcqRel);
        }
        self.known_durable()
    }

    /// How far the writes have come, as far as was heard.
    pub(super) fn known_durable(&self) -> Ticket {
        Ticket(self.durable.load(Ordering::Acquire))
    }

    pub(super) fn sync(&self) -> Result<Ticket, Trouble> {
        let answer = self.call(Call::Sync)?;
        let Answer::Durable(ticket) = answer.head else { return Err(unexpected(&answer.head)) };
        self.durable.fetch_max(ticket, Ordering::AcqRel);
        Ok(Ticket(ticket))
    }

    pub(super) fn scan(
        &self,
        kind: RecordKind,
        after: Option<Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Vec<u8>)>, Trouble> {
        let after = after.map(|after| after.digest);
        let answer = self.call(Call::Scan { kind: kind.to_byte(), after, limit: limit_of(limit) })?;
        let Answer::Page(page) = answer.head else { return Err(unexpected(&answer.head)) };
        let mut body = Body::new(&answer.body);
        let records = page.into_iter().map(|(digest, len)| {
            let bytes = body.take(len).ok_or_else(cut_off)?;
            Ok((Key::new(kind, &digest), bytes.to_vec()))
        });
        records.collect()
    }

    pub(super) fn get_blob(&self, digest: &BlobDigest) -> Result<Option<Vec<u8>>, Trouble> {
        let answer = self.call(Call::GetBlob(*digest.as_bytes()))?;
        let Answer::Blob(is_there) = answer.head else { return Err(unexpected(&answer.head)) };
        Ok(is_there.then_some(answer.body))
    }

    pub(super) fn has_blobs(&self, digests: &[BlobDigest]) -> Result<Vec<bool>, Trouble> {
        let answer = self.call(Call::HasBlobs(bytes_of(digests)))?;
        let Answer::Has(has) = answer.head else { return Err(unexpected(&answer.head)) };
        if has.len() == digests.len() { Ok(has) } else { Err(cut_off()) }
    }

    pub(super) fn adopt(&self, files: &[Adopted]) -> Result<(), Trouble> {
        let file = |file: &Adopted| {
            // The holder works in another folder. One that has no absolute path cannot be found there, and the holder says so.
            let path = std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone());
            (*file.digest.as_bytes(), file.len, WirePath::from(path.as_path()))
        };
        let answer = self.call(Call::Adopt(files.iter().map(file).collect()))?;
        let Answer::Adopted = answer.head else { return Err(unexpected(&answer.head)) };
        Ok(())
    }

    pub(super) fn blob_files(&self, digests: &[BlobDigest]) -> Result<Vec<Option<PathBuf>>, Trouble> {
        let answer = self.call(Call::BlobFiles(bytes_of(digests)))?;
        let Answer::Files(files) = answer.head else { return Err(unexpected(&answer.head)) };
        let files: Vec<_> = files.into_iter().map(|path| path.map(PathBuf::from)).collect();
        if files.len() == digests.len() { Ok(files) } else { Err(cut_off()) }
    }

    pub(super) fn blobs(&self, after: Option<BlobDigest>, limit: usize) -> Result<Vec<(BlobDigest, u64)>, Trouble> {
        let after = after.map(|after| *after.as_bytes());
        let answer = self.call(Call::Blobs { after, limit: limit_of(limit) })?;
        let Answer::Blobs(blobs) = answer.head else { return Err(unexpected(&answer.head)) };
        Ok(blobs.into_iter().map(|(digest, len)| (BlobDigest::from_bytes(digest), len)).collect())
    }

    pub(super) fn disk_size(&self) -> Result<Option<u64>, Trouble> {
        let answer = self.call(Call::DiskSize)?;
        let Answer::DiskSize(size) = answer.head else { return Err(unexpected(&answer.head)) };
        Ok(size)
    }

    /// How far the writes came of a holder that is gone.
    pub(super) fn last_durable(&self) -> Ticket {
        for connection in self.idle().drain(..) {
            // What it said at last is there already, or will never be.
            let last = connection.set_nonblocking(true).and_then(|()| Message::receive(&connection));
            if let Ok(Message { head: Answer::Closed { durable }, .. }) = last {
                self.durable.fetch_max(durable, Ordering::AcqRel);
            }
        }
        self.known_durable()
    }

    pub(super) fn address(&self) -> &Path {
        &self.address
    }

    fn call(&self, call: Call) -> Result<Message<Answer>, Trouble> {
        self.send(&Message::from(call).to_bytes()?)
    }

    fn send(&self, message: &[u8]) -> Result<Message<Answer>, Trouble> {
        let idle = self.idle().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.open()?,
        };
        let sent = io::Write::write_all(&mut connection, message);
        // Also when it could not be sent: a holder that closes says so.
        let answer = Message::receive(&connection).map_err(|error| sent.err().unwrap_or(error))?;
        if let Answer::Closed { durable } = answer.head {
            self.durable.fetch_max(durable, Ordering::AcqRel);
            return Err(Trouble::Gone(io::ErrorKind::ConnectionAborted.into()));
        }
        self.idle().push(connection);
        if let Answer::Failed(message) = answer.head {
            return Err(Trouble::Failed(StoreError::Holder(message)));
        }
        Ok(answer)
    }

    fn open(&self) -> Result<UnixStream, Trouble> {
        let connection = UnixStream::connect(&self.address)?;
        let hello = Call::Hello { protocol: PROTOCOL, number: self.number, process: self.process.clone() };
        Message::from(hello).send(&connection)?;
        let answer = Message::receive(&connection)?.head;
        if let Answer::NotNow(reason) = answer {
            return Err(Trouble::NotNow(reason));
        }
        let Answer::Welcome = answer else { return Err(unexpected(&answer)) };
        Ok(connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<UnixStream>> {
        // One push or pop at a time: what a panic leaves is whole.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}

fn unexpected(answer: &Answer) -> Trouble {
    // Without its contents: those may be any bytes.
    let text = format!("{answer:?}");
    let name = text.split(['(', ' ', '{']).next().unwrap_or_default();
    Trouble::Failed(StoreError::Holder(format!("the holder of the store gave an answer of another kind: {name}")))
}

fn cut_off() -> Trouble {
    Trouble::Failed(StoreError::Holder("the holder of the store gave less than was asked for".into()))
}

fn bytes_of(digests: &[BlobDigest]) -> Vec<[u8; 32]> {
    digests.iter().map(|digest| *digest.as_bytes()).collect()
}

fn limit_of(limit: usize) -> u64 {
    u64::try_from(limit).unwrap_or(u64::MAX)
}

/// Different for each client of a machine.
fn new_number() -> u64 {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&std::process::id().to_le_bytes());
    hasher.update(&COUNT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    hasher.update(&now.as_nanos().to_le_bytes());
    let mut number = [0; 8];
    hasher.finalize_xof().fill(&mut number);
    u64::from_le_bytes(number)
}
