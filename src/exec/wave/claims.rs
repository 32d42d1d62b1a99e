//! Claims on the computations of a wave: each content key is computed at most once, whoever asks first.

use crate::exec::sync::{Arc, Mutex, lock};
use crate::exec::wave::map::{ComputationId, MapRun};
use crate::exec::wave::reduce::ReduceRun;
use crate::exec::wave::slots::SlotId;
use crate::exec::wave::tree::CombinationId;
use crate::fingerprint::{ContentKey, DigestMap, ValueDigest};
use crate::store::Payload;
use crate::value::Failure;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

/// Who computes what in a wave.
pub(crate) struct Claims {
    shards: [Mutex<Shard>; SHARDS],
}

/// Enough that two walkers seldom meet.
const SHARDS: usize = 64;

#[derive(Default)]
struct Shard {
    /// Slots that compute, or have: what and how it came out is said by the slot itself.
    slots: HashTable<Claimed>,
    /// The same of elements and combinations; they have no slot, so it is said here once they are done.
    elements: DigestMap<ContentKey, Option<Done>>,
    waiting: DigestMap<ContentKey, Vec<Asker>>,
}

/// A claim of a slot. Nine bytes a claim instead of forty keep a million of them within reach.
#[derive(Clone, Copy)]
struct Claimed {
    slot: SlotId,
    /// Part of the content key: slots with another one need not be asked.
    tag: u32,
}

/// Who needs a computation.
pub(crate) enum Asker {
    Slot(SlotId),
    Element { map: Arc<MapRun>, computation: ComputationId },
    Combination { reduce: Arc<ReduceRun>, combination: CombinationId },
}

/// What a computation gave.
#[derive(Clone)]
pub(crate) enum Done {
    /// A value; its payload when it is not in the computation's record.
    Value {
        value: ValueDigest,
        payload: Option<Arc<Payload>>,
    },
    /// A value that comes from a settled failure and is recorded for nobody.
    Tainted {
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
            shard.slots.reserve(expected / SHARDS + expected / (4 * SHARDS), Claimed::hash);
            Mutex::new(shard)
        };
        Self { shards: std::array::from_fn(|_| shard()) }
    }

    /// Claims a computation for `asker`.
    ///
    /// `content` gives the content key of a slot, and `done` how it came out, if it has by now.
    pub(crate) fn claim(
        &self,
        key: ContentKey,
        asker: Asker,
        content: impl Fn(SlotId) -> Option<ContentKey>,
        done: impl FnOnce(SlotId) -> Option<Done>,
    ) -> Claim {
        let shard = &mut *lock(self.shard(&key));
        let made = match shard.elements.get(&key) {
            Some(done) => done.clone(),
            None => {
                let tag = tag(&key);
                let is_same = |claimed: &Claimed| claimed.tag == tag && content(claimed.slot) == Some(key);
                match (shard.slots.entry(spread(tag), is_same, Claimed::hash), &asker) {
                    (Entry::Occupied(claimed), _) => done(claimed.get().slot),
                    (Entry::Vacant(place), Asker::Slot(slot)) => {
                        place.insert(Claimed { slot: *slot, tag });
                        return Claim::Mine;
                    }
                    (Entry::Vacant(_), Asker::Element { .. } | Asker::Combination { .. }) => {
                        shard.elements.insert(key, None);
                        return Claim::Mine;
                    }
                }
            }
        };
        match made {
            Some(done) => Claim::Done(done),
            None => {
                shard.waiting.entry(key).or_default().push(asker);
                Claim::Waiting
            }
        }
    }

    /// Notes how a computation came out, and gives those who wait for it. A slot that made it is concluded before.
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

impl Claimed {
    fn hash(&self) -> u64 {
        spread(self.tag)
    }
}

/// A tag as a hash: the table goes by the lowest and the highest bits.
fn spread(tag: u32) -> u64 {
    let tag = u64::from(tag);
    tag << 32 | tag
}

fn tag(key: &ContentKey) -> u32 {
    key.as_bytes().first_chunk().map_or(0, |head| u32::from_le_bytes(*head))
}
