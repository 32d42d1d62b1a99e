//! Maps on their way: what they compute, and how far each computation has come.

use crate::exec::sync::{Arc, AtomicBool, AtomicU32, AtomicU64, Mutex, OnceLock, Ordering, lock};
use crate::exec::table::{Id, Table, number, position};
use crate::exec::wave::reduce::ReduceRun;
use crate::exec::wave::slots::SlotId;
use crate::exec::{Counts, Outcome};
use crate::fingerprint::{ContentKey, ValueDigest};
use crate::graph::NodeId;
use crate::value::{ElementKey, Failure, Made, Mapped, Part, Value};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// A computation of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ComputationId(u32);

/// The maps and reduces of a wave.
#[derive(Default)]
pub(crate) struct Maps {
    pub(crate) running: BTreeMap<SlotId, Arc<MapRun>>,
    pub(crate) reducing: BTreeMap<SlotId, Arc<ReduceRun>>,
    /// How the elements came out of those that are done.
    pub(crate) done: Vec<(NodeId, Counts)>,
}

/// A map on its way.
pub(crate) struct MapRun {
    pub(crate) slot: SlotId,
    /// Whether elements' failures are values.
    pub(crate) is_settled: bool,
    /// The collection whose keys name the elements.
    pub(crate) names: Arc<Mapped>,
    /// Values of the further inputs, the same for all elements.
    pub(crate) shared: SmallVec<[Value; 4]>,
    pub(crate) shared_digests: SmallVec<[ValueDigest; 4]>,
    /// What has to be computed: equal elements are one computation.
    pub(crate) computations: Table<ComputationId, ElementRun>,
    /// Which computation gives each element.
    pub(crate) elements: Arc<[ComputationId]>,
    /// What is known when all of its inputs are; a map that goes along with the one above it begins without.
    pub(crate) inputs: OnceLock<MapInputs>,
    /// Computations that are not done yet, and one more until all inputs are known and all computations set up.
    left: AtomicU32,
    pub(crate) cost_ns: AtomicU64,
    /// Computations that failed, the first one first.
    pub(crate) failures: Mutex<Vec<(ComputationId, Arc<Failure>)>>,
    /// Whether anything has to be executed.
    pub(crate) is_stale: AtomicBool,
    pub(crate) given: Mutex<Given>,
    /// Encoded bytes of the values that were to stay in memory.
    held: AtomicU64,
}

/// So many bytes of a map's values stay in memory until the collection is read.
const HELD: u64 = 64 << 20;

/// What is known of a map when all of its inputs are.
pub(crate) struct MapInputs {
    pub(crate) content: ContentKey,
    pub(crate) is_tainted: bool,
    /// What the map gave before, when it is executed again.
    pub(crate) expected: Option<ValueDigest>,
    /// One collection, or two that are gone over in step.
    pub(crate) lists: SmallVec<[Arc<Mapped>; 1]>,
}

/// One computation of a map.
pub(crate) struct ElementRun {
    /// The first element that it gives.
    pub(crate) index: usize,
    /// What is computed; known when the element is.
    pub(crate) known: OnceLock<Computation>,
    /// The element, for a map that goes along with the one above it.
    item: Mutex<Option<Made>>,
    /// What somebody gave who computed the same and kept no bytes.
    pub(crate) before: OnceLock<ValueDigest>,
    /// Whether it was executed; nothing inside when it failed.
    end: OnceLock<Option<bool>>,
}

/// What an element is computed from.
pub(crate) struct Computation {
    pub(crate) content: ContentKey,
    pub(crate) key: Option<ElementKey>,
    /// Value digests of the element and the further inputs, for the seed.
    pub(crate) upstream: SmallVec<[ValueDigest; 4]>,
}

/// What the computation of an element gave.
pub(crate) struct MadeElement {
    pub(crate) value: Option<Value>,
    pub(crate) part: Part,
    pub(crate) is_executed: bool,
}

/// What a map has given by now, and to whom.
pub(crate) struct Given {
    elements: Table<ComputationId, Option<Made>>,
    /// Maps over this one that go along with it, element by element.
    followers: Vec<Arc<MapRun>>,
    /// Whether the collection has been made: nobody can go along any more.
    is_over: bool,
}

impl ComputationId {
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

impl Id for ComputationId {
    fn from_position(position: usize) -> Self {
        Self(number(position))
    }

    fn position(self) -> usize {
        position(self.0)
    }
}

impl ElementRun {
    pub(crate) fn new(index: usize, known: Option<Computation>) -> Self {
        Self {
            index,
            known: known.map_or_else(OnceLock::new, OnceLock::from),
            item: Mutex::default(),
            before: OnceLock::new(),
            end: OnceLock::new(),
        }
    }

    /// The element that came from the map above.
    pub(crate) fn item(&self) -> Option<Made> {
        lock(&self.item).clone()
    }

    /// Whether it has come out, one way or the other.
    pub(crate) fn is_done(&self) -> bool {
        self.end.get().is_some()
    }
}

impl MapRun {
    pub(crate) fn new(
        slot: SlotId,
        is_settled: bool,
        names: Arc<Mapped>,
        shared: SmallVec<[Value; 4]>,
        shared_digests: SmallVec<[ValueDigest; 4]>,
        computations: Vec<ElementRun>,
        elements: Arc<[ComputationId]>,
    ) -> Self {
        let given = Given {
            elements: Table::from((0..computations.len()).map(|_| None).collect::<Vec<_>>()),
            followers: Vec::new(),
            is_over: false,
        };
        Self {
            slot,
            is_settled,
            names,
            shared,
            shared_digests,
            left: AtomicU32::new(number(computations.len() + 1)),
            computations: computations.into(),
            elements,
            inputs: OnceLock::new(),
            cost_ns: AtomicU64::new(0),
            failures: Mutex::default(),
            is_stale: AtomicBool::new(false),
            given: Mutex::new(given),
            held: AtomicU64::new(0),
        }
    }

    /// Whether the value of an element with so many bytes may stay in memory for those who read the collection. Others
    /// are read back.
    pub(crate) fn may_hold(&self, len: u64) -> bool {
        // A sum; nothing else is ordered by it.
        self.held.fetch_add(len, Ordering::Relaxed).saturating_add(len) <= HELD
    }

    /// Whether this was the last that the map waited for.
    pub(crate) fn count_down(&self) -> bool {
        // AcqRel: the last one sees what all others made.
        self.left.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Lets a map go along: it gets what there is by now, and from now on every element. Gives what it can begin with;
    /// nothing when it is too late.
    pub(crate) fn let_follow(&self, follower: &Arc<Self>) -> Option<Vec<ComputationId>> {
        let mut given = lock(&self.given);
        if given.is_over {
            return None;
        }
        given.followers.push(Arc::clone(follower));
        let ready = self.computations.ids().filter(|computation| match &given.elements[*computation] {
            Some(made) => follower.feed(*computation, made),
            None => false,
        });
        Some(ready.collect())
    }

    /// Notes what a computation gave, and gives the maps that go along and can go on with it; nothing when it had come
    /// out before. `is_read` says whether somebody else reads the value, given how many maps go along.
    pub(crate) fn give(
        &self,
        computation: ComputationId,
        made: Option<MadeElement>,
        is_read: impl FnOnce(usize) -> bool,
    ) -> Option<Vec<Arc<Self>>> {
        let run = &self.computations[computation];
        run.end.set(made.as_ref().map(|made| made.is_executed)).ok()?;
        let item = lock(&run.item).take();
        drop(item);
        let Some(MadeElement { value, part, .. }) = made else { return Some(Vec::new()) };
        let mut made = Made { value, part };
        let mut given = lock(&self.given);
        let ready = given.followers.iter().filter(|follower| follower.feed(computation, &made)).cloned().collect();
        let unread = if is_read(given.followers.len()) { None } else { made.value.take() };
        given.elements[computation] = Some(made);
        drop(given);
        drop(unread);
        Some(ready)
    }

    /// What each computation gave; nothing for those that failed. From now on nobody goes along.
    pub(crate) fn take_given(&self) -> Table<ComputationId, Option<Made>> {
        let mut given = lock(&self.given);
        given.is_over = true;
        let followers = std::mem::take(&mut given.followers);
        let made = std::mem::replace(&mut given.elements, Table::from(Vec::new()));
        drop(given);
        drop(followers);
        made
    }

    /// Takes what failed: in later waves it stays failed.
    pub(crate) fn take_failures(&self) -> Vec<(ContentKey, Arc<Failure>)> {
        let failures = std::mem::take(&mut *lock(&self.failures));
        let known = |computation: ComputationId| self.computations[computation].known.get();
        failures.into_iter().filter_map(|(failed, failure)| Some((known(failed)?.content, failure))).collect()
    }

    /// How its elements came out by now; of equal ones the first counts as executed, the others as cut off.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for (element, computation) in self.elements.iter().enumerate() {
            let run = &self.computations[*computation];
            counts.add(match run.end.get() {
                None => Outcome::Skipped,
                Some(None) => Outcome::Failed,
                Some(Some(true)) if run.index == element => Outcome::Executed,
                Some(Some(_)) => Outcome::CutOff,
            });
        }
        counts
    }

    /// How the element is called in lists and messages.
    pub(crate) fn label(&self, computation: ComputationId) -> String {
        let run = &self.computations[computation];
        match run.known.get().and_then(|known| known.key.as_ref()) {
            Some(key) => key.label.clone(),
            None => self.names.key(run.index).map_or_else(|_| run.index.to_string(), |key| key.label),
        }
    }

    /// Gives an element to a map that goes along; whether it is the first time.
    fn feed(&self, computation: ComputationId, made: &Made) -> bool {
        let run = &self.computations[computation];
        let mut item = lock(&run.item);
        let is_first = item.is_none() && run.known.get().is_none();
        if is_first {
            *item = Some(made.clone());
        }
        is_first
    }
}
