//! What the runs of a store knew of: which nodes are kept by the rules, how long ago computations were used, and by which nodes.

use crate::error::Result;
use crate::exec::gc::options::Gc;
use crate::exec::maker::makers;
use crate::exec::members::members_of;
use crate::exec::past::{Past, PastRun};
use crate::exec::recorded::deep_of;
use crate::fingerprint::{ContentKey, Fingerprint};
use crate::store::{Key, RecordKind, Store};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::{Duration, SystemTime};

/// The runs of a store, newest first, and their nodes.
pub(super) struct Runs {
    pub(super) runs: Vec<PastRun>,
    /// Numbers of all that came to their ends, also of those of which nothing else is left.
    pub(super) numbers: HashSet<u64>,
    nodes: Vec<Vec<(String, Fingerprint)>>,
}

/// When a computation was of use last, and for whom.
pub(super) struct Use {
    /// So many runs ago.
    pub(super) age: usize,
    pub(super) node: String,
}

impl Runs {
    pub(super) fn read(store: &dyn Store) -> Result<Self> {
        let past = Past::read(store)?;
        let runs: Vec<PastRun> = past.runs().to_vec();
        let mut nodes = Vec::with_capacity(runs.len());
        for run in &runs {
            let mut listed: Vec<(String, Fingerprint)> =
                past.nodes(run)?.into_iter().map(|(name, node)| (name, node.fingerprint)).collect();
            listed.sort_unstable();
            nodes.push(listed);
        }
        let numbers = makers(store)?.into_iter().map(|maker| maker.number).collect();
        Ok(Self { runs, numbers, nodes })
    }

    /// Runs that the rules keep, and the nodes that they keep for them.
    pub(super) fn kept(&self, gc: &Gc, now: SystemTime) -> (Vec<PastRun>, BTreeSet<Fingerprint>) {
        let now_ms = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let is_young = |run: &PastRun| {
            let age = now_ms.saturating_sub(Duration::from_millis(run.at_ms));
            gc.age.is_none_or(|most| age <= most)
        };
        let (mut runs, mut kept) = (Vec::new(), BTreeSet::new());
        let mut versions: HashMap<&str, HashSet<Fingerprint>> = HashMap::new();
        let most_runs = gc.runs.unwrap_or(usize::MAX);
        let most_versions = gc.versions.unwrap_or(usize::MAX);
        for (index, (run, nodes)) in self.runs.iter().zip(&self.nodes).enumerate() {
            if index > 0 && (index >= most_runs || !is_young(run)) {
                continue;
            }
            runs.push(*run);
            for (name, fingerprint) in nodes {
                let known = versions.entry(name).or_default();
                if known.contains(fingerprint) || known.len() < most_versions {
                    known.insert(*fingerprint);
                    kept.insert(*fingerprint);
                }
            }
        }
        (runs, kept)
    }

    /// Which computations were used last in which run.
    pub(super) fn uses(&self, store: &dyn Store) -> Result<HashMap<ContentKey, Use>> {
        let mut seen = HashSet::new();
        let mut uses = HashMap::new();
        for (age, nodes) in self.nodes.iter().enumerate() {
            for (name, fingerprint) in nodes {
                note_uses(store, *fingerprint, age, name, &mut seen, &mut uses)?;
            }
        }
        Ok(uses)
    }
}

fn note_uses(
    store: &dyn Store,
    fingerprint: Fingerprint,
    age: usize,
    name: &str,
    seen: &mut HashSet<Fingerprint>,
    uses: &mut HashMap<ContentKey, Use>,
) -> Result<()> {
    let mut nodes = vec![fingerprint];
    while let Some(fingerprint) = nodes.pop() {
        if !seen.insert(fingerprint) {
            continue;
        }
        let mut open = members_of(store, fingerprint.as_bytes())?.members;
        if let Some(deep) = deep_of(store, &fingerprint)? {
            open.push(Key::new(RecordKind::Act, deep.content.as_bytes()));
        }
        while let Some(key) = open.pop() {
            if key.kind == RecordKind::Deep {
                nodes.push(Fingerprint::from_bytes(key.digest));
                continue;
            }
            let content = ContentKey::from_bytes(key.digest);
            if uses.contains_key(&content) {
                continue;
            }
            uses.insert(content, Use { age, node: name.to_owned() });
            open.extend(members_of(store, content.as_bytes())?.members);
        }
    }
    Ok(())
}
