//! How long executions take: for the order of work, and for the time that the store saves.

use crate::error::Result;
use crate::exec::store_error::store_error;
use crate::exec::sync::{AtomicU64, Ordering};
use crate::exec::table::Table;
use crate::graph::{Body, Declared, SpecId};
use crate::store::{Batch, Key, RecordKind, Store};

/// Mean costs of the specs of a graph, and what this run adds to them.
pub(crate) struct Costs {
    keys: Vec<Option<Key>>,
    before: Table<SpecId, Cost>,
    now: Table<SpecId, (AtomicU64, AtomicU64)>,
}

/// Executions and the nanoseconds that they took together.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    count: u64,
    total_ns: u64,
}

/// What a node whose cost is unknown is thought to take.
const UNKNOWN_NS: u64 = 1_000_000;

impl Costs {
    pub(crate) fn load(graph: &Declared, store: &dyn Store) -> Result<Self> {
        let keys: Vec<Option<Key>> = graph.specs.iter().map(|spec| key_of(&spec.body)).collect();
        let asked: Vec<Key> = keys.iter().flatten().copied().collect();
        let mut answers = store.get_many(&asked).map_err(store_error)?.into_iter();
        let before = keys.iter().map(|key| {
            let answer = key.and_then(|_| answers.next().flatten());
            answer.as_deref().and_then(Cost::read).unwrap_or_default()
        });
        let before = before.collect::<Vec<_>>().into();
        let now = keys.iter().map(|_| Default::default()).collect::<Vec<_>>().into();
        Ok(Self { keys, before, now })
    }

    /// What a node of this spec is thought to take, in nanoseconds.
    pub(crate) fn expected(&self, spec: SpecId) -> u64 {
        if self.before.len() == 0 {
            return UNKNOWN_NS;
        }
        self.before[spec].mean().unwrap_or(UNKNOWN_NS)
    }

    pub(crate) fn add(&self, spec: SpecId, ns: u64) {
        // Sums only; they are read when all walkers have returned.
        self.now[spec].0.fetch_add(1, Ordering::Relaxed);
        self.now[spec].1.fetch_add(ns, Ordering::Relaxed);
    }

    /// What one execution of this spec took in the mean, now and before.
    pub(crate) fn mean(&self, spec: SpecId) -> Option<u64> {
        self.sum(spec).mean()
    }

    /// Nanoseconds that this run spent in nodes.
    pub(crate) fn spent(&self) -> u64 {
        self.now.iter().map(|(_, ns)| ns.load(Ordering::Relaxed)).sum()
    }

    pub(crate) fn record(&self, batch: &mut Batch) {
        for spec in self.now.ids() {
            if self.now[spec].0.load(Ordering::Relaxed) > 0
                && let Some(Some(key)) = self.keys.get(spec.index())
            {
                let cost = self.sum(spec);
                batch.put(*key, |out| {
                    out.extend_from_slice(&cost.count.to_le_bytes());
                    out.extend_from_slice(&cost.total_ns.to_le_bytes());
                });
            }
        }
    }

    fn sum(&self, spec: SpecId) -> Cost {
        let (count, ns) = &self.now[spec];
        let before = self.before[spec];
        Cost {
            count: before.count.saturating_add(count.load(Ordering::Relaxed)),
            total_ns: before.total_ns.saturating_add(ns.load(Ordering::Relaxed)),
        }
    }
}

impl Cost {
    fn mean(self) -> Option<u64> {
        self.total_ns.checked_div(self.count)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (count, rest) = bytes.split_first_chunk()?;
        let (total_ns, _) = rest.split_first_chunk()?;
        Some(Self { count: u64::from_le_bytes(*count), total_ns: u64::from_le_bytes(*total_ns) })
    }
}

/// Costs are kept by function, so that they survive edits; maps apart, since one is many executions.
fn key_of(body: &Body) -> Option<Key> {
    let Body::Function { function, .. } = body else { return None };
    let kind = function.kind().unwrap_or("node");
    let name = format!("{kind} {}", function.function.path);
    Some(Key::new(RecordKind::Cost, blake3::hash(name.as_bytes()).as_bytes()))
}
