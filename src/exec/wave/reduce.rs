//! Reduces on their way: what they combine, and how far each combination has come.

use crate::exec::sync::{Arc, AtomicBool, AtomicU8, AtomicU32, AtomicU64, Mutex, OnceLock, Ordering, lock};
use crate::exec::table::{Id, Table, number, position};
use crate::exec::wave::slots::SlotId;
use crate::exec::wave::tree::{Combination, CombinationId, Side, Tree};
use crate::exec::{Counts, Outcome};
use crate::fingerprint::{ContentKey, SpecHashers, ValueDigest};
use crate::graph::{Body, ElementSchemas, NodeFunction, NodeSpec, Reducing};
use crate::store::Payload;
use crate::value::{Failure, Mapped, Value};
use smallvec::SmallVec;

/// A reduced node: what is to be known of it besides its inputs.
#[derive(Clone, Copy)]
pub(crate) struct ReducedNode<'a> {
    pub(crate) function: &'static NodeFunction,
    /// One bit a parameter: whether an input was given for it.
    pub(crate) present: u64,
    pub(crate) reducing: &'static Reducing,
    /// What its combinations' content keys are made with.
    pub(crate) hashers: &'a SpecHashers,
    pub(crate) schemas: &'a ElementSchemas,
}

/// A reduce on its way.
pub(crate) struct ReduceRun {
    pub(crate) slot: SlotId,
    pub(crate) content: ContentKey,
    pub(crate) is_tainted: bool,
    /// What the reduce gave before, when it is executed again.
    pub(crate) expected: Option<ValueDigest>,
    pub(crate) trust: Trust,
    pub(crate) list: Mapped,
    /// Values of the function's further parameters, the same for all combinations.
    pub(crate) shared: SmallVec<[Value; 4]>,
    pub(crate) shared_digests: SmallVec<[ValueDigest; 4]>,
    pub(crate) elements: Vec<ValueDigest>,
    pub(crate) combinations: Table<CombinationId, CombinationRun>,
    /// What combines the value of combination `i` is `readers[offsets[i]..offsets[i + 1]]`.
    offsets: Vec<u32>,
    readers: Vec<CombinationId>,
    pub(crate) root: CombinationId,
    pub(crate) cost_ns: AtomicU64,
    /// Combinations that failed, the first one first.
    pub(crate) failures: Mutex<Vec<(ContentKey, Arc<Failure>)>>,
    /// Whether the node has come out, one way or the other.
    pub(crate) is_over: AtomicBool,
}

/// Which of a reduce's records are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// All; bytes that are lost are made again when somebody needs them.
    All,
    /// All but that of the whole: somebody misses its bytes.
    AllButWhole,
    /// Those whose bytes are there: one that was made again gave another value.
    There,
    /// None: there are lost bytes that cannot be seen from outside.
    Nothing,
}

/// One combination of a reduce.
pub(crate) struct CombinationRun {
    pub(crate) what: Combination,
    /// Sides that have not come out yet.
    waits_for: AtomicU32,
    /// Combinations that have not come out yet and combine this one's value.
    read_by: AtomicU32,
    /// What it gave.
    pub(crate) digest: OnceLock<ValueDigest>,
    end: AtomicU8,
    pub(crate) state: Mutex<State>,
}

/// What changes while a combination is on its way.
#[derive(Default)]
pub(crate) struct State {
    /// Whether it is to be executed here.
    pub(crate) is_claimed: bool,
    /// Whether its lost bytes are being made again.
    pub(crate) is_awaited: bool,
    /// Whether it was executed in this wave.
    pub(crate) is_new: bool,
    /// Until it has been combined with another one.
    pub(crate) value: Option<Value>,
    /// Where its bytes are, when its record does not say.
    pub(crate) own: Option<Box<Payload>>,
    /// Combinations that need its lost bytes.
    pub(crate) waiting: Vec<CombinationId>,
}

/// How a combination came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Known from before, or made by somebody else.
    Taken,
    Executed,
    Failed,
    /// One of its sides failed.
    Skipped,
}

impl<'a> ReducedNode<'a> {
    pub(crate) fn of(spec: &'a NodeSpec) -> Option<Self> {
        let Body::Function { function, present } = spec.body else { return None };
        let (hashers, schemas) = (spec.element.as_ref()?, spec.element_schemas.as_ref()?);
        Some(Self { function, present, reducing: function.reducing.as_ref()?, hashers, schemas })
    }
}

impl End {
    fn to_byte(self) -> u8 {
        match self {
            Self::Taken => 1,
            Self::Executed => 2,
            Self::Failed => 3,
            Self::Skipped => 4,
        }
    }

    fn of_byte(byte: u8) -> Option<Self> {
        [Self::Taken, Self::Executed, Self::Failed, Self::Skipped].into_iter().find(|end| end.to_byte() == byte)
    }
}

impl CombinationRun {
    fn new(what: Combination) -> Self {
        let waits_for = sides_of(&what).count();
        Self {
            what,
            waits_for: AtomicU32::new(number(waits_for)),
            read_by: AtomicU32::new(0),
            digest: OnceLock::new(),
            end: AtomicU8::new(0),
            state: Mutex::default(),
        }
    }

    /// How it came out, if it has.
    pub(crate) fn end(&self) -> Option<End> {
        // Whoever acts on it has been told by somebody who counted down; others only make a guess or a count of it.
        End::of_byte(self.end.load(Ordering::Acquire))
    }

    /// Notes how it came out.
    pub(crate) fn set_end(&self, end: End) {
        self.end.store(end.to_byte(), Ordering::Release);
    }
}

impl ReduceRun {
    #[expect(clippy::too_many_arguments, reason = "all that is known of a reduce when it begins")]
    pub(crate) fn new(
        (slot, content, is_tainted, expected): (SlotId, ContentKey, bool, Option<ValueDigest>),
        trust: Trust,
        list: Mapped,
        shared: SmallVec<[Value; 4]>,
        shared_digests: SmallVec<[ValueDigest; 4]>,
        elements: Vec<ValueDigest>,
        tree: Tree,
        root: CombinationId,
    ) -> Self {
        let combinations: Table<CombinationId, CombinationRun> =
            tree.combinations.into_iter().map(CombinationRun::new).collect::<Vec<_>>().into();
        let (offsets, readers) = readers(&combinations);
        for id in combinations.ids() {
            let n_readers = range(&offsets, id).len() + usize::from(id == root);
            combinations[id].read_by.store(number(n_readers), Ordering::Relaxed);
        }
        Self {
            slot,
            content,
            is_tainted,
            expected,
            trust,
            list,
            shared,
            shared_digests,
            elements,
            combinations,
            offsets,
            readers,
            root,
            cost_ns: AtomicU64::new(0),
            failures: Mutex::default(),
            is_over: AtomicBool::new(false),
        }
    }

    /// Combinations that wait for no other.
    pub(crate) fn ready_at_once(&self) -> impl Iterator<Item = CombinationId> {
        self.combinations.ids().filter(|id| self.combinations[*id].waits_for.load(Ordering::Relaxed) == 0)
    }

    /// Value digests of what is combined; nothing when one of them has none.
    pub(crate) fn upstream(&self, id: CombinationId) -> Option<SmallVec<[ValueDigest; 4]>> {
        let digest = |side: &Side| match side {
            Side::Element(element) => self.elements.get(position(*element)).copied(),
            Side::Combination(id) => self.combinations[*id].digest.get().copied(),
        };
        let mut upstream: SmallVec<[ValueDigest; 4]> =
            self.combinations[id].what.sides.iter().map(digest).collect::<Option<_>>()?;
        upstream.extend_from_slice(&self.shared_digests);
        Some(upstream)
    }

    /// What waited for a combination that has come out, and is ready now: to be executed, or to be skipped since a side
    /// has failed. Values that nobody combines any more go.
    pub(crate) fn came_out(&self, id: CombinationId) -> Vec<CombinationId> {
        for side in sides_of(&self.combinations[id].what) {
            self.release(side);
        }
        let readers = self.readers.get(range(&self.offsets, id)).unwrap_or_default().iter().copied();
        // AcqRel: whoever takes the last count sees what both sides gave.
        readers.filter(|id| self.combinations[*id].waits_for.fetch_sub(1, Ordering::AcqRel) == 1).collect()
    }

    /// Whether a side of a combination has no value.
    pub(crate) fn is_cut(&self, id: CombinationId) -> bool {
        sides_of(&self.combinations[id].what)
            .any(|side| matches!(self.combinations[side].end(), Some(End::Failed | End::Skipped)))
    }

    /// A reader of a combination is done: its value goes, since others may be long in coming and can read it back.
    pub(crate) fn release(&self, id: CombinationId) {
        let run = &self.combinations[id];
        // AcqRel: the last one sees what all others left behind.
        let is_last = run.read_by.fetch_sub(1, Ordering::AcqRel) == 1;
        let mut state = lock(&run.state);
        let value = state.value.take();
        let own = if is_last { state.own.take() } else { None };
        drop(state);
        drop((value, own));
    }

    /// Takes what failed: in later waves it stays failed.
    pub(crate) fn take_failures(&self) -> Vec<(ContentKey, Arc<Failure>)> {
        std::mem::take(&mut *lock(&self.failures))
    }

    /// How its combinations came out by now; equal ones are one.
    pub(crate) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for run in self.combinations.iter() {
            counts.add(match run.end() {
                Some(End::Taken) => Outcome::CutOff,
                Some(End::Executed) => Outcome::Executed,
                Some(End::Failed) => Outcome::Failed,
                Some(End::Skipped) | None => Outcome::Skipped,
            });
        }
        counts
    }

    /// How a combination is called in lists and messages: by the first elements that it combines.
    pub(crate) fn label(&self, id: CombinationId) -> String {
        let Combination { first, last, .. } = self.combinations[id].what;
        let name =
            |element: u32| self.list.key(position(element)).map_or_else(|_| element.to_string(), |key| key.label);
        format!("{}..={}", name(first), name(last))
    }
}

/// The sides of a combination that are combinations themselves.
pub(crate) fn sides_of(what: &Combination) -> impl Iterator<Item = CombinationId> {
    what.sides.into_iter().filter_map(|side| match side {
        Side::Combination(id) => Some(id),
        Side::Element(_) => None,
    })
}

/// Who combines whom.
fn readers(combinations: &Table<CombinationId, CombinationRun>) -> (Vec<u32>, Vec<CombinationId>) {
    let sides = || combinations.ids().flat_map(|id| sides_of(&combinations[id].what).map(move |side| (side, id)));
    let mut offsets = vec![0; combinations.len() + 1];
    for (side, _) in sides() {
        if let Some(count) = offsets.get_mut(side.position() + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for offset in &mut offsets {
        sum += *offset;
        *offset = sum;
    }
    let mut next: Table<CombinationId, u32> = offsets.clone().into();
    let mut readers = vec![CombinationId::from_position(0); position(sum)];
    for (side, id) in sides() {
        let place = &mut next[side];
        if let Some(reader) = readers.get_mut(position(*place)) {
            *reader = id;
        }
        *place += 1;
    }
    (offsets, readers)
}

fn range(offsets: &[u32], id: CombinationId) -> std::ops::Range<usize> {
    let at = |index: usize| offsets.get(index).map_or(0, |offset| position(*offset));
    at(id.position())..at(id.position() + 1)
}
