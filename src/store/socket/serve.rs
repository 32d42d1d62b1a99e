//! The holder's side: a thread that listens, and one for each connection.

use crate::fingerprint::BlobDigest;
use crate::store::fjall::FjallStore;
use crate::store::socket::contest::root_contested;
use crate::store::socket::wire::{Answer, Call, Message, PROTOCOL, WireKey, kind, length};
use crate::store::{Adopted, Batch, HeldFolder, Key, Store, StoreError, Ticket};
use std::collections::BTreeMap;
use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Serves a store until it is dropped.
pub(super) struct Server {
    address: PathBuf,
    service: Arc<Service>,
    listener: Option<JoinHandle<()>>,
    /// The listening socket once more, to wake who waits at it.
    bell: UnixStream,
    /// Only this user may enter it.
    _folder: HeldFolder,
}

/// What all threads of a server have in common.
struct Service {
    store: Arc<FjallStore>,
    guests: Mutex<Guests>,
    /// Signalled when a connection ends.
    left: Condvar,
    /// Whether there ever was a client. Held while a batch is put, so that no other comes between a look and the put.
    had_clients: Mutex<bool>,
}

#[derive(Default)]
struct Guests {
    connections: BTreeMap<u64, Guest>,
    n_connections: u64,
    is_closed: bool,
    /// Connections that ended because the server closes.
    closing: Vec<UnixStream>,
    /// So many want to be alone with the store: no new clients are let in.
    n_alone: u32,
}

struct Guest {
    /// Who it is; nothing before the greeting.
    name: Option<Name>,
    stream: UnixStream,
}

/// A client, which may have several connections.
struct Name {
    number: u64,
    process: String,
}

/// How long a client may take to read its last answer.
const GRACE: Duration = Duration::from_secs(2);
/// After a connection that could not be let in.
const PAUSE: Duration = Duration::from_millis(10);

/// Nobody else is let in until this is dropped.
pub(super) struct Alone(Arc<Service>);

impl Server {
    /// Listens in a new folder in the system's temporary one, whose path is short enough for a socket.
    pub(super) fn start(store: &Arc<FjallStore>) -> io::Result<Self> {
        let folder = HeldFolder::create(&std::path::absolute(std::env::temp_dir())?)?;
        let address = folder.path().join("store");
        let listener = UnixListener::bind(&address)?;
        let service = Arc::new(Service {
            store: Arc::clone(store),
            guests: Mutex::default(),
            left: Condvar::default(),
            had_clients: Mutex::default(),
        });
        // Only to be shut: for that any socket will do.
        let bell = UnixStream::from(OwnedFd::from(listener.try_clone()?));
        let listening = Arc::clone(&service);
        let thread = std::thread::Builder::new().name("mamo:listener".into());
        let thread = thread.spawn(move || listen(&listener, &listening))?;
        Ok(Self { address, service, listener: Some(thread), bell, _folder: folder })
    }

    pub(super) fn address(&self) -> &PathBuf {
        &self.address
    }

    /// Puts a batch among those of the clients.
    pub(super) fn put(&self, batch: Batch) -> Result<Ticket, StoreError> {
        self.service.put(batch)
    }

    /// Whether there is or was a client.
    pub(super) fn had_clients(&self) -> bool {
        *self.service.had_clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits up to `wait` until no client is left, and lets none in from then on.
    ///
    /// # Errors
    /// The clients that were there to the end.
    pub(super) fn alone(&self, wait: Duration) -> Result<Alone, String> {
        let start = Instant::now();
        let mut guests = self.service.guests();
        guests.n_alone += 1;
        let alone = Alone(Arc::clone(&self.service));
        while let Some(guest) = guests.connections.values().next() {
            let Some(left) = wait.checked_sub(start.elapsed()).filter(|left| !left.is_zero()) else {
                let process = guest.name.as_ref().map_or("a process that does not say its name", |name| &name.process);
                let process = process.to_owned();
                // Dropping `alone` takes the lock.
                drop(guests);
                return Err(process);
            };
            guests =
                self.service.left.wait_timeout(guests, left).map_or_else(|error| error.into_inner().0, |(it, _)| it);
        }
        drop(guests);
        Ok(alone)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut guests = self.service.guests();
        guests.is_closed = true;
        for guest in guests.connections.values() {
            // What was received is answered still. A connection that is closed already needs no closing.
            let _ = guest.stream.shutdown(Shutdown::Read);
        }
        // Who does not read its answer in time is not waited for.
        let start = Instant::now();
        while let (false, Some(left)) = (guests.connections.is_empty(), GRACE.checked_sub(start.elapsed())) {
            guests =
                self.service.left.wait_timeout(guests, left).map_or_else(|error| error.into_inner().0, |(it, _)| it);
        }
        for guest in guests.connections.values() {
            let _ = guest.stream.shutdown(Shutdown::Both);
        }
        drop(guests);
        // Wakes the listener: the one on Linux, also when the socket's file is gone, the other elsewhere.
        let _ = self.bell.shutdown(Shutdown::Both);
        let _ = UnixStream::connect(&self.address);
        if let Some(thread) = self.listener.take() {
            let _ = thread.join();
        }
        // Clients that hear this put nothing again, over what others may have put since. Those that do not take the holder
        // for killed.
        if let Ok(durable) = self.service.store.sync() {
            let farewell = Message::from(Answer::Closed { durable: durable.0 });
            for stream in std::mem::take(&mut self.service.guests().closing) {
                // A client that does not read could keep this from ending.
                let _ = stream.set_nonblocking(true).and_then(|()| farewell.send(&stream));
            }
        }
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.0.guests().n_alone -= 1;
    }
}

impl Service {
    fn guests(&self) -> MutexGuard<'_, Guests> {
        // Entries come and go in one step each: what a panic leaves is whole.
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, mut batch: Batch) -> Result<Ticket, StoreError> {
        let had_clients = self.had_clients.lock().unwrap_or_else(PoisonError::into_inner);
        if *had_clients {
            root_contested(&*self.store, &mut batch)?;
        }
        self.store.put(batch)
    }

    /// The number of a new connection; nothing when there is to be none any more.
    fn enter(&self, stream: &UnixStream) -> io::Result<Option<u64>> {
        let stream = stream.try_clone()?;
        let mut guests = self.guests();
        if guests.is_closed {
            return Ok(None);
        }
        guests.n_connections += 1;
        let connection = guests.n_connections;
        guests.connections.insert(connection, Guest { name: None, stream });
        Ok(Some(connection))
    }

    /// Lets a client in who says its name, or says why not.
    fn welcome(&self, connection: u64, greeting: Call) -> Result<(), String> {
        let Call::Hello { protocol, number, process } = greeting else {
            return Err("who calls has to say who that is".into());
        };
        if protocol != PROTOCOL {
            return Err(format!("it is another version of mamo, which speaks protocol {PROTOCOL}"));
        }
        *self.had_clients.lock().unwrap_or_else(PoisonError::into_inner) = true;
        let mut guests = self.guests();
        let mut names = guests.connections.values().filter_map(|guest| guest.name.as_ref());
        let is_known = names.any(|name| name.number == number);
        if guests.n_alone > 0 && !is_known {
            return Err("it is not to be disturbed now".into());
        }
        if let Some(guest) = guests.connections.get_mut(&connection) {
            guest.name = Some(Name { number, process });
        }
        Ok(())
    }

    /// Answers calls until the connection ends.
    fn serve(&self, stream: &UnixStream) -> io::Result<()> {
        loop {
            let call = Message::receive(stream)?;
            self.answer(call).send(stream)?;
        }
    }

    fn answer(&self, call: Message<Call>) -> Message<Answer> {
        self.answered(call).unwrap_or_else(|error| Message::from(Answer::Failed(describe(&error))))
    }

    /// What a client is told of is durable: what it puts because of that must not outlive it.
    fn answered(&self, Message { head, body }: Message<Call>) -> Result<Message<Answer>, StoreError> {
        let store = &*self.store;
        let head = match head {
            Call::Hello { .. } => unknown("a second greeting"),
            Call::Get(keys) => {
                let keys: Option<Vec<Key>> = keys.into_iter().map(WireKey::key).collect();
                let Some(keys) = keys else { return Ok(unknown("records of a kind").into()) };
                store.settle(&keys, &[])?;
                return Ok(records(store.get_many(&keys)?));
            }
            Call::Put(batch) => match batch.batch(&body) {
                Some(batch) => {
                    let ticket = self.put(batch)?;
                    Answer::Put { ticket: ticket.0, durable: store.durable().0 }
                }
                None => unknown("a batch"),
            },
            Call::Durable => Answer::Durable(store.durable().0),
            Call::Sync => Answer::Durable(store.sync()?.0),
            Call::Scan { kind: byte, after, limit } => {
                let Some(kind) = kind(byte) else { return Ok(unknown("records of a kind").into()) };
                store.sync()?;
                let after = after.map(|after| Key::new(kind, &after));
                return Ok(page(store.scan(kind, after, limit_of(limit))?));
            }
            Call::GetBlob(digest) => {
                let digest = BlobDigest::from_bytes(digest);
                store.settle(&[], &[digest])?;
                let bytes = store.get_blob(&digest)?;
                return Ok(Message { head: Answer::Blob(bytes.is_some()), body: bytes.unwrap_or_default() });
            }
            Call::HasBlobs(digests) => {
                let digests = digests_of(digests);
                store.settle(&[], &digests)?;
                Answer::Has(store.has_blobs(&digests)?)
            }
            Call::Adopt(files) => {
                let file = |(digest, len, path)| Adopted { digest: BlobDigest::from_bytes(digest), len, path };
                let files = files.into_iter().map(|(digest, len, path)| file((digest, len, path.into())));
                store.adopt(files.collect())?;
                Answer::Adopted
            }
            Call::BlobFiles(digests) => {
                let files = store.blob_files(&digests_of(digests))?;
                Answer::Files(files.into_iter().map(|file| file.map(|path| path.as_path().into())).collect())
            }
            Call::Blobs { after, limit } => {
                let blobs = store.blobs(after.map(BlobDigest::from_bytes), limit_of(limit))?;
                Answer::Blobs(blobs.into_iter().map(|(digest, len)| (*digest.as_bytes(), len)).collect())
            }
            Call::DiskSize => Answer::DiskSize(store.disk_size()?),
        };
        Ok(head.into())
    }
}

/// Lets connections in, each with a thread of its own, until the server closes and all of them have ended.
fn listen(listener: &UnixListener, service: &Arc<Service>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for stream in listener.incoming() {
        threads.retain(|thread| !thread.is_finished());
        let Ok(stream) = stream else {
            if service.guests().is_closed {
                break;
            }
            // Too many files are open, say: the client tries again, when others have ended.
            std::thread::sleep(PAUSE);
            continue;
        };
        match service.enter(&stream) {
            Ok(Some(connection)) => {
                let service = Arc::clone(service);
                let thread = std::thread::Builder::new().name("mamo:client".into());
                // Without a thread the connection is closed, and the client waits for the store to be free.
                threads.extend(thread.spawn(move || attend(&service, connection, &stream)));
            }
            Ok(None) => break,
            Err(_) => {}
        }
    }
    // A thread that panicked has closed its connection like any other.
    threads.into_iter().for_each(|thread| drop(thread.join()));
}

/// Serves one connection from its greeting to its end.
fn attend(service: &Service, connection: u64, stream: &UnixStream) {
    let _entered = Entered { service, connection };
    // It ends by an error always: the client went, or the server closes.
    let _ = Message::receive(stream).and_then(|greeting| match service.welcome(connection, greeting.head) {
        Ok(()) => Message::from(Answer::Welcome).send(stream).and_then(|()| service.serve(stream)),
        Err(reason) => Message::from(Answer::NotNow(reason)).send(stream),
    });
}

/// A connection in the list; leaves it also when its thread panics.
struct Entered<'a> {
    service: &'a Service,
    connection: u64,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let mut guests = self.service.guests();
        let guest = guests.connections.remove(&self.connection);
        if guests.is_closed {
            guests.closing.extend(guest.map(|guest| guest.stream));
        }
        drop(guests);
        self.service.left.notify_all();
    }
}

fn records(records: Vec<Option<Vec<u8>>>) -> Message<Answer> {
    let lengths = records.iter().map(|record| record.as_ref().map(length)).collect();
    Message { head: Answer::Records(lengths), body: records.into_iter().flatten().flatten().collect() }
}

fn page(records: Vec<(Key, Vec<u8>)>) -> Message<Answer> {
    let lengths = records.iter().map(|(key, bytes)| (key.digest, length(bytes))).collect();
    Message { head: Answer::Page(lengths), body: records.into_iter().flat_map(|(_, bytes)| bytes).collect() }
}

fn digests_of(digests: Vec<[u8; 32]>) -> Vec<BlobDigest> {
    digests.into_iter().map(BlobDigest::from_bytes).collect()
}

fn limit_of(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn unknown(what: &str) -> Answer {
    Answer::Failed(format!("{what} that this version of mamo does not know"))
}

fn describe(error: &StoreError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source}"));
    format!("{error}{}", source.unwrap_or_default())
}
