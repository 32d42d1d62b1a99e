//! Computations of a wave by content key: each is made at most once, whoever asks first.

use crate::exec::sync::{Arc, Mutex, lock};
use crate::exec::wave::element::MapRun;
use crate::fingerprint::{ContentKey, DigestMap, ValueDigest};
use crate::store::Payload;
use crate::value::Failure;

/// Computations of a wave by content key.
pub(crate) struct Computations {
    shards: [Mutex<DigestMap<ContentKey, State>>; SHARDS],
}

/// Enough that two walkers seldom meet.
const SHARDS: usize = 64;

enum State {
    Running(Vec<Waiter>),
    Done(Done),
}

/// Who waits for a computation that somebody else makes.
pub(crate) enum Waiter {
    Slot(u32),
    Element { map: Arc<MapRun>, computation: u32 },
}

/// What a computation gave.
#[derive(Clone)]
pub(crate) enum Done {
    /// A value; its payload when it is not in the computation's record.
    Value {
        value: ValueDigest,
        payload: Option<Arc<Payload>>,
    },
    Failed(Arc<Failure>),
}

/// What somebody who asks for a computation has to do.
pub(crate) enum Claim {
    /// Make it, and tell.
    Mine,
    /// Nothing: whoever makes it will tell.
    Waiting,
    /// Nothing: here it is.
    Done(Done),
}

impl Computations {
    /// For about `expected` computations: growing a large map is dear.
    pub(crate) fn new(expected: usize) -> Self {
        let shard = || {
            let mut map = DigestMap::default();
            map.reserve(expected / SHARDS + expected / (4 * SHARDS));
            Mutex::new(map)
        };
        Self { shards: std::array::from_fn(|_| shard()) }
    }

    pub(crate) fn claim(&self, key: ContentKey, waiter: impl FnOnce() -> Waiter) -> Claim {
        let mut shard = lock(self.shard(&key));
        match shard.get_mut(&key) {
            None => {
                shard.insert(key, State::Running(Vec::new()));
                Claim::Mine
            }
            Some(State::Running(waiters)) => {
                waiters.push(waiter());
                Claim::Waiting
            }
            Some(State::Done(done)) => Claim::Done(done.clone()),
        }
    }

    /// Tells what a computation gave; those who wait for it are the caller's to settle.
    pub(crate) fn finish(&self, key: ContentKey, done: Done) -> Vec<Waiter> {
        match lock(self.shard(&key)).insert(key, State::Done(done)) {
            Some(State::Running(waiters)) => waiters,
            Some(State::Done(_)) | None => Vec::new(),
        }
    }

    fn shard(&self, key: &ContentKey) -> &Mutex<DigestMap<ContentKey, State>> {
        // The map within hashes by the first bytes, so the shard goes by the last one.
        let [.., last] = key.as_bytes();
        let [first, ..] = &self.shards;
        self.shards.get(usize::from(*last) % SHARDS).unwrap_or(first)
    }
}
