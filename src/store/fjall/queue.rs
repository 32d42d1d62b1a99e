//! What was put and is not yet durable: the writer's input, and what reads look at first.

use crate::fingerprint::BlobDigest;
use crate::store::recent::{Change, Recent};
use crate::store::{Batch, Key, RecordKind, StoreError, Ticket};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A group is written when it has so many bytes,
const FULL: usize = 32 << 20;
/// or so many records,
pub(super) const FULL_RECORDS: usize = 50_000;
/// or when its first batch is so old.
const LINGER: Duration = Duration::from_millis(100);
/// Putting waits while so many bytes wait for the writer.
const TOO_MUCH: usize = 64 << 20;

/// Everything between [`Queue::put`] and the disk.
///
/// The batches themselves are the queue, instead of a channel of batches beside an index of them: the writer takes all
/// of them and their index by moving one value, and when they are durable the index goes in one piece too, so reads of
/// pending records cost the writer nothing per record.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Signalled when there is more to write, or more haste.
    work: Condvar,
    /// Signalled when the writer has come further, or has failed.
    progress: Condvar,
}

/// What waits to be written, for reading.
#[derive(Clone, Copy)]
pub(super) struct Pending<'a> {
    open: &'a Recent,
    writing: Option<&'a Recent>,
}

/// Batches that become durable together.
#[derive(Default)]
pub(super) struct Group {
    pub(super) recent: Recent,
    /// The ticket of its last batch.
    last: u64,
    since: Option<Instant>,
}

#[derive(Default)]
struct State {
    /// What was put since the writer took a group.
    open: Group,
    /// What the writer is writing; stays visible when that fails.
    writing: Option<Arc<Group>>,
    /// The last ticket given.
    put: u64,
    /// The last ticket that is durable.
    durable: u64,
    /// The highest ticket that somebody waits for.
    wanted: u64,
    closing: bool,
    failure: Option<String>,
}

impl<'a> Pending<'a> {
    /// What was done to a record last; nothing when it does not wait.
    pub(super) fn record(self, key: &Key) -> Option<Change<&'a [u8]>> {
        self.open.record(key).or_else(|| self.writing?.record(key))
    }

    /// What was done to a blob last; nothing when it does not wait.
    pub(super) fn blob(self, digest: &BlobDigest) -> Option<Change<&'a Arc<Vec<u8>>>> {
        self.open.blob(digest).or_else(|| self.writing?.blob(digest))
    }

    /// Records of one kind behind `after`, in order, as far as a page of `limit` records can need them.
    pub(super) fn of_kind(self, kind: RecordKind, after: Option<Key>, limit: usize) -> Vec<(Key, Change<Vec<u8>>)> {
        let older = self.writing.into_iter().flat_map(|recent| recent.of_kind(kind, after));
        let mut records: Vec<_> = self.open.of_kind(kind, after).chain(older).collect();
        // Stable, so that the newer of two changes stays before the older one.
        records.sort_by_key(|(key, _)| *key);
        records.dedup_by_key(|(key, _)| *key);
        let mut n_put = 0;
        let needed = records.into_iter().take_while(|(_, change)| {
            let needed = n_put < limit;
            n_put += usize::from(change.put().is_some());
            needed
        });
        needed.map(|(key, change)| (key, change.map(<[u8]>::to_vec))).collect()
    }
}

impl Queue {
    /// Takes a batch over; waits while the writer is far behind.
    pub(super) fn put(&self, batch: Batch) -> Result<Ticket, StoreError> {
        let mut state = self.state();
        while state.failure.is_none() && state.writing.is_some() && state.open.recent.size() > TOO_MUCH {
            state = wait(&self.progress, state);
        }
        if let Some(failure) = &state.failure {
            return Err(StoreError::Poisoned(failure.clone()));
        }
        if !state.open.recent.add(batch) {
            return Err(StoreError::Poisoned("too many batches wait to be written".into()));
        }
        state.put += 1;
        state.open.last = state.put;
        // The writer sleeps until there is anything to write, and then until there is much: no other batch wakes it.
        let first = state.open.since.is_none();
        if first {
            state.open.since = Some(Instant::now());
        }
        if first || state.open.is_full() {
            self.work.notify_one();
        }
        Ok(Ticket(state.put))
    }

    /// Reads what waits.
    pub(super) fn with<T>(&self, read: impl FnOnce(Pending<'_>) -> T) -> T {
        let state = self.state();
        read(Pending { open: &state.open.recent, writing: state.writing.as_ref().map(|group| &group.recent) })
    }

    pub(super) fn durable(&self) -> Ticket {
        Ticket(self.state().durable)
    }

    /// The last ticket given.
    pub(super) fn last(&self) -> Ticket {
        Ticket(self.state().put)
    }

    /// Hurries the writer, and waits until `ticket` is durable.
    pub(super) fn wait_durable(&self, ticket: Ticket) -> Result<Ticket, StoreError> {
        let mut state = self.state();
        // Waiting for a ticket that was never given would be for ever.
        let wanted = ticket.0.min(state.put);
        state.wanted = state.wanted.max(wanted);
        self.work.notify_one();
        while state.durable < wanted {
            if let Some(failure) = &state.failure {
                return Err(StoreError::Poisoned(failure.clone()));
            }
            state = wait(&self.progress, state);
        }
        match &state.failure {
            Some(failure) => Err(StoreError::Poisoned(failure.clone())),
            None => Ok(Ticket(state.durable)),
        }
    }

    /// The writer's side: waits for a group that is due; nothing when there will be none any more.
    pub(super) fn take(&self) -> Option<Arc<Group>> {
        let mut state = self.state();
        loop {
            if state.failure.is_some() {
                return None;
            }
            let Some(since) = state.open.since else {
                if state.closing {
                    return None;
                }
                state = wait(&self.work, state);
                continue;
            };
            let age = since.elapsed();
            if state.closing || state.open.is_full() || state.wanted > state.durable || age >= LINGER {
                let group = Arc::new(std::mem::take(&mut state.open));
                state.writing = Some(Arc::clone(&group));
                return Some(group);
            }
            let waited = self.work.wait_timeout(state, LINGER.saturating_sub(age));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The writer's side: `group` is durable, and readable where it is.
    pub(super) fn done(&self, group: &Group) {
        let mut state = self.state();
        state.durable = group.last;
        let written = state.writing.take();
        drop(state);
        self.progress.notify_all();
        // Freeing some hundred thousand records takes a while, so not under the lock.
        drop(written);
    }

    /// The writer's side: a write has failed, and nothing more is taken.
    pub(super) fn fail(&self, failure: String) {
        self.state().failure.get_or_insert(failure);
        self.progress.notify_all();
    }

    /// What is there is written, and then no more.
    pub(super) fn close(&self) {
        self.state().closing = true;
        self.work.notify_one();
    }

    // A panic under the lock could only come from the allocator, and leaves at worst a batch half entered.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Group {
    fn is_full(&self) -> bool {
        self.recent.size() >= FULL || self.recent.n_changes() >= FULL_RECORDS
    }
}

fn wait<'a>(condition: &Condvar, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
    condition.wait(state).unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(digest: u8, value: &[u8]) -> Batch {
        let mut batch = Batch::default();
        batch.put(Key::new(RecordKind::Act, &[digest; 32]), |out| out.extend_from_slice(value));
        batch
    }

    fn read(queue: &Queue, digest: u8) -> Option<Vec<u8>> {
        let key = Key::new(RecordKind::Act, &[digest; 32]);
        queue.with(|pending| pending.record(&key)?.put().map(<[u8]>::to_vec))
    }

    #[test]
    fn what_was_put_is_visible_until_it_is_durable() {
        let queue = Queue::default();
        queue.put(batch(1, b"old")).unwrap();
        queue.close();
        let group = queue.take().unwrap();
        let second = queue.put(batch(1, b"new")).unwrap();
        assert_eq!(read(&queue, 1).unwrap(), b"new");
        queue.done(&group);
        assert_eq!((queue.durable(), read(&queue, 1).unwrap()), (Ticket(1), b"new".to_vec()));
        let group = queue.take().unwrap();
        queue.done(&group);
        assert_eq!((queue.durable(), read(&queue, 1)), (second, None));
        assert!(queue.take().is_none());
    }

    #[test]
    fn a_failed_write_stays_visible_and_poisons() {
        let queue = Queue::default();
        queue.put(batch(1, b"lost")).unwrap();
        queue.close();
        let _group = queue.take().unwrap();
        queue.fail("disk full".into());
        assert_eq!(read(&queue, 1).unwrap(), b"lost");
        assert!(matches!(queue.put(batch(2, b"")), Err(StoreError::Poisoned(message)) if message == "disk full"));
        assert!(matches!(queue.wait_durable(Ticket(1)), Err(StoreError::Poisoned(_))));
        assert!(queue.take().is_none());
        assert_eq!(queue.durable(), Ticket(0));
    }
}
