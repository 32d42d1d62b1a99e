//! Claims on the computations of a wave: each content key is computed at most once, whoever asks first.

use crate::exec::sync::{Arc, Mutex, lock};
use crate::exec::wave::element::MapRun;
use crate::fingerprint::{ContentKey, DigestMap, ValueDigest};
use crate::store::Payload;
use crate::value::Failure;
use std::collections::hash_map::Entry;

/// Who computes what in a wave.
pub(crate) struct Claims {
    shards: [Mutex<Shard>; SHARDS],
}

/// Enough that two walkers seldom meet.
const SHARDS: usize = 64;

#[derive(Default)]
struct Shard {
    /// Slots that compute, or have: how they came out is said by the slot itself.
    slots: DigestMap<ContentKey, u32>,
    /// The same of elements; they have no slot, so it is said here once they are done.
    elements: DigestMap<ContentKey, Option<Done>>,
    waiting: DigestMap<ContentKey, Vec<Asker>>,
}

/// Who needs a computation.
pub(crate) enum Asker {
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

impl Claims {
    /// For about `expected` computations: growing a large map is dear.
    pub(crate) fn new(expected: usize) -> Self {
        let shard = || {
            let mut shard = Shard::default();
            shard.slots.reserve(expected / SHARDS + expected / (4 * SHARDS));
            Mutex::new(shard)
        };
        Self { shards: std::array::from_fn(|_| shard()) }
    }

    /// Claims a computation for `asker`; `done` says how a slot came out, if it has by now.
    pub(crate) fn claim(&self, key: ContentKey, asker: Asker, done: impl FnOnce(u32) -> Option<Done>) -> Claim {
        let shard = &mut *lock(self.shard(&key));
        let made = match shard.elements.get(&key) {
            Some(done) => done.clone(),
            None => match (shard.slots.entry(key), &asker) {
                (Entry::Occupied(slot), _) => done(*slot.get()),
                (Entry::Vacant(place), Asker::Slot(slot)) => {
                    place.insert(*slot);
                    return Claim::Mine;
                }
                (Entry::Vacant(_), Asker::Element { .. }) => {
                    shard.elements.insert(key, None);
                    return Claim::Mine;
                }
            },
        };
        match made {
            Some(done) => Claim::Done(done),
            None => {
                shard.waiting.entry(key).or_default().push(asker);
                Claim::Waiting
            }
        }
    }

    /// Notes how a computation came out, and gives those who wait for it. A slot that made it is settled before.
    #[must_use]
    pub(crate) fn finish(&self, key: &ContentKey, done: &Done) -> Vec<Asker> {
        let shard = &mut *lock(self.shard(key));
        if let Some(element) = shard.elements.get_mut(key) {
            *element = Some(done.clone());
        }
        shard.waiting.remove(key).unwrap_or_default()
    }

    fn shard(&self, key: &ContentKey) -> &Mutex<Shard> {
        // The maps within hash by the first bytes, so the shard goes by the last one.
        let [.., last] = key.as_bytes();
        let [first, ..] = &self.shards;
        self.shards.get(usize::from(*last) % SHARDS).unwrap_or(first)
    }
}
