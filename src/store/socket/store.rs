//! The store as all of its processes see it, whichever of them has it open.

use crate::fingerprint::BlobDigest;
use crate::store::fjall::{Door, FjallStore, Holder, OpenOptions, OpenReport, this_process};
use crate::store::socket::client::{Client, Trouble};
use crate::store::socket::serve::Server;
use crate::store::socket::wire::{Call, Message};
use crate::store::{Adopted, Alone, Batch, Key, RecordKind, Store, StoreError, Ticket};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// A store on disk that several processes work with at once: opened here, or reached through the process that has it open.
///
/// When that process ends, one of the others opens the store, and all go on.
pub struct SharedStore {
    folder: PathBuf,
    wait: Duration,
    /// How the store is reached now.
    side: RwLock<Arc<Side>>,
    /// Held while the store is reached in another way.
    moving: Mutex<()>,
    unsettled: Mutex<Unsettled>,
    /// The highest ticket that was given.
    highest: AtomicU64,
}

/// How a store is reached.
struct Side {
    way: Way,
    /// What the tickets of this side are counted from.
    base: u64,
}

enum Way {
    Holder(Opened),
    Client(Client),
}

/// The store, open in this process.
struct Opened {
    /// Goes first: the store is closed when nobody is served any more. Nothing where there can be no socket.
    server: Option<Server>,
    store: Arc<FjallStore>,
}

/// Batches that the holder got, or is getting, and that may go with it.
#[derive(Default)]
struct Unsettled {
    /// As messages, in the order in which they were put.
    batches: BTreeMap<u64, (Arc<Vec<u8>>, Option<Ticket>)>,
    n_put: u64,
}

/// So small files go through the socket like other blobs, and are kept until they are durable.
const MIN_FILE: u64 = 1 << 20;
/// How often a store that another process opens or closes is tried again.
const POLL: Duration = Duration::from_millis(10);
/// How long a holder may take to open the store, or to close it, before others give up.
const PATIENCE: Duration = Duration::from_secs(60);

impl SharedStore {
    /// Opens the store in `folder`, or creates it, or joins the process that has it open.
    ///
    /// A damaged store is repaired, which can take as long as reading all of it; the report says so. Where there can be no
    /// sockets, or the other process wants to be alone, this waits for it.
    ///
    /// # Errors
    /// When another process keeps the store for itself, when it has another format, or when the system refuses a file.
    pub fn open(folder: &Path, options: OpenOptions) -> Result<(Self, OpenReport), StoreError> {
        // Places of blobs are told to processes that work in other folders.
        let absolute = std::path::absolute(folder);
        let folder =
            absolute.map_err(|source| StoreError::Io { action: "find", path: folder.to_path_buf(), source })?;
        let (way, report) = reach(&folder, options.wait)?;
        let store = Self {
            folder,
            wait: options.wait,
            side: RwLock::new(Arc::new(Side { way, base: 0 })),
            moving: Mutex::default(),
            unsettled: Mutex::default(),
            highest: AtomicU64::new(0),
        };
        Ok((store, report))
    }

    /// Whether this process is the one that has the store open.
    pub fn is_holder(&self) -> bool {
        matches!(self.side().way, Way::Holder(_))
    }

    fn side(&self) -> Arc<Side> {
        Arc::clone(&self.side.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks the store, of whichever process, and asks again when that process is gone.
    fn ask<T>(
        &self,
        here: impl Fn(&FjallStore) -> Result<T, StoreError>,
        there: impl Fn(&Client) -> Result<T, Trouble>,
    ) -> Result<T, StoreError> {
        loop {
            let side = self.side();
            match &side.way {
                Way::Holder(opened) => return here(&opened.store),
                Way::Client(client) => match there(client) {
                    Ok(answer) => return Ok(answer),
                    Err(trouble) => self.recover(&side, trouble)?,
                },
            }
        }
    }

    /// Sees to it that a call can be made again, or says why not.
    fn recover(&self, side: &Arc<Side>, trouble: Trouble) -> Result<(), StoreError> {
        match trouble {
            Trouble::Gone(_) => self.move_on(side),
            Trouble::NotNow(_) | Trouble::Failed(_) => Err(trouble.into_error()),
        }
    }

    /// Reaches the store in another way than by `former`, whose holder is gone.
    fn move_on(&self, former: &Arc<Side>) -> Result<(), StoreError> {
        let _moving = lock(&self.moving);
        if !Arc::ptr_eq(&self.side(), former) {
            return Ok(());
        }
        loop {
            let (way, _) = reach(&self.folder, self.wait.max(PATIENCE))?;
            if let (Way::Client(former), Way::Client(next)) = (&former.way, &way)
                && former.address() == next.address()
            {
                // It is there after all.
                return Ok(());
            }
            if let Way::Client(client) = &former.way {
                lock(&self.unsettled).forget(former.shifted(client.last_durable()));
            }
            match self.settle(&way) {
                // The next one is gone already.
                Err(Trouble::Gone(_)) => {}
                Err(trouble @ (Trouble::NotNow(_) | Trouble::Failed(_))) => return Err(trouble.into_error()),
                Ok(()) => {
                    let base = self.highest.load(Ordering::Acquire);
                    *self.side.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Side { way, base });
                    return Ok(());
                }
            }
        }
    }

    /// Puts again what the former holder may not have written, and waits until it is durable: tickets that were given count
    /// for no other holder.
    fn settle(&self, way: &Way) -> Result<(), Trouble> {
        let batches: Vec<_> =
            lock(&self.unsettled).batches.iter().map(|(number, (message, _))| (*number, Arc::clone(message))).collect();
        for (_, message) in &batches {
            match way {
                Way::Client(client) => client.put(message)?,
                Way::Holder(opened) => opened.put(batch_of(message)?).map_err(Trouble::Failed)?,
            };
        }
        match way {
            Way::Client(client) => drop(client.sync()?),
            Way::Holder(opened) => drop(opened.store.sync().map_err(Trouble::Failed)?),
        }
        let mut unsettled = lock(&self.unsettled);
        for (number, _) in &batches {
            unsettled.batches.remove(number);
        }
        Ok(())
    }

    /// Puts a batch that the holder has not got yet, and keeps it until it is durable.
    fn put_there(&self, message: Vec<u8>) -> Result<Ticket, StoreError> {
        let message = Arc::new(message);
        let number = lock(&self.unsettled).enter(&message);
        let put = loop {
            let side = self.side();
            if !lock(&self.unsettled).batches.contains_key(&number) {
                // It was put again, and is durable.
                return Ok(self.given(Ticket(side.base)));
            }
            match &side.way {
                Way::Holder(opened) => {
                    let put = batch_of(&message).map_err(Trouble::into_error).and_then(|batch| opened.put(batch));
                    // From here on it is the store's own to write.
                    break put.map(|ticket| self.given(side.shifted(ticket)));
                }
                Way::Client(client) => match client.put(&message) {
                    Ok(ticket) => {
                        let ticket = self.given(side.shifted(ticket));
                        lock(&self.unsettled).note(number, ticket, side.shifted(client.known_durable()));
                        return Ok(ticket);
                    }
                    Err(trouble) => {
                        if let Err(error) = self.recover(&side, trouble) {
                            break Err(error);
                        }
                    }
                },
            }
        };
        lock(&self.unsettled).batches.remove(&number);
        put
    }

    fn given(&self, ticket: Ticket) -> Ticket {
        self.highest.fetch_max(ticket.0, Ordering::AcqRel);
        ticket
    }
}

impl Side {
    /// A ticket of the holder as this process counts them: they grow, whoever gives them.
    fn shifted(&self, ticket: Ticket) -> Ticket {
        Ticket(self.base.saturating_add(ticket.0))
    }
}

impl Unsettled {
    fn enter(&mut self, message: &Arc<Vec<u8>>) -> u64 {
        self.n_put += 1;
        self.batches.insert(self.n_put, (Arc::clone(message), None));
        self.n_put
    }

    /// A batch got a ticket; what is durable goes.
    fn note(&mut self, number: u64, ticket: Ticket, durable: Ticket) {
        if let Some((_, noted)) = self.batches.get_mut(&number) {
            *noted = Some(ticket);
        }
        self.forget(durable);
    }

    /// What is durable goes.
    fn forget(&mut self, durable: Ticket) {
        self.batches.retain(|_, (_, ticket)| ticket.is_none_or(|ticket| ticket > durable));
    }
}

impl Store for SharedStore {
    fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.ask(|store| store.get_many(keys), |client| client.get_many(keys))
    }

    fn put(&self, batch: Batch) -> Result<Ticket, StoreError> {
        let side = self.side();
        match &side.way {
            Way::Holder(opened) => Ok(self.given(side.shifted(opened.put(batch)?))),
            Way::Client(_) => self.put_there(message_of(&batch)?),
        }
    }

    fn is_shared(&self) -> bool {
        match &self.side().way {
            Way::Holder(Opened { server, .. }) => server.as_ref().is_some_and(Server::had_clients),
            Way::Client(_) => true,
        }
    }

    fn durable(&self) -> Ticket {
        let side = self.side();
        let durable = match &side.way {
            Way::Holder(opened) => opened.store.durable(),
            Way::Client(client) => client.durable(),
        };
        side.shifted(durable)
    }

    fn sync(&self) -> Result<Ticket, StoreError> {
        loop {
            let side = self.side();
            let synced = match &side.way {
                Way::Holder(opened) => opened.store.sync().map_err(Trouble::Failed),
                Way::Client(client) => client.sync(),
            };
            match synced {
                Ok(ticket) => return Ok(side.shifted(ticket)),
                // What was put is put again on the way, and is durable then.
                Err(trouble) => self.recover(&side, trouble)?,
            }
        }
    }

    fn scan(&self, kind: RecordKind, after: Option<Key>, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, StoreError> {
        self.ask(|store| store.scan(kind, after, limit), |client| client.scan(kind, after, limit))
    }

    fn get_blob(&self, digest: &BlobDigest) -> Result<Option<Vec<u8>>, StoreError> {
        self.ask(
            |store| store.get_blob(digest),
            |client| {
                // A large one need not go through the socket; one that is damaged is the holder's to judge.
                let file = client.blob_files(&[*digest])?.into_iter().next().flatten();
                let bytes = file.and_then(|path| std::fs::read(path).ok());
                match bytes.filter(|bytes| BlobDigest::of(bytes) == *digest) {
                    Some(bytes) => Ok(Some(bytes)),
                    None => client.get_blob(digest),
                }
            },
        )
    }

    fn has_blobs(&self, digests: &[BlobDigest]) -> Result<Vec<bool>, StoreError> {
        self.ask(|store| store.has_blobs(digests), |client| client.has_blobs(digests))
    }

    fn adopt(&self, files: Vec<Adopted>) -> Result<(), StoreError> {
        if self.is_holder() {
            return self.ask(|store| store.adopt(files.clone()), |client| client.adopt(&files));
        }
        let (large, small): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.len >= MIN_FILE);
        let digests: Vec<_> = large.iter().map(|file| file.digest).collect();
        // A holder that went in the middle of it has moved some of them.
        let left = |places: Vec<Option<PathBuf>>| -> Vec<Adopted> {
            let left = large.iter().zip(places).filter(|(file, place)| place.is_none() || file.path.exists());
            left.map(|(file, _)| file.clone()).collect()
        };
        self.ask(
            |store| store.adopt(left(store.blob_files(&digests)?)),
            |client| client.adopt(&left(client.blob_files(&digests)?)),
        )?;
        for Adopted { digest, path, .. } in small {
            let failed = |action| {
                let path = path.clone();
                move |source| StoreError::Io { action, path, source }
            };
            let mut batch = Batch::default();
            batch.put_blob(digest, std::fs::read(&path).map_err(failed("read"))?);
            self.put(batch)?;
            std::fs::remove_file(&path).map_err(failed("remove"))?;
        }
        Ok(())
    }

    fn blob_files(&self, digests: &[BlobDigest]) -> Result<Vec<Option<PathBuf>>, StoreError> {
        self.ask(|store| store.blob_files(digests), |client| client.blob_files(digests))
    }

    fn blobs(&self, after: Option<BlobDigest>, limit: usize) -> Result<Vec<(BlobDigest, u64)>, StoreError> {
        self.ask(|store| store.blobs(after, limit), |client| client.blobs(after, limit))
    }

    /// Only in the process that has the store open, see [`Store::alone`].
    fn compact(&self) -> Result<(), StoreError> {
        match &self.side().way {
            Way::Holder(opened) => opened.store.compact(),
            Way::Client(_) => Err(held(&self.folder)),
        }
    }

    fn alone(&self) -> Result<Alone, StoreError> {
        let start = Instant::now();
        loop {
            let side = self.side();
            let left = self.wait.saturating_sub(start.elapsed());
            match &side.way {
                Way::Holder(Opened { server: None, .. }) => return Ok(Alone::default()),
                Way::Holder(Opened { server: Some(server), .. }) => {
                    let locked = |holder| StoreError::Locked { path: self.folder.clone(), holder };
                    return server.alone(left).map(Alone::until).map_err(locked);
                }
                Way::Client(client) => match client.sync() {
                    Err(trouble) => self.recover(&side, trouble)?,
                    Ok(_) if left.is_zero() => return Err(held(&self.folder)),
                    Ok(_) => std::thread::sleep(POLL.min(left)),
                },
            }
        }
    }

    fn disk_size(&self) -> Result<Option<u64>, StoreError> {
        self.ask(Store::disk_size, Client::disk_size)
    }
}

impl fmt::Debug for SharedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedStore")
            .field("folder", &self.folder)
            .field("is_holder", &self.is_holder())
            .finish_non_exhaustive()
    }
}

impl Trouble {
    fn into_error(self) -> StoreError {
        match self {
            Self::Gone(error) => StoreError::Holder(error.to_string()),
            Self::NotNow(reason) => StoreError::Holder(reason),
            Self::Failed(error) => error,
        }
    }
}

/// Opens the store, or connects to its holder; waits up to `wait`, and longer for a holder that is about to say where it is.
fn reach(folder: &Path, wait: Duration) -> Result<(Way, OpenReport), StoreError> {
    let start = Instant::now();
    loop {
        let holder = match FjallStore::try_open(folder)? {
            Ok((store, report)) => return Ok((Way::Holder(Opened::serving(store)), report)),
            Err(holder) => holder,
        };
        let patience = match &holder.door {
            Door::At(address) => match Client::connect(address, &this_process()) {
                Ok(client) => return Ok((Way::Client(client), OpenReport::default())),
                Err(Trouble::Failed(error)) => return Err(error),
                Err(Trouble::NotNow(_)) => wait,
                // It is closing the store, or was killed just now.
                Err(Trouble::Gone(_)) => wait.max(PATIENCE),
            },
            Door::Closed => wait,
            Door::Unsaid => wait.max(PATIENCE),
        };
        let left = patience.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Err(StoreError::Locked { path: folder.to_path_buf(), holder: holder.process });
        }
        std::thread::sleep(POLL.min(left));
    }
}

impl Opened {
    fn serving(store: FjallStore) -> Self {
        let store = Arc::new(store);
        // Without a socket others wait, as they would without all this.
        let server = Server::start(&store).ok();
        // An address that is not a line of text cannot be told.
        let is_told = |server: &&Server| server.address().to_str().is_some_and(|text| !text.contains(char::is_control));
        let server_told = server.as_ref().filter(is_told);
        store.announce(&server_told.map_or(Door::Closed, |server| Door::At(server.address().clone())));
        Self { server, store }
    }

    fn put(&self, batch: Batch) -> Result<Ticket, StoreError> {
        match &self.server {
            Some(server) => server.put(batch),
            None => self.store.put(batch),
        }
    }
}

fn held(folder: &Path) -> StoreError {
    let holder = Holder::at(folder);
    StoreError::Locked { path: folder.to_path_buf(), holder: holder.process }
}

fn message_of(batch: &Batch) -> Result<Vec<u8>, StoreError> {
    Message::<Call>::from(batch).to_bytes().map_err(|error| StoreError::Holder(error.to_string()))
}

fn batch_of(message: &[u8]) -> Result<Batch, Trouble> {
    let unreadable = || Trouble::Failed(StoreError::Holder("a batch cannot be read again".into()));
    let message = Message::<Call>::receive(message)?;
    let Call::Put(batch) = message.head else { return Err(unreadable()) };
    batch.batch(&message.body).ok_or_else(unreadable)
}

/// What a panic leaves behind it is whole: a batch is entered, noted and removed in one step each.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
