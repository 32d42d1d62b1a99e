//! What earlier runs left behind: when they were, and under which fingerprints nodes were known in them.

use crate::error::Result;
use crate::exec::RunCosts;
use crate::exec::history::{WITH_SPECS, run_key};
use crate::exec::ledger::UNKNOWN;
use crate::exec::recorded::record;
use crate::exec::store_error::store_error;
use crate::exec::table::position;
use crate::fingerprint::{Fingerprint, RECIPE, SpecDigest};
use crate::store::{Key, RecordKind, RecordReader, Store};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, SystemTime};

/// The runs of a store, newest first.
pub(crate) struct Past<'a> {
    store: &'a dyn Store,
    runs: Vec<PastRun>,
    /// Chunks of plans that were read: runs of one pipeline share most of them.
    chunks: BTreeMap<[u8; 32], Vec<(String, PastNode)>>,
}

/// What a node was in a run that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PastNode {
    pub(crate) fingerprint: Fingerprint,
    /// Nothing for leaves, and for runs of earlier versions.
    pub(crate) spec: Option<SpecDigest>,
}

/// A run that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PastRun {
    /// Milliseconds since 1970 when it ended.
    pub(crate) at_ms: u64,
    pub(crate) number: u64,
    /// Milliseconds that it took.
    pub(crate) took_ms: u64,
    pub(crate) plan: [u8; 32],
    /// The program, when it executed anything.
    pub(crate) executable: Option<[u8; 32]>,
    pub(crate) restarts: u32,
    /// Not needed, fresh, cut off, executed, failed, skipped.
    pub(crate) counts: [u64; 6],
    pub(crate) costs: RunCosts,
    /// Whether stale nodes kept older values in it: it tells nothing of what they were then.
    pub(crate) has_older_values: bool,
}

const PAGE: usize = 1000;

impl<'a> Past<'a> {
    /// Reads which runs there were.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn read(store: &'a dyn Store) -> Result<Self> {
        let mut runs = Vec::new();
        let mut after = None;
        loop {
            let page = store.scan(RecordKind::Run, after, PAGE).map_err(store_error)?;
            runs.extend(page.iter().filter_map(|(_, bytes)| PastRun::read(bytes)));
            match page.last() {
                Some((key, _)) if page.len() == PAGE => after = Some(*key),
                Some(_) | None => break,
            }
        }
        runs.sort_by_key(|run| std::cmp::Reverse((run.at_ms, run.number)));
        Ok(Self { store, runs, chunks: BTreeMap::new() })
    }

    /// All runs, newest first.
    pub(crate) fn runs(&self) -> &[PastRun] {
        &self.runs
    }

    /// The fingerprints under which a node was known, each with the newest run in which it was, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn fingerprints(&mut self, node: &str) -> Result<Vec<(PastRun, Fingerprint)>> {
        let mut found: Vec<(PastRun, Fingerprint)> = Vec::new();
        for run in self.runs.clone() {
            if let Some(fingerprint) = self.fingerprint(&run, node)?
                && found.iter().all(|(_, known)| *known != fingerprint)
            {
                found.push((run, fingerprint));
            }
        }
        Ok(found)
    }

    /// The newest run in which there was a node, and its fingerprint then.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn newest(&mut self, node: &str) -> Result<Option<(PastRun, Fingerprint)>> {
        for run in self.runs.clone() {
            if let Some(fingerprint) = self.fingerprint(&run, node)? {
                return Ok(Some((run, fingerprint)));
            }
        }
        Ok(None)
    }

    /// The fingerprints under which all nodes were known, by name: each with the newest run in which it was, newest first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn by_name(&self) -> Result<HashMap<String, Vec<(PastRun, Fingerprint)>>> {
        let mut found: HashMap<String, Vec<(PastRun, Fingerprint)>> = HashMap::new();
        self.for_each_chunk(self.runs.iter(), |run, name, node| {
            let known = found.entry(name).or_default();
            if known.iter().all(|(_, fingerprint)| *fingerprint != node.fingerprint) {
                known.push((*run, node.fingerprint));
            }
        })?;
        Ok(found)
    }

    /// What nodes were in the last run before a given one that had them, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn before(&self, run: &PastRun) -> Result<HashMap<String, (PastRun, PastNode)>> {
        let place = self.runs.iter().position(|other| other.number == run.number).map_or(0, |place| place + 1);
        let mut found: HashMap<String, (PastRun, PastNode)> = HashMap::new();
        let earlier = self.runs.get(place..).unwrap_or_default().iter().filter(|run| !run.has_older_values);
        self.for_each_chunk(earlier, |run, name, node| {
            found.entry(name).or_insert((*run, node));
        })?;
        Ok(found)
    }

    /// Goes through the nodes of runs, those of a chunk once: with the first of the runs that has it.
    fn for_each_chunk<'r>(
        &self,
        runs: impl Iterator<Item = &'r PastRun>,
        mut each: impl FnMut(&PastRun, String, PastNode),
    ) -> Result<()> {
        let (mut plans, mut chunks) = (BTreeSet::new(), BTreeSet::new());
        for run in runs.filter(|run| plans.insert(run.plan)) {
            for chunk in run.chunks(self.store)?.into_iter().filter(|chunk| chunks.insert(chunk.digest)) {
                let nodes = read_chunk(&record(self.store, chunk)?.unwrap_or_default());
                // Of some nothing was known in a run: what they were before counts.
                for (name, node) in nodes.into_iter().filter(|(_, node)| node.fingerprint != UNKNOWN) {
                    each(run, name, node);
                }
            }
        }
        Ok(())
    }

    /// All nodes of a run.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn nodes(&self, run: &PastRun) -> Result<HashMap<String, PastNode>> {
        let mut nodes = HashMap::new();
        let plan = record(self.store, Key::new(RecordKind::Plan, &run.plan))?;
        let Some(mut plan) = plan.as_deref().and_then(RecordReader::of_recipe) else { return Ok(nodes) };
        while let Some(chunk) = plan.array() {
            nodes.extend(read_chunk(&record(self.store, Key::new(RecordKind::Chunk, &chunk))?.unwrap_or_default()));
        }
        Ok(nodes)
    }

    fn fingerprint(&mut self, run: &PastRun, node: &str) -> Result<Option<Fingerprint>> {
        let plan = record(self.store, Key::new(RecordKind::Plan, &run.plan))?;
        let Some(mut plan) = plan.as_deref().and_then(RecordReader::of_recipe) else { return Ok(None) };
        while let Some(chunk) = plan.array() {
            if !self.chunks.contains_key(&chunk) {
                let bytes = record(self.store, Key::new(RecordKind::Chunk, &chunk))?.unwrap_or_default();
                self.chunks.insert(chunk, read_chunk(&bytes));
            }
            let nodes = self.chunks.get(&chunk).map(Vec::as_slice).unwrap_or_default();
            if let Some((_, node)) = nodes.iter().find(|(identity, _)| identity == node) {
                return Ok(Some(node.fingerprint));
            }
        }
        Ok(None)
    }
}

impl PastRun {
    /// When it ended.
    pub(crate) fn ended_at(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(self.at_ms)
    }

    /// The run's own record.
    pub(crate) fn key(&self) -> Key {
        run_key(self.number)
    }

    /// The chunks of its plan.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn chunks(&self, store: &dyn Store) -> Result<Vec<Key>> {
        let plan = record(store, Key::new(RecordKind::Plan, &self.plan))?;
        let Some(mut plan) = plan.as_deref().and_then(RecordReader::of_recipe) else { return Ok(Vec::new()) };
        Ok(std::iter::from_fn(|| plan.array()).map(|chunk| Key::new(RecordKind::Chunk, &chunk)).collect())
    }

    /// Nodes that somebody wanted executed once more in it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub(crate) fn forced(&self, store: &dyn Store) -> Result<BTreeSet<String>> {
        let bytes = record(store, self.key())?.unwrap_or_default();
        let Some((_, mut rest)) = Self::read_facts(&bytes) else { return Ok(BTreeSet::new()) };
        Ok(std::iter::from_fn(|| read_name(&mut rest)).filter(|name| !name.is_empty()).collect())
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        Self::read_facts(bytes).map(|(run, _)| run)
    }

    /// What it was, and what stands behind that.
    fn read_facts(bytes: &[u8]) -> Option<(Self, RecordReader<'_>)> {
        let mut reader = RecordReader::of_recipe(bytes)?;
        let (number, at_ms, took_ms) = (reader.u64()?, reader.u64()?, reader.u64()?);
        let executable = Some(reader.array()?).filter(|executable| *executable != [0; 32]);
        let plan = reader.array()?;
        // Records of earlier versions end here or further on.
        let restarts = reader.array().map(u32::from_le_bytes).unwrap_or_default();
        let counts = std::array::from_fn(|_| reader.u64().unwrap_or_default());
        let [estimated, spent, executed, saving, loading] =
            std::array::from_fn(|_| Duration::from_nanos(reader.u64().unwrap_or_default()));
        let [executions, loads, hits, unknown] = std::array::from_fn(|_| reader.u64().unwrap_or_default());
        let costs = RunCosts { estimated, spent, executed, saving, loading, executions, loads, hits, unknown };
        let mut names = reader.clone();
        let has_older_values = std::iter::from_fn(|| read_name(&mut names)).any(|name| name.is_empty());
        Some((Self { at_ms, number, took_ms, plan, executable, restarts, counts, costs, has_older_values }, reader))
    }
}

/// The nodes of a chunk; those before a place that makes no sense.
fn read_chunk(bytes: &[u8]) -> Vec<(String, PastNode)> {
    let mut nodes = Vec::new();
    let Some(mut reader) = RecordReader::of_recipe(bytes) else { return nodes };
    let mut specs: Option<Vec<SpecDigest>> = None;
    if bytes.get(RECIPE.to_le_bytes().len()..).is_some_and(|rest| rest.starts_with(&WITH_SPECS)) {
        specs = read_specs(&mut reader);
        if specs.is_none() {
            return nodes;
        }
    }
    let mut next = || {
        let identity = read_name(&mut reader)?;
        let fingerprint = Fingerprint::from_bytes(reader.array()?);
        let spec = match &specs {
            Some(specs) => specs.get(position(u32::from_le_bytes(reader.array()?))).copied(),
            None => None,
        };
        Some((identity, PastNode { fingerprint, spec }))
    };
    while let Some(node) = next() {
        nodes.push(node);
    }
    nodes
}

fn read_name(reader: &mut RecordReader<'_>) -> Option<String> {
    let len = u32::from_le_bytes(reader.array()?);
    String::from_utf8(reader.bytes(position(len))?.to_vec()).ok()
}

fn read_specs(reader: &mut RecordReader<'_>) -> Option<Vec<SpecDigest>> {
    let [_marker, count] = [reader.array()?, reader.array()?].map(u32::from_le_bytes);
    (0..count).map(|_| reader.array().map(SpecDigest::from_bytes)).collect()
}
