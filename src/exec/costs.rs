//! What executions of each function cost, and what keeping their results does: for the order of work and the time saved.
//!
//! One record a function, written once a run: a record a hit would make a run with nothing to do a run that writes.

use crate::error::Result;
use crate::exec::clock::Took;
use crate::exec::store_error::store_error;
use crate::exec::sync::{AtomicBool, AtomicU64, Mutex, Ordering, lock};
use crate::exec::table::{Id, Table, number, position};
use crate::exec::wave::LEAST_COUNTED;
use crate::fingerprint::RECIPE;
use crate::graph::{Body, Declared, SpecId};
use crate::store::{Batch, Key, RecordKind, RecordReader, Store};
use std::collections::BTreeMap;

/// Costs of the functions of a graph, and what this run adds to them.
pub(crate) struct Costs {
    function_of: Table<SpecId, Option<FunctionId>>,
    keys: Table<FunctionId, Key>,
    before: Table<FunctionId, Tally>,
    now: Table<FunctionId, Mutex<Tally>>,
    /// Whether any function is known to give values that the budget counts.
    has_counted: AtomicBool,
    /// Nanoseconds in which walkers did something.
    busy_ns: AtomicU64,
    /// Nanoseconds that waves lasted.
    waves_ns: AtomicU64,
}

/// A function of a graph, and how it is used: as it is, or mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FunctionId(u32);

/// Sums over what was done for a function, in numbers and nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Executions: of a map its elements, of a reduce its combinations.
    pub(crate) executions: u64,
    pub(crate) compute_ns: u64,
    pub(crate) save_ns: u64,
    /// Bytes of results, whether they were kept or not.
    pub(crate) bytes: u64,
    /// Values that were read back as a whole.
    pub(crate) loads: u64,
    pub(crate) load_ns: u64,
    /// Nodes that were taken from the store, or cut off.
    pub(crate) hits: u64,
    /// Elements and combinations that were taken.
    pub(crate) part_hits: u64,
    /// Maps and reduces that were looked into.
    pub(crate) wholes: u64,
    /// Their elements and combinations.
    pub(crate) parts: u64,
}

/// What a walker has noted of the function that it was busy with last: handed over when it is another one's turn.
#[derive(Default)]
pub(crate) struct Noted {
    last: Option<(FunctionId, Tally)>,
}

/// What a node whose cost is unknown is thought to take.
const UNKNOWN_NS: u64 = 1_000_000;

impl Id for FunctionId {
    fn from_position(position: usize) -> Self {
        Self(number(position))
    }

    fn position(self) -> usize {
        position(self.0)
    }
}

impl Costs {
    pub(crate) fn load(graph: &Declared, store: &dyn Store) -> Result<Self> {
        let mut numbers = BTreeMap::new();
        let mut keys = Vec::new();
        let function_of = graph.specs.iter().map(|spec| {
            let name = name_of(&spec.body)?;
            Some(*numbers.entry(name).or_insert_with_key(|name| {
                keys.push(Key::new(RecordKind::Cost, blake3::hash(name.as_bytes()).as_bytes()));
                FunctionId::from_position(keys.len() - 1)
            }))
        });
        let function_of = function_of.collect::<Vec<_>>().into();
        let answers = store.get_many(&keys).map_err(store_error)?;
        let before = answers.iter().map(|answer| answer.as_deref().and_then(Tally::read).unwrap_or_default());
        let before = before.collect::<Vec<_>>();
        Ok(Self {
            function_of,
            has_counted: AtomicBool::new(before.iter().any(|tally| tally.is_counted())),
            before: before.into(),
            now: keys.iter().map(|_| Mutex::default()).collect::<Vec<_>>().into(),
            keys: keys.into(),
            busy_ns: AtomicU64::new(0),
            waves_ns: AtomicU64::new(0),
        })
    }

    /// What a node of this spec is thought to take, in nanoseconds.
    pub(crate) fn expected(&self, spec: SpecId) -> u64 {
        self.known_ns(spec).unwrap_or(UNKNOWN_NS)
    }

    /// The same; nothing for a spec whose function was never executed with this store.
    pub(crate) fn known_ns(&self, spec: SpecId) -> Option<u64> {
        self.before[self.function(spec)?].whole_ns()
    }

    /// The function of a spec; nothing for what calls none.
    pub(crate) fn function(&self, spec: SpecId) -> Option<FunctionId> {
        if spec.position() < self.function_of.len() { self.function_of[spec] } else { None }
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = FunctionId> + use<> {
        self.keys.ids()
    }

    /// Adds what was done for a function.
    pub(crate) fn add(&self, function: FunctionId, tally: Tally) {
        if tally.is_counted() {
            self.has_counted.store(true, Ordering::Relaxed);
        }
        let mut now = lock(&self.now[function]);
        *now = now.plus(tally);
    }

    /// As [`Costs::add`], at some later time.
    pub(crate) fn note(&self, function: FunctionId, tally: Tally, noted: &mut Noted) {
        match &mut noted.last {
            Some((last, sum)) if *last == function => *sum = sum.plus(tally),
            Some(_) | None => {
                self.hand_over(noted);
                noted.last = Some((function, tally));
            }
        }
        if tally.is_counted() {
            // Whoever waits for memory goes by it.
            self.hand_over(noted);
        }
    }

    pub(crate) fn hand_over(&self, noted: &mut Noted) {
        if let Some((function, tally)) = noted.last.take() {
            self.add(function, tally);
        }
    }

    /// A walker was busy for so long.
    pub(crate) fn add_busy(&self, ns: u64) {
        // Sums only; they are read when all walkers have returned.
        self.busy_ns.fetch_add(ns, Ordering::Relaxed);
    }

    /// A wave lasted so long.
    pub(crate) fn add_wave(&self, ns: u64) {
        self.waves_ns.fetch_add(ns, Ordering::Relaxed);
    }

    pub(crate) fn busy_ns(&self) -> u64 {
        self.busy_ns.load(Ordering::Relaxed)
    }

    pub(crate) fn waves_ns(&self) -> u64 {
        self.waves_ns.load(Ordering::Relaxed)
    }

    /// Whether any function is known to give values that the budget counts.
    pub(crate) fn has_counted(&self) -> bool {
        // A hint: whoever looks too early starts without an estimate, as if it had looked before the value was made.
        self.has_counted.load(Ordering::Relaxed)
    }

    /// How many bytes the value of a node of this spec has in the mean; nothing when that is not known.
    pub(crate) fn mean_len(&self, spec: SpecId) -> Option<u64> {
        let known = self.known(self.function(spec)?);
        Some(known.bytes.checked_div(known.executions)?.saturating_mul(known.size()))
    }

    /// What all functions took in this run.
    pub(crate) fn compute_ns(&self) -> u64 {
        self.keys.ids().map(|function| self.now(function).compute_ns).fold(0, u64::saturating_add)
    }

    /// What this run did for a function.
    pub(crate) fn now(&self, function: FunctionId) -> Tally {
        *lock(&self.now[function])
    }

    /// What is known of a function from before.
    pub(crate) fn before(&self, function: FunctionId) -> Tally {
        self.before[function]
    }

    /// What is known of a function from before, or else from this run.
    pub(crate) fn known(&self, function: FunctionId) -> Tally {
        let before = self.before[function];
        if before.executions > 0 { before } else { self.sum(function) }
    }

    /// What was ever done for a function, this run included.
    fn sum(&self, function: FunctionId) -> Tally {
        self.before[function].plus(self.now(function))
    }

    /// Shares out the time in which the store took over what functions gave, by its size.
    pub(crate) fn share_waiting(&self, ns: u64) {
        let bytes = self.keys.ids().map(|function| self.now(function).bytes).fold(0, u64::saturating_add);
        for function in self.keys.ids() {
            let share = u128::from(ns) * u128::from(self.now(function).bytes);
            let save_ns = share.checked_div(bytes.into()).and_then(|share| u64::try_from(share).ok()).unwrap_or(0);
            self.add(function, Tally { save_ns, ..Tally::default() });
        }
    }

    pub(crate) fn record(&self, batch: &mut Batch) {
        for function in self.keys.ids() {
            if self.now(function) != Tally::default() {
                let sum = self.sum(function);
                batch.put(self.keys[function], |out| sum.write(out));
            }
        }
    }
}

impl Tally {
    /// One execution.
    pub(crate) fn execution(took: Took, bytes: u64) -> Self {
        let Took { compute_ns, save_ns } = took;
        Self { executions: 1, compute_ns, save_ns, bytes, ..Self::default() }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        let (mut sum, other) = (self.to_array(), other.to_array());
        for (sum, other) in sum.iter_mut().zip(other) {
            *sum = sum.saturating_add(other);
        }
        Self::of_array(sum)
    }

    /// Whether the budget counts its values, by their mean length.
    fn is_counted(&self) -> bool {
        self.bytes.checked_div(self.executions).is_some_and(|mean| mean >= LEAST_COUNTED)
    }

    /// What one execution takes in the mean; nothing when there was none.
    pub(crate) fn mean_ns(self) -> Option<u64> {
        self.compute_ns.checked_div(self.executions)
    }

    /// What a node takes in the mean: a map or reduce as a whole. Nothing when that is not known.
    pub(crate) fn whole_ns(self) -> Option<u64> {
        self.mean_ns().map(|mean| mean.saturating_mul(self.size()))
    }

    /// How many executions a node is in the mean: more than one for maps and reduces.
    pub(crate) fn size(self) -> u64 {
        self.parts.checked_div(self.wholes).unwrap_or(1)
    }

    fn to_array(self) -> [u64; 10] {
        let Self { executions, compute_ns, save_ns, bytes, loads, load_ns, hits, part_hits, wholes, parts } = self;
        [executions, compute_ns, save_ns, bytes, loads, load_ns, hits, part_hits, wholes, parts]
    }

    fn of_array(array: [u64; 10]) -> Self {
        let [executions, compute_ns, save_ns, bytes, loads, load_ns, hits, part_hits, wholes, parts] = array;
        Self { executions, compute_ns, save_ns, bytes, loads, load_ns, hits, part_hits, wholes, parts }
    }

    fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&RECIPE.to_le_bytes());
        out.extend(self.to_array().into_iter().flat_map(u64::to_le_bytes));
    }

    /// Nothing when the bytes make no sense: the costs are unknown then.
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = RecordReader::of_recipe(bytes)?;
        let mut array = [0; 10];
        for number in &mut array {
            *number = reader.u64()?;
        }
        Some(Self::of_array(array))
    }
}

/// Costs are kept by function, so that they survive edits; of maps apart, since their function may see other values.
fn name_of(body: &Body) -> Option<String> {
    let Body::Function { function, .. } = body else { return None };
    Some(format!("{} {}", function.kind().unwrap_or("node"), function.function.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies_read_back_and_others_are_none() {
        let tally = Tally::of_array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        let mut bytes = Vec::new();
        tally.write(&mut bytes);
        assert_eq!(Tally::read(&bytes), Some(tally));
        assert_eq!(tally.plus(tally), Tally::of_array([2, 4, 6, 8, 10, 12, 14, 16, 18, 20]));
        // That of a former version had two numbers and no recipe.
        assert_eq!(Tally::read(&[1; 16]), None);
        assert_eq!(Tally::read(&[&RECIPE.to_le_bytes()[..], &[0; 14]].concat()), None);
    }
}
