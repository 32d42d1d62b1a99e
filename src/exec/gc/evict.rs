//! Bytes that go for the sake of room: those that cost least time to make again for the room they take.
//!
//! A value's worth is the time that making it took, by byte of all that it needs, and less with each run in which nobody
//! asked for it: what GreedyDual-Size (Cao and Irani, 1997) does with a cost, a size and an age.

use crate::error::Result;
use crate::exec::gc::mark::Marks;
use crate::exec::gc::options::Evicted;
use crate::exec::gc::past::Use;
use crate::exec::gc::sweep::scan;
use crate::exec::members::members_of;
use crate::exec::recorded::record;
use crate::exec::store_error::store_error;
use crate::fingerprint::{BlobDigest, ContentKey, RECIPE};
use crate::store::{Act, Batch, Key, Payload, RecordKind, RecordReader, Store};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, SystemTime};

/// Bytes that may go.
struct Candidate {
    place: Place,
    bytes: u64,
    /// Nanoseconds by byte, less with age.
    worth: f64,
    /// The computation that makes it most worth keeping.
    of: usize,
}

/// Where they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Blob(BlobDigest),
    /// In the record of the computation.
    Inline(ContentKey),
}

/// A computation whose bytes are kept.
struct Computation {
    content: ContentKey,
    act: Act,
    bytes: u64,
}

/// So many bytes in a record take no more room than their name would.
const LEAST_INLINE: u64 = 128;

/// What goes, and whose it is.
#[derive(Default)]
pub(super) struct Eviction {
    pub(super) blobs: BTreeMap<BlobDigest, u64>,
    /// Records that are to say that nobody has the bytes.
    pub(super) records: Vec<(ContentKey, Act)>,
    /// Bytes that these will be shorter by.
    pub(super) record_bytes: u64,
    pub(super) values: Vec<Evicted>,
    /// The computations that gave these.
    pub(super) computations: Vec<ContentKey>,
}

impl Eviction {
    pub(super) fn bytes(&self) -> u64 {
        self.blobs.values().sum::<u64>().saturating_add(self.record_bytes)
    }

    /// Takes bytes out of records, and writes down for explanations that they went.
    pub(super) fn shorten(&self, store: &dyn Store, now: SystemTime) -> Result<()> {
        for computations in self.computations.chunks(BATCH) {
            let mut batch = Batch::default();
            computations.iter().for_each(|content| note_eviction(content, now, &mut batch));
            store.put(batch).map_err(store_error)?;
        }
        for records in self.records.chunks(BATCH) {
            let mut batch = Batch::default();
            for (content, act) in records {
                batch.put(Key::new(RecordKind::Act, content.as_bytes()), |out| act.write(out));
            }
            store.put(batch).map_err(store_error)?;
        }
        Ok(())
    }
}

const BATCH: usize = 10_000;

fn note_eviction(content: &ContentKey, now: SystemTime, batch: &mut Batch) {
    let at = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let at_ms = u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
    batch.put(Key::new(RecordKind::Evicted, content.as_bytes()), |out| {
        out.extend_from_slice(&RECIPE.to_le_bytes());
        out.extend_from_slice(&at_ms.to_le_bytes());
    });
}

/// When the bytes of what a computation gave went to save room; nothing when they did not.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn evicted_at(store: &dyn Store, content: &ContentKey) -> Result<Option<SystemTime>> {
    let bytes = record(store, Key::new(RecordKind::Evicted, content.as_bytes()))?;
    let at_ms = bytes.as_deref().and_then(RecordReader::of_recipe).and_then(|mut reader| reader.u64());
    Ok(at_ms.map(|at_ms| SystemTime::UNIX_EPOCH + Duration::from_millis(at_ms)))
}

/// What is there after records have gone that nobody needs.
pub(super) struct Kept<'a> {
    pub(super) blobs: &'a BTreeMap<BlobDigest, u64>,
    /// The records that go.
    pub(super) gone: &'a HashSet<Key>,
    /// What was tagged.
    pub(super) needed: &'a Marks,
    pub(super) uses: &'a HashMap<ContentKey, Use>,
}

/// Finds what goes for so many bytes, or all that may go.
pub(super) fn evict(store: &dyn Store, kept: &Kept<'_>, bytes: u64) -> Result<Eviction> {
    if bytes == 0 {
        return Ok(Eviction::default());
    }
    let computations = computations(store, kept)?;
    let may_go = candidates(store, kept, &computations)?;
    let mut eviction = Eviction::default();
    let mut told = BTreeMap::new();
    for candidate in may_go {
        if eviction.bytes() >= bytes {
            break;
        }
        let computation = computations.get(candidate.of);
        match candidate.place {
            Place::Blob(digest) => drop(eviction.blobs.insert(digest, candidate.bytes)),
            Place::Inline(content) => {
                let Some(computation) = computation else { continue };
                eviction.records.push((content, without_bytes(&computation.act)));
                eviction.record_bytes += candidate.bytes;
            }
        }
        if let Some(computation) = computation {
            told.entry(candidate.of).or_insert_with(|| Evicted {
                node: kept.uses.get(&computation.content).map(|used| used.node.clone()),
                bytes: computation.bytes,
                cost: Duration::from_nanos(computation.act.cost_ns),
            });
        }
    }
    eviction.computations =
        told.keys().filter_map(|of| computations.get(*of)).map(|computation| computation.content).collect();
    eviction.values = told.into_values().collect();
    eviction.values.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.node.cmp(&b.node)));
    Ok(eviction)
}

/// Computations whose bytes are kept, with how many these are, parts included.
fn computations(store: &dyn Store, kept: &Kept<'_>) -> Result<Vec<Computation>> {
    let mut computations = Vec::new();
    scan(store, RecordKind::Act, |key, bytes| {
        let is_kept = |act: &Act| !act.payload.is_absent() && !kept.gone.contains(&key);
        if let Some(act) = Act::read(&bytes).filter(is_kept) {
            let bytes = act.payload.len();
            computations.push(Computation { content: ContentKey::from_bytes(key.digest), act, bytes });
        }
    })?;
    for computation in &mut computations {
        if let Payload::Blob { digest, .. } = computation.act.payload {
            let mut needs = Marks::default();
            needs.blob(store, digest)?;
            computation.bytes = needs.blobs.iter().filter_map(|digest| kept.blobs.get(digest)).sum();
        }
    }
    Ok(computations)
}

/// What may go, in that order.
fn candidates(store: &dyn Store, kept: &Kept<'_>, computations: &[Computation]) -> Result<Vec<Candidate>> {
    let members = members(store)?;
    let mut best: HashMap<BlobDigest, (f64, usize)> = HashMap::new();
    let mut candidates = Vec::new();
    for (of, Computation { content, act, bytes }) in computations.iter().enumerate() {
        let age = kept.uses.get(content).map_or(usize::MAX, |used| used.age);
        let worth = worth(act.cost_ns, *bytes, age);
        let is_named = kept.needed.records.contains(&Key::new(RecordKind::Act, content.as_bytes()));
        match act.payload {
            Payload::Blob { digest, .. } => {
                let mut needs = Marks::default();
                needs.blob(store, digest)?;
                for digest in needs.blobs {
                    let known = best.entry(digest).or_insert((worth, of));
                    if worth > known.0 {
                        *known = (worth, of);
                    }
                }
            }
            // An element is executed when its record has no bytes, whoever needs them.
            Payload::Inline(_) if *bytes >= LEAST_INLINE && !is_named && !members.contains(content.as_bytes()) => {
                candidates.push(Candidate { place: Place::Inline(*content), bytes: *bytes, worth, of });
            }
            Payload::Inline(_) | Payload::Absent { .. } => {}
        }
    }
    let may_go = kept.blobs.iter().filter(|(digest, _)| !kept.needed.blobs.contains(digest));
    candidates.extend(may_go.map(|(digest, bytes)| {
        // What no record names first.
        let (worth, of) = best.get(digest).copied().unwrap_or((-1.0, usize::MAX));
        Candidate { place: Place::Blob(*digest), bytes: *bytes, worth, of }
    }));
    // Of the same worth the largest, so that few go.
    candidates
        .sort_unstable_by(|a, b| a.worth.total_cmp(&b.worth).then(b.bytes.cmp(&a.bytes)).then(a.place.cmp(&b.place)));
    Ok(candidates)
}

/// All computations of which others consist.
fn members(store: &dyn Store) -> Result<HashSet<[u8; 32]>> {
    let mut keys = Vec::new();
    scan(store, RecordKind::Members, |key, _| keys.push(key))?;
    let mut members = HashSet::new();
    for key in keys {
        members.extend(members_of(store, &key.digest)?.members.iter().map(|member| member.digest));
    }
    Ok(members)
}

fn without_bytes(act: &Act) -> Act {
    let payload = match &act.payload {
        Payload::Inline(bytes) => Payload::Absent { digest: BlobDigest::of(bytes), len: act.payload.len() },
        other @ (Payload::Blob { .. } | Payload::Absent { .. }) => other.clone(),
    };
    Act { payload, ..act.clone() }
}

#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "an order of values, not a count")]
fn worth(cost_ns: u64, bytes: u64, age: usize) -> f64 {
    cost_ns as f64 / bytes.max(1) as f64 / (age as f64 + 1.0)
}
