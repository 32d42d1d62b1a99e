//! From rules to waste, and from waste to a smaller store.

use crate::error::Result;
use crate::exec::gc::evict::{Eviction, Kept, evict};
use crate::exec::gc::mark::Marks;
use crate::exec::gc::options::{Gc, GcReport, StoreSize};
use crate::exec::gc::past::{Runs, Use};
use crate::exec::gc::sweep::{Waste, for_each_blob, remove, scan, size_of};
use crate::exec::past::PastRun;
use crate::exec::published::manifests;
use crate::exec::store_error::store_error;
use crate::exec::tags::tags;
use crate::fingerprint::{BlobDigest, ContentKey, Fingerprint};
use crate::store::{Act, Deep, Key, RecordKind, Store};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::SystemTime;

/// Collects garbage.
///
/// # Errors
/// When the store cannot be read or written.
pub(crate) fn collect(store: &dyn Store, gc: &Gc, now: SystemTime) -> Result<GcReport> {
    collect_beside(store, gc, now, Marks::default())
}

/// As [`collect`]; what is `in_use` stays as well.
///
/// # Errors
/// As [`collect`].
pub(crate) fn collect_beside(store: &dyn Store, gc: &Gc, now: SystemTime, in_use: Marks) -> Result<GcReport> {
    let before = size(store)?;
    let runs = Runs::read(store)?;
    let uses = if gc.max_size.is_some() { runs.uses(store)? } else { HashMap::new() };
    let mut protected = protected(store)?;
    protected.extend(in_use);
    let mut collection = Collection { store, gc, runs, uses, protected, now, report: GcReport::default() };
    collection.report.before = before;
    collection.report.is_dry = gc.is_dry;
    collection.run()?;
    Ok(collection.report)
}

/// What stays whatever anybody says: what is tagged, and lists of files that were published, with which what lies there is
/// compared.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn protected(store: &dyn Store) -> Result<Marks> {
    let mut marks = Marks::default();
    for tag in tags(store)? {
        marks.node(store, tag.fingerprint())?;
        marks.content(store, &ContentKey::from_bytes(tag.content))?;
    }
    marks.blobs.extend(manifests(store).map_err(store_error)?);
    Ok(marks)
}

/// How much is kept when bytes of values alone are not enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// What so many runs knew of, the newest ones.
    Runs(usize),
    Tagged,
}

impl Stage {
    /// Half of it, until nothing is left.
    fn next(self) -> Option<Self> {
        match self {
            Self::Runs(n) if n > 1 => Some(Self::Runs(n / 2)),
            Self::Runs(_) => Some(Self::Tagged),
            Self::Tagged => None,
        }
    }
}

struct Collection<'a> {
    store: &'a dyn Store,
    gc: &'a Gc,
    runs: Runs,
    uses: HashMap<ContentKey, Use>,
    /// What stays whatever the rules say.
    protected: Marks,
    now: SystemTime,
    report: GcReport,
}

impl Collection<'_> {
    fn run(&mut self) -> Result<()> {
        let blobs = self.blobs()?;
        self.report.tagged_bytes =
            blobs.iter().filter(|(one, _)| self.protected.blobs.contains(one)).map(|(_, n)| n).sum();
        let Some(mut most) = self.gc.max_size else {
            self.report.is_within = true;
            return self.finish(&self.waste(self.gc)?, &Eviction::default());
        };
        // What the database takes for itself is known when it has been written.
        for _ in 0..ATTEMPTS {
            let (waste, eviction) = self.within(most)?;
            self.finish(&waste, &eviction)?;
            let Some(disk) = self.report.after.disk_bytes.filter(|_| !self.gc.is_dry) else { break };
            let limit = self.gc.max_size.unwrap_or(u64::MAX);
            self.report.is_within = disk <= limit;
            if disk <= limit || self.report.after.bytes() <= self.protected_size()? {
                break;
            }
            most = most.saturating_sub(disk - limit).min(self.report.after.bytes().saturating_sub(disk - limit));
        }
        Ok(())
    }

    /// Enough waste for so many bytes to be left: by the rules first, then bytes of values, then older runs, at last all that is
    /// not tagged.
    fn within(&mut self, most: u64) -> Result<(Waste, Eviction)> {
        let size = size(self.store)?;
        let mut stage = Stage::Runs(self.runs.runs.len());
        loop {
            let waste = self.waste_at(stage)?;
            let left = size.bytes().saturating_sub(waste.bytes());
            let mut blobs = self.blobs()?;
            blobs.retain(|digest, _| !waste.blobs.contains_key(digest));
            let gone: HashSet<Key> = waste.records.iter().map(|(key, _)| *key).collect();
            let kept = Kept { blobs: &blobs, gone: &gone, needed: &self.protected, uses: &self.uses };
            let eviction = evict(self.store, &kept, left.saturating_sub(most))?;
            let is_enough = left.saturating_sub(eviction.bytes()) <= most;
            let next = stage.next();
            let (false, Some(next)) = (is_enough, next) else {
                self.report.is_within = is_enough;
                return Ok((waste, eviction));
            };
            stage = next;
        }
    }

    fn waste_at(&self, stage: Stage) -> Result<Waste> {
        match stage {
            Stage::Runs(n) if n >= self.runs.runs.len() => self.waste(self.gc),
            Stage::Runs(n) => {
                let most = n.min(self.gc.runs.unwrap_or(usize::MAX));
                self.waste(&Gc { runs: Some(most), ..self.gc.clone() })
            }
            Stage::Tagged => Waste::of(self.store, &self.protected),
        }
    }

    /// What goes by the rules.
    fn waste(&self, gc: &Gc) -> Result<Waste> {
        let mut marks = self.protected.clone();
        let (runs, nodes) = self.runs.kept(gc, self.now);
        for node in nodes {
            marks.node(self.store, node)?;
        }
        self.mark_runs(&runs, &mut marks)?;
        self.mark_unfinished(&mut marks)?;
        Waste::of(self.store, &marks)
    }

    /// Records of runs themselves, and what their nodes failed on.
    fn mark_runs(&self, runs: &[PastRun], marks: &mut Marks) -> Result<()> {
        let Some(oldest) = runs.iter().map(|run| run.at_ms.saturating_sub(run.took_ms)).min() else { return Ok(()) };
        for run in runs {
            marks.records.insert(run.key());
            marks.records.insert(Key::new(RecordKind::Plan, &run.plan));
            marks.records.extend(run.chunks(self.store)?);
        }
        marks.failures(self.store, oldest)
    }

    /// What runs did that never came to their end: nobody else knows of it, and the next run finds it.
    fn mark_unfinished(&self, marks: &mut Marks) -> Result<()> {
        let mut nodes = Vec::new();
        scan(self.store, RecordKind::Deep, |key, bytes| {
            let is_known = Deep::read(&bytes).is_some_and(|deep| self.runs.numbers.contains(&deep.run));
            if !is_known {
                nodes.push(Fingerprint::from_bytes(key.digest));
            }
        })?;
        let mut contents = Vec::new();
        scan(self.store, RecordKind::Act, |key, bytes| {
            let is_known = Act::read(&bytes).is_some_and(|act| self.runs.numbers.contains(&act.run));
            if !is_known {
                contents.push(ContentKey::from_bytes(key.digest));
            }
        })?;
        nodes.into_iter().try_for_each(|node| marks.node(self.store, node))?;
        contents.iter().try_for_each(|content| marks.content(self.store, content))
    }

    /// Takes it away, unless nothing is to go, and says what went.
    fn finish(&mut self, waste: &Waste, eviction: &Eviction) -> Result<()> {
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let report = &mut self.report;
        report.records += count(waste.records.len());
        report.blobs += count(waste.blobs.len());
        report.blob_bytes += waste.blob_bytes();
        report.evicted.extend(eviction.values.iter().cloned());
        if self.gc.is_dry {
            let evicted: u64 = eviction.blobs.values().sum();
            report.after = StoreSize {
                records: report.before.records.saturating_sub(count(waste.records.len())),
                record_bytes: report.before.record_bytes.saturating_sub(waste.record_bytes() + eviction.record_bytes),
                blobs: report.before.blobs.saturating_sub(count(waste.blobs.len() + eviction.blobs.len())),
                blob_bytes: report.before.blob_bytes.saturating_sub(waste.blob_bytes() + evicted),
                disk_bytes: None,
            };
            return Ok(());
        }
        let mut all = waste.clone();
        all.blobs.extend(&eviction.blobs);
        if all.bytes() > 0 || !eviction.records.is_empty() {
            eviction.shorten(self.store, self.now)?;
            remove(self.store, &all)?;
            self.store.compact().map_err(store_error)?;
        }
        self.report.after = size(self.store)?;
        Ok(())
    }

    fn protected_size(&self) -> Result<u64> {
        let blobs = self.blobs()?;
        let tagged: u64 =
            blobs.iter().filter(|(digest, _)| self.protected.blobs.contains(digest)).map(|(_, n)| n).sum();
        let mut records = 0;
        for kind in RecordKind::ALL {
            scan(self.store, kind, |key, bytes| {
                if self.protected.records.contains(&key) {
                    records += size_of(&bytes);
                }
            })?;
        }
        Ok(tagged + records)
    }

    fn blobs(&self) -> Result<BTreeMap<BlobDigest, u64>> {
        let mut blobs = BTreeMap::new();
        for_each_blob(self.store, |digest, size| {
            blobs.insert(digest, size);
        })?;
        Ok(blobs)
    }
}

/// So often the store is written anew until it is as small as it is to be.
const ATTEMPTS: usize = 4;

/// What the store holds.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn size(store: &dyn Store) -> Result<StoreSize> {
    let mut size = StoreSize { disk_bytes: store.disk_size().map_err(store_error)?, ..StoreSize::default() };
    for kind in RecordKind::ALL {
        scan(store, kind, |_, bytes| {
            size.records += 1;
            size.record_bytes += size_of(&bytes);
        })?;
    }
    for_each_blob(store, |_, bytes| {
        size.blobs += 1;
        size.blob_bytes += bytes;
    })?;
    Ok(size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Engine;
    use crate::graph::Graph;
    use crate::node;
    use crate::store::{Batch, MemoryStore};
    use std::sync::Arc;

    #[node(krate = crate)]
    fn text(n: u32) -> String {
        n.to_string().repeat(2000)
    }

    /// Two texts, from this one on.
    fn graph(n: u32) -> Graph {
        let built = Graph::build(|g| {
            let texts = g.add(text::map(g.value(vec![n, n + 1])));
            g.target("texts", texts);
            Ok(())
        });
        built.unwrap().0
    }

    #[test]
    fn what_an_old_run_made_for_a_kept_one_goes_with_that() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let engine = Engine::builder().with_store(Arc::clone(&store)).unwrap();
        for n in [50, 50, 70, 80] {
            engine.run(&graph(n)).unwrap();
            engine.gc(&Gc::default().keep_runs(1)).unwrap();
            assert_eq!(engine.runs().unwrap().len(), 1);
        }
        let mut n_runs = 0;
        scan(&*store, RecordKind::Run, |_, _| n_runs += 1).unwrap();
        assert_eq!(n_runs, 1);
        assert_eq!(engine.run(&graph(50)).unwrap().elements().executed, 2);
    }

    #[test]
    fn what_a_run_left_that_did_not_end_stays() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let engine = Engine::builder().with_store(Arc::clone(&store)).unwrap();
        for (n, n_kept) in [(1, 2), (10, 0)] {
            engine.run(&graph(n)).unwrap();
            if n_kept > 0 {
                // As a kill would: results are there, and nothing that says that there was a run.
                let mut batch = Batch::default();
                scan(&*store, RecordKind::Run, |key, _| batch.remove(key)).unwrap();
                store.put(batch).unwrap();
            }
            engine.run(&graph(100 * n)).unwrap();
            engine.gc(&Gc::default().keep_runs(1)).unwrap();
            assert_eq!(engine.run(&graph(n)).unwrap().elements().executed, 2 - n_kept, "{n}");
        }
    }
}
